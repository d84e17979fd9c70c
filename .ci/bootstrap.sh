#!/bin/sh
# Brings .venv to what a lock file names, and does nothing when it is there already.
#   bootstrap.sh runtime   what the program needs
#   bootstrap.sh dev       that, and what its tests and checks need
# PYTHON=/path/to/python chooses the interpreter; otherwise the newest suitable one on PATH that a wheel set exists for.
set -eu
cd "$(dirname "$0")/.."
. .ci/apt.sh

case "${1:-runtime}" in
    runtime) lock=requirements.txt ;;
    dev) lock=requirements-dev.txt ;;
    *) echo "usage: $0 runtime|dev" >&2; exit 2 ;;
esac
inside=.venv/bin/python

suitable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# What was installed last is kept as a copy, and compared by content: times mean nothing after a clone or a switch of branch.
installed() { cmp -s "$1" ".venv/.installed-$1"; }

if suitable "$inside"; then
    if installed "$lock"; then exit 0; fi
    # The development set contains the other one.
    if [ "$lock" = requirements.txt ] && installed requirements-dev.txt && cmp -s "$lock" .venv/.beside-dev; then exit 0; fi
else
    interpreter=
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do
        if suitable "$candidate"; then interpreter=$candidate; break; fi
    done
    if [ -z "$interpreter" ]; then
        echo "Python 3.11 or newer is needed. Debian and Ubuntu: apt install python3 python3-venv. macOS: brew install python@3.13." >&2
        echo "If it is installed under another name: make PYTHON=/path/to/python3" >&2
        exit 1
    fi
    rm -rf .venv
    if command -v uv >/dev/null 2>&1 && uv venv --quiet --seed --python "$interpreter" .venv; then
        :
    else
        # Debian ships venv without its second half; the package that has it carries the version of the interpreter.
        if ! "$interpreter" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            package=$("$interpreter" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
            if ! apt_install "$package"; then
                echo "Python's venv module is not complete. Run this, then make again:  sudo apt-get install $package" >&2
                exit 1
            fi
        fi
        rm -rf .venv
        "$interpreter" -m venv .venv
    fi
fi

echo "Installing what $lock names (once; a minute or so)"
if command -v uv >/dev/null 2>&1 && uv pip install --quiet --compile-bytecode --python "$inside" --require-hashes -r "$lock"; then
    :
else
    "$inside" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$lock"
fi
cp "$lock" ".venv/.installed-$lock"
if [ "$lock" = requirements-dev.txt ]; then cp requirements.txt .venv/.beside-dev; fi
