#!/bin/sh
# Lint, format, types, import contracts, doctests: all of them, so that one run tells everything.
# `no-doctests` leaves the doctests out, for a caller that ran them with its tests.
set -u
failed=
step() {
    name=$1; shift
    if said=$("$@" 2>&1); then echo "ok      $name"; else echo "FAILED  $name"; echo "$said"; failed=1; fi
}
bin=.venv/bin
step "lint" $bin/ruff check .
step "format" $bin/ruff format --check --output-format concise .
step "types" $bin/mypy
step "import contracts" $bin/lint-imports
if command -v npm >/dev/null; then
    step "front end types" sh -c 'cd frontend; [ -x node_modules/.bin/tsc ] || npm ci --ignore-scripts; npx --no-install tsc --noEmit'
else
    echo "NOT RUN front end types: there is no npm"
fi
[ "${1:-}" = no-doctests ] || step "doctests" $bin/python -m pytest -q -p no:randomly src
[ -z "$failed" ]
