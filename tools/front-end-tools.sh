#!/bin/sh
# See to it that browser tests find axe-core, which judges pages by the rules of WCAG; it is not shipped.
set -eu
cd "$(dirname "$0")/../frontend"
[ -f node_modules/axe-core/axe.min.js ] && exit 0
if command -v npm >/dev/null && npm ci --ignore-scripts >&2; then
    exit 0
fi
cat >&2 <<'TEXT'
sameboat: NOT RUN: the accessibility rules of axe. There is no npm that could install axe-core.
TEXT
