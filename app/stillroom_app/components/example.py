"""One window as its models see it: what each of them says, where each looks, and how far they agree on that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.figures import attribution
from stillroom.figures.intervals import called, upper
from stillroom.figures.palette import face_of
from stillroom.figures.signals import by_sensor
from stillroom.figures.spectra import spoken
from stillroom.figures.theme import BETWEEN
from stillroom_app.components.chart import chart
from stillroom_app.components.page import refused
from stillroom_app.components.reading import stamp_of_source
from stillroom_app.components.text import plain
from stillroom_app.services import workspace
from stillroom_app.services.explained import Found
from stillroom_app.services.recorded import Windows, windows_of
from stillroom_app.theme import look

_LANES = {False: 6, True: 4}


def example(name: str, found: Found, window: int, roles: Sequence[str], *, origin: str, key: str) -> None:
    """Draws a window.

    Args:
        name: of the run.
        found: the windows that were explained.
        window: which of them.
        roles: the models that are shown.
        origin: which run, by which method.
        key: of its own on the page.
    """
    try:
        recorded = windows(name, found.ids)
    except StillroomError as error:
        return refused(error)
    _answers(found, window, roles)
    place, activity = found.place[window], found.activity[found.place[window]]
    who = f"{found.person[place]}, {recorded.recording[window]} at {recorded.start_s[window]:.0f} s"
    figure = attribution.window(
        recorded.signal[window],
        recorded.channels,
        {role: (found.models[role].channels, found.models[role].attributions[place]) for role in roles},
        rate_hz=recorded.rate_hz,
        origin=f"{origin}{BETWEEN}{who}",
        activity=activity,
        most=_LANES[look().narrow],
        look=look(),
    )
    chart(figure, f"{key}_window")
    st.markdown("**Share of all that each model looks at in this window**")
    _bars(found, place, roles, key)
    return None


def windows(name: str, ids: tuple[int, ...]) -> Windows:
    """The windows of a run as recorded; cut again once the run or its recordings have changed.

    Raises:
        InputError: the recordings are gone or other ones, or there is no such window.
    """
    entry = workspace.entry(name)
    return _windows(name, ids, (str(entry.run.folder), entry.run.facts["changed"], stamp_of_source(entry.data)))


@st.cache_data(max_entries=4, show_spinner="Cutting windows out of the recordings")
def _windows(name: str, ids: tuple[int, ...], version: tuple[str, ...]) -> Windows:
    return windows_of(workspace.entry(name).run, ids)


def _answers(found: Found, window: int, roles: Sequence[str]) -> None:
    place = found.place[window]
    facts = [("It was", plain(found.activity[place]))]
    for role in roles:
        said, probability = found.models[role].answers.get(window, ("", 0.0))
        right = ":green[:material/check:]" if said == found.activity[place] else ":red[:material/close:]"
        facts.append(
            (f"{upper(called(role))} says", f"{plain(said)} {right} {probability:.2f}" if said else "not kept")
        )
    for role in roles:
        if window in found.models[role].agreement:
            rank = found.models[role].agreement[window]
            facts.append(("Both look at the same", _rank(rank)))
    grid = st.grid(4, min_column_width=140, key="explain_answers")
    for what, value in facts:
        grid.markdown(f":small[{what}]  \n**{value}**")


def _rank(rank: float | None) -> str:
    return "no order to compare" if rank is None else f"rank correlation {rank:+.2f}"


def _bars(found: Found, place: int, roles: Sequence[str], key: str) -> None:
    """Shares of |attribution| in this window, by sensor; a row each, the first model's largest on top."""
    columns: dict[str, pd.Series] = {}
    for role in roles:
        model = found.models[role]
        size = np.abs(model.attributions[place].astype(np.float64)).sum(axis=1)
        sums = {sensor: float(size[members].sum()) for sensor, members in by_sensor(model.channels).items()}
        total = sum(sums.values()) or 1.0
        columns[role] = pd.Series({spoken(sensor): 100 * value / total for sensor, value in sums.items()})
    table = pd.DataFrame(columns).sort_values(roles[0], ascending=False).rename_axis("sensor").reset_index()
    dark = look().dark
    config = {
        role: st.column_config.ProgressColumn(
            called(role), min_value=0.0, max_value=100.0, format="%.0f %%", color=face_of(role).colour(dark)
        )
        for role in roles
    }
    st.dataframe(
        table, key=f"{key}_bars", hide_index=True, column_config=config, alt="Shares of each sensor in this window"
    )
