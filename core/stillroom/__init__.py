"""Stillroom: distil a many-sensor recogniser of human activity into a small one that needs few sensors.

The packages below import downward only (`base` at the bottom, `cli` on top); the README's architecture part draws them.
Nothing leaves the machine: ONNX Runtime, where it is used, is told so before anybody imports it.
"""

import os

__version__ = "0.1.0"

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
