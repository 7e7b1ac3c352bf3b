"""Agreement with the teacher: numbers and chance are the given ones; more than chance is claimed by intervals alone."""

from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.figures import agreement
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])


def _level(rank: float, reach: float | None = 0.1) -> dict[str, Any]:
    def interval(value: float) -> dict[str, Any]:
        return {"mean": value, "low": None if reach is None else value - reach, "high": reach and value + reach}

    return {
        "rank": interval(rank), "rank_by_chance": 0.02, "overlap": interval(0.6), "overlap_by_chance": 1 / 3, "top": 1,
        "cells": 3, "channels": ["right_wrist.acc.x"] * 3, "windows": 64, "undefined": 0, "apart": [],
    }  # fmt: skip


@pytest.fixture
def part() -> dict[str, Any]:
    return {
        "with": "teacher",
        "student": {"channels": _level(0.5), "cells": _level(0.2)},
        "alone": {"channels": _level(0.4), "cells": _level(0.1)},
    }


@looks
def test_both_measures_stand_beside_chance(check, part: Any, look: Look) -> None:
    figure = check(agreement.with_teacher(part, origin="Made up", look=look))
    drawn = [(trace.name, [round(x, 3) for x in trace.x]) for trace in figure.data]
    assert drawn == [
        ("student, distilled", [0.5, 0.2]), ("student, alone", [0.4, 0.1]), ("by chance", [0.02] * 4),
        ("student, distilled", [0.6, 0.6]), ("student, alone", [0.6, 0.6]), ("by chance", [0.333] * 4),
    ]  # fmt: skip
    assert set(figure.data[2].y) == set(figure.data[0].y) | set(figure.data[1].y), "chance beside its own model"
    assert sum(trace.showlegend for trace in figure.data) == 3


@pytest.mark.parametrize(
    ("rank", "reach", "said"),
    [
        (0.5, 0.1, "Distilled student agrees with the teacher more than by chance"),
        (0.1, 0.1, "No clear agreement of distilled student with the teacher"),
        (-0.5, 0.1, "Distilled student agrees with the teacher less than by chance"),
        (0.5, None, "Distilled student against teacher: rank correlation +0.50;"),
    ],
)
def test_only_an_interval_beyond_chance_is_called_so(check, part: Any, rank: float, reach: Any, said: str) -> None:
    part["student"]["channels"] = _level(rank, reach)
    told = check(agreement.with_teacher(part, origin="Made up")).layout.meta["alt"]
    assert told.startswith(said) and told.endswith("student alone +0.40 (+0.30 to +0.50)")


def test_an_order_that_is_not_defined_is_left_out(check, part: Any) -> None:
    part["student"]["channels"] |= {"rank": None, "rank_by_chance": None}
    figure = check(agreement.with_teacher(part, origin="Made up"))
    assert len(figure.data[0].x) == 1
    assert figure.layout.meta["alt"].startswith("No order to compare")


def test_nobody_to_compare_is_refused() -> None:
    with pytest.raises(InputError, match="nobody"):
        agreement.with_teacher({"with": "teacher"}, origin="Made up")
