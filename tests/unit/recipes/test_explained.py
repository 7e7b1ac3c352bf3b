"""What is explained of a run: which windows are drawn, and a model that holds still while it is asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explained import drawn, explained, roles_explained, units_of
from stillroom.runs.store import Run

from .explain_kit import Make, explainable, poisoned

Found = tuple[Experiment, Run]


@pytest.fixture(scope="module")
def made(experiment: Make, tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("explained") / "run"
    return explainable(experiment, folder, "teacher", "alone")


def counts(experiment: Experiment, ids: np.ndarray) -> np.ndarray:
    """`(person, activity)` how many windows, of people and activities that are there."""
    person, label = experiment.index.person[ids], experiment.index.label[ids]
    return np.array([[((person == p) & (label == c)).sum() for c in np.unique(label)] for p in np.unique(person)])


def test_windows_are_drawn_of_tested_people_as_many_of_each_person_and_activity(experiment: Make) -> None:
    asked = experiment(protocol="persons:2", folds=0)
    for fold in asked.folds:
        ids = drawn(asked, fold, 18, seed=0)
        assert len(ids) == 18 and set(ids.tolist()) <= set(fold.test.tolist())
        assert (np.diff(ids) > 0).all()
        assert (counts(asked, ids) == 3).all() and counts(asked, ids).shape == (2, 3)
        assert units_of(fold, ids).tolist() == asked.index.person_names(ids).tolist()
        uneven = counts(asked, drawn(asked, fold, 20, seed=0))
        assert uneven.sum() == 20 and uneven.max() - uneven.min() == 1


def test_a_draw_follows_from_its_seed_and_takes_all_there_are_where_more_are_asked_for(experiment: Make) -> None:
    asked = experiment()
    fold = asked.folds[0]
    assert drawn(asked, fold, 9, seed=1).tolist() == drawn(asked, fold, 9, seed=1).tolist()
    assert drawn(asked, fold, 9, seed=1).tolist() != drawn(asked, fold, 9, seed=2).tolist()
    assert drawn(asked, fold, 10**6, seed=1).tolist() == sorted(fold.test.tolist())
    assert len(drawn(asked, fold, 1, seed=1)) == 1


@pytest.mark.parametrize(
    ("roles", "explained_ones"),
    [
        ((), ("teacher", "student", "alone")),
        (("alone", "forest"), ("alone",)),
        (("teacher", "semantic", "student"), ("teacher", "student")),
        (("forest",), ()),
    ],
)
def test_teacher_student_and_student_alone_are_explained_where_they_were_made(
    experiment: Make, roles: tuple[str, ...], explained_ones: tuple[str, ...]
) -> None:
    asked = experiment()
    recipe = asked.recipe.changed(only=roles)
    assert roles_explained(Experiment(**{**vars(asked), "recipe": recipe})) == explained_ones


def test_a_model_sees_its_own_channels_as_recorded_in_physical_units(made: Found) -> None:
    asked, run = made
    fold = asked.folds[1]
    with explained(asked, run, "alone", fold) as one:
        found = one.windows(asked, fold.test[:3]).numpy()
        assert one.layout.names == asked.student.layout.names
    rows = asked.bank.layout.indices_of(asked.student.layout)
    starts = asked.index.start[fold.test[:3]]
    assert np.array_equal(found, np.stack([asked.bank.signal[rows, at : at + asked.index.width] for at in starts]))


def test_its_mean_is_that_of_training_people_whoever_else_there_is(made: Found) -> None:
    asked, run = made
    fold = asked.folds[0]
    people = {asked.index.people[code] for code in np.unique(asked.index.person[fold.train])}
    with explained(asked, run, "teacher", fold) as one:
        theirs = one.windows(poisoned(asked, *people), fold.train)
        torch.testing.assert_close(one.mean, theirs.mean(dim=(0, 2)), atol=0.1, rtol=0.05)
        assert one.fold is fold and (one.sd > 0).all()


def test_a_model_holds_still_and_its_untrained_twin_is_another_one_that_a_seed_draws_again(made: Found) -> None:
    asked, run = made
    fold = asked.folds[0]
    with explained(asked, run, "teacher", fold) as one:
        state = torch.get_rng_state()
        assert one.has_gradient and not any(p.requires_grad for p in one.model.parameters())
        assert not any(module.training for module in one.model.modules())
        x = one.windows(asked, fold.test[:4])
        first, again, other = (one.untrained(seed)(x) for seed in (1, 1, 2))
        assert torch.equal(first, again) and not torch.allclose(first, other)
        assert not torch.allclose(first, one.ask(x)) and first.shape == one.ask(x).shape
        assert torch.equal(torch.get_rng_state(), state), "torch's own generator was moved"
        standard = (x - one.mean[:, None]) / one.sd[:, None]
    with explained(asked, run, "teacher", asked.folds[1]) as two:
        same = two.untrained(1)(standard * two.sd[:, None] + two.mean[:, None])
        assert not torch.allclose(same, first, atol=1e-4), "folds have untrained twins of their own"


def test_a_teacher_with_a_forest_has_no_gradient(experiment: Make, tmp_path: Path) -> None:
    changes = ("forest_in_teacher=true",)
    asked, run = explainable(experiment, tmp_path / "run", "teacher", changes=changes, folds=1)
    with explained(asked, run, "teacher", asked.folds[0]) as one:
        assert not one.has_gradient and one.ask(one.windows(asked, asked.folds[0].test[:2])).shape == (2, 3)
