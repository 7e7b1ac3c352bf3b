"""The data of lessons 5 to 8: whose windows a memory holds, which runs are put side by side, what the small net is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tests.app.kit import opened, words
from tests.app.made import changed, run_like

from stillroom.base.errors import InputError
from stillroom.evaluation.metrics import scores
from stillroom.evaluation.people import per_person
from stillroom.runs.predictions import predictions_of
from stillroom_app.services import listing
from stillroom_app.services import workspace as places
from stillroom_app.services.lessons import attribution, memory, sets, stages
from stillroom_app.services.lessons.fitted import told_on
from stillroom_app.services.lessons.frame import told
from stillroom_app.services.lessons.maps import FEATURE_MAPS, has_maps, maps_of
from stillroom_app.services.lessons.shelf import LESSONS

_SMLDIST, _TSAK = "demo:smldist", "demo:tsak"


def listed(name: str) -> listing.Listed:
    return next(one for one in listing.finished() if one.name == name)


def test_feature_maps_are_of_windows_that_the_run_tested_with_their_labels() -> None:
    entry = places.entry(_SMLDIST)
    maps, kept = maps_of(entry.run), predictions_of(entry.run, "teacher")
    for ids, unit, label in (("ids", "unit", "label"), ("pooled/ids", "pooled/unit", "pooled/label")):
        at = np.searchsorted(kept.ids, maps[ids])
        assert (kept.ids[at] == maps[ids]).all()
        assert (kept.truth[at] == maps[label]).all() and (kept.unit[at] == maps[unit]).all()
    assert len(set(maps["label"].tolist())) == len(maps["label"]) == len(entry.run.report["classes"])


def test_stages_are_told_with_the_numbers_that_the_run_kept() -> None:
    entry = places.entry(_SMLDIST)
    told = json.loads((entry.run.folder / "explain/anchors.json").read_text())["told"]["anchors"]["anchor_0"]["models"]
    data = stages.data(entry)
    trained = ("untrained", "student-stage_0", "student")
    assert data["words"]["time"] == ", ".join(f"{told[name]['time']:.2f}" for name in trained)
    assert data["words"]["frequency"] == ", ".join(f"{told[name]['frequency']:.4f}" for name in trained)
    assert f"{told['alone']['frequency']:.4f}" in data["words"]["alone"] and "no proof" in data["words"]["alone"]
    # what the last step says: a student that was taught nothing is no further away in the spectrum
    assert told["alone"]["frequency"] < told["student"]["frequency"] < told["untrained"]["frequency"]
    lengths = {len(values) for stage in data["stages"] for values in stage["models"]["teacher"][0]}
    assert data["words"]["samples"] == str(max(lengths)) and float(data["words"]["hertz"]) == 1 / data["window_s"]


def test_a_bank_is_made_of_other_people_s_windows() -> None:
    pooled = memory.normed(np.arange(24.0).reshape(6, 4) ** 1.5)
    label, mine = np.array([0, 0, 0, 1, 1, 1]), np.array([True, False, False, False, True, True])
    rows = memory.bank(pooled, label, mine, 2)
    assert rows == pytest.approx(memory.normed(np.array([pooled[1:3].mean(0), pooled[3]])))
    poisoned = pooled.copy()
    poisoned[mine] = 1e6
    assert memory.bank(poisoned, label, mine, 2) == pytest.approx(rows)
    with pytest.raises(InputError, match="no explained window"):
        memory.bank(pooled, label, mine, 3)


def test_the_first_windows_that_ask_are_of_the_pair_that_is_most_alike() -> None:
    data = memory.data(places.entry(_SMLDIST))
    pair = [data["words"]["one"], data["words"]["other"]]
    assert [one["name"].partition(",")[0] for one in data["samples"][:2]] == pair
    rows = np.array(data["banks"][0]["patterns"])
    alike = rows @ rows.T / rows.shape[1] - 2 * np.eye(len(rows))
    at = np.unravel_index(int(alike.argmax()), alike.shape)
    assert {data["classes"][place] for place in at} == set(pair)
    assert f"{alike.max():.2f}" == data["words"]["alike"]


def with_maps(folder: Path, **other: Any) -> places.Entry:
    """A run with other feature maps in places; `__` stands for a slash, and what is None is left out."""
    path = run_like("smldist", folder) / "explain" / FEATURE_MAPS
    with np.load(path) as kept:
        arrays = {name: kept[name] for name in kept.files}
    for name, make in other.items():
        arrays[name.replace("__", "/")] = make(arrays[name.replace("__", "/")]) if callable(make) else make
    np.savez(path, **{name: one for name, one in arrays.items() if one is not None})
    return places.entry(folder.name)


DAMAGED: dict[str, dict[str, Any]] = {
    "a code of no activity": {"label": lambda kept: kept + 99},
    "a code below 0": {"pooled__label": lambda kept: kept - 1},
    "fewer labels than windows": {"pooled__label": lambda kept: kept[:5]},
    "one name instead of a list": {"anchors": np.array("anchor_0")},
    "no stage": {"anchors": np.array([], dtype="U8")},
    "no pooled windows": {"pooled__ids": None},
    "no untrained student": {"anchor_0__untrained": None},
    "not a number": {"anchor_0__teacher": lambda kept: kept * np.nan},
    "not finite in the bank": {"pooled__teacher": lambda kept: kept / 0},
    "a dimension less": {"anchor_0__teacher": lambda kept: kept[:, 0]},
    "three windows of ten": {"anchor_0__teacher": lambda kept: kept[:3]},
    "a student of another length": {"anchor_0__student": lambda kept: kept[..., :-1]},
    "one sample": {f"anchor_0__{name}": lambda kept: kept[..., :1] for name in ("teacher", "untrained", "student")},
    "no time": {"window_s": np.array(0.0)},
    "numbers for names": {"unit": lambda kept: np.arange(len(kept))},
    "windows of another draw": {"ids": lambda kept: kept + 10**6},
}


@pytest.mark.filterwarnings("ignore:divide by zero|invalid value")
@pytest.mark.parametrize("damage", DAMAGED)
def test_feature_maps_that_do_not_fit_together_are_one_clear_error(workspace: Path, damage: str) -> None:
    entry = with_maps(workspace / "mine", **DAMAGED[damage])
    for lesson in (stages, memory):
        with pytest.raises(InputError, match="feature maps"):
            lesson.data(entry)


def test_a_student_of_another_width_cannot_ask_the_teachers_patterns(workspace: Path) -> None:
    entry = with_maps(workspace / "mine", pooled__student=lambda kept: kept[:, :7])
    with pytest.raises(InputError, match="fewer or more numbers"):
        memory.data(entry)
    assert stages.data(entry)["samples"]  # which does not ask them


def test_a_run_without_maps_of_a_stage_offers_no_student_after_it(workspace: Path) -> None:
    less = {f"anchor_{number}__student-stage_{number}": None for number in range(2)}
    entry = with_maps(workspace / "mine", anchors=lambda kept: kept[:1], **less)
    path = entry.run.folder / "explain" / "anchors.json"
    kept = json.loads(path.read_text())
    models = kept["told"]["anchors"]["anchor_0"]["models"]
    del models["student-stage_0"]
    models["alone"]["frequency"] = 0.9
    path.write_text(json.dumps(kept))
    data = stages.data(entry)
    assert data["choices"] == {"stage": ["first"], "model": ["before", "finished"]}
    assert all("after" not in stage["models"] for stage in data["stages"])
    lesson = told_on(stages.LESSON, data)
    assert lesson.read({"step": "3"}, 10)["model"] == "finished" != lesson.read({"step": "1"}, 10)["model"]
    said = words(opened("lessons", lesson="stages", lesson_run="mine", step="5"))
    assert "untrained and finished" in said and "further from the teacher" in said and "no proof" not in said
    assert told_on(stages.LESSON, stages.data(places.entry(_SMLDIST))).read({"step": "3"}, 10)["model"] == "after"


def test_a_memory_says_whether_it_settles_between_two_patterns(workspace: Path) -> None:
    draw = np.random.default_rng(2)
    apart = memory.normed(draw.standard_normal((5, 48)))
    near = memory.normed(np.vstack([apart[:4], apart[3:4] + 0.2 * draw.standard_normal((1, 48))]))
    usual = 1 / np.sqrt(48)
    assert memory.answering(apart[0], apart, usual) < 1.2 and memory.answering(near[3], near, usual) > 1.8
    assert "settles between the two" in memory.data(places.entry(_SMLDIST))["words"]["settles"]
    likenesses = {"pooled__teacher": lambda kept: draw.standard_normal(kept.shape).astype(np.float32)}
    other = memory.data(with_maps(workspace / "mine", **likenesses))["words"]["settles"]
    assert "settles on one of them" in other
    said = [memory.settling(patterns, 10) for patterns in (1.1, 2.0, 4.2, 9.7)]
    assert ["between the two:" in one for one in said] == [False, True, False, False]
    assert "about 4" in said[2] and "nearly all" in said[3]


def test_a_bank_of_one_person_says_whose_windows_it_holds(workspace: Path) -> None:
    one = with_maps(workspace / "mine", pooled__unit=lambda kept: np.full_like(kept, "p01"))
    assert memory.data(places.entry(_SMLDIST))["words"]["whose"] == "other people's windows"
    assert "same person's" in memory.data(one)["words"]["whose"]


@pytest.mark.parametrize(("slug", "of"), [("stages", "smldist"), ("memory", "smldist"), ("fewer", "tsak")])
def test_of_a_run_over_stretches_nobody_is_told_of_people(workspace: Path, slug: str, of: str) -> None:
    changed(run_like(of, workspace / "mine"), units="stretches")
    entry = places.entry("mine")
    data = LESSONS[slug].data(entry)
    assert "people" not in data["origin"] and "stretches" in data["origin"]
    steps = [told(step.words, data["words"]) for step in LESSONS[slug].steps]
    assert not any(re.search(r"\bpeople\b", one) for one in steps), steps
    assert data.get("units", "stretches") == "stretches"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", None])
def test_feature_maps_that_cannot_be_read_are_one_clear_error(workspace: Path, content: bytes | None) -> None:
    run = run_like("smldist", workspace / "mine")
    path = run / "explain" / FEATURE_MAPS
    if content is None:
        with np.load(path) as kept:
            np.savez(path, **{name: kept[name] for name in kept.files if name != "pooled/teacher"})
    else:
        path.write_bytes(content)
    said = words(opened("lessons", lesson="memory", lesson_run="mine"))
    assert "feature maps" in said and "explain RUN" in said.replace("\\", "")


def test_a_run_that_was_not_explained_is_told_on_the_demo(workspace: Path) -> None:
    run = run_like("smldist", workspace / "mine")
    (run / "explain" / FEATURE_MAPS).unlink()
    assert not has_maps(listed("mine")) and has_maps(listed(_SMLDIST))
    assert "demo:smldist" in str(opened("lessons", lesson="stages", run="mine").selectbox(key="lesson_run").value)


def test_sets_of_sensors_are_those_that_were_tested_on_the_same_windows(workspace: Path) -> None:
    demo = sets.data(places.entry(_TSAK))
    assert [one["run"] for one in demo["samples"]] == [
        "demo:tsak", "demo:tsak-left-acc", "demo:tsak-both-acc", "demo:tsak-wrist-acc-gyro", "demo:tsak-right-wrist",
    ]  # fmt: skip
    run_like("tsak", workspace / "mine")
    run_like("tsak-left-acc", workspace / "other", index_key="another cut")
    mine = sets.data(places.entry("mine"))
    assert [one["run"] for one in mine["samples"]] == ["mine"]


def test_counts_and_gains_are_the_run_s_own() -> None:
    data = sets.data(places.entry(_TSAK))
    for one in data["samples"]:
        run = places.entry(one["run"]).run
        for role in ("student", "alone"):
            kept = predictions_of(run, role)
            each = per_person(kept.truth, kept.said, kept.unit, data["classes"])
            assert list(each) == data["people"]
            assert [own.confusion.tolist() for own in each.values()] == one[role]
        assert one["gain"]["mean"] == run.report["gain"]["mean"]
    # what the lesson says of this demo
    assert all(one["gain"]["low"] < 0 < one["gain"]["high"] for one in data["samples"])


def test_a_student_tested_on_other_windows_is_refused(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    for path in run.glob("folds/*/student/predictions.npz"):
        with np.load(path) as kept:
            np.savez(path, **{name: kept[name][1:] for name in kept.files})
    with pytest.raises(InputError, match="other windows"):
        sets.data(places.entry("mine"))


def test_damaged_names_and_marks_of_ones_own_stand_as_they_are(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    classes = json.loads((run / "report.json").read_text())["classes"]
    changed(run, classes=["<img src=x>", *classes[1:]])
    at = opened("lessons", lesson="fewer", lesson_run="mine", step="2")
    assert not at.exception and "<img" not in words(at)


@pytest.fixture(scope="module")
def maker() -> Iterator[ModuleType]:
    """`assets/make_small_net.py`."""
    spec = spec_from_file_location("make_small_net", Path(__file__).parents[2] / "assets" / "make_small_net.py")
    assert spec and spec.loader
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    yield found


@pytest.fixture(scope="module")
def seen(maker: ModuleType) -> Any:
    """What the net hears of every window of the simulated line."""
    return maker.seen()


def test_the_small_net_is_what_its_maker_says(maker: ModuleType, seen: Any) -> None:
    kept = json.loads(attribution.NET.read_text())
    inputs, names, units, index = seen
    assert names == [one["name"] for one in kept["inputs"]] and units == [one["unit"] for one in kept["inputs"]]
    assert index.key() == kept["index_key"] and list(index.classes) == kept["classes"]
    who = index.person_names(np.arange(len(index)))
    strangers = np.isin(who, maker.STRANGERS)
    answers = maker.said(kept["net"], inputs)
    found = scores(index.label[strangers], answers[strangers], index.classes)
    assert found.macro_f1 == pytest.approx(kept["macro_f1"]) and int(strangers.sum()) == kept["windows"]
    assert kept["net"]["mean"] == pytest.approx(inputs[~strangers].mean(0), abs=1e-5)  # no stranger in its statistics
    for one in kept["samples"]:
        assert one["x"] == inputs[one["number"]].tolist() and one["label"] == index.label[one["number"]]
        assert who[one["number"]] in maker.STRANGERS and one["name"].endswith(who[one["number"]])


def test_the_air_pressure_knows_nothing_of_the_activity(seen: Any) -> None:
    inputs, _, _, index = seen
    means = [inputs[index.label == code, -1].mean() for code in range(len(index.classes))]
    assert max(means) - min(means) < 3 and 1010 < np.mean(means) < 1016


def test_the_lesson_on_attribution_quotes_what_the_demo_measured() -> None:
    told = attribution.data(places.entry(_TSAK))["words"]
    assert told["untrained"] == "0.81"
    assert [one.name for one in listing.finished() if attribution.fits(one)] == [_TSAK]


@pytest.mark.parametrize("slug", ["stages", "memory", "fewer", "attribution"])
def test_a_lesson_holds_its_answer_back(slug: str) -> None:
    lesson = LESSONS[slug]
    step = next(at for at, one in enumerate(lesson.steps) if one.guess)
    guess = lesson.steps[step].guess
    assert guess is not None
    assert guess.why not in words(opened("lessons", lesson=slug, step=str(step + 1)))
    assert guess.why.split(".")[0] in words(opened("lessons", lesson=slug, step=str(step + 1), guess="1"))
