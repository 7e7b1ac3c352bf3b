"""Stillroom: distil a many-sensor recogniser of human activity into a small one that needs few sensors.

The packages below import downward only (`base` at the bottom, `cli` on top); the README's architecture part draws them.
"""

__version__ = "0.1.0"
