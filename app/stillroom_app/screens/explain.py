"""Explain: what teacher and student look at, with the checks first; and what else is asked of a finished run."""

from __future__ import annotations

from typing import Any

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.figures import agreement, anchors, band_importance, cut_off, privacy, shares
from stillroom.figures.intervals import called, upper
from stillroom.figures.spectra import spoken
from stillroom.figures.theme import origin_of
from stillroom_app.components import explaining, sanity
from stillroom_app.components.chart import chart
from stillroom_app.components.example import example, windows
from stillroom_app.components.heatmap import heatmap
from stillroom_app.components.page import badge, empty, head, refused
from stillroom_app.components.pick import pick_run
from stillroom_app.components.text import plain
from stillroom_app.services import explained, workspace
from stillroom_app.services.explained import APART, DRAWN, OTHERWISE, Found, Part
from stillroom_app.services.workspace import Entry
from stillroom_app.state import teaching
from stillroom_app.theme import look

_ANYBODY, _ANYTHING = "everybody", "any activity"
_TABS = ("One window", "All windows", "Frequencies", "Who it is")
_STAGES = "After each stage"


def draw() -> None:
    """The page."""
    head("Why does it say so?", "Where teacher and student look when they answer, and whether that can be believed.")
    entry = pick_run()
    if entry is None:
        return empty("Nothing has been distilled yet, so there is nothing to explain.", "distil", "Distil a student")
    row = st.container(horizontal=True, vertical_alignment="center", key="explain_about")
    with row:
        badge(entry.whose)
        st.markdown(f":small[{plain(' '.join(explained.caveats(entry)))}]", width="content")
    named = [*_TABS, *([_STAGES] if explained.has_stages(entry) else [])]
    tabs = dict(zip(named, st.tabs(named, key="explain_tab", on_change="rerun", bind="query-params"), strict=True))
    for name, drawn in _DRAWN.items():
        if name in tabs and tabs[name].open:
            with tabs[name]:
                _guarded(drawn, entry)
    return None


def _guarded(drawn: Any, entry: Entry) -> None:
    try:
        drawn(entry)
    except StillroomError as error:
        refused(error)


def _one(entry: Entry) -> None:
    part = explaining.part_or_door(entry, explained.WINDOWS)
    if part is None:
        return
    origin = _origin(entry, part)
    sanity.strip(part.told, origin_of(workspace.report_of(entry)), "explain_sanity")
    found = _found(entry.name, explained.version(entry))
    ids = _choose(entry, found)
    if not ids:
        st.info("No explained window fits. Choose other people or another activity.", icon=":material/filter_alt_off:")
        return
    window = st.selectbox(
        "Window", ids, key="explain_window", format_func=lambda one: _called(entry.name, found, one), filter_mode=None
    )
    roles = [role for role in found.models if role != "alone"] or list(found.models)
    example(entry.name, found, int(window or ids[0]), roles, origin=origin, key="explain_one")
    explaining.anew(entry, part)
    if teaching():
        explaining.teach(part)


def _choose(entry: Entry, found: Found) -> list[int]:
    boxes = st.grid(3, min_column_width=220)
    person = boxes.selectbox("Whose", [_ANYBODY, *sorted(set(found.person))], key="explain_person")
    activity = boxes.selectbox("Doing", [_ANYTHING, *sorted(set(found.activity))], key="explain_activity")
    known = [DRAWN] + [APART] * any(model.agreement for model in found.models.values())
    known += [OTHERWISE] * ({"teacher", "student"} <= set(found.models))
    order = boxes.selectbox("Which", known, key="explain_order", format_func=_ORDERS.__getitem__)
    return explained.chosen(
        found,
        person="" if person == _ANYBODY else str(person),
        activity="" if activity == _ANYTHING else str(activity),
        order=str(order),
    )


def _all(entry: Entry) -> None:
    part = explaining.part_or_door(entry, explained.WINDOWS)
    if part is None:
        return
    report = workspace.report_of(entry)
    origin, given = origin_of(report), {"origin": origin_of(report), "units": report["units"], "look": look()}
    sanity.strip(part.told, origin, "explain_sanity")
    models = {role: one for role, one in part.told["models"].items() if role != "alone"}
    level = "sensors" if any(len(one["sensors"]) > 1 for one in models.values()) else "channels"
    if any(len(one[level]) > 1 for one in models.values()):
        chart(shares.sensors(models, level=level, **given), "explain_shares")
    _cells(entry, part)
    if part.told["agreement"]:
        chart(agreement.with_teacher(part.told["agreement"], **given), "explain_agreement")
    explaining.anew(entry, part)
    if teaching():
        explaining.teach(part)


def _cells(entry: Entry, part: Part) -> None:
    """Sensor by activity: a cell opens the windows behind it."""
    several = [role for role, one in part.told["models"].items() if len(one["sensors"]) > 1]
    if not several:
        return
    st.subheader("Which sensor in which activity", anchor=False)
    st.markdown("Per cent of all that the model looks at. Choose a cell to see the windows behind it.")
    role = several[0]
    if len(several) > 1:
        role = st.segmented_control("Model", several, default=role, key="explain_role", format_func=_titled) or role
    model = part.told["models"][role]
    sensors = {spoken(one["name"]): one["name"] for one in model["sensors"]}
    values = [[one["importance"] for one in parts] for parts in model["classes"].values()]
    most = max((value, row, column) for row, line in enumerate(values) for column, value in enumerate(line))
    named = (list(model["classes"])[most[1]], list(sensors)[most[2]])
    alt = f"{upper(called(role))}: its largest share is {named[1]} in {named[0]}, {most[0]:.0%}"
    cell = heatmap(list(model["classes"]), list(sensors), values, key=f"explain_cells_{role}", alt=alt)
    boxes = st.grid(3, min_column_width=220)
    row, column = (list(model["classes"]).index((cell or named)[0]), list(sensors).index((cell or named)[1]))
    more = f"_{row}_{column}" * (cell is not None)  # a click draws boxes of its own, that begin with its cell
    activity = boxes.selectbox("Activity", list(model["classes"]), row, key=f"explain_cell_activity{more}")
    sensor = boxes.selectbox("Sensor", list(sensors), column, key=f"explain_cell_sensor{more}")
    found = _found(entry.name, explained.version(entry))
    rows = explained.examples(_table(entry.name, explained.version(entry)), role, str(activity), sensors[str(sensor)])
    if rows.empty:
        st.info("No explained window shows this activity.", icon=":material/filter_alt_off:")
        return
    told = {int(one["window"]): f"{one['person']}, {one['share']:.0%}" for one in rows.to_dict("records")}
    here = f"explain_example_{list(model['classes']).index(str(activity))}_{list(sensors).index(str(sensor))}"
    window = boxes.selectbox("Example, most first", list(told), key=here, format_func=told.__getitem__)
    example(entry.name, found, int(window or next(iter(told))), [role], origin=_origin(entry, part), key="explain_cell")


def _bands(entry: Entry) -> None:
    part = explaining.part_or_door(entry, explained.FREQUENCY)
    if part is None:
        return
    report = workspace.report_of(entry)
    given = {"origin": origin_of(report), "units": report["units"], "look": look()}
    if len(part.told["cut_off"]) > 1:
        chart(cut_off.scores(part.told["cut_off"], people=report["n"], **given), "explain_cut_off")
    roles = [role for role in part.told["bands"] if role != "alone"] or list(part.told["bands"])
    role = roles[0]
    if len(roles) > 1:
        role = st.segmented_control("Model", roles, default=role, key="explain_band_role", format_func=_titled) or role
    chart(band_importance.falls(part.told["bands"][role], role=role, **given), f"explain_bands_{role}")


def _private(entry: Entry) -> None:
    part = explaining.part_or_door(entry, explained.PRIVACY)
    if part is not None:
        origin = origin_of(workspace.report_of(entry))
        chart(privacy.told_apart(part.told, origin=origin, look=look()), "explain_privacy")


def _stages(entry: Entry) -> None:
    part = explaining.part_or_door(entry, explained.ANCHORS)
    if part is None:
        return
    origin = origin_of(workspace.report_of(entry))
    for name, one in part.told["anchors"].items():
        if {anchors.BEFORE, anchors.AFTER} <= set(one["models"]):
            chart(anchors.at_anchor(part.told, name, origin=origin, look=look()), f"explain_anchor_{name}")


@st.cache_data(max_entries=4, show_spinner=False)
def _found(name: str, version: float) -> Found:
    entry = workspace.entry(name)
    part = explained.part(entry, explained.WINDOWS)
    return explained.found(entry, part.told if part else {"models": {}})


@st.cache_data(max_entries=4, show_spinner=False)
def _table(name: str, version: float) -> Any:
    return explained.shares(workspace.entry(name))


def _origin(entry: Entry, part: Part) -> str:
    method = str(next(iter(part.told["models"].values()))["method"]).replace("_", " ")
    return f"{origin_of(workspace.report_of(entry))}, {method}"


def _called(name: str, found: Found, window: int) -> str:
    place = found.place[window]
    try:
        at = f", at {windows(name, found.ids).start_s[window]:.0f} s"
    except StillroomError:
        at = f", window {window}"
    said = [f"{found.person[place]}, {found.activity[place]}{at}"]
    answers = [
        found.models[role].answers.get(window, ("",))[0] for role in ("teacher", "student") if role in found.models
    ]
    if len(answers) == 2 and answers[0] != answers[1]:
        said.append(f"teacher: {answers[0]}, student: {answers[1]}")
    return " · ".join(said)


def _titled(role: str) -> str:
    return upper(called(role))


_ORDERS = {
    DRAWN: "all, as drawn",
    APART: "teacher and student look elsewhere, most first",
    OTHERWISE: "teacher and student say different things",
}
_DRAWN = {_TABS[0]: _one, _TABS[1]: _all, _TABS[2]: _bands, _TABS[3]: _private, _STAGES: _stages}

draw()
