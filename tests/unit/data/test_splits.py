from dataclasses import replace

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.data.splits import split
from stillroom.data.windows import WindowConfig, cut

CONFIG = WindowConfig(window_s=2.0, stride_s=1.0)


def people_of(index, ids):
    return set(index.person_names(ids).tolist())


@pytest.mark.parametrize("protocol", ["person", "persons:2", "persons:3"])
def test_no_person_stands_on_two_sides(make_dataset, protocol):
    index = cut(make_dataset(people=6), CONFIG)
    for fold in split(index, protocol).folds:
        sides = [people_of(index, ids) for ids in (fold.train, fold.validation, fold.test)]
        assert all(sides) and sum(map(len, sides)) == len(set().union(*sides))


@pytest.mark.parametrize("protocol", ["person", "persons:2", "session", "blocks:4", "random:4"])
def test_every_window_tests_at_most_once_and_never_also_trains(make_dataset, protocol):
    index = cut(make_dataset(people=4, sessions=2, seconds=5.0, rounds=8), CONFIG)
    folds = split(index, protocol, leaks_known=True).folds
    tested = np.concatenate([fold.test for fold in folds])
    assert len(np.unique(tested)) == len(tested)
    for fold in folds:
        assert len(np.unique(np.concatenate([fold.train, fold.validation, fold.test]))) == sum(
            map(len, (fold.train, fold.validation, fold.test))
        )


def test_everybody_is_tested_once_by_person(make_dataset):
    index = cut(make_dataset(people=5), CONFIG)
    folds = split(index, "person").folds
    assert [people_of(index, fold.test) for fold in folds] == [{f"p{i}"} for i in range(1, 6)]


def test_sessions_left_out_are_whole_and_the_leak_is_said(make_dataset):
    index = cut(make_dataset(people=3, sessions=2), CONFIG)
    divided = split(index, "session")
    session = np.array(index.session)[index.recording]
    for fold in divided.folds:
        assert len(set(session[fold.test])) == 1 and set(session[fold.test]).isdisjoint(session[fold.train])
    assert "same people" in divided.warning


def test_stretches_keep_their_distance(make_dataset):
    index = cut(make_dataset(people=1, seconds=5.0, rounds=20), CONFIG)
    divided = split(index, "blocks:5", gap_s=8.0)
    assert divided.unit == "stretches" and len(divided.folds) == 5
    for fold in divided.folds:
        for ids in (fold.train, fold.validation):
            before = index.start[fold.test][:, None] - (index.start[ids] + index.width)[None]
            after = index.start[ids][None] - (index.start[fold.test] + index.width)[:, None]
            assert (np.maximum(before, after) >= 8.0 * index.rate_hz - 2).all()


def test_a_random_split_must_be_asked_for_twice(make_dataset):
    index = cut(make_dataset(), CONFIG)
    with pytest.raises(InputError, match="--i-know-it-leaks"):
        split(index, "random:5")
    assert "on both sides" in split(index, "random:5", leaks_known=True).warning


@pytest.mark.parametrize(
    ("people", "protocol", "said"),
    [
        (1, "person", "1 person is too few"),
        (2, "person", "2 people are too few"),
        (4, "persons:9", "9 groups"),
        (4, "persons", "number of groups"),
        (4, "persons:1", "not understood"),
        (4, "person:3", "not understood"),
        (4, "loso", "unknown protocol"),
        (4, "session", "one session"),
        (4, "blocks:2", "three stretches"),
    ],
)
def test_a_protocol_that_cannot_be_is_one_clear_error(make_dataset, people, protocol, said):
    with pytest.raises(InputError, match=said):
        split(cut(make_dataset(people=people), CONFIG), protocol)


def test_a_class_absent_from_training_is_named_with_the_fold(make_dataset):
    dataset = make_dataset(people=4)
    others = [replace(r, tracks={"activity": r.tracks["activity"][:2]}) for r in dataset.recordings[1:]]
    index = cut(replace(dataset, recordings=(dataset.recordings[0], *others)), CONFIG)
    with pytest.raises(InputError, match=r"no window of still.*fold p1.*--drop-class"):
        split(index, "person")
