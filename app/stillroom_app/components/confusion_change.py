"""What a second model takes for what more, or less, often than a first: cells that can be clicked, or chosen in boxes.

Drawn by Streamlit's own chart, which tells a click on a cell. More stands in one colour and less in another, and each
cell says its sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from stillroom.figures.palette import axis_colour
from stillroom.figures.theme import Look, ink_of
from stillroom_app.components.chart import behind
from stillroom_app.components.heatmap import clicked
from stillroom_app.theme import FONT, look

DONE, SAID, _CHART = "cell_done", "cell_said", "compare_confusion"
_ROW_PX, _BELOW_PX = 30, 120
_STRONG = 0.0075  # of the largest change: there a cell is dark enough for light letters


def choose_cell(change: NDArray[np.float64], classes: Sequence[str], names: tuple[str, str]) -> tuple[str, str]:
    """Draws the cells, and below them two boxes that choose the same.

    Args:
        change: `(done, said)`, shares of each row that the second model has more.
        classes: by their index.
        names: of the two models.

    Returns:
        What was done and what was said in the cell that is chosen; the one that changed most at first.
    """
    done, said = _most(change)
    st.session_state.setdefault(DONE, classes[done])
    st.session_state.setdefault(SAID, classes[said])
    for key in (DONE, SAID):  # another run may know other activities
        if st.session_state[key] not in classes:
            st.session_state[key] = classes[done if key == DONE else said]
    alt = (
        f"Of all activities, {classes[done]} called {classes[said]} changed most: {_points(change[done, said])} points."
    )

    def take() -> None:
        if cell := clicked(st.session_state.get(_CHART), classes, classes):
            st.session_state[DONE], st.session_state[SAID] = cell

    st.echarts_chart(
        spec_of(change, classes, look()), key=_CHART, on_select=take, renderer="svg", alt=alt,
        height=_ROW_PX * len(classes) + _BELOW_PX,
    )  # fmt: skip
    behind(_table(change, classes), _CHART)
    row = st.container(horizontal=True, key="compare_cell")
    row.selectbox("What was done", list(classes), key=DONE, width=240)
    row.selectbox("What one of them said", list(classes), key=SAID, width=240)
    return st.session_state[DONE], st.session_state[SAID]


def spec_of(change: NDArray[np.float64], classes: Sequence[str], on: Look) -> dict[str, Any]:
    """The chart's description."""
    ink = ink_of(on)
    reach = max(1.0, float(100 * np.abs(change).max()))
    cells = [
        {
            "value": [said, done, round(100 * value, 1)],
            "label": {"formatter": _points(value), "color": ink.paper if abs(value) > _STRONG * reach else ink.text},
        }
        for done, line in enumerate(change.tolist())
        for said, value in enumerate(line)
    ]
    text = {"color": ink.text, "fontFamily": FONT, "fontSize": 12}
    axis = {
        "type": "category", "data": list(classes), "axisLine": {"show": False}, "axisTick": {"show": False},
        "splitArea": {"show": False},
    }  # fmt: skip
    short = {**text, "width": 70 if on.narrow else 120, "overflow": "truncate"}
    return {
        "animation": False,
        "grid": {"left": 8, "right": 8, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": {**axis, "axisLabel": {**short, "interval": 0, "rotate": 40}},
        "yAxis": {**axis, "inverse": True, "axisLabel": short},
        "tooltip": {"valueFormatter": "%+.1f points"},
        "visualMap": {"show": False, "min": -reach, "max": reach,
                      "inRange": {"color": [axis_colour(1, on.dark), ink.paper, axis_colour(2, on.dark)]}},
        "series": [{
            "type": "heatmap", "name": "more of it, in points", "data": cells, "selectedMode": "single",
            "label": {"show": not (on.narrow and len(classes) > 6), "fontFamily": FONT, "fontSize": 11},
            "itemStyle": {"borderColor": ink.faint, "borderWidth": 1},
            "emphasis": {"itemStyle": {"borderColor": ink.text, "borderWidth": 2}},
            "select": {"itemStyle": {"borderColor": ink.text, "borderWidth": 3}},
        }],
    }  # fmt: skip


def _most(change: NDArray[np.float64]) -> tuple[int, int]:
    """The cell beside the diagonal that changed most."""
    beside = np.abs(change) * (1 - np.eye(len(change)))
    done, said = np.unravel_index(int(beside.argmax()), beside.shape)
    return int(done), int(said)


def _points(value: float) -> str:
    points = round(100 * float(value))
    return f"{points:+d}".replace("-", "−") if points else ""


def _table(change: NDArray[np.float64], classes: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"done": classes[done], "said": classes[said], "points more": round(100 * value, 1)}
        for done, line in enumerate(change.tolist())
        for said, value in enumerate(line)
    ]
