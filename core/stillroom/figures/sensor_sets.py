"""Which sensors can go, estimated before anybody trains: what going without each costs, and the best for its price.

Estimates come from one network that was asked with sensors at rest; `figures.calibration` holds them against what was
measured. Prices are points, assumptions and no money.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.figures.intervals import Estimate, Mark, estimate_of, label_rows, marks, places, told
from stillroom.figures.palette import axis_colour, face_of, faded
from stillroom.figures.spectra import spoken
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain
from stillroom.figures.thinning import POINTS

_WAYS = {"mean": ("teacher, at its mean", "square"), "permutation": ("teacher, permuted", "square-open")}
_KEY_LINE = 17


def going_without(
    part: Mapping[str, Any], *, origin: str, units: str = "people", title: str = "", look: Look = LIGHT
) -> go.Figure:
    """A row for each sensor: the estimated cost of going without, its Shapley value and both ablations, with intervals.

    Args:
        part: as `stillroom explain` tells of sets of sensors (`dropped`, `shapley`, `ablation`).
        origin: which run.
        units: what intervals are over.
        title: which are not clearly missed, by default.
        look: ground and width.

    Raises:
        InputError: no sensor.
    """
    dropped = {one["name"]: estimate_of(one) for one in part["dropped"]}
    if not dropped:
        raise InputError("no sensor to go without", where="dropped")
    rows = sorted(dropped, key=lambda name: -dropped[name].value)
    kinds = list(_kinds(part, dropped, look))
    figure = go.Figure()
    for aside, (mark, costs) in zip(places(len(kinds)), kinds, strict=True):
        known = [name for name in rows if name in costs]
        shown = {rows.index(name) + aside: costs[name] for name in known}
        figure.add_trace(marks(shown, mark, form="+.3f", names=[spoken(name) for name in known]))
    ink = ink_of(look)
    figure.add_vline(x=0, line={"color": ink.line, "width": 1.5}, layer="below")
    for edge in range(1, len(rows)):
        figure.add_hline(y=edge - 0.5, line={"color": ink.faint, "width": 1}, layer="below")
    label_rows(figure, [spoken(name) for name in rows], look)
    figure.update_xaxes(title_text="macro-F1 that is lost", zeroline=False)
    said = title or _missed(dropped)
    note = (
        f"Intervals over {units}, not corrected for their number. Going without and the Shapley value are estimates:"
        " they ask one network that was trained with any of them missing. Mean and permutation take them from a teacher"
        " that never went without: where the two disagree, it met windows such as it had never seen, or sensors repeat"
        " each other. Each goes alone; two together may cost more."
    )
    height = (18 + 13 * len(kinds)) * len(rows) + 50
    return finish(figure, title=said, note=note, origin=origin, look=look, height=height, alt=said)


def price(
    part: Mapping[str, Any], *, origin: str, units: str = "people", title: str = "", look: Look = LIGHT
) -> go.Figure:
    """Estimated macro-F1 of every set that was asked against its price; the best for their price are named.

    Args:
        part: as `stillroom explain` tells of sets of sensors (`subsets`, `suggested`, `whole`).
        origin: which run.
        units: what intervals are over.
        title: what the best on the front reaches, by default.
        look: ground and width.

    Raises:
        InputError: nothing is suggested.
    """
    suggested, ink = part["suggested"], ink_of(look)
    front = sorted(suggested["front"], key=lambda step: step["price"])
    if not front:
        raise InputError("no set is suggested", where="suggested")
    points, whole = suggested["price"]["of"], estimate_of(part["whole"])
    figure = go.Figure()
    figure.add_hline(
        y=whole.value, line={"color": ink.muted, "width": 1.2, "dash": "dot"}, annotation_text=f"all {len(points)}",
        annotation_position="top left", annotation_font={"size": 11, "color": ink.muted},
    )  # fmt: skip
    figure.add_traces([*_asked(part["subsets"], points, look), _front(front, look)])
    figure.update_xaxes(title_text="price points", rangemode="tozero", showgrid=False, zeroline=False)
    figure.update_yaxes(title_text="estimated macro-F1", zeroline=False)
    best = max(front, key=lambda step: step["mean"])
    said = title or (
        f"Estimated: {_points(best['price'])} ({_named(best['subset'])}) score {told(estimate_of(best))},"
        f" all {len(points)} score {told(whole)}"
    )
    assumed = "Points are assumptions and no money. " if suggested["price"]["assumed"] else ""
    note = (
        f"{assumed}Numbered: sets that no cheaper one equals, with intervals over {units}; grey: other sets. The"
        " best of many estimates looks better than it is, and nothing was trained for a set."
    )
    plot = 300 if look.narrow else 340
    figure = finish(figure, title=said, note=note, origin=origin, look=look, height=plot, alt=said)
    return _with_key(figure, [_named(step["subset"]) for step in front], plot, look)


def _kinds(
    part: Mapping[str, Any], dropped: Mapping[str, Estimate], look: Look
) -> list[tuple[Mark, Mapping[str, Estimate]]]:
    """Every kind of cost with its mark; the ablations are the teacher's and have its colour."""
    shares = {one["group"]: estimate_of(one) for one in part["shapley"]["shares"]}
    colour = face_of("teacher").colour(look.dark)
    found: list[tuple[Mark, Mapping[str, Estimate]]] = [
        (Mark("going without", ink_of(look).text, "circle"), dropped),
        (Mark("Shapley value", axis_colour(1, look.dark), "diamond"), shares),
    ]
    for way, one in part["ablation"].items():
        name, symbol = _WAYS[way]
        found.append((Mark(name, colour, symbol), {of: estimate_of(drop) for of, drop in one["drop"].items()}))
    return found


def _missed(dropped: Mapping[str, Estimate]) -> str:
    """How many sensors' estimated cost is told from nothing, and which costs most."""
    clear = [name for name, one in dropped.items() if one.low is not None and one.low > 0]
    most = max(clear or dropped, key=lambda name: dropped[name].value)
    size = f"{spoken(most)} most: {told(dropped[most], '+.3f')}"
    if dropped[most].low is None:
        return f"Estimated: when one alone goes, {size}"
    return f"Estimated: {len(clear) or 'none'} of {len(dropped)} clearly missed when one alone goes, {size}"


def _asked(subsets: Sequence[Mapping[str, Any]], points: Mapping[str, float], look: Look) -> list[go.Scatter]:
    """Sets as small dots; of very many, evenly so many as a figure holds."""
    subsets = subsets[:: max(1, -(-len(subsets) // POINTS))]
    hover = [f"{plain(_named(one['subset']))}: {told(estimate_of(one))}" for one in subsets]
    return [
        go.Scatter(
            x=[sum(points[name] for name in one["subset"]) for one in subsets], y=[one["mean"] for one in subsets],
            mode="markers", showlegend=False, customdata=hover, hovertemplate="%{customdata}<extra></extra>",
            marker={"color": faded(ink_of(look).muted, 0.55), "size": 6},
        )
    ]  # fmt: skip


def _front(front: Sequence[Mapping[str, Any]], look: Look) -> go.Scatter:
    """The best for their price as steps, with numbers."""
    colour, shown = axis_colour(1, look.dark), [estimate_of(step) for step in front]
    up, down = (
        [0.0 if edge is None else abs(edge - one.value) for one in shown for edge in (one[side],)] for side in (2, 1)
    )
    return go.Scatter(
        x=[step["price"] for step in front], y=[one.value for one in shown], mode="lines+markers+text",
        text=[f"<b>{number}</b>" for number in range(1, len(front) + 1)], textposition="top left",
        textfont={"color": ink_of(look).text, "size": 13}, showlegend=False, cliponaxis=False,
        line={"color": colour, "width": 2, "shape": "hv"}, marker={"color": colour, "size": 9},
        error_y={"array": up, "arrayminus": down, "color": faded(colour, 0.55), "thickness": 1.4, "width": 4},
        customdata=[f"{plain(_named(step['subset']))}: {told(one)}" for step, one in zip(front, shown, strict=True)],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _with_key(figure: go.Figure, names: Sequence[str], plot: int, look: Look) -> go.Figure:
    """What the numbers stand for, below the plot."""
    letters = 56 if look.narrow else 130
    lines = []
    for number, name in enumerate(names, start=1):
        first, *more = textwrap.wrap(name, letters) or ["nothing"]
        lines += [f"<b>{number}</b>  {plain(first)}", *(f"     {plain(line)}" for line in more)]
    figure.add_annotation(
        text="<br>".join(lines), xref="paper", yref="paper", x=0, y=0, yshift=-52, xanchor="left", yanchor="top",
        align="left", showarrow=False, font={"size": 12, "color": ink_of(look).text},
    )  # fmt: skip
    below = 60 + _KEY_LINE * len(lines)
    figure.update_layout(height=figure.layout.height + below, margin={"b": below + 12})
    return figure


def _named(subset: Sequence[str]) -> str:
    return " + ".join(spoken(name) for name in subset) or "nothing"


def _points(value: float) -> str:
    return f"{value:g} price point{'s' if value != 1 else ''}"
