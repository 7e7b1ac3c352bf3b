"""The answer of the Sensors page: what a set is estimated to cost, what was measured for it, and the doors onward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from stillroom.figures import kept_set
from stillroom.figures.intervals import Estimate, upper
from stillroom.figures.theme import BETWEEN
from stillroom_app.components.chart import chart
from stillroom_app.components.job import start_button
from stillroom_app.components.page import badge
from stillroom_app.components.text import plain
from stillroom_app.services.estimates import Estimates
from stillroom_app.services.listing import Listed
from stillroom_app.services.measured import Measured, ask_words, distil_words, explain_words, study_words
from stillroom_app.services.sensor_choice import Choice, ablations, details, headline
from stillroom_app.services.sensors import view_of
from stillroom_app.theme import look

_MOST_ROWS, _EXACT = 5, 8
_ROLES = {"alone": "measured, alone", "student": "measured, distilled"}


def answer(choice: Choice, measured: Sequence[Measured]) -> None:
    """What is known of the set that is kept: the estimate first, then the truth beside it."""
    with st.container(border=True, key="sensors_answer"):
        marks = st.container(horizontal=True, gap="small")
        if choice.estimates:
            with marks:
                badge("estimated", f"{choice.estimates.n} {choice.estimates.units}")
                badge(choice.estimates.whose)
        st.header(headline(choice) + ".", anchor=False)
        for line in details(choice):
            st.markdown(line)
        words = ask_words(choice.estimates, choice.group) if choice.estimates and choice.group else []
        if words and choice.worth is None:
            start_button("Estimate this set", words, "sensors_ask")
        if choice.kept:
            _scores(choice, measured)
        if said := ablations(choice):
            st.markdown(said)


def onward(choice: Choice, data: str, source: str) -> None:
    """What can be done with the set: distil with it, or measure it at once."""
    if not choice.kept:
        return
    view = view_of(choice.kept, choice.sensors)
    st.page_link(
        "screens/distil.py",
        label="Distil with this set",
        icon=":material/arrow_forward:",
        query_params={"data": data, "student_view": view},
    )
    box = st.expander("Measure this set", key="sensors_measure_box", on_change="rerun", icon=":material/speed:")
    if box.open:
        with box:
            measure(choice, source, "sensors_measure")


def measure(choice: Choice, source: str, key: str) -> None:
    """Trains a student on the set that is kept, as a job."""
    st.markdown("A student is trained on it, with a teacher and alone; then the truth stands beside the estimate.")
    fast = st.toggle("Fast setting: few epochs, a first look", value=True, key=f"{key}_fast")
    words = distil_words(choice.kept, choice.sensors, source, choice.estimates, fast=fast)
    start_button("Train and measure", words, key)


def measure_many(choice: Choice, data: str, source: str, by: str, key: str) -> None:
    """A study that estimates and measures many sets, as a job."""
    fast = st.toggle("Fast setting: few epochs, a first look", value=True, key=f"{key}_fast")
    words = study_words(data, source, choice.sensors, by, choice.estimates, fast=fast)
    start_button("Measure many sets", words, key, primary=False)


def unknown(choice: Choice, data: str, source: str, runs: Sequence[Listed], measured: Sequence[Measured]) -> None:
    """Where nothing is estimated yet: what there is to ask, or where to begin."""
    by = _by(choice)
    own = [one for one in runs if one.whose == "yours"]
    with st.container(border=True, key="sensors_unknown"):
        st.header(headline(choice) + ".", anchor=False)
        for line in details(choice):
            st.markdown(line)
        _scores(choice, measured)
        if own:
            st.markdown(
                f"The run **{plain(own[0].name)}** can be asked: one network learns to go without any of its sensors,"
                " and then tells what every set is worth."
            )
            start_button("Estimate the sets", explain_words(own[0], by), "sensors_explain")
            return
        st.markdown(
            "No run on this data set can be asked yet. Distil a student first, or let a study train on many sets: it"
            " estimates and measures in one."
        )
        st.page_link(
            "screens/distil.py", label="Distil a student", icon=":material/arrow_forward:", query_params={"data": data}
        )
        if len({one.name if by == "sensor" else one.site for one in choice.sensors}) > 1:
            measure_many(choice, data, source, by, "sensors_study_first")


def of_demo(estimates: Estimates) -> None:
    """What the demo's estimates cannot do."""
    if estimates.whose == "demo":
        st.caption(
            "The demo's results hold no weights, so nothing more can be asked of its run; a training on its data can"
            " be started all the same."
        )


def _by(choice: Choice) -> str:
    """By sensor as long as every set can be asked about; else by site, where that is fewer."""
    sites = {one.site for one in choice.sensors}
    return "site" if len(choice.sensors) > _EXACT and len(sites) > 1 else "sensor"


def _scores(choice: Choice, measured: Sequence[Measured]) -> None:
    rows = []
    if choice.estimates and (whole := choice.estimates.worth(choice.estimates.whole)):
        rows.append(kept_set.Score(f"all {len(choice.all)}, estimated", Estimate(*whole), "estimated"))
    if choice.gone and choice.worth:
        rows.append(kept_set.Score("this set, estimated", Estimate(*choice.worth), "estimated"))
    rows += [
        kept_set.Score(f"{_ROLES[one.role]}, {one.source}", Estimate(*one.score), one.role)
        for one in measured[:_MOST_ROWS]
    ]
    if not rows:
        return
    units = choice.estimates.units if choice.estimates else measured[0].units
    origins = [choice.estimates.origin] if choice.estimates else []
    origins += ["measured: each row names its run or study"] if measured else []
    title = (
        "Estimate and truth" if measured and choice.worth else "Measured" if measured else "Estimated, not measured yet"
    )
    chart(
        kept_set.beside(
            rows, origin=upper(BETWEEN.join(origins)), units=units, title=title, look=replace(look(), narrow=True)
        ),
        key="sensors_kept_set",
    )
