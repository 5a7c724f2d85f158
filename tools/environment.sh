#!/bin/sh
# Make the environment in .venv fit one of the locks: `sh tools/environment.sh core|dev`.
#
# Needs Python 3.11 or newer and nothing else: uv is used where it is found and fetched into
# .venv/uv where it is not. Only the hashed locks of requirements/ decide what is installed,
# never uv.lock. Each finished step leaves a stamp in .venv, so that a repeated call is quick.
set -eu

lane=${1:?usage: environment.sh core|dev}
cd "$(dirname "$0")/.."
bin=.venv/bin
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS="${CI:+1}"
[ -n "$UV_NO_PROGRESS" ] || unset UV_NO_PROGRESS

say() { printf '%s\n' "sameboat: $*" >&2; }
stop() { say "$*"; exit 1; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
        if new_enough "$name"; then command -v "$name"; return; fi
    done
    stop "Python 3.11 or newer is needed and was not found. Name one with PYTHON=/path/to/python3."
}

# A Debian Python may lack venv's pip (ensurepip), or pip itself, or both.
fetch_uv() {
    export PIP_ROOT_USER_ACTION=ignore PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0
    wanted="--quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt"
    say "fetching uv"
    if "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip install $wanted --target .venv/uv
    elif "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv .venv/bootstrap
        .venv/bootstrap/bin/python -m pip install $wanted --target .venv/uv
        rm -rf .venv/bootstrap
    elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "this Python has neither pip nor ensurepip: installing python3-pip by apt"
        apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends python3-pip >&2
        "$python" -m pip install $wanted --target .venv/uv
    else
        stop "uv is not installed and this Python ($python) has neither pip nor ensurepip to fetch it with." \
             "Install uv, pip or python3-venv, then repeat."
    fi
}

# `same LANE FILE…`: were these files, word for word, what the lane was last made from?
fingerprint() { cat "$@" | cksum; }
stamped() { stamp=".venv/.made-$1"; shift; [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint "$@")" ]; }
set_stamp() { stamp=".venv/.made-$1"; shift; fingerprint "$@" > "$stamp"; }

front_end() { find frontend -name node_modules -prune -o -type f -print | LC_ALL=C sort; }

lock="requirements/$lane.txt"
builds="pyproject.toml hatch_build.py src/sameboat/__init__.py requirements/build.txt $(front_end)"
built=src/sameboat/web/assets/built/files.json

if [ -x $bin/python ] && ! new_enough $bin/python; then
    stop ".venv holds a Python older than 3.11: remove the folder .venv and repeat."
fi
if [ -x $bin/sameboat ] && [ -f $built ] && stamped package $builds; then
    if stamped "$lane" "$lock"; then exit 0; fi
    if [ "$lane" = core ] && stamped dev requirements/dev.txt; then exit 0; fi # dev holds core
fi

python=$(find_python)
mkdir -p .venv
if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then
    uv=uv
else
    uv=.venv/uv/bin/uv
    [ -x $uv ] || fetch_uv
fi
if [ ! -x $bin/python ]; then
    say "making .venv with $("$python" --version)"
    "$uv" venv --quiet --allow-existing --python "$python" .venv
fi
if ! stamped "$lane" "$lock"; then
    say "installing what $lock pins"
    "$uv" pip install --quiet --python $bin/python --require-hashes -r "$lock"
    set_stamp "$lane" "$lock"
fi
if [ ! -x $bin/sameboat ] || [ ! -f $built ] || ! stamped package $builds; then
    say "installing sameboat itself, with its front end"
    # A lock with hashes refuses an editable line, so the package follows on its own.
    "$uv" pip install --quiet --python $bin/python --no-deps \
        --build-constraint requirements/build.txt --editable .
    set_stamp package $builds
fi
