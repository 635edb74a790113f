#!/bin/sh
# A Chromium with Japanese fonts for the e2e tests: nothing to do, Debian's by apt, or Playwright's own download.
# And curl, with which the examples of docs/api are tried.
# Exit codes: 0 there is one; 3 there is none and the e2e tests will be skipped; 1 there is none in CI.
set -u
cd "$(dirname "$0")/../.." || exit 1

has_browser() { .venv/bin/python -m tests.e2e.browser >/dev/null 2>&1; }
has_fonts() { command -v fc-list >/dev/null 2>&1 && fc-list :lang=ja family | grep -q .; }

if has_browser && has_fonts && command -v curl >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "make: installing chromium, fonts-noto-cjk and curl with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    # The last two are what the PDF writer draws with; Chromium brings them along in most releases.
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig curl \
        libpangoft2-1.0-0 libharfbuzz-subset0; } \
        >/dev/null </dev/null || echo "make: apt-get could not install them" >&2
fi
if ! has_browser; then
    echo "make: downloading Playwright's Chromium"
    .venv/bin/python -m playwright install chromium </dev/null >/dev/null || true
fi
if has_browser; then
    has_fonts || echo "make: no Japanese font is installed; pages in e2e tests show boxes (Debian: fonts-noto-cjk)" >&2
    exit 0
fi
if [ "${CI:-}" = true ]; then
    echo "make: no Chromium could be had, and in CI the e2e tests may not be skipped" >&2
    exit 1
fi
cat >&2 <<'END'

  ****************************************************************************
  *  E2E TESTS ARE SKIPPED: no Chromium, and none could be installed.        *
  *  Debian, Ubuntu: sudo apt-get install chromium fonts-noto-cjk            *
  ****************************************************************************

END
exit 3
