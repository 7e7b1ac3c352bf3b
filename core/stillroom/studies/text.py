"""What a study says: one sentence that answers its question, and the table for people.

A difference counts as shown where its interval over people leaves zero out and Holm's p is at most 0.05; with few
people the text says what smallest p they could have given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.studies.plan import Plan
from stillroom.studies.table import Row

LEVEL = 0.05
HEADINGS = ("setting", "macro-F1", "95 % interval", "over seeds", "against the first", "Holm's p", "gain over alone",
            "teacher", "channels", "parameters", "MACs", "runs")  # fmt: skip


def answer(rows: Sequence[Row]) -> str:
    """The answer in one sentence, or two."""
    first, *others = rows
    if first["macro_f1"] is None:
        return f"nothing can be said: no run of {first['cell']}, which the others are compared with, was finished"
    compared = [row for row in others if row["against_first"]]
    if not compared:
        return f"nothing can be compared: of the others than {first['cell']}, no run was finished"
    shown = [row for row in compared if is_shown(row["against_first"])]
    told = "; ".join(_difference(row) for row in shown) if shown else _nothing(compared)
    return f"against {first['cell']} (macro-F1 {first['macro_f1']:.3f}), {told}"


def caveats(plan: Plan, rows: Sequence[Row], reports: Mapping[str, dict[str, Any]]) -> list[str]:
    """What a reader must know before believing the table."""
    found = of_every_run(reports)
    if len({str(report["windows"]) for report in reports.values()}) > 1:
        found.append("The settings were tested on windows that were cut or labelled differently.")
    if len({tuple(sorted(row["per_person"])) for row in rows if row["per_person"]}) > 1:
        found.append("Not everybody was tested under every setting; each comparison is over those whom both tested.")
    if missing := sum(row["runs"] - row["done"] for row in rows):
        found.append(
            f"{missing} of {len(plan.runs)} runs are not there; each comparison uses the seeds that both have."
        )
    seeds = len({run.seed for run in plan.runs})
    found.append("One seed." if seeds == 1 else f"{seeds} seeds, averaged within a person before anything else.")
    return found


def of_every_run(reports: Mapping[str, dict[str, Any]]) -> list[str]:
    """What a reader must know of the runs themselves: the data, the setting, and who was tested."""
    found = []
    some = next(iter(reports.values()), None)
    if some is not None:
        if some["simulated"]:
            found.append("The data is **simulated**: it shows how the workbench works, not what people do.")
        if some["fast"]:
            found.append("This is the **fast setting** (few epochs, few views): a longer training may score otherwise.")
        if some["folds_left_out"]:
            found.append("Folds were left out on request; not everybody was tested.")
        if some["warning"]:
            found.append(some["warning"])
        if some["pilot"]:
            found.append(f"{some['n']} {some['units']} tested: a pilot, not a proof.")
    return found


def table_rows(rows: Sequence[Row]) -> list[list[str]]:
    """The table as text; the front of scores and costs is marked."""
    return [_cells(row) for row in rows]


def to_markdown(plan: Plan, rows: Sequence[Row], known: Sequence[str]) -> str:
    """The whole text.

    Args:
        plan: of the study.
        rows: its table.
        known: the caveats.
    """
    said = answer(rows)
    parts = [
        _title(plan),
        f"**{said[0].upper()}{said[1:]}.**",
        _distillation(rows),
        markdown_table([list(HEADINGS), *table_rows(rows)]),
        _people(rows),
        _footing(plan, known),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(plan: Plan) -> str:
    if plan.kind == "methods":
        return f"# Methods on {plan.asked['data']}"
    return f"# Ablation of {plan.asked['recipe']}: {', '.join(plan.cells[0].settings)}"


def is_shown(gain: Mapping[str, Any]) -> bool:
    """Whether a difference counts as shown."""
    clear = gain["low"] is not None and (gain["low"] > 0 or gain["high"] < 0)
    return bool(clear and gain["p_holm"] <= LEVEL)


def _difference(row: Row) -> str:
    gain = row["against_first"]
    word = "added" if gain["mean"] > 0 else "cost"
    return (
        f"{row['cell']} {word} {abs(gain['mean']):.3f} (95 % interval {gain['low']:+.3f} to {gain['high']:+.3f},"
        f" n = {gain['n']} {gain['units']}, Holm's p = {gain['p_holm']:.2g})"
    )


def _nothing(compared: Sequence[Row]) -> str:
    """No difference was shown: the largest one, and whether so few people could have shown any."""
    largest = max(compared, key=lambda row: abs(row["against_first"]["mean"]))
    gain = largest["against_first"]
    between = "one only" if gain["low"] is None else f"95 % interval {gain['low']:+.3f} to {gain['high']:+.3f}"
    told = (
        f"no setting changed the student's score so that it could be shown; the largest difference is"
        f" {largest['cell']} with {gain['mean']:+.3f} ({between}, n = {gain['n']} {gain['units']},"
        f" Holm's p = {gain['p_holm']:.2g})"
    )
    least = min(1.0, gain["p_min"] * len(compared))
    few = f"; with {gain['n']} {gain['units']} and {len(compared)} comparisons no p below {least:.2g} was possible"
    return told + (few if least > LEVEL else "")


def _distillation(rows: Sequence[Row]) -> str:
    first = rows[0]
    if first["gain"] is None:
        return ""
    sentence = first["gain"]["sentence"]
    return f"Distillation itself, with {first['cell']}: {sentence}."


def _cells(row: Row) -> list[str]:
    runs = f"{row['done']} of {row['runs']}"
    if row["macro_f1"] is None:
        return [row["cell"], *[""] * (len(HEADINGS) - 2), runs]
    gain, spread = row["against_first"], row["seed_sd"]
    return [
        row["cell"] + " *" * row["on_front"],
        f"{row['macro_f1']:.3f}",
        "one only" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}",
        "one seed" if spread is None else f"sd {spread:.3f}",
        "the first" if gain is None else f"{gain['mean']:+.3f}",
        "" if gain is None else f"{gain['p_holm']:.2g}",
        f"{row['gain']['mean']:+.3f}",
        f"{row['teacher']:.3f}",
        str(row["channels"]),
        f"{row['params']:,}",
        f"{row['macs']:,}",
        runs,
    ]


def _people(rows: Sequence[Row]) -> str:
    done = [row for row in rows if row["per_person"]]
    if not done:
        return ""
    unit = "stretch" if done[0]["units"] == "stretches" else "person"
    names = sorted({name for row in done for name in row["per_person"]})
    body = [
        [name, *(_signed(row, name) if row["against_first"] else f"{row['per_person'][name]:.3f}" for row in done)]
        for name in names
    ]
    head = "## Each one's macro-F1, and what each setting changed"
    return f"{head}\n\n" + markdown_table([[unit, *(row["cell"] for row in done)], *body])


def _signed(row: Row, name: str) -> str:
    value = row["against_first"]["per_person"].get(name)
    return "" if value is None else f"{value:+.3f}"


def _footing(plan: Plan, known: Sequence[str]) -> str:
    notes = [
        *known,
        "Intervals are t intervals over people (or stretches), seeds averaged within each first; p is the exact"
        " sign-flip test's, corrected by Holm over all settings. Windows are never treated as independent.",
        "\\* marks the front: no other setting scores as well with as few channels, MACs and bytes.",
        f"The same again: `{plan.command} --out FOLDER`",
    ]
    return "## What this rests on\n\n" + "\n".join(f"- {note}" for note in notes)


def markdown_table(rows: list[list[str]]) -> str:
    """Headings and rows of text as a Markdown table."""
    head, *body = ([cell.replace("|", "\\|").replace("*", "\\*") for cell in row] for row in rows)
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in body)])
