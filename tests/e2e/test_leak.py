"""No leak through the whole way: what a fold trains never sees the recordings of whom it tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .kit import COLUMNS, ROLES, Call, distil_words, people, weights, write_people

POISON = 1e9


def trained(call: Call, base: Path, poisoned: str | None) -> dict[str, bytes]:
    """The weights of the fold that tests p1; `poisoned` is whose recordings are replaced."""
    tables = people()
    if poisoned:
        tables[poisoned] = tables[poisoned].assign(**dict.fromkeys(COLUMNS, POISON))
    data = write_people(base / "own", tables)
    changes = {"cross_fit": 2, "cache__mode": "on", "augmentation__jitter": 0.05, "augmentation__drop": 0.1}
    told = call(*distil_words(data, base / "run", "--folds", 1, "--json", **changes))
    assert told.code == 0, told.err
    return weights(base / "run")


@pytest.fixture
def clean(call: Call, tmp_path: Path) -> dict[str, bytes]:
    return trained(call, tmp_path / "clean", None)


def test_the_test_persons_recordings_change_no_weight(call: Call, clean: dict[str, bytes], tmp_path: Path) -> None:
    places = {f"folds/p1/{role}/model.safetensors" for role in ROLES}
    assert set(clean) > places and len(clean) == len(ROLES) + 4
    poisoned = trained(call, tmp_path / "poisoned", "p1")
    assert [name for name in clean if poisoned[name] != clean[name]] == []


@pytest.mark.parametrize("person", ["p2", "p3"])
def test_those_of_who_validates_or_trains_do(call: Call, clean: dict[str, bytes], tmp_path: Path, person: str) -> None:
    poisoned = trained(call, tmp_path / "poisoned", person)
    changed = {Path(name).parent.name for name in clean if poisoned[name] != clean[name]}
    assert changed if person == "p2" else changed >= {"teacher", "semantic", "student", "alone", "forest"}
