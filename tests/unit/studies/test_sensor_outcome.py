"""Estimate and truth of made-up sets of sensors: who is averaged over what, the front, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from stillroom.base.errors import InputError
from stillroom.figures.calibration import against_truth
from stillroom.runs.store import begin_run
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom.studies import sensor_outcome
from stillroom.studies.plan import Cell, Plan, Planned
from stillroom.studies.sensor_outcome import build_outcome, conclude
from stillroom.studies.sensor_text import RELIABLE, answer, caveats, reliable_rows, table_rows, to_markdown
from stillroom.studies.sensors import ESTIMATE as NETWORK
from stillroom.studies.sensors import sampled
from stillroom.studies.study import Study

SITES, PEOPLE = ("right_wrist", "left_wrist", "torso"), ("p1", "p2", "p3", "p4")
SETS = sampled(SITES, 7)
# what each is worth beyond guessing; the torso, the dearest, adds nothing to the right wrist
WORTH = {"right_wrist": 0.4, "left_wrist": 0.2, "torso": 0.1}
SPREAD = dict(zip(PEOPLE, (-0.06, -0.02, 0.03, 0.05), strict=True))
LAYOUT = Layout(
    channels=tuple(
        channel
        for site in SITES
        for kind in (("acc", "gyro") if site == "torso" else ("acc",))
        for channel in sensor_channels(site, kind, 20.0)
    )
)


def score(subset: tuple[str, ...] | frozenset[str], seed: int, shift: float = 0.0) -> dict[str, float]:
    """A made-up score of each person."""
    gain = max((WORTH[name] for name in subset), default=0.0) + 0.03 * len(subset)
    return {who: 0.3 + gain + spread + 0.02 * seed * (1 + len(subset)) + shift for who, spread in SPREAD.items()}


def sizes(subset: tuple[str, ...]) -> dict[str, int]:
    """What a student on so many sensors costs, made up."""
    return {"channels": 3 * len(subset), "params": 1000 + len(subset), "macs": 10 * len(subset), "size_bytes": 4000}


def plan_of(seeds: int = 2) -> Plan:
    cells = [Cell(name=NETWORK, settings={}), *(Cell(name=" + ".join(subset), settings={}) for subset in SETS)]
    runs = tuple(
        Planned(id=f"{cell + 1:02d}-s{seed}", cell=cell, seed=seed, words=("distil",), key=f"{cell}/{seed}")
        for seed in range(seeds)
        for cell in range(len(cells))
    )
    return Plan(
        kind="sensors", asked={"data": "made", "by": "site"}, command="stillroom study sensors --data made",
        cells=tuple(cells), runs=runs, threads=1, versions={},
    )  # fmt: skip


def reports_of(plan: Plan) -> dict[str, dict[str, Any]]:
    facts = {"units": "people", "n": 4, "simulated": False, "fast": False, "folds_left_out": 0, "warning": "",
             "pilot": True}  # fmt: skip
    found = {}
    for run in plan.runs:
        given: dict[str, Any] = {"alone": None, "forest": None}
        if run.cell:
            subset = SETS[run.cell - 1]
            given = {"alone": {"per_person": score(subset, run.seed), **sizes(subset)},
                     "forest": {"per_person": score(subset, run.seed, -0.2)}}  # fmt: skip
        found[run.id] = {**facts, **given}
    return found


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study whose networks say what was measured less a little, and remember nothing."""
    monkeypatch.setattr(sensor_outcome, "reopen", lambda _: SimpleNamespace(teacher=SimpleNamespace(layout=LAYOUT)))
    monkeypatch.setattr(sensor_outcome, "keep", lambda *_: None)

    def estimates(_: object, run: Any, by: str) -> Any:
        assert by == "site"
        return lambda subset: score(subset, int(run.folder.name[-1]), -0.05)

    monkeypatch.setattr(sensor_outcome, "estimates", estimates)
    return Study(tmp_path / "study", plan_of())


def averaged(subset: tuple[str, ...], shift: float = 0.0) -> dict[str, float]:
    return {who: mean(score(subset, seed, shift)[who] for seed in (0, 1)) for who in PEOPLE}


def test_seeds_are_averaged_within_a_person_and_truth_estimate_and_forest_stand_beside_each_other(study: Study) -> None:
    told = build_outcome(study, reports_of(study.plan))
    assert [row["cell"] for row in told["table"]] == [cell.name for cell in study.plan.cells[1:]]
    for subset, row in zip(SETS, told["table"], strict=True):
        for name, shift in (("truth", 0.0), ("estimate", -0.05), ("forest", -0.2)):
            assert row[name]["per_person"] == pytest.approx(averaged(subset, shift))
            assert row[name]["macro_f1"] == pytest.approx(mean(averaged(subset, shift).values()))
            assert row[name]["low"] <= row[name]["macro_f1"] <= row[name]["high"]
        assert row["error"] == pytest.approx(-0.05) and row["size"] == len(subset)
        assert {name: row[name] for name in sizes(subset)} == sizes(subset)
        assert row["price"] == sum({"right_wrist": 1, "left_wrist": 1, "torso": 3}[name] for name in subset)
    calibration = told["calibration"]
    assert calibration["estimate"]["mae"] == pytest.approx(0.05) and calibration["forest"]["mae"] == pytest.approx(0.2)
    assert calibration["estimate"]["rho_within"]["value"] == pytest.approx(1)
    assert calibration["count"]["rho_within"]["value"] is None
    assert calibration["estimate"]["people"] == len(PEOPLE)


def test_estimates_are_drawn_from_what_is_told(study: Study) -> None:
    told = json.loads(json.dumps(build_outcome(study, reports_of(study.plan))))
    figure = against_truth(told["table"], told["calibration"], origin="Made up")
    drawn = {point for trace in figure.data for point in zip(trace.x, trace.y, strict=True)}
    truth = [row["truth"]["macro_f1"] for row in told["table"]]
    for name in ("estimate", "forest"):
        assert set(zip((row[name]["macro_f1"] for row in told["table"]), truth, strict=True)) <= drawn
    assert figure.layout.meta["alt"].startswith("Over 7 sets the estimate misses by 0.050 macro-F1 on average")


def test_shapley_values_of_estimate_and_truth_sum_to_what_all_sensors_add_to_none(study: Study) -> None:
    told = build_outcome(study, reports_of(study.plan))
    nothing = mean(averaged((), -0.05).values())
    for name, shift in (("estimate", -0.05), ("truth", 0.0)):
        shares = told["shapley"][name]["shares"]
        whole = mean(averaged(SITES, shift).values())
        assert sum(share["mean"] for share in shares) == pytest.approx(whole - nothing), name
    by_name = {share["group"]: share["mean"] for share in told["shapley"]["truth"]["shares"]}
    assert sorted(by_name, key=by_name.__getitem__) == ["torso", "left_wrist", "right_wrist"]
    assert told["suggested"]["front"]


def test_a_set_is_on_the_front_where_nothing_as_cheap_or_cheaper_scores_as_well(study: Study) -> None:
    told = build_outcome(study, reports_of(study.plan))
    points = {row["cell"]: (row["price"], row["truth"]["macro_f1"]) for row in told["table"]}
    by_hand = {
        name
        for name, (price, f1) in points.items()
        if not any(
            (p <= price and f >= f1) and (p < price or f > f1) for other, (p, f) in points.items() if other != name
        )
    }
    assert set(told["front"]) == by_hand and "torso" not in by_hand and "right_wrist" in by_hand
    assert told["front"] == [row["cell"] for row in told["table"] if row["on_front"]]


def test_of_sets_that_are_equal_in_price_and_score_the_first_is_on_the_front(study: Study) -> None:
    reports = reports_of(study.plan)
    for run in study.plan.runs:
        if run.cell:
            reports[run.id]["alone"]["per_person"] = dict.fromkeys(PEOPLE, 1.0)
    told = build_outcome(study, reports)
    assert told["front"] == ["right_wrist"]


@pytest.mark.parametrize("without", ["nothing done", "no estimate", "no truth"])
def test_before_both_are_there_nothing_is_told(study: Study, without: str) -> None:
    reports = reports_of(study.plan)
    networks = {run.id for run in study.plan.runs if not run.cell}
    kept = {"nothing done": set(), "no estimate": set(reports) - networks, "no truth": networks}[without]
    told = build_outcome(study, {name: one for name, one in reports.items() if name in kept})
    assert told == {"table": [], "front": [], "calibration": {}, "shapley": {}, "suggested": None}
    assert "nothing can be said yet" in answer(told)


@pytest.mark.parametrize("done", [1, 2, 6])
def test_with_sets_missing_those_that_are_there_are_told_and_nothing_is_shared_out(study: Study, done: int) -> None:
    reports = {
        name: one
        for run in study.plan.runs
        for name, one in [(run.id, reports_of(study.plan)[run.id])]
        if run.cell <= done
    }
    told = {**build_outcome(study, reports), "caveats": caveats(study.plan, reports)}
    assert [row["cell"] for row in told["table"]] == [" + ".join(subset) for subset in SETS[:done]]
    assert told["shapley"] == {"estimate": None} and told["suggested"] is None
    assert f"{len(study.plan.runs) - len(reports)} of 16 runs are not there." in told["caveats"]
    told["sentence"] = answer(told)
    assert "What each is worth" not in to_markdown(study.plan, told)
    assert ("Too few sets" in told["sentence"]) == (done < 3)


def test_an_estimate_of_other_people_than_those_who_were_measured_is_refused(study: Study) -> None:
    reports = reports_of(study.plan)
    for run in study.plan.runs:
        if run.cell:
            for role in ("alone", "forest"):
                del reports[run.id][role]["per_person"]["p4"]
    with pytest.raises(InputError, match="scores of other people"):
        build_outcome(study, reports)


def test_the_tables_are_written_in_three_forms_and_say_the_same(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensor_outcome, "reports_of", lambda _: reports_of(study.plan))
    monkeypatch.setattr(sensor_outcome, "mixed_versions", lambda *_: ["Mixed."])
    asked = {"data": "made", "data_key": "d", "index_key": "i", "protocol": "person", "fast": False, "seed": 0}
    for run in study.plan.runs:
        begin_run(study.folder / "runs" / run.id, asked, resume=False)
    told = conclude(study, {"01-s0": "why not"})
    assert (told["kind"], told["planned"], told["done"], told["failed"]) == ("sensors", 16, 16, 1)
    kept = json.loads((study.folder / "table.json").read_text())
    assert kept == {name: told[name] for name in ("sentence", "caveats", "on", "table", "front")}
    assert kept["on"] == {name: asked[name] for name in asked if name != "seed"}
    believed = json.loads((study.folder / "calibration.json").read_text())
    assert believed == json.loads(json.dumps({name: told[name] for name in ("calibration", "shapley", "suggested")}))
    flat = pd.read_parquet(study.folder / "table.parquet")
    assert flat["cell"].tolist() == [row["cell"] for row in told["table"]]
    for name in ("truth", "estimate", "forest"):
        assert flat[f"{name}_macro_f1"].tolist() == [row[name]["macro_f1"] for row in told["table"]]
    text = (study.folder / "table.md").read_text()
    assert told["sentence"][1:] in text and "Mixed." in text and study.plan.command in text
    assert "| right_wrist \\* |" in text and "| torso |" in text and "What each is worth" in text
    assert not list(study.folder.glob("*.part"))


def made_up(*rows: tuple[str, float, float], rho: float | None = 0.8, rival: float | None = 0.5) -> dict[str, Any]:
    def reliable(value: float | None) -> Mapping[str, Any]:
        known = {"value": value, "low": None if value is None else 0.1, "high": None if value is None else 0.9}
        return {"rho_within": known, "rho": known, "mae": 0.04, "mae_calibrated": None}

    def cell(f1: float) -> dict[str, Any]:
        return {"macro_f1": f1, "low": f1 - 0.1, "high": f1 + 0.1, "per_person": {}}

    table = [
        {"cell": name, "price": price, "truth": cell(f1), "estimate": cell(f1), "forest": cell(f1), "on_front": True}
        for name, price, f1 in rows
    ]
    calibration = {"estimate": reliable(rho), "forest": reliable(rival), "count": reliable(None)}
    return {"table": table, "calibration": calibration, "shapley": {}}


def test_the_answer_names_the_best_set_and_a_cheaper_one_that_is_within_a_point_of_it() -> None:
    told = answer(made_up(("a + b", 4, 0.900), ("a", 2, 0.893), ("b", 1, 0.880)))
    assert told.startswith(
        "the best set measured is a + b (0.900 macro-F1); the cheapest within a point of it is a (0.893)"
    )
    alone = answer(made_up(("a + b", 4, 0.900), ("a", 2, 0.880)))
    assert "cheapest" not in alone and "a + b (0.900 macro-F1)." in alone
    assert "cheapest" not in answer(made_up(("a", 1, 0.900), ("a + b", 4, 0.895)))


@pytest.mark.parametrize(
    ("rho", "rival", "said"),
    [
        (0.8, 0.5, "is 0.80 (0.10 to 0.90), a forest's for each set 0.50 (0.10 to 0.90); its mean error is 0.040"),
        (0.2, 0.5, "is 0.20 (0.10 to 0.90), a forest's for each set 0.50"),
        (None, 0.5, "Too few sets of a size"),
        (0.8, None, "Too few sets of a size"),
    ],
)
def test_how_far_the_estimate_can_be_believed_is_said_as_it_is(
    rho: float | None, rival: float | None, said: str
) -> None:
    assert said in answer(made_up(("a", 1, 0.9), rho=rho, rival=rival))


def test_rows_are_marked_on_the_front_and_a_rank_that_is_not_known_is_called_none() -> None:
    told = made_up(("a", 1, 0.9), ("b", 2.5, 0.8))
    told["table"][1]["on_front"] = False
    told["table"][1]["truth"] |= {"low": None, "high": None}
    assert table_rows(told) == [
        ["a *", "0.900", "0.800 to 1.000", "0.900", "0.900", "1"],
        ["b", "0.800", "one only", "0.800", "0.800", "2.5"],
    ]
    ours, forest, count = reliable_rows(told["calibration"])
    assert len(ours) == len(RELIABLE) and ours[1:] == ["0.80 (0.10 to 0.90)", "0.80 (0.10 to 0.90)", "0.040", ""]
    assert count == ["number of sensors", "none", "none", "", ""] and forest[0] == "a forest for each set"


def test_a_reader_is_told_what_the_table_rests_on() -> None:
    plan = plan_of(seeds=1)
    facts = {"simulated": True, "fast": True, "folds_left_out": 2, "warning": "Careful.", "pilot": True, "n": 4,
             "units": "people"}  # fmt: skip
    told = " ".join(caveats(plan, {"01-s0": facts}))
    for said in ("simulated", "fast setting", "not everybody was tested", "Careful.", "4 people tested: a pilot",
                 "7 of 8 runs", "One seed."):  # fmt: skip
        assert said in told
    plain = dict.fromkeys(("simulated", "fast", "folds_left_out", "warning", "pilot"), 0)
    told = " ".join(caveats(plan_of(), {run.id: plain for run in plan_of().runs}))
    assert "2 seeds, averaged within a person" in told and "simulated" not in told and "pilot" not in told
