"""Which sets of sensors are measured, with which channels, and what could not be a study of sensors."""

from __future__ import annotations

import itertools
import shlex
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.data.dataset import Dataset
from stillroom.recipes.recipe import RECIPES
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom.studies import ablation
from stillroom.studies import sensors as module
from stillroom.studies.plan import Plan
from stillroom.studies.sensors import ESTIMATE, Sensors, sampled, subset_of, views_of

NAMES = ("torso", "right_arm", "left_arm", "right_leg", "left_leg")
MANY = tuple("abcdefgh")
Planned = Callable[..., Plan]


@pytest.fixture
def planned(make_dataset: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch) -> Planned:
    """The plan of a study on the made-up set: both wrists, an accelerometer and a gyroscope each."""
    for place in (ablation, module):
        monkeypatch.setattr(place, "open_source", lambda *_, **__: make_dataset(seconds=12.0))

    def of(by: str = "site", seeds: int = 1, at_most: int = 31, **options: Any) -> Plan:
        asked = {"data": "made", "protocol": "persons:2", **options}
        return Sensors(asked, by, seeds, at_most).plan()  # type: ignore[arg-type]

    return of


def refused(make: Callable[[], Any]) -> InputError:
    with pytest.raises(InputError) as error:
        make()
    return error.value


@pytest.mark.parametrize("at_most", [31, 32, 500])
def test_every_set_is_measured_once_by_size_where_all_are_allowed(at_most: int) -> None:
    found = sampled(NAMES, at_most)
    every = [some for size in range(1, 6) for some in itertools.combinations(NAMES, size)]
    assert found == every and len(found) == 31


@pytest.mark.parametrize("at_most", [17, 18, 40, 120, 254])
def test_a_sample_holds_all_each_one_alone_and_each_left_out_and_as_many_sets_as_are_allowed(at_most: int) -> None:
    found = sampled(MANY, at_most)
    assert len(found) == len(set(found)) == at_most
    assert set(found) >= {MANY, *((name,) for name in MANY), *(tuple(n for n in MANY if n != one) for one in MANY)}
    assert all(tuple(sorted(subset)) == subset for subset in found), "in the order of the names"
    assert [len(subset) for subset in found] == sorted(len(subset) for subset in found)


def test_a_sample_is_fixed_and_meets_every_size_between_as_often() -> None:
    assert sampled(MANY, 40) == sampled(MANY, 40) and sampled(MANY, 40) != sampled([*MANY[:-1], "z"], 40)
    sizes = Counter(map(len, sampled(MANY, 42)))
    assert {sizes[size] for size in range(2, 7)} == {5}


@pytest.mark.parametrize(("names", "at_most"), [(NAMES, 10), (MANY, 16), (("a", "b"), 2), (("a", "b", "c"), 6)])
def test_too_few_for_each_one_alone_and_left_out_is_refused_and_says_how_many_it_takes(
    names: tuple[str, ...], at_most: int
) -> None:
    error = refused(lambda: sampled(names, at_most))
    assert error.where == "--at-most" and str(at_most) in error.what
    least = int(error.mend.split()[1])
    assert least > at_most and sampled(names, least)


def test_a_view_takes_the_channels_of_its_site_or_sensor_and_no_others() -> None:
    pool = Layout(
        channels=tuple(
            channel
            for site in ("wrist", "right_wrist", "right_wrist_2")
            for kind in ("acc", "gyro")
            for channel in sensor_channels(site, kind, 20.0)
        )
    )
    for by, count in (("site", 3), ("sensor", 6)):
        views = views_of(pool, by)  # type: ignore[arg-type]
        assert len(views) == count
        for name, view in views.items():
            wanted = [c.name for c in pool if (c.site if by == "site" else c.sensor) == name]
            assert list(pool.select(view).names) == wanted
        assert list(pool.select(",".join(views.values())).names) == list(pool.names)


def test_one_site_is_refused_with_a_way_out_and_one_sensor_with_another() -> None:
    one = Layout(channels=tuple(sensor_channels("torso", "acc", 20.0)))
    by_site, by_sensor = (refused(lambda by=by: views_of(one, by)) for by in ("site", "sensor"))  # type: ignore[misc]
    assert "one site only" in by_site.what and "--by sensor" in by_site.mend and by_site.where == "torso"
    assert "one sensor only" in by_sensor.what and "--by sensor" not in by_sensor.mend


def test_one_network_for_any_set_comes_first_and_then_a_student_alone_for_each_set(planned: Planned) -> None:
    plan = planned(seeds=2)
    names = [cell.name for cell in plan.cells]
    assert names == [ESTIMATE, "right_wrist", "left_wrist", "right_wrist + left_wrist"]
    assert [subset_of(cell) for cell in plan.cells[1:]] == [
        {"right_wrist"}, {"left_wrist"}, {"right_wrist", "left_wrist"},
    ]  # fmt: skip
    assert [(run.seed, run.cell) for run in plan.runs] == [(seed, cell) for seed in (0, 1) for cell in range(4)]
    assert len({run.key for run in plan.runs}) == 8
    for run in plan.runs:
        name = names[run.cell]
        recipe, views = (
            run.words[1],
            [run.words[run.words.index(f"--{role}-view") + 1] for role in ("teacher", "student")],
        )
        assert recipe == ("any_subset" if name == ESTIMATE else "alone") and views[0] == views[1]
        sites = {view.split(".")[0] for view in views[0].split(",")}
        assert sites == ({"right_wrist", "left_wrist"} if name == ESTIMATE else set(name.split(" + ")))
        assert recipe in RECIPES


def test_by_sensor_there_are_as_many_sets_as_sensors_have_and_a_narrow_pool_has_fewer(planned: Planned) -> None:
    assert len(planned("sensor").cells) == 1 + 15
    assert len(planned("sensor", at_most=9).cells) == 1 + 9
    narrow = planned("sensor", teacher_view="*.acc.*")
    assert [cell.name for cell in narrow.cells[1:]] == [
        "right_wrist.acc", "left_wrist.acc", "right_wrist.acc + left_wrist.acc",
    ]  # fmt: skip
    for cell in narrow.cells:
        assert "gyro" not in cell.settings["student_view"]


def test_its_command_asks_for_the_same_plan_again(planned: Planned) -> None:
    plan = planned("sensor", 2, 9, teacher_view="right_wrist.*,left_wrist.acc.*", stride_s=2.0)
    words = shlex.split(plan.command)
    assert words[:3] == ["stillroom", "study", "sensors"]
    given = dict(zip(words[3::2], words[4::2], strict=True))
    assert given == {
        "--data": "made", "--protocol": "persons:2", "--teacher-view": "right_wrist.*,left_wrist.acc.*",
        "--stride-s": "2.0", "--by": "sensor", "--seeds": "2", "--at-most": "9",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"student_view": "right_wrist.*"}, "the student's sensors are what is varied"),
        ({"by": "channel"}, "sensors cannot be taken by 'channel'"),
        ({"teacher_view": "right_wrist.*"}, "there is one site only"),
        ({"at_most": 2}, "2 sets cannot hold each one alone and left out"),
        ({"seed": 3}, "seed"),
        ({"protocol": "nobody"}, "nobody"),
        ({"change": ["student.training.lr=-1"]}, "greater than 0"),
    ],
)
def test_what_could_not_run_is_refused_when_it_is_planned(planned: Planned, options: dict[str, Any], said: str) -> None:
    error = refused(lambda: planned(**options))
    assert said in error.sentence()
