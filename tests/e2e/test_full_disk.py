"""A full disk: one error, nothing that looks whole and is not, and a run that goes on once there is room."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from stillroom.models.bundle import load_model

from .disk import fill, mounted
from .kit import PHASES, Processes, distil_words, leftovers, report_of, timeless, weights

SETTINGS = {
    "student__training__epochs": 3,
    "cache__mode": "on",
    **{f"{phase}__training__checkpoint_s": 0.05 for phase in PHASES},
}
KB = 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    with mounted(tmp_path / "disk") as place:
        yield place


def check_whole(folder: Path) -> None:
    """Whatever has a name of ours can be read."""
    assert leftovers(folder) == []
    for path in folder.rglob("*.json"):
        json.loads(path.read_text())
    for path in folder.rglob("model.json"):
        load_model(path.parent)
    for path in folder.rglob("predictions.npz"):
        with np.load(path, allow_pickle=False) as kept:
            assert len(kept["truth"]) == len(kept["probabilities"])


def test_a_full_disk_is_one_error_and_with_room_the_run_ends_as_if_nothing_had_been(
    small_disk: Path, own: Path, processes: Processes, tmp_path: Path
) -> None:
    folder = small_disk / "run"
    undisturbed, words = (
        distil_words(own, place, "--folds", 1, "--resume", **SETTINGS) for place in (tmp_path / "undisturbed", folder)
    )
    assert processes([(undisturbed, None)])[0].code == 0
    reached, room = [], 0
    while True:
        used = sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
        fill(small_disk, max(room - used, 0))
        told = processes([(words, None)])[0]
        if told.code == 0:
            break
        assert told.code == 1, (room, told)
        assert "The disk is full" in told.error and "free some space" in told.error and str(folder) in told.error
        assert not (folder / "report.json").exists() and told.out == ""
        check_whole(folder)
        reached.append(len(list(folder.rglob("predictions.npz"))))
        room = 2 * room + 40 * KB
    assert reached[0] == 0 and len(set(reached)) > 1 and len(reached) > 3, reached  # it stopped in several places
    assert weights(folder) == weights(tmp_path / "undisturbed")
    assert timeless(report_of(folder)) == timeless(report_of(tmp_path / "undisturbed"))
    assert all(json.loads(line)["kind"] for line in (folder / "events.jsonl").read_text().splitlines())


def test_where_the_answers_of_the_teacher_find_no_room_it_is_one_error_too(
    small_disk: Path, own: Path, processes: Processes
) -> None:
    # sixty views of every window need 1.2 MB, which a memory map would only miss when it is written to
    wide = {"augmentation__views": 60, "teacher__model__settings__causal": 64, "cache__mode": "on"}
    folder = small_disk / "run"
    fill(small_disk, 700 * KB)
    told = processes([(distil_words(own, folder, "--folds", 1, **wide), None)])[0]
    assert told.code == 1 and "The disk is full" in told.error and "answers" in told.error, told
    assert (folder / "folds" / "p1" / "teacher" / "predictions.npz").exists()
    check_whole(folder)
