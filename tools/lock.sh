#!/bin/sh
# Write the hashed locks of requirements/ and frontend/package-lock.json; no file names a registry.
set -eu
cd "$(dirname "$0")/.."
uv=uv; command -v uv >/dev/null || uv=.venv/uv/bin/uv
pin() {
    "$uv" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
        --no-emit-index-url --no-emit-find-links --no-emit-build-options \
        --custom-compile-command "make lock" "$@"
}
pin pyproject.toml -o requirements/core.txt
pin pyproject.toml --group dev --constraint requirements/core.txt -o requirements/dev.txt
pin requirements/build.in -o requirements/build.txt
pin requirements/uv.in -o requirements/uv.txt
# Aside, because beside an installed node_modules npm would write down this machine's tree alone.
aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT
cp frontend/package.json frontend/.npmrc "$aside"
(cd "$aside" && npm install --package-lock-only --ignore-scripts)
cp "$aside/package-lock.json" frontend/package-lock.json
if grep -nE '://|"resolved"' requirements/*.txt frontend/package-lock.json; then
    echo "sameboat: a lock names a registry" >&2
    exit 1
fi
