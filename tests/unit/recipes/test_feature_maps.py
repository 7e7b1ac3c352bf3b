"""The few feature maps that a run keeps: which windows, which channels, and of whom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stillroom.recipes.feature_maps import CHANNELS, Drawn, Heard, feature_maps, keep


def test_feature_maps_are_those_that_the_spectra_are_told_of() -> None:
    draw = torch.Generator().manual_seed(0)
    teacher, student = (torch.randn(7, 9, 8, generator=draw) * torch.arange(1, 10)[:, None] for _ in range(2))
    drawn = Drawn(np.arange(20, 27), np.array(list("aabbabb")), np.array([2, 0, 0, 1, 2, 1, 1]), 4.0)
    pooled = torch.randn(7, 3, generator=draw)
    heard = {"teacher": Heard({"anchor_0": teacher}, pooled), "student": Heard({"anchor_0": student}, 2 * pooled)}
    maps = feature_maps(drawn, heard, ["anchor_0"])
    assert sorted(maps["label"].tolist()) == [0, 1, 2] and (np.diff(maps["ids"]) > 0).all()
    assert maps["anchor_0/channels"].tolist() == [3, 4, 5, 6, 7, 8]  # the liveliest
    rows = maps["ids"] - 20
    assert np.array_equal(maps["anchor_0/student"], student[rows][:, 3:].numpy())
    assert maps["anchor_0/variance"] == pytest.approx(teacher[:, 3:].var(dim=(0, 2), correction=0).numpy())
    assert np.array_equal(maps["pooled/student"], 2 * pooled.numpy()) and maps["pooled/label"].tolist() == [
        2,
        0,
        0,
        1,
        2,
        1,
        1,
    ]


def test_what_is_kept_is_read_back_without_pickles(tmp_path: Path) -> None:
    drawn = Drawn(np.array([3]), np.array(["p01"]), np.array([0]), 4.0)
    heard = {name: Heard({"anchor_0": torch.ones(1, 2, 5)}, torch.ones(1, 3)) for name in ("teacher", "student")}
    keep(tmp_path / "maps.npz", feature_maps(drawn, heard, ["anchor_0"]))
    with np.load(tmp_path / "maps.npz", allow_pickle=False) as kept:
        assert kept["anchor_0/teacher"].shape == (1, min(2, CHANNELS), 5) and kept["unit"].tolist() == ["p01"]
