"""Cross-fitted targets through the whole way: each training person is answered for by a teacher who never saw them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from .kit import Call, distil_words, people, weights, write_people

# noise and silences are as large as the training people's spread, which is one more thing that could be known
NOISY = {"augmentation__jitter": 0.05, "augmentation__drop": 0.1}
CROSSED = {**NOISY, "cross_fit": 2}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people, so that one fold trains on four."""
    return write_people(tmp_path_factory.mktemp("six") / "own", people(6, seconds=12.0))


@pytest.fixture(scope="module")
def crossed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from stillroom.cli.main import run

    folder = tmp_path_factory.mktemp("crossed") / "run"
    with pytest.raises(SystemExit) as ended:
        run(distil_words(data, folder, "--folds", 1, **CROSSED))
    assert not ended.value.code
    return folder


def provenance(folder: Path) -> dict[str, list[str]]:
    return dict(json.loads((folder / "model.json").read_text())["provenance"])


def test_the_teachers_are_kept_apart_and_none_saw_whom_it_answers_for(crossed: Path) -> None:
    fold = crossed / "folds" / "p1"
    trained = provenance(fold / "teacher")["train_people"]
    assert len(trained) == 4
    for role in ("teacher", "semantic"):
        kept = [provenance(fold / f"{role}-{number}-of-2") for number in (1, 2)]
        for one in kept:
            assert not set(one["answers_for"]) & {*one["train_people"], *one["validation_people"], *one["test_people"]}
            assert sorted([*one["answers_for"], *one["train_people"]]) == trained
        assert sorted(name for one in kept for name in one["answers_for"]) == trained
    assert not list(crossed.rglob("checkpoint.safetensors"))


def test_whom_a_teacher_answers_for_changes_not_one_of_its_weights(
    call: Call, data: Path, crossed: Path, tmp_path: Path
) -> None:
    one = provenance(crossed / "folds" / "p1" / "teacher-1-of-2")
    tables = people(6, seconds=12.0)
    for name in one["answers_for"]:
        loud = tables[name].select_dtypes("number").columns.drop("t")
        tables[name][loud] *= 50
    told = call(*distil_words(write_people(tmp_path / "own", tables), tmp_path / "run", "--folds", 1, **CROSSED))
    assert told.code == 0, told.err
    ours, theirs = weights(tmp_path / "run"), weights(crossed)
    for role in ("teacher", "semantic"):
        name = f"folds/p1/{role}-{{}}-of-2/model.safetensors"
        assert ours[name.format(1)] == theirs[name.format(1)]
        assert ours[name.format(2)] != theirs[name.format(2)]


def test_the_student_learns_from_them_and_not_from_the_whole_teacher(
    call: Call, data: Path, crossed: Path, tmp_path: Path
) -> None:
    assert call(*distil_words(data, tmp_path / "run", "--folds", 1, **NOISY)).code == 0
    plain, cross = weights(tmp_path / "run"), weights(crossed)
    changed = {Path(name).parent.name for name in plain if plain[name] != cross[name]}
    assert changed == {"student"}
    tensors = load(cross["folds/p1/student/model.safetensors"])
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())
