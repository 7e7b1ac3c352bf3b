"""What is played back: it comes back as it was kept, and what is none of ours is refused in one sentence."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.runs.playback import PLAYBACK, Channel, Playback, SensorSet, keep_playback, playback_of
from stillroom.runs.store import Run

NAMES = ("wrist.acc.x", "wrist.acc.y", "belt.gyro.z")


def played(**changes: Any) -> Playback:
    """Three channels of two sensors, four windows, two classes with names that need care."""
    draw = np.random.default_rng(0)
    shares = draw.dirichlet([1, 1], size=4).astype(np.float16)
    own = Playback(
        recording="p01/s1", unit="p01", start_s=12.5, rate_hz=25.0, window_s=2.0, step_s=0.5,
        channels=tuple(Channel(name, "g", name.rpartition(".")[0]) for name in NAMES),
        classes=("Über <b>", "gehen, 走る"), sensors=("wrist.acc", "belt.gyro"), own=("wrist.acc",),
        median_of="student", chosen="by a rule", signal=draw.normal(size=(3, 90)).astype(np.float32),
        windows_s=np.arange(4) / 2, truth=np.array([0, 1, 1, -1], np.int16),
        answers={"teacher": shares, "student": shares[::-1].copy()},
        sets=(SensorSet(("wrist.acc",), "student", "tsak", 0.5, 0.4, 0.6, 0.45),
              SensorSet(("belt.gyro",), "estimate")),
        said=np.array([[0, 1, 1, 0], [1, 1, 0, 0]], np.int16), share=np.full((2, 4), 0.75, np.float16),
        why={"teacher": np.full((2, 3, 20), 1 / 60, np.float16)}, why_windows=np.array([0, 3], np.int32),
        why_method="integrated gradients",
    )  # fmt: skip
    return replace(own, **changes)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return bool(one.dtype == other.dtype and np.array_equal(one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return bool(one == other and type(one) is type(other))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sets": (), "said": np.zeros((0, 0), np.int16), "share": np.zeros((0, 0), np.float16)},
        {"why": {}, "why_windows": np.zeros(0, np.int32), "why_method": ""},
    ],
    ids=["whole", "without sets", "without why"],
)
def test_what_is_kept_comes_back_as_it_was(tmp_path: Path, changes: dict[str, Any]) -> None:
    given = played(**changes)
    keep_playback(Run(tmp_path), given)
    found = playback_of(Run(tmp_path))
    assert found is not None and found.seconds == 3.6
    wrong = [name for name, value in vars(given).items() if not same(value, getattr(found, name))]
    assert not wrong and [path.name for path in tmp_path.iterdir()] == [PLAYBACK]


def test_a_run_without_one_has_none(tmp_path: Path) -> None:
    assert playback_of(Run(tmp_path)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"truth": np.zeros(3, np.int16)},
        {"truth": np.array([0, 1, 2, 0], np.int16)},
        {"answers": {"teacher": np.zeros((4, 3), np.float16)}},
        {"said": np.zeros((1, 4), np.int16)},
        {"said": np.full((2, 4), 2, np.int16)},
        {"why_windows": np.array([1], np.int32)},
        {"why_windows": np.array([0, 4], np.int32)},
        {"channels": played().channels[:2]},
        {"rate_hz": 0.0},
        {"step_s": float("nan")},
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    keep_playback(Run(tmp_path), played(**changes))
    with pytest.raises(InputError, match="damaged"):
        playback_of(Run(tmp_path))


@pytest.mark.parametrize("left", [0, 1, 100, -30])
def test_a_file_that_was_cut_off_is_refused_in_a_sentence(tmp_path: Path, left: int) -> None:
    keep_playback(Run(tmp_path), played())
    path = tmp_path / PLAYBACK
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(InputError, match="damaged") as refused:
        playback_of(Run(tmp_path))
    assert "stillroom runs playback" in refused.value.mend


@pytest.mark.parametrize(("change", "why"), [({"format": 2}, "another version"), ({"more": 1}, "damaged")])
def test_one_of_another_version_is_refused(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    keep_playback(Run(tmp_path), played())
    with np.load(tmp_path / PLAYBACK) as kept:
        arrays = {name: kept[name] for name in kept.files}
    facts = {**json.loads(str(arrays.pop("facts"))), **change}
    np.savez(tmp_path / PLAYBACK, facts=np.array(json.dumps(facts)), **arrays)
    with pytest.raises(InputError, match=why):
        playback_of(Run(tmp_path))


def test_whichever_bits_are_wrong_it_is_refused_in_our_words_or_read(tmp_path: Path) -> None:
    keep_playback(Run(tmp_path), played())
    whole, draw = (tmp_path / PLAYBACK).read_bytes(), np.random.default_rng(0)
    refused = 0
    for place in draw.permutation(len(whole))[:400]:
        broken = bytearray(whole)
        broken[place] ^= 1 << int(draw.integers(8))
        (tmp_path / PLAYBACK).write_bytes(broken)
        try:
            playback_of(Run(tmp_path))
        except InputError as error:
            refused += "stillroom runs playback" in error.mend
    assert refused > 200
