"""Methods over several data sets: ranks within each, their mean, and the gains over the plain student.

Ranks are of the mean over people (seeds averaged within a person first), 1 the best, ties sharing their mean rank. They
say which method tends to be better, not by how much; the gains of each data set stand beside them. Friedman's test over
data sets (M. Friedman, JASA 32, 1937) asks whether the ranks differ at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scipy import stats

from stillroom.studies.table import Row
from stillroom.studies.text import is_shown, markdown_table

_NOTHING = "No method gained over the plain student so that it could be shown on any data set."
_FOOT = (
    "Gains are over the plain student, person by person, seeds averaged within each first; intervals are t intervals"
    " over people, p values the exact sign-flip test's with Holm's correction over methods. A rank says which of two is"
    " better, not by how much."
)
HEADINGS = ("method", "mean rank", "gain over plain, mean over sets")


def rank_methods(tables: Mapping[str, Sequence[Row]]) -> list[dict[str, Any]]:
    """One entry a method that every data set has scored, the best mean rank first.

    Args:
        tables: the rows of each data set's study, by its name.

    Returns:
        `method, mean_rank, ranks, scores, gains {mean, low, high, p_holm}`, all by data set but the first two.
    """
    scored = [{row["cell"]: row for row in rows if row["macro_f1"] is not None} for rows in tables.values()]
    everywhere = [name for name in (scored[0] if scored else ()) if all(name in one for one in scored)]
    ranks: dict[str, dict[str, float]] = {name: {} for name in everywhere}
    for task, one in zip(tables, scored, strict=True):
        placed = stats.rankdata([-one[name]["macro_f1"] for name in everywhere])
        for name, rank in zip(everywhere, placed.tolist(), strict=True):
            ranks[name][task] = rank
    by_task = dict(zip(tables, scored, strict=True))
    found = [
        {
            "method": name,
            "mean_rank": sum(ranks[name].values()) / len(tables),
            "ranks": ranks[name],
            "scores": {task: one[name]["macro_f1"] for task, one in by_task.items()},
            "gains": {task: _gain(one[name]) for task, one in by_task.items()},
        }
        for name in everywhere
    ]
    return sorted(found, key=lambda entry: (entry["mean_rank"], entry["method"]))


def friedman(ranked: Sequence[Mapping[str, Any]]) -> float | None:
    """P of Friedman's test over data sets; None with fewer than three methods or two sets, or where all are equal."""
    columns = [list(entry["scores"].values()) for entry in ranked]
    if len(columns) < 3 or len(columns[0]) < 2 or all(len(set(scores)) == 1 for scores in zip(*columns, strict=True)):
        return None
    return float(stats.friedmanchisquare(*columns).pvalue)


def ranks_table(ranked: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Headings and rows: mean rank, mean gain, and for each data set the score with its gain."""
    tasks = list(ranked[0]["scores"]) if ranked else []
    rows = [[*HEADINGS, *(f"{task}: macro-F1 (gain, 95 % interval)" for task in tasks)]]
    for entry in ranked:
        gains = [entry["gains"][task] for task in tasks]
        means = [gain["mean"] for gain in gains if gain]
        mean = f"{sum(means) / len(means):+.3f}" if means else "the first"
        cells = [_cell(entry["scores"][task], entry["gains"][task]) for task in tasks]
        rows.append([entry["method"], f"{entry['mean_rank']:.1f}", mean, *cells])
    return rows


def _gain(row: Row) -> dict[str, Any] | None:
    gain = row["against_first"]
    return gain and {name: gain[name] for name in ("mean", "low", "high", "p_holm", "n")}


def _cell(score: float, gain: Mapping[str, Any] | None) -> str:
    if gain is None:
        return f"{score:.3f}"
    between = "one only" if gain["low"] is None else f"{gain['low']:+.3f} to {gain['high']:+.3f}"
    return f"{score:.3f} ({gain['mean']:+.3f}, {between})"


def sentence(ranked: Sequence[Mapping[str, Any]], studies: Mapping[str, Mapping[str, Any]]) -> str:
    """What was found, in a sentence or two; no more than was shown."""
    if not ranked:
        return "Nothing can be compared: no method was finished on every data set."
    shown = [
        f"{entry['method']} on {task} ({gain['mean']:+.3f}, Holm's p = {gain['p_holm']:.2g})"
        for entry in ranked
        for task, gain in entry["gains"].items()
        if gain and gain["mean"] > 0 and is_shown(gain)
    ]
    gained = f"A gain over the plain student was shown for {', '.join(shown)}." if shown else _NOTHING
    best = ranked[0]
    place = f"The best mean rank is {best['method']}'s ({best['mean_rank']:.1f} of {len(ranked)})."
    p = friedman(ranked)
    whether = "" if p is None else f" Friedman's test over {len(best['scores'])} data sets: p = {p:.2g}."
    done, planned = (sum(one[name] for one in studies.values()) for name in ("done", "planned"))
    left = f" {planned - done} of {planned} runs are not there." if done < planned else ""
    return f"{gained} {place}{whether}{left}"


def to_markdown(answer: Mapping[str, Any]) -> str:
    """The whole text, the data sets' own tables named."""
    notes = [f"- {name}: `{name}/table.md`; {one['sentence']}" for name, one in answer["studies"].items()]
    known = [f"- {name}: {caveat}" for name, one in answer["studies"].items() for caveat in one["caveats"]]
    ranks = markdown_table(ranks_table(answer["ranks"]))
    parts = ["# Methods", f"**{answer['sentence']}**", ranks, "\n".join([*notes, *known]), _FOOT]
    return "\n\n".join(parts) + "\n"
