#!/bin/sh
# Starts the demonstration: newest schema, the demonstration city if the database is empty, then server and worker
# under one parent. Ctrl-C, or SIGTERM to the parent or to make, ends them all.
set -eu
cd "$(dirname "$0")/.."
HOST=${HOST:-127.0.0.1}
PORT=${PORT:-8000}
CREDIT_APP_MODE=${CREDIT_APP_MODE:-demonstration}
export HOST PORT CREDIT_APP_MODE
python=.venv/bin/python

"$python" .ci/port.py "$HOST" "$PORT"
.ci/font.sh || echo "Everything but the PDF of student cards works without it."
mkdir -p instance
PYTHONPATH=. "$python" .ci/prepare.py
case "$HOST" in
    127.* | localhost | ::1) ;;
    *) echo "Other machines can reach this: everyone who does can sign in as any of the demonstration's accounts." ;;
esac
echo "Open http://$HOST:$PORT   (Ctrl-C ends it)"
exec "$python" .ci/together.py deploy/Procfile
