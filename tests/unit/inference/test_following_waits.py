"""A stream that can never be answered says why, and what is remembered of it stays bounded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from tests.unit.inference.conftest import CLASSES, LAYOUT, MEAN, RATE_HZ, SD, WIDTH

from stillroom.base.errors import InputError
from stillroom.inference.following_lines import Sample
from stillroom.inference.following_windows import Windows
from stillroom.runs.manifest import Manifest

MANIFEST = Manifest.model_construct(layout=LAYOUT, rate_hz=RATE_HZ, width=WIDTH, classes=CLASSES, mean=MEAN, sd=SD)
WHOLE, NO_Y, NO_Z = (0.1, 0.2, 9.8), (0.1, np.nan, 9.8), (0.1, 0.2, np.nan)
X, Y, Z = LAYOUT.names


def fed(stamps_s: Sequence[float], values: Sequence[Sequence[float]]) -> tuple[Windows, int]:
    """The windows after so many samples, whose values come round again, and how many were whole."""
    windows, whole = Windows(MANIFEST, 5, 0.5, "wrist"), 0
    for n, stamp in enumerate(stamps_s):
        whole += len(list(windows.take(Sample(n, float(stamp), np.array(values[n % len(values)])))))
    return windows, whole


@pytest.mark.parametrize(
    ("stamps_s", "values", "said"),
    [
        (np.arange(100) / 20, [NO_Y], f"{Y} was empty in each of the last 100 samples"),
        (np.arange(90) / 20, [NO_Z, NO_Z, NO_Y], f"none of the last 90 samples had every channel; {Z} was empty in 60"),
        (np.zeros(100), [WHOLE], "the stream's clock stood still for 100 samples"),
        (np.arange(100) / 20e6, [WHOLE], "the stream's clock went on by 4.95e-06 s in 100 samples"),
        (np.arange(100) / 20e3, [WHOLE], "the stream's clock went on by 0.00495 s in 100 samples"),
        (np.concatenate([n + np.arange(4) / 20 for n in range(6)]), [WHOLE], "it broke off 5 times before a window of"),
    ],
)
def test_why_no_window_comes_is_told(stamps_s: Sequence[float], values: Sequence[Sequence[float]], said: str) -> None:
    windows, whole = fed(stamps_s, values)
    assert not whole and windows.waits.why().startswith(said)


@pytest.mark.parametrize("stamps_s", [[0.0], np.arange(9) / 20, np.arange(100) / 20, np.arange(3000) / 8000])
def test_where_nothing_is_wrong_nothing_is_said(stamps_s: Sequence[float]) -> None:
    assert fed(stamps_s, [WHOLE])[0].waits.why() == ""


def test_what_was_wrong_is_forgotten_with_the_next_window() -> None:
    windows, _ = fed(np.zeros(100), [WHOLE])
    assert windows.waits.why()
    assert any(list(windows.take(Sample(n, n / RATE_HZ, np.array(WHOLE)))) for n in range(1, 30))
    assert windows.waits.why() == ""


@pytest.mark.parametrize("before", [0, 100])
@pytest.mark.parametrize("step_s", [0.0, 1 / 20e6])
def test_a_clock_that_stands_still_is_refused_before_much_is_remembered(step_s: float, before: int) -> None:
    windows = Windows(MANIFEST, 5, 0.5, "wrist")
    for n in range(before):
        list(windows.take(Sample(n, n / RATE_HZ, np.array(WHOLE))))
    with pytest.raises(InputError) as refused:
        for n in range(10_000):
            list(windows.take(Sample(n, before / RATE_HZ + n * step_s, np.array(WHOLE))))
    assert "the stream's clock" in refused.value.what and refused.value.where == "wrist"
    assert "t_ms in milliseconds" in refused.value.mend and "--rate-hz" in refused.value.mend
    assert len(windows._stamps) == len(windows._values) <= 2000 + 11 * RATE_HZ
