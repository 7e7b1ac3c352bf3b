"""The instant estimate: it asks what it says it asks, of people the network never saw, and remembers the answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import silent
from stillroom.data.dataset import Dataset
from stillroom.evaluation.people import per_person
from stillroom.explain.subsets import Remembered
from stillroom.models.bundle import load_model
from stillroom.recipes import estimating
from stillroom.recipes.estimating import estimates, keep
from stillroom.recipes.experiment import Experiment, Settings, prepare
from stillroom.recipes.explain_sensors import _several_each, estimator, explain_sensors, with_further
from stillroom.recipes.explained import Explained
from stillroom.recipes.recipe import RECIPES
from stillroom.runs.store import Run

from .explain_kit import Make, explainable, poisoned
from .kit import never

SENSORS = ("right_wrist.acc", "right_wrist.gyro", "left_wrist.acc", "left_wrist.gyro")
Made = tuple[Experiment, Run, Run]


@pytest.fixture(scope="module")
def made(experiment: Make, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A run in the fast setting, and the network for any of its sensors."""
    folder = tmp_path_factory.mktemp("sensors")
    asked, run = explainable(experiment, folder / "run", "teacher", fast=True)
    own, _ = estimator(asked, folder / "estimator", "site", emit=silent, stop=never)
    return asked, run, own


def network(made: Made, by: str = "sensor", of: Experiment | None = None) -> Remembered:
    """What the network says, nothing of it remembered from before."""
    asked, _, own = made
    (own.folder / f"estimates-{by}.json").unlink(missing_ok=True)
    return estimates(of or asked, own, by, emit=silent, stop=never)  # type: ignore[arg-type]


def by_hand(made: Made, sensors: tuple[str, ...]) -> dict[str, float]:
    """Each tested person's macro-F1 by the network of their own fold, all other channels at its mean."""
    asked, _, own = made
    scores: dict[str, float] = {}
    for fold in asked.folds:
        model = load_model(own.part(fold.name, "teacher"))[0]
        layout = model.interface.layout
        x = torch.from_numpy(asked.bank.view(layout).gather(asked.index.start[fold.test], asked.index.width))
        gone = [place for place, channel in enumerate(layout) if channel.sensor not in sensors]
        x[:, gone] = model.members[0].mean[gone]
        with torch.no_grad():
            said = model(x).logits.argmax(dim=1).numpy()
        found = per_person(asked.index.label[fold.test], said, asked.index.person_names(fold.test), asked.index.classes)
        scores |= {name: one.macro_f1 for name, one in found.items()}
    return scores


@pytest.mark.parametrize("sensors", [(), SENSORS[:1], SENSORS[1:3], SENSORS])
def test_a_set_is_scored_with_all_other_channels_at_their_training_mean(made: Made, sensors: tuple[str, ...]) -> None:
    assert dict(network(made)(frozenset(sensors))) == pytest.approx(by_hand(made, sensors))


def test_of_all_sensors_the_estimate_is_what_the_network_scored_in_its_own_run(made: Made) -> None:
    whole = dict(network(made)(frozenset(SENSORS)))
    assert whole == pytest.approx(made[2].report["teacher"]["per_person"]) and set(whole) == {"p1", "p2"}
    assert dict(network(made, "site")(frozenset({"right_wrist", "left_wrist"}))) == pytest.approx(whole)


def test_a_person_is_estimated_by_a_network_that_never_saw_them_and_by_no_one_else_s_windows(made: Made) -> None:
    some = frozenset(SENSORS[:2])
    assert dict(network(made, of=poisoned(made[0], "p1", "p2"))(some)) == dict(network(made)(some))
    for fold in made[0].folds:
        assert set(fold.units.tolist()) == {fold.name}
        assert not np.isin(made[0].index.person[fold.test], made[0].index.person[fold.train]).any()


def test_what_was_asked_once_is_read_back_and_never_asked_again(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _, own = made
    known = network(made)
    first = dict(known(frozenset(SENSORS[:2])))
    keep(own, "sensor", known)

    def never_asked(*_: Any, **__: Any) -> Any:
        def value(_: frozenset[str]) -> Mapping[str, float]:
            raise AssertionError("asked again")

        return value

    monkeypatch.setattr(estimating, "subset_value", never_asked)
    again = estimates(asked, own, "sensor")
    assert dict(again(frozenset(SENSORS[:2]))) == first
    with pytest.raises(AssertionError, match="asked again"):
        again(frozenset(SENSORS[:1]))


def test_the_network_sees_the_teacher_s_channels_windows_and_folds_and_is_trained_once(made: Made) -> None:
    asked, _, own = made
    facts = own.facts["asked"]
    assert facts["student_view"] == facts["teacher_view"] == asked.settings.teacher_view
    assert facts["index_key"] == asked.index.key() and facts["fast"]
    assert [fold["fold"] for fold in own.report["folds"]] == [fold.name for fold in asked.folds]
    before = {path: path.stat().st_mtime_ns for path in own.folder.rglob("model.safetensors")}
    estimator(asked, own.folder, "sensor", emit=silent, stop=never)
    assert {path: path.stat().st_mtime_ns for path in own.folder.rglob("model.safetensors")} == before


def test_a_network_that_was_made_otherwise_is_made_anew(made: Made, tmp_path: Path) -> None:
    asked, _, own = made
    folder = Path(shutil.copytree(own.folder, tmp_path / "estimator"))
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(facts | {"key": "another"}))
    (folder / "estimates-sensor.json").write_text("of the other network")
    again, known = estimator(asked, folder, "sensor", emit=silent, stop=never)
    assert again.facts["key"] == own.facts["key"]
    assert dict(known(frozenset(SENSORS))) == dict(network(made)(frozenset(SENSORS)))


def test_a_run_of_the_network_for_any_set_is_asked_itself(experiment: Make, tmp_path: Path) -> None:
    asked, run = explainable(experiment, tmp_path / "run", "teacher", recipe="any_subset", folds=1)
    own, known = estimator(asked, run.folder / "explain/estimator", "sensor", emit=silent, stop=never)
    assert own.folder == run.folder and not (run.folder / "explain").exists()
    assert dict(known(frozenset(SENSORS))) == pytest.approx(run.report["teacher"]["per_person"])


def test_of_stretches_donors_are_within_the_person_and_who_has_one_window_is_left_out(
    make_dataset: Callable[..., Dataset],
) -> None:
    settings = {"data": "made", "student_view": "right_wrist.acc.*", "protocol": "blocks:3", "folds": 1,
                "windows": {"window_s": 2.0, "stride_s": 1.0}}  # fmt: skip
    dataset = make_dataset(people=3, rounds=6, seconds=15.0)
    asked = prepare(RECIPES["any_subset"](), Settings.from_input(settings, where="test"), dataset)
    fold = asked.folds[0]
    tested = estimating.tested_windows(asked, Explained("teacher", fold, None))  # type: ignore[arg-type]
    people = asked.index.person_names(fold.test)
    assert tested.donors is not None and tested.donors.tolist() == people.tolist() != tested.persons.tolist()
    lonely = np.flatnonzero((people != "p2") | (np.cumsum(people == "p2") == 1))
    few = {name: getattr(tested, name)[lonely] for name in ("ids", "persons", "truth", "donors")}
    kept = _several_each(replace(tested, **few))
    assert kept.donors is not None and set(kept.donors.tolist()) == set(people.tolist()) - {"p2"}
    assert len(kept.ids) == len(kept.truth) == len(kept.persons) == len(lonely) - 1


def test_it_tells_what_going_without_costs_and_two_ablations_of_the_run_s_own_teacher(made: Made) -> None:
    asked, run, own = made
    network(made)
    told = explain_sensors(asked, run, own.folder, by="sensor", seed=0, emit=silent, stop=never)
    json.dumps(told)
    assert told["names"] == list(SENSORS) and [one["name"] for one in told["dropped"]] == list(SENSORS)
    known = network(made)
    whole = known(frozenset(SENSORS))
    for one in told["dropped"]:
        rest = known(frozenset(SENSORS) - {one["name"]})
        assert one["mean"] == pytest.approx(np.mean([whole[who] - rest[who] for who in whole])), one["name"]
    shares = [share["mean"] for share in told["shapley"]["shares"]]
    nothing = np.mean(list(known(frozenset()).values()))
    assert sum(shares) == pytest.approx(told["whole"]["mean"] - nothing)
    assert told["shapley"]["exact"] and len(told["subsets"]) == 2 ** len(SENSORS) - 1
    assert set(told["ablation"]) == {"mean", "permutation"}
    for way in told["ablation"].values():
        assert way["whole"] == pytest.approx(run.report["teacher"]["per_person"])
        assert set(way["without"]) == set(SENSORS)
    assert told["estimator"]["teacher"] == own.report["teacher"]["macro_f1"]
    assert told["coherence"]["sensors"] == list(SENSORS) and len(told["overlap"]) == 6
    assert np.shape(told["coherence"]["values"]) == np.shape(told["coherence"]["by_chance"]) == (4, 4)


def test_one_sensor_is_refused_before_anything_is_trained(experiment: Make, made: Made, tmp_path: Path) -> None:
    one = experiment(teacher_view="right_wrist.acc.*")
    for by, said in (("sensor", "one sensor only"), ("site", "one site only")):
        with pytest.raises(InputError, match=said):
            explain_sensors(one, made[1], tmp_path / "own", by=by, seed=0, emit=silent, stop=never)  # type: ignore[arg-type]
    assert not (tmp_path / "own").exists()


def test_stopped_what_was_asked_so_far_is_kept(made: Made) -> None:
    asked, run, own = made
    network(made)
    counted = 0

    def stop() -> bool:
        nonlocal counted
        counted += 1
        return counted > 8

    with pytest.raises(StoppedError, match="stopped on request"):
        explain_sensors(asked, run, own.folder, by="sensor", seed=0, emit=silent, stop=stop)
    kept = json.loads((own.folder / "estimates-sensor.json").read_text())
    assert 0 < len(kept) < 2 ** len(SENSORS)
    assert all(set(one["scores"]) == {"p1", "p2"} for one in kept)


def test_a_further_set_is_estimated_and_the_rest_of_the_answer_stays(made: Made) -> None:
    asked, _, own = made
    (own.folder / "estimates-sensor.json").unlink(missing_ok=True)
    told = {"by": "sensor", "names": list(SENSORS), "subsets": [], "dropped": "as before"}
    found = with_further(asked, own.folder, told, [f"{SENSORS[0]}, {SENSORS[2]}"], emit=silent, stop=never)
    (one,) = found["subsets"]
    assert one["subset"] == sorted({SENSORS[0], SENSORS[2]})
    assert one["mean"] == pytest.approx(float(np.mean(list(by_hand(made, (SENSORS[0], SENSORS[2])).values()))))
    assert found["dropped"] == "as before"
    assert with_further(asked, own.folder, found, [f"{SENSORS[2]},{SENSORS[0]}"], emit=silent, stop=never) is found
    for wrong, what in (("left_wrist.mag", "left_wrist.mag"), (" , ", "no sensors")):
        with pytest.raises(InputError, match=what):
            with_further(asked, own.folder, found, [wrong], emit=silent, stop=never)
