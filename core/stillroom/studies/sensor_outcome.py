"""What a study of sensors found: each set's estimate beside what was measured, and how far it can be believed.

    table.md, table.json, table.parquet    a row for each set of sensors
    calibration.json                       estimate and rivals against the truth; Shapley values; suggested sets

The truth of a set is the macro-F1 of the small student that was trained on it alone. The estimate comes from one
network that was asked with the other sensors at rest. Its rivals: the number of sensors, and a forest for each set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from stillroom.base.paths import write_json, write_text
from stillroom.evaluation.people import mean_over_seeds
from stillroom.evaluation.significance import interval
from stillroom.explain.calibrated import compared
from stillroom.explain.shapley import shapley
from stillroom.explain.subsets import EMPTY, Subset, Value
from stillroom.explain.suggest import discomfort_points, price_points, suggest
from stillroom.recipes.estimating import estimates, keep
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.reopen import reopen
from stillroom.studies.outcome import mixed_versions, reports_of, standing, write_parquet
from stillroom.studies.plan import Planned
from stillroom.studies.sensor_text import answer, caveats, to_markdown
from stillroom.studies.sensors import ESTIMATE, subset_of
from stillroom.studies.study import Study

Scores = dict[str, float]
Row = dict[str, Any]
TRUTH, COUNT, FOREST = "truth", "count", "forest"
_FLAT = ("macro_f1", "low", "high")
_SHARED = ("data", "data_key", "index_key", "protocol", "fast")
_SIZES = ("channels", "params", "macs", "size_bytes")


def conclude(study: Study, failed: dict[str, str]) -> dict[str, Any]:
    """Writes the tables, and gives what a script reads.

    Args:
        study: whose runs are over.
        failed: why, by the run's name.
    """
    reports = reports_of(study)
    told = {**standing(study, reports, failed), **build_outcome(study, reports)}
    known = [*caveats(study.plan, reports), *mixed_versions(study, list(reports))]
    told |= {"caveats": known, "sentence": answer(told), "on": _measured_on(study, reports)}
    names = ("sentence", "caveats", "on", "table", "front")
    write_json(study.folder / "table.json", {name: told[name] for name in names})
    write_text(study.folder / "table.md", to_markdown(study.plan, told))
    write_json(
        study.folder / "calibration.json", {name: told[name] for name in ("calibration", "shapley", "suggested")}
    )
    write_parquet(study.folder / "table.parquet", pd.DataFrame([_flat(row) for row in told["table"]]))
    return told


def build_outcome(study: Study, reports: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """`table`, `front`, `calibration`, `shapley` and `suggested`, as far as the runs are done."""
    truth, forest = _measured(study, reports, "alone"), _measured(study, reports, "forest")
    estimators = [run for run in study.plan.runs if _is_estimate(study, run) and run.id in reports]
    nothing: dict[str, Any] = {"table": [], "front": [], "calibration": {}, "shapley": {}, "suggested": None}
    if not truth or not estimators:
        return nothing
    estimate, experiment = _estimated(study, estimators, list(truth))
    layout = experiment.teacher.layout
    names = sorted({name for cell in study.plan.cells if cell.name != ESTIMATE for name in subset_of(cell)})
    price, comfort = price_points(names, layout), discomfort_points(names, layout)
    called = {subset_of(cell): cell.name for cell in study.plan.cells}
    sizes = _sizes(study, reports)
    rows = [
        {"cell": called[subset], **_row(subset, truth, estimate, forest, price.of), **sizes[subset]} for subset in truth
    ]
    given: dict[str, Any] = {
        "estimate": estimate,
        FOREST: forest,
        COUNT: {subset: float(len(subset)) for subset in truth},
    }
    whole = len(truth) == 2 ** len(names) - 1
    asked: Value = estimate.__getitem__
    told: dict[str, Any] = {"estimate": shapley(names, asked).as_dict() if whole else None}
    if whole:  # what no sensor scores is the estimator's: nobody trains a student on nothing
        told["truth"] = shapley(names, {**truth, EMPTY: estimate[EMPTY]}.__getitem__).as_dict()
    _mark_front(rows)
    return {
        "table": rows,
        "front": [row["cell"] for row in rows if row["on_front"]],
        "calibration": {name: one.as_dict() for name, one in compared(given, truth).items()},
        "shapley": told,
        "suggested": suggest(names, asked, price, comfort).as_dict() if whole else None,
    }


def _measured_on(study: Study, reports: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """What another run must share for its scores to be comparable (`runs.query.differences`)."""
    asked = [study.run(run).facts["asked"] for run in study.plan.runs if run.id in reports]
    return {name: asked[0].get(name) for name in _SHARED} if asked else {}


def _is_estimate(study: Study, run: Planned) -> bool:
    return study.plan.cells[run.cell].name == ESTIMATE


def _measured(study: Study, reports: Mapping[str, dict[str, Any]], role: str) -> dict[Subset, Scores]:
    """Each unit's macro-F1 with each set of sensors, seeds averaged; sets without a finished run are left out."""
    found: dict[Subset, dict[tuple[str, int], float]] = {}
    for run in study.plan.runs:
        if run.id in reports and not _is_estimate(study, run):
            people = reports[run.id][role]["per_person"]
            scores = found.setdefault(subset_of(study.plan.cells[run.cell]), {})
            scores |= {(person, run.seed): value for person, value in people.items()}
    return {subset: mean_over_seeds(scores) for subset, scores in found.items()}


def _sizes(study: Study, reports: Mapping[str, dict[str, Any]]) -> dict[Subset, dict[str, Any]]:
    """What the student on each set of sensors costs; the same for every seed."""
    return {
        subset_of(study.plan.cells[run.cell]): {name: reports[run.id]["alone"][name] for name in _SIZES}
        for run in study.plan.runs
        if run.id in reports and not _is_estimate(study, run)
    }


def _estimated(
    study: Study, estimators: list[Planned], subsets: list[Subset]
) -> tuple[dict[Subset, Scores], Experiment]:
    """The same of the estimate, the set of no sensors among them; and one of the estimators' experiments."""
    by, parts = study.plan.asked["by"], []
    for planned in estimators:
        run = study.run(planned)
        experiment = reopen(run)
        known = estimates(experiment, run, by)
        parts.append({subset: dict(known(subset)) for subset in (EMPTY, *subsets)})
        keep(run, by, known)
    over_seeds = {
        subset: mean_over_seeds(
            {(person, seed): value for seed, part in enumerate(parts) for person, value in part[subset].items()}
        )
        for subset in parts[0]
    }
    return over_seeds, experiment


def _row(
    subset: Subset,
    truth: Mapping[Subset, Scores],
    estimate: Mapping[Subset, Scores],
    forest: Mapping[Subset, Scores],
    price: Mapping[str, float],
) -> Row:
    given = {TRUTH: truth[subset], "estimate": estimate[subset], FOREST: forest[subset]}
    cells = {name: _scored(scores) for name, scores in given.items()}
    return {
        "sensors": sorted(subset),
        "size": len(subset),
        "price": sum(price[name] for name in subset),
        **cells,
        "error": cells["estimate"]["macro_f1"] - cells[TRUTH]["macro_f1"],
        "on_front": False,
    }


def _scored(people: Scores) -> dict[str, Any]:
    mean, low, high = interval(list(people.values()), possible=(0.0, 1.0))
    return {"macro_f1": mean, "low": low, "high": high, "per_person": people}


def _mark_front(rows: list[Row]) -> None:
    """Marks sets that no cheaper or equally priced one equals by what was measured; of equals the first stays."""
    best = float("-inf")
    for row in sorted(rows, key=lambda row: (row["price"], -row[TRUTH]["macro_f1"])):
        row["on_front"] = row[TRUTH]["macro_f1"] > best
        best = max(best, row[TRUTH]["macro_f1"])


def _flat(row: Row) -> dict[str, Any]:
    scored = {f"{name}_{what}": row[name][what] for name in (TRUTH, "estimate", FOREST) for what in _FLAT}
    return {name: row[name] for name in ("cell", "size", "price", "error", "on_front")} | scored
