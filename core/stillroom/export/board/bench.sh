#!/bin/sh
# Measures this bundle; PYTHON names another interpreter. Options go to run_bench.py (see README.txt).
cd "$(dirname "$0")" && exec "${PYTHON:-python3}" run_bench.py "$@"
