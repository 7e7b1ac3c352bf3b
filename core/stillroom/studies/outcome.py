"""Writing a study's answer: one table in three forms, each person's scores, and the object that scripts read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from stillroom.base.paths import whole_file, write_json, write_text
from stillroom.studies.scores import long_table
from stillroom.studies.study import Study
from stillroom.studies.table import Row, build_rows, found_by_cell
from stillroom.studies.text import answer, caveats, to_markdown

_FLAT = ("macro_f1", "low", "high", "seed_sd", "teacher", "alone", "channels", "params", "macs", "size_bytes", "n",
         "runs", "done", "on_front")  # fmt: skip
_GAINS = ("mean", "low", "high", "p", "p_min", "p_holm")


def conclude(study: Study, failed: dict[str, str]) -> dict[str, Any]:
    """Writes the tables, and gives what a script reads.

    Args:
        study: whose runs are over.
        failed: why, by the run's name.
    """
    write_outcome(study)
    return told(study, failed)


def write_outcome(study: Study) -> None:
    """Writes the tables from what the runs' folders hold; equal runs give equal bytes."""
    plan, reports = study.plan, reports_of(study)
    rows = build_rows(plan, reports)
    known = [*caveats(plan, rows, reports), *mixed_versions(study, list(reports))]
    told_of = {"sentence": answer(rows), "caveats": known, "table": rows, "front": _front(rows)}
    write_json(study.folder / "table.json", told_of)
    write_text(study.folder / "table.md", to_markdown(plan, rows, known))
    write_parquet(study.folder / "table.parquet", pd.DataFrame([_flat(row) for row in rows]))
    scores = long_table([cell.name for cell in plan.cells], found_by_cell(plan, reports))
    write_parquet(study.folder / "results.parquet", scores)


def told(study: Study, failed: dict[str, str]) -> dict[str, Any]:
    """What a script reads.

    Args:
        study: whose runs are counted.
        failed: why, by the run's name.
    """
    plan, reports = study.plan, reports_of(study)
    rows = build_rows(plan, reports)
    return {
        **standing(study, reports, failed),
        "sentence": answer(rows),
        "caveats": [*caveats(plan, rows, reports), *mixed_versions(study, list(reports))],
        "table": rows,
        "front": _front(rows),
    }


def standing(study: Study, reports: Mapping[str, dict[str, Any]], failed: Mapping[str, str]) -> dict[str, Any]:
    """Which runs are done, which failed and why: what every study tells."""
    plan = study.plan

    def state(name: str) -> str:
        return "done" if name in reports else "failed" if name in failed else "missing"

    return {
        "study": str(study.folder),
        "kind": plan.kind,
        "plan": [
            {"run": run.id, "cell": plan.cells[run.cell].name, "seed": run.seed, "key": run.key, "state": state(run.id),
             "why": failed.get(run.id)}
            for run in plan.runs
        ],
        "planned": len(plan.runs),
        "done": len(reports),
        "failed": len(failed),
    }  # fmt: skip


def reports_of(study: Study) -> dict[str, dict[str, Any]]:
    """What the runs that are done found, by their names."""
    found = ((run.id, study.report(run)) for run in study.plan.runs)
    return {name: report for name, report in found if report is not None}


def mixed_versions(study: Study, done: list[str]) -> list[str]:
    """A caveat where libraries were changed between one run and another."""
    made_with = [study.run(run).facts.get("versions", {}) for run in study.plan.runs if run.id in done]
    mixed = sorted({name for one in made_with for name in one if one[name] != made_with[0].get(name)})
    return [f"The runs were made with different versions of {', '.join(mixed)}."] if mixed else []


def _front(rows: list[Row]) -> list[str]:
    return [row["cell"] for row in rows if row["on_front"]]


def _flat(row: Row) -> dict[str, Any]:
    gains = {"against_first": row["against_first"] or {}, "gain": row["gain"] or {}}
    flat = {f"{name}_{what}": gain.get(what) for name, gain in gains.items() for what in _GAINS}
    settings = {f"set_{key}": value for key, value in row["settings"].items()}
    return {"cell": row["cell"], **settings, **{name: row[name] for name in _FLAT}, **flat}


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Writes a table whole."""
    with whole_file(path) as beside:
        frame.to_parquet(beside, index=False)
