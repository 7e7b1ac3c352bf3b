"""A split is shown as it will be made, and its choice becomes the words of the command line."""

from __future__ import annotations

import pytest
from tests.app.tables import csv

from stillroom.base.errors import InputError
from stillroom.data.dataset import Dataset
from stillroom_app.services import sources, splits
from stillroom_app.services.imports import look, save
from stillroom_app.services.splits import Asked, preview
from stillroom_app.services.uploads import Upload, stage


@pytest.fixture(scope="module")
def factory() -> Dataset:
    return sources.opened("factory")


def test_by_person_everybody_is_tested_once_and_nobody_stands_on_two_sides(factory: Dataset) -> None:
    found = preview(factory, Asked())
    assert found.apart
    assert sorted(name for fold in found.folds for name in fold["test"]) == list(factory.people)
    for fold in found.folds:
        sides = [set(fold[part]) for part in ("train", "validation", "test")]
        assert not sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2]
    assert (found.window_s, found.stride_s) == (4.0, 2.0)


def test_counts_are_those_of_the_windows(factory: Dataset) -> None:
    found = preview(factory, Asked("persons:4", window_s=2.0))
    windows = {sum(fold["windows"].values()) for fold in found.folds}
    assert windows == {sum(map(sum, found.counts))}
    assert found.stride_s == 1.0
    assert (len(found.counts), len(found.counts[0])) == (len(found.people), len(found.classes))


def test_of_stretches_each_is_tested_once_and_apart() -> None:
    place = stage([Upload("mine.csv", csv(people=1, seconds=12, labels=("walk", "sit") * 15))])
    mapping = look(place).mapping
    assert mapping is not None
    save(place, "mine", mapping)
    found = preview(sources.opened("mine"), Asked("blocks:3"))
    assert (found.unit, found.apart) == ("stretches", True)
    assert [fold["test"] for fold in found.folds] == [["stretch 1"], ["stretch 2"], ["stretch 3"]]
    assert all(not set(fold["test"]) & set(fold["train"] + fold["validation"]) for fold in found.folds)


def test_what_puts_people_on_both_sides_says_so(factory: Dataset) -> None:
    for protocol in ("session", "random:5"):
        found = preview(factory, Asked(protocol, leaks_known=True))
        assert found.warning
        assert not found.apart


def test_a_random_split_is_refused_until_it_is_known_to_leak(factory: Dataset) -> None:
    with pytest.raises(InputError, match="both sides"):
        preview(factory, Asked("random:5"))


def test_what_was_chosen_is_said_on_the_command_line_and_nothing_else() -> None:
    assert Asked().options() == []
    assert Asked("persons:4", 2.5, 0.5).options() == [
        "--protocol",
        "persons:4",
        "--window-s",
        "2.5",
        "--stride-s",
        "0.5",
    ]
    assert Asked("random:5", leaks_known=True).options() == ["--protocol", "random:5", "--i-know-it-leaks"]
    assert Asked("person", leaks_known=True).options() == ["--protocol", "person"]


def test_only_groups_that_the_people_suffice_for_are_offered() -> None:
    assert "persons:3" not in splits.protocols(3)
    assert "persons:3" in splits.protocols(4)
    for protocol in splits.protocols(12):
        assert splits.said(protocol, "person")
