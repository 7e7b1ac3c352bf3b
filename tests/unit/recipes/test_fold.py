"""Runs through the engine on the made-up set: what is decided once, and what ends with the training."""

import json
from pathlib import Path

import numpy as np
import pytest

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import silent
from stillroom.recipes.check import check
from stillroom.recipes.distil import distil
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.groups import cross_fit_groups
from stillroom.training import teacher_cache

from .kit import never, weights


@pytest.mark.parametrize(("first", "later"), [(False, True), (True, False)])
def test_whether_the_teacher_is_cached_is_decided_once_for_a_run(
    experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool, later: bool
) -> None:
    def pays(answer: bool) -> None:
        def decide(teachers, ids, views, epochs, config, emit) -> bool:
            return answer if config.mode == "auto" else config.mode == "on"

        monkeypatch.setattr(teacher_cache, "_pays", decide)

    made = experiment()
    pays(first)
    distil(made, tmp_path / "whole", resume=False, emit=silent, stop=never)
    student = tmp_path / "parts" / "folds" / made.folds[0].name / "student"
    with pytest.raises(StoppedError):
        distil(made, tmp_path / "parts", resume=False, emit=silent, stop=lambda: (student / "cache.json").exists())
    assert json.loads((student / "cache.json").read_text()) == {"semantic": "on" if first else "off"}
    pays(later)  # another machine load, another measurement
    distil(made, tmp_path / "parts", resume=True, emit=silent, stop=never)
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")


def test_what_only_a_training_under_way_needs_is_taken_away_even_after_a_kill(experiment, tmp_path: Path) -> None:
    made = experiment()
    distil(made, tmp_path, resume=False, emit=silent, stop=never)
    fold = tmp_path / "folds" / made.folds[0].name
    left = [fold / "answers", fold / "student" / "best", fold / "student" / "checkpoint.safetensors"]
    assert not [path for path in left if path.exists()]
    for folder in left[:2]:
        (folder / "deeper").mkdir(parents=True)
    left[2].write_bytes(b"left by a process killed after its predictions")
    facts = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(facts | {"state": "unfinished"}))
    distil(made, tmp_path, resume=True, emit=silent, stop=never)
    assert not [path for path in left if path.exists()]


def test_groups_of_people_cover_training_once(experiment) -> None:
    made = experiment("cross_fit=3", people=8)
    fold = made.folds[0]
    groups = cross_fit_groups(made, fold)
    assert len(groups) == 3
    people = [set(made.index.person[fold.train][group[fold.train]].tolist()) for group in groups]
    assert sorted(person for group in people for person in group) == np.unique(made.index.person[fold.train]).tolist()
    assert cross_fit_groups(experiment(), fold) == []


def test_more_groups_than_people_is_one_group_a_person_and_one_person_is_refused(experiment) -> None:
    made = experiment("cross_fit=9", people=5)
    assert len(cross_fit_groups(made, made.folds[0])) == 3
    with pytest.raises(InputError, match="two groups"):
        check(experiment("cross_fit=2", people=3))


def test_a_network_in_the_forests_place_and_a_loss_that_needs_a_teacher_are_refused(experiment) -> None:
    made = experiment()
    wrong = made.recipe.changed(forest={"name": "reference", "settings": {}})
    with pytest.raises(InputError, match="reference is no forest"):
        check(Experiment(**{**vars(made), "recipe": wrong}))
    taught = made.recipe.changed(alone_terms={"hinton": {"weight": 1.0}})
    with pytest.raises(InputError, match="hinton needs a teacher"):
        check(Experiment(**{**vars(made), "recipe": taught}))


def test_checking_draws_nothing_from_the_generator(experiment) -> None:
    import torch

    made = experiment()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    check(made)
    assert torch.equal(torch.get_rng_state(), before)


def test_settings_that_make_no_network_are_refused_by_its_phase(experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    from stillroom.models.reference import ReferenceConfig

    def build(self, shape):
        raise RuntimeError("Kernel size can't be greater than actual input size\nand so on")

    monkeypatch.setattr(ReferenceConfig, "build", build)
    with pytest.raises(InputError, match=r"make no network: Kernel size.*actual input size \(reference.model"):
        check(experiment())
