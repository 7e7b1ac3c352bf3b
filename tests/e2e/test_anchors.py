"""Spectra at anchors, on the command line: the stage term's number is the mean of what is told bin by bin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .kit import Call
from .test_smldist import PAIR, VIEWS, sets


def test_anchors_are_told_before_and_after_each_training_and_add_up_to_the_loss(call: Call, tmp_path: Path) -> None:
    some = ("stages.*.training.epochs=1", "search=none", 'only=["teacher","student"]')
    words = ("distil", "smldist", "--data", "factory", *VIEWS, *sets(*PAIR, *some), "--run", tmp_path / "run")
    assert call(*words, "--json").code == 0
    told = call("explain", tmp_path / "run", "--part", "anchors", "--windows", 20, "--json")
    assert told.code == 0, told.err
    part = told.answer["anchors"]
    assert part["windows"] == 20 and list(part["anchors"]) == ["anchor_0", "anchor_1"]
    for anchor in part["anchors"].values():
        assert list(anchor["models"]) == ["untrained", "student-stage_0", "student-stage_1", "student"]
        for model in anchor["models"].values():
            bins = len(anchor["hertz"])
            assert len(anchor["teacher"]) == len(model["spectrum"]) == len(model["difference"]) == bins
            assert model["frequency"] == pytest.approx(sum(model["difference"]) / bins, rel=1e-5)
            assert model["time"] > 0
    _some_maps_are_kept(tmp_path / "run", part)
    first = part["anchors"]["anchor_0"]["models"]
    assert first["untrained"]["difference"] != first["student-stage_0"]["difference"]


def _some_maps_are_kept(run: Path, part: dict[str, Any]) -> None:
    """A few windows, each of another activity, with the features that the numbers are told of; small."""
    path = run / "explain/feature_maps.npz"
    with np.load(path, allow_pickle=False) as kept:
        maps = {name: kept[name] for name in kept.files}
    assert path.stat().st_size < 300_000
    assert maps["anchors"].tolist() == list(part["anchors"]) and len(maps["pooled/ids"]) == part["windows"]
    assert len(set(maps["label"].tolist())) == len(maps["label"]) and set(maps["ids"]) <= set(maps["pooled/ids"])
    for name, anchor in part["anchors"].items():
        assert maps["models"].tolist() == ["teacher", *anchor["models"]]
        many, channels, time = maps[f"{name}/teacher"].shape
        assert (many, channels) == (len(maps["ids"]), len(maps[f"{name}/channels"])) and time // 2 == len(
            anchor["hertz"]
        )
        assert all(maps[f"{name}/{model}"].shape == (many, channels, time) for model in anchor["models"])
        assert (maps[f"{name}/variance"] > 0).all() and not np.array_equal(
            maps[f"{name}/untrained"], maps[f"{name}/student"]
        )
    assert maps["pooled/teacher"].shape == maps["pooled/student"].shape


def test_networks_without_a_common_anchor_are_one_sentence(refused: Call, done: Path) -> None:
    before = sorted(path.name for path in done.iterdir())
    told = refused("explain", done, "--part", "anchors")
    assert "no anchor alike" in told.error and "Leave the part anchors out" in told.error
    assert sorted(path.name for path in done.iterdir()) == before
