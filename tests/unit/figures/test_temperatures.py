"""The wrong answers over temperatures: their order never changes, and the truth is not among them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.figures import temperatures
from stillroom.figures.theme import DARK, Look

CLASSES = ("pick", "tape <b>box</b>", "scan & sign", "press")
LOGITS = {"teacher": [4.0, 1.0, 2.0, -1.0], "semantic": [0.5, 3.0, 2.0, 1.0]}
looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True)], ids=["light", "dark", "narrow"])


def _drawn(logits: Any = LOGITS, classes: Any = CLASSES, **more: Any) -> Any:
    usual: dict[str, Any] = {"truth": "pick", "temperature": 2.0, "origin": "Made up, window 3"}
    return temperatures.wrong_answers(logits, classes, **usual | more)


def _lines(figure: Any, panel: str) -> list[Any]:
    return [trace for trace in figure.data if trace.line.dash is None and (trace.xaxis or "x") == panel]


@looks
def test_the_wrong_answers_share_one_whole_at_every_temperature(check, look: Look) -> None:
    figure = check(_drawn(look=look))
    for panel, z in zip(("x", "x2"), LOGITS.values(), strict=True):
        lines = np.stack([trace.y for trace in _lines(figure, panel)])
        assert len(lines) == 3 and lines.sum(axis=0) == pytest.approx(1)
        at = np.asarray(_lines(figure, panel)[0].x)
        powers = np.exp(np.asarray(z)[1:, None] / at)
        assert lines == pytest.approx(powers / powers.sum(axis=0))


@settings(max_examples=15)
@given(st.lists(st.floats(-20, 20), min_size=4, max_size=4), st.sampled_from(CLASSES))
def test_no_line_crosses_another(z: list[float], truth: str) -> None:
    lines = np.stack([trace.y for trace in _lines(_drawn({"teacher": z}, truth=truth), "x")])
    wrong = [value for value, name in zip(z, CLASSES, strict=True) if name != truth]
    ordered = lines[np.argsort(wrong)]
    assert (np.diff(ordered, axis=0) >= -1e-12).all()


@looks
def test_the_list_beside_the_lines_is_the_ranking_with_its_shares(check, look: Look) -> None:
    figure = check(_drawn(look=look))
    listed = [note for note in figure.layout.annotations if "%" in note.text and note.xref == "x domain"]
    assert [note.text.partition(" <b>")[0] for note in sorted(listed, key=lambda n: -n.y)] == [
        "scan &amp; sign", "tape &lt;b&gt;box&lt;/b&gt;", "press",
    ]  # fmt: skip
    shares = np.exp(np.array([2.0, 1.0, -1.0]) / 2)
    assert f"<b>{shares[0] / shares.sum():.0%}</b>" in listed[0].text


def test_a_temperature_beyond_the_range_is_told_and_not_marked(check) -> None:
    figure = check(_drawn(temperature=50.0))
    assert not [trace for trace in figure.data if trace.line.dash]
    assert "T = 50" in figure.layout.title.subtitle.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"logits": {}}, "no wrong answers"),
        ({"classes": ("pick", "press"), "logits": {"teacher": [0, 1]}}, "no wrong answers"),
        ({"truth": "a stranger"}, "a stranger"),
        ({"temperature": 0.0}, "temperature of 0"),
        ({"logits": {"teacher": [1.0, 2.0]}}, "for 4 classes"),
        ({"logits": {"teacher": [1.0, 2.0, np.inf, 0.0]}}, "for 4 classes"),
    ],
)
def test_what_has_no_ranking_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        _drawn(**change)
