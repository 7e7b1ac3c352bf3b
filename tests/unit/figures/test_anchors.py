"""Spectra at an anchor: the bars' mean is the stage term's part in frequency, and the title follows from it."""

from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.figures import anchors
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])


def _model(difference: float) -> dict[str, Any]:
    bins = [difference * share for share in (0.5, 1.0, 1.5)]
    return {"spectrum": [0.1, 0.2, 0.3], "difference": bins, "frequency": difference, "time": 0.1}


@pytest.fixture
def part() -> dict[str, Any]:
    models = {"untrained": _model(0.04), "student": _model(0.01), "alone": _model(0.03)}
    one = {"hertz": [0.25, 0.5, 0.75], "teacher": [0.3, 0.2, 0.1], "models": models}
    return {"fold": "fold-1", "windows": 64, "anchors": {"stage_1": one}}


@looks
def test_the_mean_of_the_bars_is_the_stage_term_s_part(check, part: Any, look: Look) -> None:
    figure = check(anchors.at_anchor(part, "stage_1", origin="Made up", look=look))
    before, after = [trace for trace in figure.data if trace.type == "bar"]
    assert np.mean(before.y) == pytest.approx(0.04) and np.mean(after.y) == pytest.approx(0.01)
    lines = [trace for trace in figure.data if trace.type == "scatter"]
    assert [line.name for line in lines] == ["teacher", "untrained", "distilled student", "student alone"]
    assert list(lines[0].y) == [0.3, 0.2, 0.1] and list(lines[0].x) == [0.25, 0.5, 0.75]
    assert "student alone 0.0300" in figure.layout.title.subtitle.text.replace("<br>", " ")


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [(0.04, 0.01, "75 % nearer"), (0.04, 0.05, "25 % further from"), (0.0, 0.0, "from the beginning")],
)
def test_the_title_says_how_much_nearer(check, part: Any, was: float, now: float, said: str) -> None:
    part["anchors"]["stage_1"]["models"] |= {"untrained": _model(was), "student": _model(now)}
    assert said in check(anchors.at_anchor(part, "stage_1", origin="Made up")).layout.meta["alt"]


def test_an_anchor_without_both_is_refused(part: Any) -> None:
    del part["anchors"]["stage_1"]["models"]["untrained"]
    for name in ("stage_1", "stage_9"):
        with pytest.raises(InputError, match="no spectra before and after"):
            anchors.at_anchor(part, name, origin="Made up")
