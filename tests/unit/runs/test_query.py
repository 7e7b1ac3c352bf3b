"""Runs below a folder: a run that is a part of another one's folder is not listed beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillroom.runs.query import find_runs
from stillroom.runs.store import begin_run

ASKED = {"recipe": {"name": "tsak"}, "data": "made", "protocol": "person", "seed": 0, "fast": False}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Two runs side by side, one with another run inside, and a third a level deeper."""
    for place in ("a", "b", "deep/c", "a/explain/estimator", "deep/c/inner"):
        begin_run(tmp_path / "base" / place, ASKED, resume=False)
    return tmp_path / "base"


def listed(folder: Path, below: Path) -> set[str]:
    return {run.folder.resolve().relative_to(below).as_posix() for run in find_runs(folder)}


def test_a_run_inside_another_is_not_listed_and_the_outer_one_is(base: Path) -> None:
    assert listed(base, base) == {"a", "b", "deep/c"}
    assert listed(base / "deep", base) == {"deep/c"}


@pytest.mark.parametrize("place", ["a", "deep/c"])
def test_listed_from_the_run_itself_it_is_the_run_alone(base: Path, place: str) -> None:
    assert listed(base / place, base) == {place}


def test_whoever_looks_inside_a_run_finds_what_lies_there(base: Path) -> None:
    assert listed(base / "a/explain", base) == {"a/explain/estimator"}


@pytest.mark.parametrize("place", [".", "a", "deep/.."])
def test_a_folder_named_from_where_one_stands_lists_the_same(
    base: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(base)
    assert listed(Path(place), base) == listed((base / place).resolve(), base)
