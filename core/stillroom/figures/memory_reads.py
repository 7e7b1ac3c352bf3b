"""What a memory reads for one window: how it shares itself out among the patterns it stores, beside another memory.

    a = softmax(beta xi K^T) over patterns;    answer = sum_i a_i r_i,   r_i the logits that pattern i argues for

A row is a class, and each piece of its bar one pattern that argues for this class most. 2 to the power of the shares'
entropy in bits is how many patterns would be read if all of them were read alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from stillroom.base.errors import InputError
from stillroom.figures.palette import face_of
from stillroom.figures.softening import entropy_bits, softened
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

Floats = NDArray[np.float64]

_ROW, _PANEL = 24, 78
_ABOVE = {False: 8, True: 26}
_LEAST_TOLD, _THINNEST = 0.005, 0.01  # a thinner piece would vanish behind its own edge


def reads(
    scores: Mapping[str, ArrayLike],
    argued: Mapping[str, ArrayLike],
    classes: Sequence[str],
    *,
    factor: float,
    origin: str,
    truth: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """The shares of each memory's patterns, by the class they argue for; a panel for each model.

    Args:
        scores: `(pattern,)` before the softmax, of one window, by role.
        argued: `(pattern, class)` logits that each pattern argues for, by role.
        classes: their names.
        factor: what beta was multiplied by when the memories were asked.
        origin: which models, which window.
        truth: what was done; marked.
        look: ground and width.

    Raises:
        InputError: no memory, one without what its patterns argue for, or shapes that do not fit.
    """
    memories = {role: _checked(role, scores[role], argued.get(role, ()), len(classes)) for role in scores}
    if not memories:
        raise InputError("there is no memory to look into", where="memories", mend="Give the scores of one at least")
    rows, columns = (len(memories), 1) if look.narrow else (1, len(memories))
    figure = make_subplots(
        rows=rows, cols=columns, shared_yaxes=not look.narrow, horizontal_spacing=0.05, vertical_spacing=0.27 / rows
    )
    names = [f"<b>{plain(name)} ◂ done</b>" if name == truth else plain(name) for name in classes]
    told = {}
    for number, (role, (shares, logits)) in enumerate(memories.items()):
        row, column = (number + 1, 1) if look.narrow else (1, number + 1)
        for trace in _pieces(role, shares, logits, names, look):
            figure.add_trace(trace, row=row, col=column)
        told[role] = _like(shares)
        _head(figure, row, column, role, shares, classes[int((shares @ logits).argmax())], look)
    figure.update_yaxes(autorange="reversed", type="category", categoryarray=names, showgrid=False)
    figure.update_xaxes(range=[0, 1.14], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1], zeroline=False)
    figure.update_xaxes(title_text="share of the patterns read", row=rows)
    figure.update_layout(barmode="overlay")
    named = [f"{face_of(role).title.partition(',')[0]} {count}" for role, count in told.items()]
    sharp = "at its own beta" if factor == 1 else f"at {factor:.3g} times its beta"
    finish(
        figure,
        title=f"Patterns read {sharp}: {', '.join(named)}",
        note="A row is a class; each piece of its bar is one stored pattern that argues for this class most. Counted as"
        " read: 2 to the power of the entropy.",
        origin=origin,
        look=look,
        height=(_ROW * len(classes) + _PANEL) * rows,
        alt="; ".join(
            f"{one}, {entropy_bits(memories[role][0]):.2f} bits" for role, one in zip(told, named, strict=True)
        ),
    )
    above = _ABOVE[look.narrow]  # what stands over the first panel
    return figure.update_layout(margin={"t": figure.layout.margin.t + above}, height=figure.layout.height + above)


def _checked(role: str, scores: ArrayLike, argued: ArrayLike, classes: int) -> tuple[Floats, Floats]:
    """Shares and what is argued for."""
    values, logits = np.asarray(scores, dtype=np.float64), np.asarray(argued, dtype=np.float64)
    if values.ndim != 1 or not len(values) or logits.shape != (len(values), classes) or not np.isfinite(values).all():
        what = f"scores of shape {values.shape} with arguments of shape {logits.shape} for {classes} classes"
        raise InputError(what, where=role, mend="Give (pattern,) and (pattern, class)")
    return softened(values, 1.0), logits


def _like(shares: Floats) -> str:
    """As how many patterns that would be, all read alike."""
    return f"{2 ** entropy_bits(shares):.1f} of {len(shares)}"


def _pieces(role: str, shares: Floats, logits: Floats, names: Sequence[str], look: Look) -> tuple[go.Bar, go.Scatter]:
    """The bars, pattern behind pattern, and how much each row has in all."""
    ink, face, wanted = ink_of(look), face_of(role), logits.argmax(axis=1)
    base, whole = np.zeros(len(shares)), np.zeros(len(names))
    for pattern, (share, code) in enumerate(zip(shares.tolist(), wanted.tolist(), strict=True)):
        base[pattern], whole[code] = whole[code], whole[code] + share
    bars = go.Bar(
        orientation="h", y=[names[code] for code in wanted], x=shares, base=base, name=face.title,
        marker={"color": face.colour(look.dark),
                "line": {"color": ink.paper, "width": np.where(shares >= _THINNEST, 0.7, 0.0)}},
        customdata=np.arange(len(shares)), showlegend=False,
        hovertemplate="pattern %{customdata}: %{x:.1%}<extra>%{y}</extra>",
    )  # fmt: skip
    said = go.Scatter(
        x=whole, y=list(names), mode="text", textposition="middle right", hoverinfo="skip", showlegend=False,
        text=[f" {part:.0%}" if part >= _LEAST_TOLD else "" for part in whole.tolist()],
        textfont={"size": 11, "color": ink.text}, cliponaxis=False,
    )  # fmt: skip
    return bars, said


def _head(figure: go.Figure, row: int, column: int, role: str, shares: Floats, answer: str, look: Look) -> None:
    """Whose memory it is, what it answers, how it chooses."""
    ink = ink_of(look)
    bits = f"entropy {entropy_bits(shares):.2f} of {np.log2(len(shares)):.2f} bits"
    across, up = (next(axes).anchor for axes in (figure.select_yaxes(row=row, col=column),
                                                 figure.select_xaxes(row=row, col=column)))  # fmt: skip
    between = "<br>" if look.narrow else " · "
    figure.add_annotation(
        text=f"<b>{plain(face_of(role).title.partition(',')[0])}</b> answers <b>{plain(answer)}</b>"
        f"<span style='font-size:11px;color:{ink.muted}'>{between}{bits}</span>",
        x=0, y=1, xref=f"{across} domain", yref=f"{up} domain", xanchor="left", yanchor="bottom", align="left",
        showarrow=False, font={"size": 13, "color": ink.text},
    )  # fmt: skip
