#!/bin/sh
# The fast lane and then the checks; both run whatever the first says, and either can fail the run.
set -u
unset PYTHONDONTWRITEBYTECODE   # tests start the program a hundred times: compile it once
.venv/bin/python -m pytest -n 2 "$@"
tests=$?
[ $# -eq 0 ] || exit $tests   # a chosen part of the tests: no more was asked
sh tools/check.sh no-doctests   # the tests above ran them
checks=$?
[ $tests -ne 0 ] && exit $tests
exit $checks
