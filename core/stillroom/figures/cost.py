"""What teacher and student cost: how many times less, how long on which computer or board, and where in the network.

Everything is drawn from what `stillroom cost` tells (`design.md`, `cost`), and nothing is measured here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from stillroom.figures.cost_latency import latency
from stillroom.figures.cost_wording import (
    HEADING,
    HERE,
    MODELS,
    amount,
    broken,
    count,
    label_rows,
    origin,
    runtime_of,
    size,
    small,
    times,
    upright,
)
from stillroom.figures.palette import face_of
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

__all__ = ["latency", "parts", "reduction"]

_COUNTED = {
    "params": "parameters",
    "macs": "MACs",
    "size_bytes": "file",
    "activation_bytes": "activation memory",
    "ops": "operators, eager",
    "kernels": "kernels, fused",
}
_PANELS: dict[str, tuple[str, Callable[[float], str], list[float]]] = {
    "macs": ("MACs", count, [0.0, 0.485]),
    "size_bytes": ("bytes held", size, [0.515, 1.0]),
}
_LITTLE = 0.005  # of a model's MACs and of its bytes


@dataclass(frozen=True)
class _Saving:
    """A row of `reduction`: the teacher's value over the student's."""

    title: str
    values: str
    ratio: float
    low: float
    high: float
    place: float = 0.0


def reduction(told: dict[str, Any], look: Look = LIGHT) -> go.Figure:
    """How many times as much the teacher takes: what was counted, and below it the time that was measured.

    Args:
        told: what `stillroom cost` tells.
        look: ground and width.
    """
    rows = list(_savings(told))
    figure = go.Figure()
    for row in rows:
        if row.title == _COUNTED["macs"]:
            figure.add_trace(upright(row.ratio, (row.place, rows[-1].place + 0.5), look, dash="dot"))
    figure.add_traces(list(_marks(rows, look)))
    ends = [1.0, *(value for row in rows for value in (row.low, row.high))]
    low, high = min(ends) / 1.15, max(2.0, *ends) * 1.25
    figure.update_xaxes(
        type="log", range=[math.log10(low), math.log10(high)], zeroline=False, **_ticks(low, high, look)
    )
    label_rows(figure, [(row.place, f"{row.title}<br>{small(row.values, look)}") for row in rows], top=0.75)
    busy = " The machine was busy." if any(one.get("busy") for one in _here(told)) else ""
    return finish(
        figure,
        title=_headline(told),
        note="The student is 1, the teacher so many times that; time with its spread. Dotted: the MACs' ratio, which"
        f" time need not follow.{busy}",
        origin=origin(told, "Counted and measured here"),
        look=look,
        height=46 * (len(rows) + 1),
        alt="Teacher over student: " + "; ".join(f"{row.title} {times(row.ratio)}" for row in rows),
    )


def _savings(told: dict[str, Any]) -> Iterable[_Saving]:
    place = 0.0
    for key, title in _COUNTED.items():
        teacher, student = (told[name].get(key) for name in MODELS)
        if teacher and student:
            written, ratio = size if key.endswith("bytes") else count, teacher / student
            yield _Saving(title, f"{written(teacher)} to {written(student)}", ratio, ratio, ratio, place)
            place += 1
    for runtime in ("eager", "onnxruntime"):
        of = {one["model"]: one for one in _here(told) if one["runtime"] == runtime}
        if told["speedup"].get(runtime) and {*MODELS} <= {*of}:
            place += 0.5 if runtime == "eager" else 0
            yield _timed(runtime, told["speedup"][runtime], of["teacher"], of["student"], place)
            place += 1


def _timed(runtime: str, ratio: float, teacher: Mapping[str, Any], student: Mapping[str, Any], place: float) -> _Saving:
    """One window, one thread; the ratio's ends are those of the quartiles that lie farthest apart."""
    values = f"{amount(teacher['value'])} to {amount(student['value'])} ms"
    low, high = teacher["low"] / student["high"], teacher["high"] / student["low"]
    return _Saving(f"time, {runtime_of(runtime)}", values, ratio, low, high, place)


def _here(told: dict[str, Any]) -> list[dict[str, Any]]:
    asked = ("latency", HERE, 1, 1)
    return [one for one in told["figures"] if tuple(map(one.get, ("quantity", "device", "threads", "batch"))) == asked]


def _headline(told: dict[str, Any]) -> str:
    macs, sooner = told["reduction"].get("macs"), sorted(filter(None, told["speedup"].values()))
    if not macs or not sooner:
        return "What the student saves"
    return f"{times(macs)} times fewer MACs, {' to '.join(dict.fromkeys(map(times, sooner)))} times less time"


def _marks(rows: Sequence[_Saving], look: Look) -> Iterable[go.Scatter]:
    yield go.Scatter(
        x=broken((1, row.ratio) for row in rows),
        y=broken((row.place, row.place) for row in rows),
        mode="lines",
        line={"color": ink_of(look).line, "width": 3},
        hoverinfo="skip",
        showlegend=False,
    )
    yield _dots("teacher", rows, [row.ratio for row in rows], look).update(
        mode="markers+text",
        text=[f"<b>{times(row.ratio)}</b>" for row in rows],
        textposition="top center",
        textfont={"color": ink_of(look).text, "size": 12},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [row.high - row.ratio for row in rows],
            "arrayminus": [row.ratio - row.low for row in rows],
            "color": face_of("teacher").colour(look.dark),
            "thickness": 2,
            "width": 5,
        },
    )
    yield _dots("student", rows, [1.0] * len(rows), look)


def _dots(name: str, rows: Sequence[_Saving], values: list[float], look: Look) -> go.Scatter:
    face = face_of(name)
    return go.Scatter(
        x=values,
        y=[row.place for row in rows],
        mode="markers",
        name=face.title,
        marker={"color": face.colour(look.dark), "size": 12, "symbol": face.symbol},
        customdata=[[row.title, row.values, f"{times(row.low)} to {times(row.high)}"] for row in rows],
        hovertemplate="%{customdata[0]}: %{customdata[1]}<br>%{customdata[2]} times<extra></extra>",
        cliponaxis=False,
    )


def _ticks(low: float, high: float, look: Look) -> dict[str, Any]:
    steps = (1, 2, 5) if high / low < (200 if look.narrow else 1000) else (1,)
    values = [step * 10.0**power for power in range(-4, 9) for step in steps if low <= step * 10.0**power <= high]
    return {"tickvals": values, "ticktext": [f"{times(value)} ×" for value in values]}


def parts(told: dict[str, Any], look: Look = LIGHT) -> go.Figure:
    """Each model's parts: their shares of its multiply-accumulates, and of the bytes that it holds.

    Args:
        told: what `stillroom cost` tells.
        look: ground and width.
    """
    figure = go.Figure()
    labels: list[tuple[float, str]] = []
    place = 0.0
    for name in MODELS:
        labels.append((place, f"<b>{face_of(name).title}</b>"))
        rows = [(place + HEADING + number, part) for number, part in enumerate(_heaviest(told[name]["parts"]))]
        labels += [(at, plain(part["name"])) for at, part in rows]
        for axis, key in zip(("x", "x2"), _PANELS, strict=True):
            total = sum(part[key] for part in told[name]["parts"])
            figure.add_trace(_shares(name, rows, key, total, look).update(xaxis=axis))
        place = labels[-1][0] + 1.3
    for axis, (title, _, domain) in zip(("xaxis", "xaxis2"), _PANELS.values(), strict=True):
        figure.update_layout({axis: {
            "domain": domain, "anchor": "y", "range": [0, 155 if look.narrow else 135],
            "tickvals": [0, 50, 100], "ticktext": ["0", "50", "100 %"],
        }})  # fmt: skip
        figure.add_annotation(
            text=f"<b>{title}</b>", x=domain[0], xref="paper", xanchor="left", xshift=2, y=0, showarrow=False,
        )  # fmt: skip
    label_rows(figure, labels, top=0.6)
    heaviest = {name: max(told[name]["parts"], key=lambda part: part["macs"])["name"] for name in MODELS}
    return finish(
        figure,
        title="Where the MACs are, and where the bytes",
        note="Shares of each model's own sum; parts below half a per cent of both are left out. Bytes are those held in"
        " memory: parameters and tables.",
        origin=origin(told, "Counted here"),
        look=look,
        height=round(27 * place + 40),
        alt="Most MACs: " + "; ".join(f"{face_of(name).title} in {part}" for name, part in heaviest.items()),
    )


def _heaviest(of: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The parts that weigh something in the network's order, and all others as one where they do together."""
    total = {key: sum(part[key] for part in of) for key in _PANELS}

    def weighs(part: Mapping[str, Any]) -> bool:
        return any(part[key] > _LITTLE * total[key] for key in total)

    little = [part for part in of if not weighs(part)]
    rest = {"name": "the rest", **{key: sum(part[key] for part in little) for key in total}}
    return [*filter(weighs, of), *filter(weighs, [rest])]


def _shares(name: str, rows: Sequence[tuple[float, Mapping[str, Any]]], key: str, total: float, look: Look) -> go.Bar:
    return go.Bar(
        orientation="h",
        x=[100 * part[key] / (total or 1) for _, part in rows],
        y=[place for place, _ in rows],
        width=0.62,
        marker={"color": face_of(name).colour(look.dark), "line": {"width": 0}},
        text=[_PANELS[key][1](part[key]) if part[key] else "" for _, part in rows],
        textposition="outside",
        textfont={"color": ink_of(look).text, "size": 11},
        cliponaxis=False,
        customdata=[[plain(part["name"]), f"{part[key]:,}"] for _, part in rows],
        hovertemplate="%{customdata[0]}: %{customdata[1]}, %{x:.1f} %<extra>" + face_of(name).title + "</extra>",
        showlegend=False,
    )
