"""Spectra at an anchor: what is drawn beneath them is the stage term's part in frequency, to the last digit."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.figures import anchor_spectra
from stillroom.figures.palette import face_of
from stillroom.figures.theme import DARK, Look
from stillroom.losses.stage import spectrum, stage_frequency

looks = pytest.mark.parametrize(
    "look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)], ids=["light", "dark", "narrow", "both"]
)


def _features(number: int, time: int = 25, windows: int = 6) -> NDArray[np.float32]:
    return np.random.default_rng(number).normal(size=(windows, 4, time)).astype(np.float32)


def _drawn(*features: Any, **more: Any) -> Any:
    usual: dict[str, Any] = {"window_s": 4.0, "anchor": "anchor_0", "step": "after stage 0", "origin": "Made up, run x"}
    return anchor_spectra.before_after(*features or map(_features, range(3)), **usual | more)


def _loss(student: Any, teacher: Any) -> float:
    return float(stage_frequency(torch.from_numpy(student), torch.from_numpy(teacher)).mean())


def _bars(figure: Any) -> list[Any]:
    return [trace for trace in figure.data if trace.type == "bar"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60), st.floats(1e-3, 1e3))
def test_the_mean_of_the_bars_is_the_loss(number: int, time: int, loud: float) -> None:
    teacher, before, after = (_features(number + place, time) for place in range(3))
    drawn = _bars(_drawn(teacher, before, np.float32(loud) * after))
    for bars, student in zip(drawn, (before, np.float32(loud) * after), strict=True):
        assert np.mean(bars.y) == pytest.approx(_loss(student, teacher), abs=1e-6)
        assert len(bars.y) == time // 2, "a bar for each bin but the first"


@looks
def test_the_losses_that_are_told_are_those_of_the_bars(check, look: Look) -> None:
    features = [_features(number) for number in range(3)]
    figure = check(_drawn(*features, look=look))
    said = figure.layout.title.subtitle.text.replace("<br>", " ")
    for student in features[1:]:
        assert f"{_loss(student, features[0]):.4f}" in said
    assert "6 windows and 4 channels" in said


def test_silence_has_a_spectrum_of_nothing(check) -> None:
    silent = np.zeros((2, 4, 25), dtype=np.float32)
    figure = check(_drawn(silent, silent, _features(1, windows=2)))
    assert np.mean(_bars(figure)[1].y) == pytest.approx(_loss(_features(1, windows=2), silent), abs=1e-6)


def test_lines_are_the_mean_spectra_at_their_frequencies(check) -> None:
    features = [_features(number) for number in range(3)]
    lines = [trace for trace in check(_drawn(*features)).data if trace.type == "scatter"]
    for line, one in zip(lines, features, strict=True):
        assert np.asarray(line.y) == pytest.approx(spectrum(torch.from_numpy(one)).mean(dim=(0, 1)).numpy(), abs=1e-6)
        assert np.asarray(line.x) == pytest.approx(np.arange(1, 13) / 4)


@looks
def test_lines_and_bars_wear_the_colour_of_who_is_shown(check, look: Look) -> None:
    for role in ("student", "alone"):
        figure = check(_drawn(role=role, look=look))
        teacher, before, after = [trace.line.color for trace in figure.data if trace.type == "scatter"]
        assert teacher == face_of("teacher").colour(look.dark)
        assert before == after == _bars(figure)[1].marker.color == face_of(role).colour(look.dark)
        assert [trace.name for trace in figure.data if trace.showlegend is not False] == [
            "teacher", "student, untrained", "student, after stage 0",
        ]  # fmt: skip


def test_the_title_says_whether_the_spectra_came_nearer(check) -> None:
    teacher, far = _features(0), _features(1)
    near = (teacher + 0.1 * far).astype(np.float32)
    closer = check(_drawn(teacher, far, near)).layout
    assert "nearer to the" in closer.title.text and closer.meta["alt"].startswith("Anchor 0, after stage 0: spectra ")
    assert "further from" in check(_drawn(teacher, near, far)).layout.title.text
    assert "from the beginning" in check(_drawn(teacher, teacher, far)).layout.meta["alt"]


@pytest.mark.parametrize(
    "features",
    [
        (_features(0), _features(1), _features(2, time=13)),
        (_features(0), _features(1, windows=5), _features(2)),
        (_features(0)[0], _features(1)[0], _features(2)[0]),
        tuple(_features(number, windows=0) for number in range(3)),
        tuple(_features(number, time=1) for number in range(3)),
    ],
)
def test_features_without_spectra_to_compare_are_refused(features: Any) -> None:
    with pytest.raises(InputError, match="no spectra to compare"):
        _drawn(*features)
