"""What a job's journal shows: the steps of a fold, the curves so far, and what it printed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from stillroom.figures.schedule import Course, schedule
from stillroom.jobs.record import DONE
from stillroom_app.components.chart import chart
from stillroom_app.components.text import plain
from stillroom_app.components.timeline import Step, timeline
from stillroom_app.services import findings, jobs, recipes, training
from stillroom_app.services.training import Seen
from stillroom_app.theme import look

_LINES, _LATEST = 40, "the latest"
_LEVELS = ("all", "warning", "error")


def fold_shown(seen: Seen) -> str:
    """The fold that the page shows: the chosen one, else the one under way."""
    told = [fold for fold in seen.folds if any(where == fold for where, _ in seen.epochs)]
    if not told:
        return seen.now[0] if seen.now else ""
    chosen = _LATEST
    if len(told) > 1:
        chosen = str(
            st.selectbox("Fold", [_LATEST, *told], key="training_fold", width=260, format_func=_fold_name)
        )  # fmt: skip
    last = seen.now[0] if seen.now and seen.now[0] in told else told[-1]
    return chosen if chosen in told else last


def _fold_name(fold: str) -> str:
    return fold if fold == _LATEST else f"tested on {fold}"


def steps(seen: Seen, fold: str, state_of_job: str) -> None:
    """The models of a fold in order: which are done, which one is being made."""
    shown = []
    for role in seen.roles:
        title, _ = recipes.title_of(role)
        place = (fold, role)
        entries, planned = seen.epochs.get(place, []), seen.planned.get(place, 0)
        state = "done" if state_of_job == DONE else _state(seen, fold, role)
        share = {"done": 1.0, "todo": 0.0}.get(state, entries[-1]["epoch"] / planned if entries and planned else 0.0)
        line = _line(role, entries, planned, state) if entries else ""
        shown.append(Step(title, role, line, share=share, state=state))
    if shown:
        timeline(shown, "training_steps", f"Models of the fold {fold}, in order")


def _line(role: str, entries: list[dict[str, Any]], planned: int, state: str) -> str:
    if state == "now":
        return f"epoch {entries[-1]['epoch']} of {planned}"
    if "stage_" in role:  # it learns no classes
        return f"{len(entries)} epochs"
    epoch, score = training.best_of(entries)
    return f"{score:.2f} at epoch {epoch}"


def _state(seen: Seen, fold: str, role: str) -> str:
    if seen.now is None:
        return "todo"
    order = [(one, other) for one in seen.folds for other in seen.roles]
    at, here = order.index(seen.now) if seen.now in order else 0, order.index((fold, role))
    return "done" if here < at else "todo" if here > at else "now"


def curves(seen: Seen, fold: str, asked: Mapping[str, Any], *, running: bool) -> None:
    """Scores and losses of a fold, training by training."""
    found = []
    for (where, role), entries in seen.epochs.items():
        if where == fold and entries:
            planned = seen.planned.get((where, role), entries[-1]["epoch"])
            terms = training.terms_of(asked["recipe"], role) if asked else {}
            losses = training.weighted(entries, terms, planned)
            found.append(
                Course(
                    role, recipes.title_of(role)[0], tuple(entry["epoch"] for entry in entries),
                    tuple(float(entry["validation_macro_f1"]) for entry in entries),
                    {name: tuple(values) for name, values in losses.items()}, planned,
                )
            )  # fmt: skip
    if not found:
        return
    origin = f"Measured here{', live' if running else ''}: fold {fold}"
    if asked:
        origin += f", {asked['recipe']['name']} on {str(asked['data']).rpartition('/')[2]}, seed {asked['seed']}"
    title = "How the training goes" if running else "How the training went"
    chart(schedule(found, origin=origin, title=title, look=look()), "training_curves")


def noticed(seen: Seen, fold: str, *, running: bool) -> None:
    """What the curves show that is worth a word."""
    for one in findings.findings(seen, fold, running=running):
        st.info(plain(one), icon=":material/lightbulb:")


def printed(told: Mapping[str, Any], seen: Seen) -> None:
    """The last lines of the log and of the journal, by severity."""
    opened = st.expander("What it printed", key="training_log", on_change="rerun", type="compact")
    if not opened.open:
        return
    with opened:
        level = str(
            st.segmented_control("Show", _LEVELS, key="training_level", default=_LEVELS[0], required=True)
        )  # fmt: skip
        said = [f"{time.strftime('%H:%M:%S', time.localtime(at_s))}  {words}" for at_s, _, words in seen.said]
        lines = [*said[-_LINES:], *jobs.log(str(told["job"]), _LINES)]
        kept = [line for line in lines if level == "all" or findings.severity(line) in _at_least(level)]
        if kept:
            st.code("\n".join(kept[-_LINES:]), language=None, wrap_lines=True)
        else:
            st.markdown("No such line.")


def _at_least(level: str) -> tuple[str, ...]:
    return ("error",) if level == "error" else ("warning", "error")


def run_name(folder: str, root: Path) -> str:
    """A run's name in addresses: its folder below the workspace; empty where it lies elsewhere."""
    path = Path(folder)
    return path.relative_to(root).as_posix() if folder and path.is_relative_to(root) else ""
