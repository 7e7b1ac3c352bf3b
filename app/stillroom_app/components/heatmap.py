"""A table of cells of which one can be clicked; drawn by ECharts, for Plotly tells no click on a cell in Streamlit.

Whoever has no mouse chooses the same in the boxes that stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from stillroom.figures.spectra import ramp
from stillroom.figures.theme import ink_of
from stillroom_app.components.chart import behind
from stillroom_app.theme import FONT, look

_ROW_PX, _BELOW_PX = 32, 84
_BRIGHT = 0.6  # of the scale: beyond it the ground's colour is read better on a cell than the text's


def heatmap(
    rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]], *, key: str, alt: str
) -> tuple[str, str] | None:
    """Draws per cents as cells, the first row on top.

    Args:
        rows: their names.
        columns: their names.
        values: of each row, shares from 0 to 1.
        key: of its own on the page.
        alt: what it says.

    Returns:
        The row and the column that were clicked; None where none is.
    """
    event: Any = st.echarts_chart(
        spec(rows, columns, values), key=key, alt=alt, height=_ROW_PX * len(rows) + _BELOW_PX, on_select="rerun",
        renderer="svg",
    )  # fmt: skip
    behind(pd.DataFrame(values, index=pd.Index(rows, name=""), columns=list(columns)).reset_index(), key)
    return clicked(event, rows, columns)


def clicked(event: Any, rows: Sequence[str], columns: Sequence[str]) -> tuple[str, str] | None:
    """The cell that an event names."""
    groups = event["selection"]["selected"] if event else []
    places = [place for group in groups for place in group["data_indices"]]
    if not places or not 0 <= places[-1] < len(rows) * len(columns):
        return None
    row, column = divmod(places[-1], len(columns))
    return rows[row], columns[column]


def spec(rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]]) -> dict[str, Any]:
    """What ECharts is given."""
    drawn, ink = look(), ink_of(look())
    most = max(max(line) for line in values) or 1.0
    cells = [
        {
            "value": [column, row, round(100 * value)],
            "label": {"color": ink.paper if value > _BRIGHT * most else ink.text},
        }
        for row, line in enumerate(values)
        for column, value in enumerate(line)
    ]
    text = {"color": ink.text, "fontFamily": FONT, "fontSize": 12}
    axis = {"type": "category", "axisLine": {"show": False}, "axisTick": {"show": False}, "splitArea": {"show": False}}
    numbers = not (drawn.narrow and len(columns) > 4)
    return {
        "grid": {"left": 8, "right": 8, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": {**axis, "data": list(columns), "axisLabel": {**text, "interval": 0, "rotate": 40 * drawn.narrow,
                                                               "width": 104, "overflow": "break"}},
        "yAxis": {**axis, "data": list(rows), "inverse": True,
                  "axisLabel": {**text, "width": 120, "overflow": "break"}},
        "tooltip": {"valueFormatter": "%.0f %%"},
        "visualMap": {"show": False, "min": 0, "max": 100 * most,
                      "inRange": {"color": [colour for _, colour in ramp(drawn)]}},
        "series": [{
            "type": "heatmap", "name": "share", "data": cells, "selectedMode": "single",
            "label": {"show": numbers, "fontFamily": FONT, "fontSize": 12, "formatter": "{@[2]}"},
            "itemStyle": {"borderColor": ink.paper, "borderWidth": 2},
            "emphasis": {"itemStyle": {"borderColor": ink.text, "borderWidth": 2}},
            "select": {"itemStyle": {"borderColor": ink.text, "borderWidth": 3}},
        }],
    }  # fmt: skip
