#!/bin/sh
# Sees to it that the browser tests find a Chromium and a font that has Chinese. Without the rights to install them
# the tests say that they were skipped and why; with CI=true that is a failure here already.
set -eu
cd "$(dirname "$0")/.."
. .ci/apt.sh
python=.venv/bin/python

have_driver() { "$python" -m playwright --version >/dev/null 2>&1; }
have_browser() { "$python" -m tests.chromium >/dev/null 2>&1; }
is_debian() { [ "$(. /etc/os-release 2>/dev/null && echo "${ID:-}")" = debian ]; }

missing() {
    echo "$1" >&2
    if [ "${CI:-}" = true ]; then exit 1; fi
    echo "The tests that need it will be skipped and say so." >&2
}

if ! have_driver; then
    # Playwright brings a Node.js that wants one library which a bare system lacks.
    apt_install libatomic1 || true
    have_driver || missing "Playwright does not start. Debian and Ubuntu: sudo apt-get install libatomic1"
fi

if ! have_browser; then
    # Ubuntu's package of that name is only a door to another store; there, and on macOS, Playwright brings its own.
    if is_debian; then apt_install chromium || true; fi
    if ! have_browser && [ "$(uname -s)" = Linux ] && [ "$(id -u)" -eq 0 ]; then
        "$python" -m playwright install --with-deps chromium </dev/null || true
    elif ! have_browser; then
        "$python" -m playwright install chromium </dev/null || true
    fi
    have_browser || missing "No Chromium for the browser tests. Install one (Debian: sudo apt-get install chromium; \
macOS: brew install --cask google-chrome) or name it: CHROMIUM=/path/to/chromium make test"
fi

.ci/font.sh || missing "The pictures of pages would show boxes for Chinese."
