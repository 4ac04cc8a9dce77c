#!/usr/bin/env bash
# What the engines are worth on a GPU, in less than nine minutes:
#
#     benchmarks/gpu.sh [FOLDER] [--tiny] [--parts NAME ...]
#
# writes gpu.json and gpu.md into FOLDER, else into $OUT, else into tuner-runs/gpu. --tiny tries the
# script itself, on a processor. A machine with torch but without a network may lack packages; the
# script names them. Put their wheels into ./wheels (or $WHEELS) first:
#
#     pip download --no-deps --only-binary=:all: --python-version 3.12 -d wheels \
#         pydantic pydantic-core annotated-types typing-inspection kornia kornia-rs lpips
set -eu
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"
wheels="${WHEELS:-wheels}"
if [ -d "$wheels" ]; then
    site="$(mktemp -d)"
    "$python" -m pip install --quiet --no-index --no-deps --target "$site" "$wheels"/*.whl
    export PYTHONPATH="$site:$PWD${PYTHONPATH:+:$PYTHONPATH}"
else
    export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
fi
exec "$python" benchmarks/gpu.py "$@"
