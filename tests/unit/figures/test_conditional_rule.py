"""The conditional rule as bars: what is drawn as taught and as said is what the losses compare."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.figures import conditional_rule
from stillroom.figures.palette import face_of
from stillroom.figures.theme import DARK, Look, ink_of
from stillroom.losses.conditional import conditional, conditional_released, conditional_target

CLASSES = ("pick", "tape <b>box</b>", "scan & sign", "press")
TEACHER, STUDENT = [1.0, 3.0, 0.5, -1.0], [2.0, 0.5, 0.0, 1.0]
NARROW = Look(narrow=True)
looks = pytest.mark.parametrize("look", [Look(), DARK, NARROW], ids=["light", "dark", "narrow"])
logits = st.lists(st.floats(-8, 8), min_size=4, max_size=4, unique=True)


def _drawn(teacher: Any = TEACHER, student: Any = STUDENT, **more: Any) -> Any:
    usual: dict[str, Any] = {"truth": "pick", "temperature": 4.0, "origin": "Made up, window 3"}
    return conditional_rule.rule(teacher, student, CLASSES, **usual | more)


def _shares(figure: Any) -> dict[str, Any]:
    return {trace.name: np.asarray(trace.x, dtype=np.float64) for trace in figure.data}


def _rows(*values: list[float]) -> list[torch.Tensor]:
    return [torch.tensor([one], dtype=torch.float64) for one in values]


@settings(max_examples=30, deadline=None)
@given(logits, logits, st.integers(0, 3), st.floats(0.5, 10), st.floats(0, 0.5))
def test_the_sound_rule_s_bars_are_what_its_loss_compares(
    teacher: list[float], student: list[float], truth: int, temperature: float, smoothing: float
) -> None:
    (z, ours), label = _rows(teacher, student), torch.tensor([truth])
    asked = {"temperature": temperature, "smoothing": smoothing}
    shares = _shares(_drawn(teacher, student, truth=CLASSES[truth], **asked))
    target, said = shares["sound target"], shares[f"student, T = {temperature:g}"]
    assert target == pytest.approx(conditional_target(z, label, **asked)[0].numpy())
    taught = np.where(target > 0, target * (np.log(np.maximum(target, 1e-300)) - np.log(said)), 0).sum()
    assert temperature**2 * taught == pytest.approx(conditional(ours, z, label, **asked).item(), abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(logits, logits, st.integers(0, 3), st.floats(0.5, 10))
def test_the_released_rule_s_bars_are_what_its_loss_compares(
    teacher: list[float], student: list[float], truth: int, hardness: float
) -> None:
    (z, ours), label = _rows(teacher, student), torch.tensor([truth])
    shares = _shares(_drawn(teacher, student, truth=CLASSES[truth], hardness=hardness))
    logs = np.log(shares["student, softened twice"])
    value = -(shares["released target"] * logs).sum() - logs[truth]
    assert value == pytest.approx(conditional_released(ours, z, label, hardness=hardness).item())


@looks
def test_no_temperature_moves_the_target_of_a_teacher_that_errs(check, look: Look) -> None:
    cold, hot = (_shares(check(_drawn(temperature=t, look=look))) for t in (1.0, 10.0))
    assert np.array_equal(cold["sound target"], hot["sound target"])
    assert cold["teacher, T = 1"].max() > hot["teacher, T = 10"].max()
    right = [_shares(_drawn(truth=CLASSES[1], temperature=t))["sound target"].max() for t in (1.0, 10.0)]
    assert right[0] > right[1]


@looks
def test_every_panel_sums_to_one_and_wears_its_speaker_s_colour(check, look: Look) -> None:
    figure = check(_drawn(look=look))
    assert len(figure.data) == 6
    for trace in figure.data:
        assert np.sum(trace.x) == pytest.approx(1)
        whose = trace.name.partition(",")[0]
        wanted = ink_of(look).muted if "target" in whose else face_of(whose).colour(look.dark)
        assert trace.marker.color == wanted
    order = [trace.name for trace in figure.data]
    assert order.index("released target") == (3 if look.narrow else 4), "a row for each rule; a column where narrow"


def test_the_most_that_a_label_can_get_is_told_and_true(check) -> None:
    eight = [f"class {number}" for number in range(8)]
    figure = check(
        conditional_rule.rule(
            np.eye(8)[1], np.eye(8)[0] - 1 / 8, eight, truth="class 0", temperature=1, origin="Made up"
        )
    )
    most = _shares(figure)["student, softened twice"][0]
    assert most == pytest.approx(0.1477, abs=5e-5)
    assert conditional_rule.twice_softened(np.eye(8)[0])[0] == pytest.approx(0.1457, abs=5e-5), "of probabilities"
    assert f"{most:.1%}" in figure.layout.title.subtitle.text
    draws = np.random.default_rng(0).normal(size=(200, 8))
    assert max(conditional_rule.twice_softened(z)[0] for z in draws) <= most


def test_the_title_says_what_is_taught(check) -> None:
    told = check(_drawn()).layout.meta["alt"]
    assert told.startswith("Done: pick; said: tape <b>box</b>. The sound rule teaches pick at 92%")
    assert check(_drawn(truth="tape <b>box</b>")).layout.meta["alt"].startswith("The teacher is right")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"truth": "a stranger"}, "a stranger"),
        ({"temperature": 0.0}, "temperature of 0"),
        ({"teacher": [1.0, 2.0]}, "for 4 classes"),
        ({"student": [1.0, 2.0, np.inf, 0.0]}, "for 4 classes"),
    ],
)
def test_what_no_rule_applies_to_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        _drawn(**change)
