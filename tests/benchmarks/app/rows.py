"""The rows of the table: a quantity, its numbers, and what was aimed for on two shared cores."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

_NAMED = ("streamlit", "plotly", "pandas", "playwright")


@dataclass(frozen=True)
class Row:
    """A quantity that was measured.

    Attributes:
        name: what, and its unit.
        values: every measurement.
        target: what was aimed for; None where nothing was.
        p95: whether the target is for the 95th percentile and not for the median.
    """

    name: str
    values: tuple[float, ...]
    target: float | None = None
    p95: bool = False

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def high(self) -> float:
        """The 95th percentile; of few measurements the largest."""
        return sorted(self.values)[max(0, round(0.95 * len(self.values)) - 1)] if len(self.values) > 1 else self.median

    @property
    def met(self) -> bool | None:
        """Whether the target is met."""
        return None if self.target is None else (self.high if self.p95 else self.median) <= self.target

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "name": self.name, "median": self.median, "p95": self.high, "n": len(self.values),
            "target": self.target, "target_of": "p95" if self.p95 else "median", "met": self.met,
            "values": list(self.values),
        }  # fmt: skip


def table(rows: Sequence[Row]) -> str:
    """The rows as text."""
    lines = [("what", "median", "p95", "n", "target", "")]
    for row in rows:
        aim = "" if row.target is None else f"{'p95 ' * row.p95}<= {row.target:g}"
        said = {None: "", True: "met", False: "MISSED"}[row.met]
        lines.append((row.name, f"{row.median:.3g}", f"{row.high:.3g}", str(len(row.values)), aim, said))
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def machine(browser: str) -> dict[str, Any]:
    """Where it was measured."""
    return {
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "processor": platform.machine(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "browser": browser,
        **{name: version(name) for name in _NAMED},
    }
