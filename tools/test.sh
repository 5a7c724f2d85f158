#!/bin/sh
# The fast lane and then the checks; both run whatever the first says, and either can fail the run.
set -u
.venv/bin/python -m pytest -n 2 "$@"
tests=$?
[ $# -eq 0 ] || exit $tests   # a chosen part of the tests: no more was asked
sh tools/check.sh
checks=$?
[ $tests -ne 0 ] && exit $tests
exit $checks
