"""The outline of a body seen from the front, for pages and reports: paths of an SVG, no more.

Drawn on a sheet of `WIDE` by `HIGH`; a site of the catalogue lies at `(x * WIDE, y * HIGH)`.
"""

from __future__ import annotations

WIDE, HIGH = 220, 400
VIEW = "18 0 184 392"
HEAD = (110, 26.5, 14.5, 18.5)
MIRROR = f"translate({WIDE} 0) scale(-1 1)"
HALF = (
    "M110.6 40 L103.5 40 C103.8 54 101 59 92 63 C80 67 71 71 67.5 83 C63.5 98 61 119 56.5 140 "
    "C52.5 160 46 178 41 195 C37.5 205 35.5 215 37 223 C38.5 231 45.5 232 48 224.5 "
    "C51.5 214 51.5 206 53 197 C59 181 66 164 70 146 C74 130 77.5 118 80.5 105 "
    "C82.5 124 86.5 146 87 164 C87 180 82 192 80 208 C77.5 232 80 256 83 280 "
    "C80 300 83 326 86.5 352 C86.5 361 81 367 78.5 373 C78 381 97 381 98.5 374 "
    "C99.5 366 98.5 360 98.5 352 C101.5 326 104 304 103 284 C105 260 107.5 238 109 217 L110.6 216"
)
