"""What an explanation is worth: deletion and insertion against random order, and its checks beside them.

Curves are the probability of the explained activity while cells are taken away, or given back, in the explanation's
order. A check holds, does not hold, or was not made; the limits below are ours, a convention and no test.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from stillroom.figures.checks import ADDS_UP, ANOTHER, STABLE, Check, checks_of
from stillroom.figures.intervals import called, upper
from stillroom.figures.palette import face_of
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

__all__ = ["ADDS_UP", "ANOTHER", "STABLE", "Check", "checks_of", "strip"]
_SIGNS = {True: "\N{CHECK MARK}", False: "\N{MULTIPLICATION X}", None: "\N{EN DASH}"}
_HEIGHT, _STEP = {False: 300, True: 560}, 56


def strip(
    sanity: Mapping[str, Any], *, role: str, origin: str, method: str = "", title: str = "", look: Look = LIGHT
) -> go.Figure:
    """Deletion and insertion curves, and every check with its number.

    Args:
        sanity: of one model, as `stillroom explain` tells.
        role: whose explanation.
        origin: which run.
        method: by which it was found.
        title: which checks hold, by default.
        look: ground and width.
    """
    curves, checks = sanity["deletion"], checks_of(sanity)
    if look.narrow:
        figure = make_subplots(rows=2, cols=1, row_heights=[0.44, 0.56], vertical_spacing=0.14)
    else:
        figure = make_subplots(rows=1, cols=2, column_widths=[0.5, 0.5], horizontal_spacing=0.05)
    figure.add_traces(_curves(curves, role, look), rows=1, cols=1)
    figure.update_xaxes(title_text="share of cells", tickformat=".0%", range=[0, 1], zeroline=False, row=1, col=1)
    figure.update_yaxes(title_text="probability", range=[0, 1], zeroline=False, row=1, col=1)
    _write(figure, checks, look)
    made = [check for check in checks if check.holds is not None]
    failed = [check.name for check in made if not check.holds]
    found = f"{upper(called(role))}: {len(made) - len(failed)} of {len(made)} checks of its explanation hold"
    said = title or (found + (f"; not: {', '.join(failed)}" if failed else ""))
    by = f"{method.replace('_', ' ').capitalize()}, " if method else ""
    note = (
        f"What the explanation puts first is taken away, or given back. {by}{curves['windows']} windows of"
        f" {curves['cells']:g} cells, means with no interval. Limits are conventions: sums to {100 * ADDS_UP:.0f} %,"
        f" untrained below {ANOTHER:g} in size, another baseline from {STABLE:g}."
    )
    alt = f"{said}. " + " ".join(f"{check.name}: {check.said}." for check in checks)
    return finish(figure, title=said, note=note, origin=origin, look=look, height=_HEIGHT[look.narrow], alt=alt)


def _curves(curves: Mapping[str, Any], role: str, look: Look) -> list[go.Scatter]:
    colour, ink = face_of(role).colour(look.dark), ink_of(look)
    shares = curves["shares"]
    drawn = (
        ("taken away", curves["deletion"], colour, "solid", "circle"),
        ("given back", curves["insertion"], colour, "dash", "triangle-up"),
        ("random order", curves["random"], ink.muted, "dot", "line-ew"),
        ("", curves["random"][::-1], ink.muted, "dot", "line-ew"),
    )
    return [
        go.Scatter(
            x=shares, y=heights, mode="lines+markers" if line != "dot" else "lines", name=name or "random order",
            showlegend=bool(name), line={"color": tone, "width": 2.2, "dash": line},
            marker={"symbol": symbol, "size": 7, "color": tone},
            hovertemplate="%{y:.2f} at %{x:.0%}<extra>" + (name or "random order") + "</extra>",
        )
        for name, heights, tone, line, symbol in drawn
    ]  # fmt: skip


def _write(figure: go.Figure, checks: list[Check], look: Look) -> None:
    """The checks as lines of text in the second panel."""
    ink, letters = ink_of(look), 58 if look.narrow else 62
    figure.update_xaxes(visible=False, range=[0, 1], row=2 if look.narrow else 1, col=1 if look.narrow else 2)
    figure.update_yaxes(
        visible=False, range=[len(checks) - 0.3, -0.3], row=2 if look.narrow else 1, col=1 if look.narrow else 2
    )
    for place, check in enumerate(checks):
        tone = ink.text if check.holds is not None else ink.muted
        figure.add_annotation(
            text=f"<b>{_SIGNS[check.holds]}</b>", x=0, y=place, xref="x2", yref="y2", xanchor="left", yanchor="top",
            showarrow=False, font={"size": 15, "color": tone},
        )  # fmt: skip
        figure.add_annotation(
            text=f"<b>{plain(check.name)}</b><br>{_wrapped(check.said, letters)}", x=0, y=place, xref="x2", yref="y2",
            xanchor="left", yanchor="top", xshift=22, align="left", showarrow=False,
            font={"size": 12, "color": tone},
        )  # fmt: skip


def _wrapped(text: str, letters: int) -> str:
    return "<br>".join(plain(line) for line in textwrap.wrap(text, letters))
