"""What a study of sensors says: what can go, how far the estimate can be believed, and the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.studies.plan import Plan
from stillroom.studies.text import markdown_table, of_every_run

HEADINGS = ("sensors kept", "measured", "95 % interval", "estimated", "forest", "price points")
RELIABLE = ("estimator", "rank correlation within a size", "over all sets", "mean error", "mean error, calibrated")
_TITLES = {"estimate": "one network, any subset", "forest": "a forest for each set", "count": "number of sensors"}
_CLOSE = 0.01


def answer(told: Mapping[str, Any]) -> str:
    """The answer in a sentence or two; nothing more than the point estimates say."""
    if not told["table"]:
        return "nothing can be said yet: the network for any subset, or every measured set, is missing"
    rows = told["table"]
    best = max(rows, key=lambda row: row["truth"]["macro_f1"])
    near = [row for row in rows if row["truth"]["macro_f1"] >= best["truth"]["macro_f1"] - _CLOSE]
    least = min(near, key=lambda row: (row["price"], -row["truth"]["macro_f1"]))
    said = f"the best set measured is {best['cell']} ({best['truth']['macro_f1']:.3f} macro-F1)"
    if least is not best:
        said += f"; the cheapest within a point of it is {least['cell']} ({least['truth']['macro_f1']:.3f})"
    return f"{said}. {_trust(told['calibration'])}"


def caveats(plan: Plan, reports: Mapping[str, dict[str, Any]]) -> list[str]:
    """What a reader must know before believing the table."""
    found = of_every_run(reports)
    if missing := len(plan.runs) - len(reports):
        found.append(f"{missing} of {len(plan.runs)} runs are not there.")
    seeds = len({run.seed for run in plan.runs})
    found.append("One seed." if seeds == 1 else f"{seeds} seeds, averaged within a person before anything else.")
    found.append("The best of many sets looks better than it is: the noise of a training chose among them as well.")
    found.append("Price points are an assumption (an accelerometer 1, a gyroscope 2, ...), no money.")
    return found


def table_rows(told: Mapping[str, Any]) -> list[list[str]]:
    """Sets of sensors as rows of text, see `HEADINGS`; those that nothing cheaper equals are marked."""
    return [_cells(row) for row in told["table"]]


def reliable_rows(calibration: Mapping[str, Any]) -> list[list[str]]:
    """The estimate and its rivals as rows of text, see `RELIABLE`."""
    return [[_TITLES[name], *_reliability(name, one)] for name, one in calibration.items()]


def to_markdown(plan: Plan, told: Mapping[str, Any]) -> str:
    """The whole text."""
    said = told["sentence"]
    parts = [f"# Sensors of {plan.asked['data']}, by {plan.asked['by']}", f"**{said[0].upper()}{said[1:]}**"]
    if told["table"]:
        parts += [
            markdown_table([list(HEADINGS), *table_rows(told)]),
            "## How far the estimate can be believed",
            markdown_table([list(RELIABLE), *reliable_rows(told["calibration"])]),
            *_shares(told["shapley"]),
        ]
    notes = [
        *told["caveats"],
        "Measured: a student trained on that set alone. Estimated: one network, asked with all other sensors at rest."
        " Intervals are t intervals over people (or stretches), bounds of rank correlations come from drawing people"
        " again; sets are no independent sample.",
        "\\* marks the front: nothing as cheap or cheaper was measured to score as well.",
        f"The same again: `{plan.command} --out FOLDER`",
    ]
    return "\n\n".join([*parts, "## What this rests on", "\n".join(f"- {note}" for note in notes)]) + "\n"


def _trust(calibration: Mapping[str, Any]) -> str:
    ours = calibration["estimate"]
    rho, rival = ours["rho_within"]["value"], calibration["forest"]["rho_within"]["value"]
    if rho is None or rival is None:
        return "Too few sets of a size were measured to say how well the estimate ranks them"
    return (
        f"Within sets of one size the estimate's rank correlation with what was measured is {_rho(ours['rho_within'])},"
        f" a forest's for each set {_rho(calibration['forest']['rho_within'])}; its mean error is {ours['mae']:.3f}"
    )


def _cells(row: Mapping[str, Any]) -> list[str]:
    truth = row["truth"]
    between = "one only" if truth["low"] is None else f"{truth['low']:.3f} to {truth['high']:.3f}"
    return [
        row["cell"] + " *" * row["on_front"],
        f"{truth['macro_f1']:.3f}",
        between,
        f"{row['estimate']['macro_f1']:.3f}",
        f"{row['forest']['macro_f1']:.3f}",
        f"{row['price']:g}",
    ]


def _reliability(name: str, one: Mapping[str, Any]) -> Sequence[str]:
    error = "" if name == "count" else f"{one['mae']:.3f}"
    calibrated = "" if one["mae_calibrated"] is None else f"{one['mae_calibrated']:.3f}"
    return _rho(one["rho_within"]), _rho(one["rho"]), error, calibrated


def _rho(rho: Mapping[str, float | None]) -> str:
    if rho["value"] is None:
        return "none"
    return f"{rho['value']:.2f}" + ("" if rho["low"] is None else f" ({rho['low']:.2f} to {rho['high']:.2f})")


def _shares(shapley: Mapping[str, Any]) -> list[str]:
    """What each sensor is worth, by the estimate and by what was measured."""
    known = {name: one for name, one in shapley.items() if one}
    if not known:
        return []
    groups = [share["group"] for share in next(iter(known.values()))["shares"]]
    titles = {"estimate": "by the estimate", "truth": "by what was measured"}
    rows = [[group, *(_share(one["shares"][place]) for one in known.values())] for place, group in enumerate(groups)]
    head = ["sensor", *(titles[name] for name in known)]
    note = "What no sensor at all would score is taken from the network for any subset in both columns."
    return ["## What each is worth (Shapley values of macro-F1, over all sets)", markdown_table([head, *rows]), note]


def _share(share: Mapping[str, Any]) -> str:
    bounds = "" if share["low"] is None else f" ({share['low']:+.3f} to {share['high']:+.3f})"
    return f"{share['mean']:+.3f}{bounds}"
