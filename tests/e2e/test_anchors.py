"""Spectra at anchors, on the command line: the stage term's number is the mean of what is told bin by bin."""

from __future__ import annotations

from pathlib import Path

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
    first = part["anchors"]["anchor_0"]["models"]
    assert first["untrained"]["difference"] != first["student-stage_0"]["difference"]


def test_networks_without_a_common_anchor_are_one_sentence(refused: Call, done: Path) -> None:
    before = sorted(path.name for path in done.iterdir())
    told = refused("explain", done, "--part", "anchors")
    assert "no anchor alike" in told.error and "Leave the part anchors out" in told.error
    assert sorted(path.name for path in done.iterdir()) == before
