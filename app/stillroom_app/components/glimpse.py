"""Half a minute of somebody who was tested: the student's signal, and below it what was done and what was said.

Drawn by Streamlit's own chart, so that Home needs no plotly. A wrong answer is hatched, not only coloured.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from stillroom.figures.bands import bands_of_windows
from stillroom.figures.intervals import upper
from stillroom.figures.palette import activity_colours, axis_colour, face_of
from stillroom.figures.spectra import spoken
from stillroom.figures.theme import Look, ink_of
from stillroom_app.components.chart import behind
from stillroom_app.theme import look

_Part = tuple[float, str, bool]  # seconds, what was said (nothing in a gap), whether wrongly

_SHOWN = ("teacher", "student")
_LEFT, _RIGHT = {False: 74, True: 58}, 14
_SIGNAL_PX, _LANE_PX, _HEIGHT_PX = 150, 34, 44
_A_LETTER_PX = 6.6
_HATCH = {
    "symbol": "rect", "dashArrayX": [1, 0], "dashArrayY": [2, 5], "rotation": -0.785, "color": "rgba(0,0,0,0.42)",
}  # fmt: skip


def draw_glimpse(glimpse: Mapping[str, Any], classes: Sequence[str], key: str, said: str = "") -> None:
    """Draws it.

    Args:
        glimpse: as `glimpse.json` holds it.
        classes: every class, which decides the colours.
        key: of its own on the page.
        said: below it, in Markdown.
    """
    lanes = _lanes(glimpse)
    height = _SIGNAL_PX + _LANE_PX * len(lanes) + _HEIGHT_PX
    st.echarts_chart(spec_of(glimpse, classes, look()), height=height, key=key, renderer="svg", alt=_alt(glimpse))
    if said:
        st.caption(said)
    behind(_table(glimpse), key)


def spec_of(glimpse: Mapping[str, Any], classes: Sequence[str], on: Look) -> dict[str, Any]:
    """The chart's description."""
    ink, lanes = ink_of(on), _lanes(glimpse)
    span_s = len(glimpse["signal"][0]) / glimpse["rate_hz"]
    names = list(lanes)
    left = _LEFT[on.narrow]
    grid = {"left": left, "right": _RIGHT}
    text = {"color": ink.muted, "fontSize": 12}
    faint = {"lineStyle": {"color": ink.faint}}
    across = {"type": "value", "min": 0, "max": round(span_s, 2), "splitLine": {"show": False}}
    units = dict.fromkeys(str(channel["unit"]).replace("s2", "s²") for channel in glimpse["channels"])
    return {
        "animation": False,
        "tooltip": {"trigger": "item", "confine": True},
        "legend": {"top": 0, "left": left - 6, "itemWidth": 18, "textStyle": text, "icon": "roundRect", "itemHeight": 3,
                   "data": [spoken(channel["name"]) for channel in glimpse["channels"]]},
        "grid": [
            {**grid, "top": 30 + 12 * on.narrow, "height": _SIGNAL_PX - 24 - 12 * on.narrow},
            {**grid, "top": _SIGNAL_PX + 14, "height": _LANE_PX * len(lanes)},
        ],
        "xAxis": [
            {**across, "gridIndex": 0, "axisLabel": {"show": False}, "axisTick": {"show": False},
             "axisLine": {"show": False}},
            {**across, "gridIndex": 1, "axisLabel": {**text, "formatter": "{value} s"}, "axisTick": {"show": False},
             "axisLine": {"show": False}},
        ],
        "yAxis": [
            {"type": "value", "gridIndex": 0, "scale": True, "name": " · ".join(units), "nameTextStyle": text,
             "nameLocation": "middle", "nameGap": left - 24, "splitNumber": 3, "axisLabel": text, "splitLine": faint},
            {"type": "category", "gridIndex": 1, "inverse": True, "data": names, "axisLine": {"show": False},
             "axisTick": {"show": False}, "axisLabel": {**text, "color": ink.text}},
        ],
        "series": [*_signal(glimpse, on), *_bars(lanes, glimpse["truth"], glimpse, classes, on)],
    }  # fmt: skip


def _signal(glimpse: Mapping[str, Any], on: Look) -> list[dict[str, Any]]:
    step = 1 / glimpse["rate_hz"]
    return [
        {
            "type": "line", "name": spoken(channel["name"]), "xAxisIndex": 0, "yAxisIndex": 0, "symbol": "none",
            "silent": True, "lineStyle": {"width": 1.3}, "color": axis_colour(place, on.dark),
            "data": [[round(at * step, 3), value] for at, value in enumerate(values)],
        }
        for place, (channel, values) in enumerate(zip(glimpse["channels"], glimpse["signal"], strict=True))
    ]  # fmt: skip


def _lanes(glimpse: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is shown below the signal, from above, by its name there."""
    said = glimpse["said"]
    roles = [role for role in _SHOWN if role in said] or list(said)[:1]
    return {"done": glimpse["truth"], **{face_of(role).title.partition(",")[0]: said[role] for role in roles}}


def _bars(
    lanes: Mapping[str, Sequence[str]],
    truth: Sequence[str],
    glimpse: Mapping[str, Any],
    classes: Sequence[str],
    on: Look,
) -> list[dict[str, Any]]:
    """A stack of bars in each lane: the n-th stretch of every lane is one series, as the chart wants it."""
    colours = activity_colours(classes, on.dark)
    a_second = (250 if on.narrow else 900) / (len(glimpse["signal"][0]) / glimpse["rate_hz"])
    rows = [bands_of_windows(glimpse["windows_s"], glimpse["window_s"], said, truth) for said in lanes.values()]
    stacks = [_with_gaps(bands, wrong) for bands, wrong in rows]
    most = max(map(len, stacks))
    nothing: _Part = (0.0, "", False)
    return [
        {
            "type": "bar", "stack": "lanes", "xAxisIndex": 1, "yAxisIndex": 1, "barWidth": "78%",
            "label": {"position": "inside", "color": ink_of(on).text, "fontSize": 11}, "emphasis": {"disabled": True},
            "data": [_bar((*stack, *(nothing,) * most)[number], colours, a_second, on) for stack in stacks],
        }
        for number in range(most)
    ]  # fmt: skip


def _bar(part: _Part, colours: Mapping[str, str], a_second: float, on: Look) -> dict[str, Any]:
    length, label, wrong = part
    if not label:
        return {"value": round(length, 3), "itemStyle": {"color": "transparent"}, "label": {"show": False}}
    ink, said = ink_of(on), label.replace("{", "(").replace("}", ")")
    lines = next((one for one in ([said], said.split(maxsplit=1)) if _fits(one, length * a_second)), [])
    return {
        "value": round(length, 3),
        "itemStyle": {"color": colours.get(label, ink.faint), "borderColor": ink.paper, "borderWidth": 1,
                      "decal": _HATCH if wrong else {"symbol": "none"}},
        "label": {"show": bool(lines), "formatter": "\n".join(lines), "lineHeight": 12, "padding": 1,
                  "backgroundColor": colours.get(label, ink.faint) if wrong else "transparent"},
        "tooltip": {"formatter": html.escape(said) + ", wrong" * wrong},
    }  # fmt: skip


def _fits(lines: Sequence[str], pixels: float) -> bool:
    return max(map(len, lines)) * _A_LETTER_PX < pixels


def _with_gaps(bands: Sequence[tuple[float, float, str]], wrong: Sequence[bool]) -> list[_Part]:
    """Lengths in a row; a gap has no label."""
    found: list[_Part] = []
    at = 0.0
    for (first, last, label), is_wrong in zip(bands, wrong, strict=True):
        found += [(first - at, "", False), (last - first, label, is_wrong)]
        at = last
    return found


def _alt(glimpse: Mapping[str, Any]) -> str:
    """What it says, in words."""
    truth = glimpse["truth"]
    right = {role: sum(a == b for a, b in zip(said, truth, strict=True)) for role, said in glimpse["said"].items()}
    told = ", ".join(f"{upper(role)} right in {count} of {len(truth)} windows" for role, count in right.items())
    done = ", then ".join(dict.fromkeys(truth))
    return f"The signal of {glimpse['unit']} while doing {done}. {told}."


def _table(glimpse: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({"from, s": glimpse["windows_s"], "done": glimpse["truth"], **glimpse["said"]})
