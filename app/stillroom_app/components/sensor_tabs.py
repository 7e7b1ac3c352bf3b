"""Below the answer: every sensor in a table, suggested sets, what repeats what, what each costs, and the truth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from stillroom.figures import calibration, redundancy, sensor_sets
from stillroom.figures.intervals import upper
from stillroom_app.components.chart import chart
from stillroom_app.components.notebook_door import notebook_door
from stillroom_app.components.page import badge, exact_command
from stillroom_app.components.sensor_answer import measure, measure_many
from stillroom_app.components.text import plain
from stillroom_app.services.measured import Measured
from stillroom_app.services.sensor_choice import Choice, in_points, table
from stillroom_app.services.sensor_studies import SensorStudy, trust
from stillroom_app.services.sensors import Kept, said, written
from stillroom_app.services.suggestions import Suggested, suggested
from stillroom_app.theme import look

Choose = Callable[[Collection[str]], None]
Truths = Callable[[Kept], list[Measured]]
_TABLE = "sensors_table"
_ROLES = {"alone": "alone", "student": "distilled"}


def every_sensor(choice: Choice, choose: Choose) -> None:
    """The map as a table: what is kept, and what is known of each sensor."""
    rows = table(choice)
    key = f"{_TABLE}_{written(choice.kept, choice.sensors)}"  # a new table for each choice: edits start from it
    shown = pd.DataFrame(rows).drop(columns=["sensor"])
    empty = [
        name for name in ("price", "cost", "cost_range", "share", "twin", "shared") if not any(map(_known, shown[name]))
    ]
    with st.container(key=_TABLE):
        st.data_editor(
            shown.drop(columns=empty),
            key=key,
            hide_index=True,
            disabled=[name for name in shown.columns if name != "keep"],
            column_config=_columns(),
            on_change=partial(_edited, key, rows, choose),
        )
    if choice.estimates:
        told = (
            "Costs and shares are estimates in points of macro-F1, each sensor going alone; two together may cost more."
        )
        assumed = " Price points are assumptions (an accelerometer 1, a gyroscope 2), no money." * (
            "price" not in empty
        )
        st.caption(told + assumed)


def suggestions(choice: Choice, choose: Choose, data: str, source: str, truths: Truths) -> None:
    """The cheapest sets that cost little enough, each with a button that takes it."""
    estimates = choice.estimates
    if estimates is None or not estimates.part.get("suggested"):
        st.markdown("Sets are suggested by a run that was asked about them; this study measured a sample of sets only.")
        return
    points = st.slider(
        "Points of macro-F1 that a set may be estimated to lose", 0.0, 20.0, 2.0, 0.5, key="sensors_allowed",
        persist_state="session",
    )  # fmt: skip
    found = suggested(estimates, choice.sensors, points / 100)
    if not found:
        st.markdown("No set but all sensors costs so little.")
    for number, one in enumerate(found):
        _suggestion(number, one, choice, choose, source, truths)
    st.caption(
        "The best of many estimates looks better than it is. Points for price and for being in the way are assumed."
    )
    given: dict[str, Any] = {"origin": estimates.origin, "units": estimates.units, "look": look()}
    if estimates.part["suggested"].get("front") and "whole" in estimates.part:
        chart(sensor_sets.price(estimates.part, **given), key="sensors_price")
    st.subheader("Measure them", anchor=False)
    st.markdown("A study trains a student on many sets, each alone and each left out among them.")
    measure_many(choice, data, source, estimates.by, "sensors_study")


def repeats(choice: Choice) -> None:
    """Which sensors repeat each other, in their signals and in what they are worth."""
    part = choice.estimates.part if choice.estimates else {}
    kinds = [
        name
        for name, there in (
            ("in their signals", part.get("coherence")),
            ("in what they are worth", part.get("overlap")),
        )
        if there
    ]
    if not kinds or choice.estimates is None:
        st.markdown("It is known where a run was asked about sets of its sensors.")
        return
    kind = st.segmented_control("Repeat each other", kinds, default=kinds[0], key="sensors_repeat", required=True)
    if kind == "in their signals":
        figure = redundancy.of_signals(part["coherence"], origin=choice.estimates.beside, look=look())
        chart(figure, key="sensors_signals")
    else:
        given: dict[str, Any] = {"origin": choice.estimates.origin, "units": choice.estimates.units, "look": look()}
        figure = redundancy.of_scores(choice.estimates.names, part["overlap"], **given)
        chart(figure, key="sensors_scores")


def costs(choice: Choice) -> None:
    """What going without each alone costs, by the estimate and by both ablations of the teacher."""
    estimates = choice.estimates
    if estimates is None or not estimates.part.get("dropped") or not estimates.part.get("shapley"):
        st.markdown("It is known where a run was asked about sets of its sensors.")
        return
    told = {"ablation": {}, **estimates.part}
    chart(
        sensor_sets.going_without(told, origin=estimates.origin, units=estimates.units, look=look()),
        key="sensors_costs",
    )


def truth(studies: Sequence[SensorStudy], choice: Choice, data: str, source: str, by: str) -> None:
    """Estimates held against what was measured, and how far they can be believed."""
    known = {one.name: one for one in studies if one.rows and one.calibration}
    if not known:
        st.markdown(
            "No study has measured sets of these sensors yet: one trains a student on each, and holds the estimate"
            " against it."
        )
        measure_many(choice, data, source, by, "sensors_study_truth")
        return
    names = list(known)
    name = names[0]
    if len(names) > 1:
        name = str(st.selectbox("Study", names, key="sensors_study_shown", persist_state="session"))
    one = known.get(name, known[names[0]])
    badge("measured" if one.whose == "yours" else "demo", f"study {one.name.rpartition(':')[2]}")
    st.markdown(trust(one.calibration))
    given: dict[str, Any] = {"origin": one.origin("Estimated and measured"), "units": one.units, "look": look()}
    chart(calibration.against_truth(one.rows, one.calibration, **given), key="sensors_calibration")
    with st.expander("What this rests on", key="sensors_caveats"):
        st.markdown("\n".join(f"- {_caveat(caveat)}" for caveat in one.caveats))
        exact_command(one.command.split()[1:], "It was made by")
    with st.container(horizontal=True, vertical_alignment="center", key="sensors_hand_over"):
        to = {"report_of": "Study", "study": one.name}
        st.page_link("screens/report.py", label="Report", icon=":material/description:", query_params=to)
        notebook_door(one.name, "sensors_notebook", what="study")


def _suggestion(number: int, one: Suggested, choice: Choice, choose: Choose, source: str, truths: Truths) -> None:
    row = st.container(border=True, key=f"sensors_suggestion_{number}")
    words, buttons = row.columns([5, 3], vertical_alignment="center")
    costs = "" if one.cost is None else f" ({in_points(one.cost)})"
    known = truths(one.sensors)[:1]
    truth = "".join(f" · measured {told.score.mean:.3f} {_ROLES[told.role]} ({plain(told.source)})" for told in known)
    named = upper(said(one.sensors, choice.sensors))
    both = buttons.container(horizontal=True, horizontal_alignment="right")
    words.markdown(
        f"**{named}**  \n{one.score.mean:.3f} macro-F1 estimated{costs}{truth} · {one.price:g} price points"
        f" · {one.discomfort:g} in the way · *{'; '.join(one.ways)}*"
    )
    chosen = one.sensors == choice.kept
    both.button(
        "Chosen" if chosen else "Choose",
        key=f"sensors_choose_{number}",
        disabled=chosen,
        on_click=choose,
        args=(one.sensors,),
    )
    box = both.popover("Measure", key=f"sensors_measure_{number}", on_change="rerun")
    if box.open:
        with box:
            measure(replace(choice, kept=one.sensors), source, f"sensors_measure_{number}_it")


def _caveat(text: object) -> str:
    """A study's caveat names what is the user's own; of its signs only the bold that is ours is read."""
    return plain(text).replace(r"\*\*", "**")


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "keep": config.CheckboxColumn("Keep", width="small"),
        "site": config.TextColumn("Site"),
        "kind": config.TextColumn("Sensor", width="small"),
        "channels": config.NumberColumn("Channels", width="small"),
        "unit": config.TextColumn("Unit", width="small"),
        "price": config.NumberColumn("Price", format="%g", width="small"),
        "cost": config.NumberColumn("Cost", format="%+.1f", width="small", help="Estimated loss if it alone goes"),
        "cost_range": config.TextColumn("Cost, interval"),
        "share": config.NumberColumn("Worth", format="%+.1f", width="small", help="Its Shapley value"),
        "twin": config.TextColumn("Most like", help="The sensor whose signals share most with its own"),
        "shared": config.NumberColumn("Shared", format="%.0f %%", width="small", help="Their coherence"),
    }


def _edited(key: str, rows: Sequence[dict[str, object]], choose: Choose) -> None:
    changes = st.session_state[key]["edited_rows"]
    kept = [str(row["sensor"]) for place, row in enumerate(rows)
            if changes.get(place, changes.get(str(place), {})).get("keep", row["keep"])]  # fmt: skip
    choose(kept)


def _known(value: object) -> bool:
    return value is not None and value == value and value != ""
