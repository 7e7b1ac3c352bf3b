"""What each setting of a study is worth: per-person differences from the first setting, with their mean and interval.

Numbers are those of the study's table; a difference is read as shown only where the study's sentence says so, and a
row of dots on both sides of the line is a shrug.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.figures.cost_wording import label_rows, small, upright
from stillroom.figures.palette import face_of, faded
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

Row = Mapping[str, Any]

_ROW = 56
_NAMED = {
    "none": "labels alone",
    "t_logit": "T-Logit",
    "attn_rep": "Attn-Rep",
    "causal_rep": "Causal-Rep",
    "combi_rep": "Combi-Rep",
    "sc_logit": "SC-Logit",
}


def gains(
    rows: Sequence[Row], sentence: str, *, origin: str, caveats: Sequence[str] = (), look: Look = LIGHT
) -> go.Figure:
    """A row for each setting but the first: what every person gained over it, the mean and its interval.

    Args:
        rows: of a study's table; the first is what the others are compared with.
        sentence: the study's answer, quoted.
        origin: which study, on what.
        caveats: told below the sentence, as they are.
        look: ground and width.

    Raises:
        InputError: nothing to compare.
    """
    first, drawn = _drawn(rows)
    figure = go.Figure()
    for place, row in enumerate(drawn):
        figure.add_traces(_marks(row, place, look))
        figure.add_annotation(
            x=1, xref="paper", xanchor="right", y=place, yanchor="bottom", showarrow=False,
            text=f"<b>{row['against_first']['mean']:+.3f}</b>", font={"color": ink_of(look).text},
        )  # fmt: skip
    figure.add_trace(upright(0.0, (-0.6, len(drawn) - 0.4), look, dash="solid"))
    labels = [f"{_title(row)}<br>{small('macro-F1 ' + format(row['macro_f1'], '.3f'), look)}" for row in drawn]
    label_rows(figure, list(enumerate(labels)), top=0.6)
    figure.update_xaxes(
        title_text=f"macro-F1, difference from {_title(first)}", zeroline=False, range=_room(drawn, look)
    )
    lost = len(rows) - 1 - len(drawn)
    missing = [f"{lost} setting{'s' * (lost > 1)} without a finished run left out."] if lost else []
    stop = "" if sentence.endswith(".") else "."
    note = " ".join([f"{sentence[:1].upper()}{sentence[1:]}{stop}", *caveats, *missing]).replace("**", "")
    return finish(
        figure,
        title=f"What each strategy adds to {_title(first)} ({first['macro_f1']:.3f})",
        note=note,
        origin=origin,
        look=look,
        height=_ROW * len(drawn) + 60,
        alt="; ".join(f"{_title(row)} {row['against_first']['mean']:+.3f}" for row in drawn),
    )


def _drawn(rows: Sequence[Row]) -> tuple[Row, list[Row]]:
    if not rows or rows[0]["macro_f1"] is None:
        raise InputError("the study has nothing to compare with", where="its first setting", mend="Finish that run")
    drawn = [row for row in rows[1:] if row["against_first"]]
    if not drawn:
        raise InputError("the study has nothing to compare", where="its table", mend="Finish another setting's run")
    return rows[0], drawn


def _title(row: Row) -> str:
    """A strategy by the name that people know; any other setting as the study calls it."""
    if list(row["settings"]) == ["strategy"]:
        words = str(row["settings"]["strategy"]).split("+")
        return plain(" + ".join(_NAMED.get(word, word) for word in words))
    return plain(row["cell"])


def _marks(row: Row, place: int, look: Look) -> list[go.Scatter]:
    gain, face, title = row["against_first"], face_of("student"), _title(row)
    colour = face.colour(look.dark)
    people = go.Scatter(
        x=list(gain["per_person"].values()),
        y=[place + 0.2] * len(gain["per_person"]),
        mode="markers",
        marker={"color": faded(colour, 0.55), "size": 7},
        customdata=[plain(name) for name in gain["per_person"]],
        hovertemplate="%{customdata}: %{x:+.3f}<extra>" + title + "</extra>",
        showlegend=False,
    )
    bounds, between = {}, ""
    if gain["low"] is not None:
        between = f", {gain['low']:+.3f} to {gain['high']:+.3f}"
        bounds["error_x"] = {
            "type": "data", "symmetric": False, "array": [gain["high"] - gain["mean"]],
            "arrayminus": [gain["mean"] - gain["low"]], "color": colour, "thickness": 2, "width": 5,
        }  # fmt: skip
    mean = go.Scatter(
        x=[gain["mean"]],
        y=[place - 0.1],
        mode="markers",
        marker={"color": colour, "size": 12, "symbol": face.symbol},
        hovertemplate=f"mean {gain['mean']:+.3f}{between}, n = {gain['n']}, Holm's p = {gain['p_holm']:.2g}"
        f"<extra>{title}</extra>",
        showlegend=False,
        **bounds,
    )
    return [people, mean]


def _room(rows: Sequence[Row], look: Look) -> list[float]:
    """Every person in sight, and the intervals as far as three times that: one of three people can be very wide."""
    people = [value for row in rows for value in (0.0, *row["against_first"]["per_person"].values())]
    ends = [row["against_first"][end] for row in rows for end in ("low", "high")]
    told = [value for value in ends if value is not None]
    low, high = min(people), max(people)
    span = max(high - low, 0.02)
    low, high = (max(min([low, *told]), low - span), min(max([high, *told]), high + span))
    return [low - 0.06 * (high - low), high + (0.34 if look.narrow else 0.18) * (high - low)]
