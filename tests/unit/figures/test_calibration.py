"""Estimates against the truth: every set is a point where it belongs, and the title quotes the calibration."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.figures import calibration
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])
UNITS = ("torso", "right_arm", "left_arm", "right_leg")
RHO = {"value": 0.74, "low": 0.5, "high": 0.8}
NONE = {"value": None, "low": None, "high": None}


def _scored(value: float) -> dict[str, Any]:
    return {"macro_f1": value, "low": value - 0.05, "high": value + 0.03}


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    draw, of = np.random.default_rng(0), ("truth", "estimate", "forest")
    return [
        {"sensors": list(some), "size": size, **{name: _scored(draw.uniform(0.3, 0.9)) for name in of}}
        for size in range(1, 5)
        for some in combinations(UNITS, size)
    ]


@pytest.fixture
def known() -> dict[str, Any]:
    return {
        "estimate": {"mae": 0.0512, "rho_within": RHO, "rho": {"value": 0.9, "low": None, "high": None}},
        "forest": {"mae": 0.1, "rho_within": {"value": 0.3, "low": 0.1, "high": 0.4}, "rho": RHO},
        "count": {"mae": 2.0, "rho_within": NONE, "rho": RHO},
    }


@looks
def test_every_set_is_a_point_in_both_panels(check, rows: Any, known: Any, look: Look) -> None:
    figure = check(calibration.against_truth(rows, known, origin="Made up", look=look))
    assert len(figure.data) == 8
    for number, key in enumerate(("estimate", "forest")):
        mine = figure.data[4 * number : 4 * number + 4]
        points = [point for trace in mine for point in zip(trace.x, trace.y, strict=True)]
        assert points == [(row[key]["macro_f1"], row["truth"]["macro_f1"]) for row in rows]
        assert len({trace.marker.symbol for trace in mine}) == 4
        assert mine[0].error_x.array[0] == pytest.approx(0.03) and mine[0].error_y.arrayminus[0] == pytest.approx(0.05)
    assert sum(trace.showlegend for trace in figure.data) == 4
    for shape in figure.layout.shapes:
        assert (shape.x0, shape.x1) == (shape.y0, shape.y1)


def test_the_title_quotes_error_and_order_and_the_note_the_rivals(check, rows: Any, known: Any) -> None:
    figure = check(calibration.against_truth(rows, known, origin="Made up"))
    assert figure.layout.meta["alt"] == (
        "Over 15 sets the estimate misses by 0.051 macro-F1 on average; within a size it ranks them with rho"
        " 0.74 (0.50 to 0.80)"
    )
    below = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert "the forest 0.30 (0.10 to 0.40), over all 0.74 (0.50 to 0.80)" in below
    assert "counting sensors none" in below
    known["estimate"]["rho_within"] = NONE
    assert "no order can be told" in calibration.against_truth(rows, known, origin="Made up").layout.meta["alt"]


def test_nothing_measured_is_refused(known: Any) -> None:
    with pytest.raises(InputError, match="no set was measured"):
        calibration.against_truth([], known, origin="Made up")
