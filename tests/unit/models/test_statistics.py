"""Window statistics: what a slow numpy reference computes, one channel of one window at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stillroom.models.statistics import BANDS, PER_CHANNEL, QUANTILES, window_statistics


def by_hand(row: np.ndarray) -> list[float]:
    """The statistics of one channel of one window, in float64; the spectrum by the sums of its definition."""
    n = len(row)
    ordered = sorted(row.tolist())
    centred, turn = row - row.mean(), 2 * np.pi * np.arange(n) / n
    power = {k / n: abs(sum(centred * np.exp(-1j * k * turn))) ** 2 for k in range(n // 2 + 1)}
    bands = [sum(value for at, value in power.items() if low <= at < high) for low, high in BANDS]
    return [
        sum(ordered) / n,
        np.sqrt(sum(centred**2) / (n - 1)),
        ordered[0],
        ordered[-1],
        np.mean([abs(row[i + 1] - row[i]) for i in range(n - 1)]),
        *(ordered[round(q * (n - 1))] for q in QUANTILES),
        *(np.log(band + 1e-6) for band in bands),
    ]


@pytest.mark.parametrize("width", [16, 33, 50, 125])
def test_they_are_what_counting_by_hand_gives(width: int) -> None:
    draw = np.random.default_rng(width)
    time = np.arange(width)
    x = np.stack([9.8 + np.sin(time), draw.normal(size=width), 3 * (time % 5), np.cumsum(draw.normal(size=width))])
    x = np.stack([x, x[:, ::-1] * 0.1]).astype(np.float32)
    found = window_statistics(torch.from_numpy(x)).numpy()
    expected = np.array([[value for row in window for value in by_hand(row.astype(np.float64))] for window in x])
    assert found.shape == (2, 4 * PER_CHANNEL)
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-4)


def test_a_channel_that_never_moves_has_finite_statistics() -> None:
    found = window_statistics(torch.full((1, 1, 64), 9.8)).numpy()[0]
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[[0, 2, 3, 5, 6, 7, 8, 9]], 9.8, rtol=1e-6)
    np.testing.assert_allclose(found[[1, 4]], 0, atol=1e-5)
    assert (found[10:] < np.log(1e-6) + 1).all()


def test_a_constant_added_moves_places_and_leaves_shape() -> None:
    x = torch.randn(3, 2, 60, generator=torch.Generator().manual_seed(0))
    base, moved = (window_statistics(each).reshape(3, 2, PER_CHANNEL) for each in (x, x + 5))
    places = [0, 2, 3, 5, 6, 7, 8, 9]
    torch.testing.assert_close(moved[..., places], base[..., places] + 5, atol=1e-5, rtol=0)
    shape = [1, 4, 10, 11, 12, 13]
    torch.testing.assert_close(moved[..., shape], base[..., shape], atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize(("cycles", "band"), [(2, 0), (6, 1), (12, 2), (24, 3)])
def test_a_tone_shows_in_its_band(cycles: int, band: int) -> None:
    tone = torch.sin(2 * torch.pi * cycles * torch.arange(64) / 64)[None, None]
    assert int(window_statistics(tone)[0, 10:].argmax()) == band
