"""The results that come with the app: they say what they are, and are read by the same code as one's own."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from stillroom.evaluation.people import per_person
from stillroom.runs.playback import playback_of
from stillroom.runs.predictions import glimpse_of, places_of, predictions_of
from stillroom.runs.store import Run
from stillroom_app.services import listing, workspace

DEMO = workspace.DEMO
RUNS = sorted(path.parent.name for path in DEMO.glob("*/run.json"))
FILES = [path for path in DEMO.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def test_the_demo_has_several_runs_two_systems_and_a_study() -> None:
    assert {"tsak", "smldist"} <= set(RUNS) and len(RUNS) >= 4
    assert [study.name for study in listing.studies()] == ["demo:sensors"]


@pytest.mark.parametrize("name", RUNS)
def test_each_shipped_report_says_that_it_is_simulated_and_fast(name: str) -> None:
    run = Run(DEMO / name)
    assert run.report["simulated"] is True and run.report["fast"] is True
    assert "simulated" in run.text and "fast setting" in run.text
    assert run.facts["asked"]["fast"] is True


def test_it_says_when_by_which_commands_and_with_what_it_was_made() -> None:
    made = json.loads((DEMO / "made.json").read_text())
    assert re.match(r"\d{4}-\d\d-\d\dT", made["began"]) and made["versions"]["stillroom"]
    for name in [*RUNS, "sensors"]:
        assert any(re.search(rf"--(run|out) {name}\b", command) for command in made["commands"]), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(DEMO).as_posix())
def test_nothing_in_it_holds_a_path_of_the_machine_it_was_made_on(path) -> None:
    assert not re.search(rb"(?<![\w.])/(tmp|home|root|work|usr|var|mnt)/", path.read_bytes())
    if path.suffix == ".json":
        _no_folder(json.loads(path.read_text()))


def _no_folder(value: object) -> None:
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _no_folder(one)
    if isinstance(value, str):
        assert not re.fullmatch(rf"\S*/({'|'.join([*RUNS, 'sensors'])})", value), value


def test_it_is_small_and_holds_no_weights() -> None:
    assert sum(path.stat().st_size for path in FILES) < 1_900_000
    assert not [path for path in FILES if path.suffix in (".safetensors", ".onnx", ".pt", ".pkl")]


@pytest.mark.parametrize("name", RUNS)
def test_its_predictions_give_the_scores_that_its_report_tells(name: str) -> None:
    """What pages draw from them agrees with the report, though probabilities were rounded."""
    run = Run(DEMO / name)
    for role in ("teacher", "student", "alone"):
        found = predictions_of(run, role)
        scored = per_person(found.truth, found.said, found.unit, run.report["classes"])
        for who, told in run.report[role]["per_person"].items():
            assert scored[who].macro_f1 == pytest.approx(told, abs=1e-9), (role, who)
        assert found.probabilities.sum(axis=1) == pytest.approx(1, abs=0.01)


def test_its_windows_lie_in_their_people_s_recordings() -> None:
    run = Run(DEMO / "tsak")
    found, places = predictions_of(run, "student"), places_of(run)
    assert places is not None
    owners = np.array([name.partition("/")[0] for name in places.names])[places.recording[found.ids]]
    assert (owners == found.unit).all() and (places.start_s >= 0).all()


def test_the_first_picture_is_of_the_person_whose_score_is_the_median() -> None:
    run = Run(DEMO / "tsak")
    glimpse = glimpse_of(run)
    assert glimpse is not None
    scores = sorted(run.report["student"]["per_person"].values())
    assert run.report["student"]["per_person"][glimpse["unit"]] == scores[(len(scores) - 1) // 2]
    assert len(glimpse["signal"]) == 3 and len(glimpse["signal"][0]) == pytest.approx(30 * glimpse["rate_hz"], abs=2)


@pytest.mark.parametrize("name", ["tsak", "smldist"])
def test_what_is_played_says_what_its_predictions_say_wherever_their_windows_meet(name: str) -> None:
    run = Run(DEMO / name)
    played, places = playback_of(run), places_of(run)
    assert played is not None and places is not None and set(played.answers) == {"teacher", "student", "alone"}
    recording = places.names.index(played.recording)
    for role, shares in played.answers.items():
        found, met = predictions_of(run, role).of(played.unit), 0
        for place, at in enumerate(played.start_s + played.windows_s):
            here = (places.recording[found.ids] == recording) & np.isclose(places.start_s[found.ids], at)
            for row in np.flatnonzero(here):
                met += 1
                assert shares[place] == pytest.approx(found.probabilities[row], abs=0.002), role
                assert (shares[place].argmax(), played.truth[place]) == (found.said[row], found.truth[row]), role
        assert met >= 5, "the windows never meet"


def test_each_set_of_sensors_that_is_played_has_the_score_that_its_report_or_estimate_tells() -> None:
    played = playback_of(Run(DEMO / "tsak"))
    told = json.loads((DEMO / "tsak/explain/sets.json").read_text())["told"]["subsets"]
    estimates = {frozenset(one["subset"]): one["mean"] for one in told}
    assert played is not None and len(played.sets) == 2 ** len(played.sensors) - 1 and len(played.why_windows) > 40
    students = {one.run: one for one in played.sets if one.of == "student"}
    assert set(students) == set(RUNS) - {"smldist"}
    for name, one in students.items():
        assert one.macro_f1 == pytest.approx(Run(DEMO / name).report["student"]["macro_f1"])
    for one in played.sets:
        if one.of == "estimate":
            assert one.macro_f1 == pytest.approx(estimates[frozenset(one.sensors)]), one.sensors


def test_it_is_listed_and_opened_as_one_s_own_runs_are(workspace) -> None:
    from stillroom_app.services import listing
    from stillroom_app.services import workspace as spaces

    names = [one.name for one in listing.finished()]
    assert names[0] == spaces.HEADLINE == "demo:tsak" and len(names) == len(RUNS)
    assert spaces.report_of(spaces.entry("demo:tsak"))["run"] == "demo:tsak"
