#!/bin/sh
# Renews the lock files from pyproject.toml. What stands in them stays unless pyproject.toml asks for more or
# UPGRADE=1 is given. The output names no index: every machine uses the one it is set up with.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
"$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements-lock.txt

compile() {
    "$python" -m uv pip compile --quiet --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-header ${UPGRADE:+--upgrade} "$@"
}
compile pyproject.toml -o requirements.txt
compile pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt
echo uv | compile - -o .ci/requirements-lock.txt
