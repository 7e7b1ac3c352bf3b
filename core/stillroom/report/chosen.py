"""Which set of sensors a study would keep: the cheapest that is within a point of the best one measured.

The best of many sets looks better than it is; the report says so beside it. Nothing is drawn here.
"""

from __future__ import annotations

from typing import Any

from stillroom.evaluation.front import cheapest_within
from stillroom.report.sources import StudySource
from stillroom.report.wording import sensors_of

REACH = 0.01

Told = dict[str, Any]


def choose(rows: list[Told]) -> Told:
    """The row of the set; of equal prices the better one.

    Args:
        rows: of a study of sensors, one at least.
    """
    at = cheapest_within([row["price"] for row in rows], [row["truth"]["macro_f1"] for row in rows], REACH)
    assert at is not None  # a study without a row has no report
    return rows[at]


def parted(source: StudySource) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sensors that stay with that set, and those that go: of the widest view planned, in the layout's order."""
    groups = choose(source.table["table"])["sensors"]
    views = [str(cell["settings"].get("student_view", "")) for cell in source.plan["cells"]]
    every = sensors_of(max(views, key=lambda view: len(view.split(","))).split(","))
    kept = tuple(one for one in every if one in groups or one.rpartition(".")[0] in groups)
    return kept, tuple(one for one in every if one not in kept)
