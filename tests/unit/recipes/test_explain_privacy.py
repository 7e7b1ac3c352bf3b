"""Who can be told from what is kept: strangers to the model alone are counted, and each part after the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import silent
from stillroom.data.dataset import Dataset
from stillroom.data.windows import WindowConfig, cut
from stillroom.recipes.experiment import Experiment, Settings, prepare
from stillroom.recipes.explain_privacy import SEEN, explain_privacy, gone, parts_of, strangers_tested
from stillroom.recipes.recipe import RECIPES
from stillroom.runs.store import Run

from .explain_kit import Make, explainable
from .kit import never

Data = Callable[..., Dataset]


@pytest.fixture(scope="module")
def made(experiment: Make, tmp_path_factory: pytest.TempPathFactory) -> tuple[Experiment, Run]:
    folder = tmp_path_factory.mktemp("privacy") / "run"
    return explainable(experiment, folder, "teacher", "semantic", "student")


def prepared(dataset: Dataset, protocol: str) -> Experiment:
    asked = {"data": "made", "student_view": "right_wrist.acc.*", "protocol": protocol,
             "windows": {"window_s": 2.0, "stride_s": 1.0}}  # fmt: skip
    return prepare(RECIPES["hinton"](), Settings.from_input(asked, where="test"), dataset)


def test_only_people_whom_the_model_never_saw_are_counted(made: tuple[Experiment, Run]) -> None:
    told = explain_privacy(*made, emit=silent, stop=never)
    assert list(told["models"]) == ["teacher", "student"]
    for seen in told["models"].values():
        assert list(seen) == list(SEEN)
        for one in seen.values():
            assert set(one["per_person"]) == {"p1", "p2"} and one["pilot"]
            assert one["mean"] == pytest.approx(np.mean(list(one["per_person"].values())))
            assert 0 <= one["low"] <= one["mean"] <= one["high"] <= 1
    assert (told["people"], told["chance"]) == (4, 0.25) and "halves" in told["how"]


def test_what_is_saved_is_above_zero_where_the_student_gives_less_away(made: tuple[Experiment, Run]) -> None:
    told: dict[str, Any] = explain_privacy(*made, emit=silent, stop=never)
    for name in SEEN:
        teacher, student = (told["models"][role][name]["mean"] for role in ("teacher", "student"))
        assert told["saved"][name]["mean"] == pytest.approx(teacher - student), name
        assert set(told["saved"][name]["per_person"]) == {"p1", "p2"}


def test_the_sensors_that_are_no_longer_recorded_are_the_teacher_s_alone(made: tuple[Experiment, Run]) -> None:
    assert gone(made[0]) == ["right_wrist.gyro", "left_wrist.acc", "left_wrist.gyro"]


def test_halves_of_a_recording_share_no_sample(make_dataset: Data) -> None:
    index = cut(make_dataset(people=3), WindowConfig(window_s=2.0, stride_s=0.5))
    ids, part, how = parts_of(index, np.arange(len(index)))
    assert set(part.tolist()) == {"first half", "second half"} and "halves" in how
    for recording in range(3):
        own = index.recording[ids] == recording
        last = index.start[ids][own & (part == "first half")].max() + index.width
        first = index.start[ids][own & (part == "second half")].min()
        assert last <= first
    left_out = np.setdiff1d(np.arange(len(index)), ids)
    assert 0 < len(left_out) <= 3 * 4, "only those that reach over a cut"


def test_with_two_sessions_of_everybody_sessions_are_the_parts_and_with_one_of_somebody_halves(
    make_dataset: Data,
) -> None:
    dataset = make_dataset(people=3, sessions=2, seconds=10.0)
    index = cut(dataset, WindowConfig(window_s=2.0, stride_s=1.0))
    every = np.arange(len(index))
    ids, part, how = parts_of(index, every)
    assert ids.tolist() == every.tolist() and set(part.tolist()) == {"1", "2"} and "session" in how
    assert part.tolist() == np.array(index.session)[index.recording].tolist()
    some = every[(index.person != 0) | (part == "1")]
    assert "halves" in parts_of(index, some)[2]


@pytest.mark.parametrize(
    ("protocol", "facts", "said"),
    [
        ("person", {"people": 3, "sessions": 2}, ""),
        ("persons:2", {"people": 4}, ""),
        ("session", {"people": 3, "sessions": 3}, "the models saw the people"),
        ("blocks:3", {"people": 1, "rounds": 6}, "nobody can be told from others"),
        ("blocks:3", {"people": 3, "rounds": 6}, "nobody can be told from others"),
    ],
)
def test_it_is_asked_only_where_folds_test_people_whom_their_models_never_saw(
    make_dataset: Data, made: tuple[Experiment, Run], protocol: str, facts: dict[str, int], said: str
) -> None:
    asked = prepared(make_dataset(**{"seconds": 15.0, **facts}), protocol)
    assert strangers_tested(asked) == (not said)
    if said:
        with pytest.raises(InputError) as error:
            explain_privacy(asked, made[1], emit=silent, stop=never)
        assert said in error.value.what and protocol in error.value.where and "privacy" in error.value.mend


def test_a_stop_is_heard_before_any_probe(made: tuple[Experiment, Run]) -> None:
    with pytest.raises(StoppedError, match="stopped on request"):
        explain_privacy(*made, emit=silent, stop=lambda: True)
