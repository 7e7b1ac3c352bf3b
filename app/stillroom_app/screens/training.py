"""Training: the jobs that run, wait or ended lately, and one of them live."""

from __future__ import annotations

import shlex
import time
from typing import Any

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom_app.components import course
from stillroom_app.components.job import share, steer
from stillroom_app.components.job_doors import doors
from stillroom_app.components.page import empty, exact_command, head, refused
from stillroom_app.components.text import plain
from stillroom_app.services import findings, jobs, recipes, training
from stillroom_app.services.training import Seen

_JOB, _CHOSEN, _TOLD, _SILENT_S = "job", "training_job", "training_told", 15.0
_LOOKS = {
    "queued": ("gray", ":material/hourglass_empty:"), "starting": ("blue", ":material/hourglass_top:"),
    "running": ("green", ":material/play_arrow:"), "paused": ("orange", ":material/pause:"),
    "finishing": ("orange", ":material/stop:"), "done": ("green", ":material/check:"),
    "stopped": ("gray", ":material/stop:"), "failed": ("red", ":material/error:"),
    "lost": ("red", ":material/link_off:"),
}  # fmt: skip


def draw() -> None:
    """The page."""
    head("How is the training going?", "A job goes on when this tab is closed, and when the server ends.")
    listed = {str(row["id"]): row for row in training.listed(st.query_params.get(_JOB, ""))}
    if not listed:
        return empty("Nothing has been started yet in this workspace.", "distil", "Distil a student")
    name = _pick(listed)
    try:
        live = jobs.look(name)["state"] in jobs.UNDER_WAY
    except StillroomError as error:  # its folder is damaged; others can be chosen
        return refused(error)
    st.fragment(_shown, run_every="2s" if live else None, key="training_live")(name, live)
    return None


def _pick(listed: dict[str, dict[str, Any]]) -> str:
    """The job that is shown; an address names it, and a choice goes into the address."""
    asked = st.query_params.get(_JOB, "")
    if asked and asked not in listed:
        st.warning("This job is not in the workspace any more.", icon=":material/link_off:")
    if asked in listed and asked != st.session_state.get(_TOLD):
        st.session_state[_CHOSEN] = asked
    if st.session_state.get(_CHOSEN) not in listed:
        st.session_state[_CHOSEN] = next(iter(listed))
    chosen = str(
        st.selectbox("Job", list(listed), key=_CHOSEN, format_func=lambda one: _titled(listed[one]))
    )  # fmt: skip
    st.query_params[_JOB] = st.session_state[_TOLD] = chosen
    return chosen


def _titled(row: dict[str, Any]) -> str:
    words = str(row["command"]).removeprefix("stillroom ").split()
    at = time.strftime("%d %b %H:%M", time.localtime(row["made_s"]))
    return f"{' '.join(words[:2])} · {at}"


def _shown(name: str, live: bool) -> None:
    """One job; drawn again every two seconds while it is under way."""
    try:
        told = jobs.look(name)
    except StillroomError as error:
        return refused(error)
    if live and told["state"] not in jobs.UNDER_WAY:
        st.rerun(scope="app")  # it has ended: nothing needs to be looked at again and again
    seen = training.follow(told["folder"])
    _header(told, seen)
    steer(told, "training")
    if not live:
        doors(told)
    asked = training.recipe_of(seen.run or str(told["output"] or ""))
    if seen.folds:
        fold = course.fold_shown(seen)
        course.steps(seen, fold, told["state"])
        course.noticed(seen, fold, running=live)
        course.curves(seen, fold, asked, running=live)
    elif live and not seen.said:
        st.caption("Its first word comes once it has loaded what it needs.")
    course.printed(told, seen)
    return exact_command(shlex.split(told["command"])[1:])


def _header(told: dict[str, Any], seen: Seen) -> None:
    words = shlex.split(told["command"])[1:]
    colour, icon = _LOOKS[told["state"]]
    st.subheader(plain(" ".join(words[:2])), anchor=False)
    row = st.container(horizontal=True, vertical_alignment="center", key="training_facts")
    row.badge(told["state"], icon=icon, color=colour)  # type: ignore[arg-type]
    for fact in _facts(words, told):
        row.badge(plain(fact), color="gray")
    _life(row, told)
    said, act = findings.sentence(told)
    if told["state"] in ("failed", "lost"):
        st.error(f"**{plain(findings.cause(told))}**  \n{said} {act}", icon=":material/error:")
    elif told["why"] and not told["why"].startswith("stopped on request ("):
        st.info(f"{said} {plain(told['why'])} {act}", icon=":material/info:")
    else:
        st.markdown(said)
    if told["state"] in jobs.UNDER_WAY and (done := share(_counted(told, seen))) is not None:
        st.progress(done, text=_progress(seen, told))


def _facts(words: list[str], told: dict[str, Any]) -> list[str]:
    given = dict(zip(words, [*words[1:], ""], strict=True))
    found = [f"seed {given.get('--seed', '0')}", given.get("--device", "cpu")] if words[0] == "distil" else []
    found += ["fast"] if "--fast" in words else []
    return found + ([f"attempt {told['attempt']}"] if told["attempt"] > 1 else [])


def _life(row: Any, told: dict[str, Any]) -> None:
    """How long ago it was last heard; a long silence is amber."""
    if told["heard_s"] and told["pid"] and told["state"] in jobs.UNDER_WAY:
        silent = max(0.0, time.time() - told["heard_s"])
        late = silent > _SILENT_S
        text = f"last sign of life {silent:.0f} s ago"
        row.badge(text, color="orange" if late else "gray", icon=":material/warning:" if late else None)
    if told["began_s"]:
        took = (told["ended_s"] or time.time()) - told["began_s"]
        row.badge(_duration(took), color="gray", icon=":material/timer:")


def _counted(told: dict[str, Any], seen: Seen) -> dict[str, Any]:
    return {"done": seen.done, "of": seen.of} if seen.folds else told


def _progress(seen: Seen, told: dict[str, Any]) -> str:
    if not seen.folds:
        at = f"{plain(told['part'] or '')} · {told['done']} of {told['of']}"
    else:
        fold, role = seen.now or ("", "")
        at = f"{recipes.title_of(role)[0]}, fold {plain(fold)} · {seen.done} of {seen.of} models done"
    left = training.left_s(seen)
    return at if left is None else f"{at} · {_range(*left)} left"


def _range(low: float, high: float) -> str:
    unit, size = ("s", 1.0) if high < 90 else ("min", 60.0) if high < 5400 else ("h", 3600.0)
    digits = 0 if unit != "h" else 1
    first, last = f"{low / size:.{digits}f}", f"{high / size:.{digits}f}"
    return f"about {last} {unit}" if first == last else f"about {first} to {last} {unit}"


def _duration(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )


draw()
