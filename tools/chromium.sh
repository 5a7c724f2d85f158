#!/bin/sh
# See to it that browser tests find a Chromium: by apt where that may be done, else say so.
set -eu
for name in "${SAMEBOAT_CHROMIUM:-}" /usr/bin/chromium chromium chromium-browser google-chrome; do
    [ -n "$name" ] && command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "sameboat: installing Chromium by apt for the browser tests" >&2
    if apt-get update -qq >&2 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2; then
        exit 0
    fi
fi
cat >&2 <<'TEXT'
sameboat: NOT RUN: the browser tests. No Chromium was found, and it cannot be installed by apt here.
          Install Chromium, or name one with SAMEBOAT_CHROMIUM=/path/to/chromium, and repeat.
TEXT
