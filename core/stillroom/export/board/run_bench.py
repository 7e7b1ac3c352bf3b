#!/usr/bin/env python3
"""Measures this bundle on the machine that it lies on: `python3 run_bench.py` writes results.json beside itself.

It needs Python 3.6 or newer and numpy, and uses what the board has: trtexec, onnxruntime, or both.
"""

import os
import runpy
import sys

if __name__ == "__main__":
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime 1.29 and later would report to its maker
    try:
        import numpy  # noqa: F401
    except ImportError:
        sys.exit("error: numpy is missing here: apt-get install python3-numpy, or python3 -m pip install numpy")
    runpy.run_module("bench", run_name="__main__", alter_sys=True)
