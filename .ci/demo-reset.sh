#!/bin/sh
# Throws away the demonstration's files and builds the city anew.
set -eu
cd "$(dirname "$0")/.."
CREDIT_APP_MODE=demonstration
export CREDIT_APP_MODE
if [ -n "${CREDIT_APP_DATABASE_URL:-}" ]; then
    echo "CREDIT_APP_DATABASE_URL is set: this removes files of the SQLite demonstration only. Unset it, or empty that database yourself." >&2
    exit 1
fi
# A server that has the file open would go on writing into one that nobody can see any more.
if ! .venv/bin/python .ci/port.py "${HOST:-127.0.0.1}" "${PORT:-8000}" >/dev/null 2>&1; then
    echo "Something listens on port ${PORT:-8000}: end 'make run' first, then run 'make demo-reset' again." >&2
    exit 1
fi
mkdir -p instance
rm -f instance/credit.sqlite3 instance/credit.sqlite3-* instance/jobs.sqlite3 instance/jobs.sqlite3-*
PYTHONPATH=. .venv/bin/python .ci/prepare.py
