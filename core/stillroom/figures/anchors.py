"""What a student's features come to resemble: spectra at an anchor as an explanation tells them, model by model.

The lower panel's bars are squared differences from the teacher's spectrum, means over windows and channels; the mean
of the bars is the stage term's part in frequency (`losses.stage`). `figures.anchor_spectra` draws the same from
features.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from stillroom.base.errors import InputError
from stillroom.figures.intervals import called, upper
from stillroom.figures.palette import face_of, faded
from stillroom.figures.theme import LIGHT, Look, finish, plain

BEFORE, AFTER = "untrained", "student"

_HEIGHT = {False: 430, True: 420}


def at_anchor(part: Mapping[str, Any], anchor: str, *, origin: str, title: str = "", look: Look = LIGHT) -> go.Figure:
    """Mean spectra at an anchor, and the squared differences from the teacher's before and after training.

    Args:
        part: as `stillroom explain` tells under `anchors`.
        anchor: which.
        origin: which run.
        title: how much nearer the student came, by default.
        look: ground and width.

    Raises:
        InputError: an anchor that was not told, or without the student before and after.
    """
    one = part["anchors"].get(anchor)
    if one is None or not {BEFORE, AFTER} <= set(one["models"]):
        raise InputError(f"no spectra before and after at {anchor!r}", where="anchors")
    hertz, models = one["hertz"], one["models"]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08, row_heights=[0.55, 0.45])
    figure.add_trace(_line("teacher", hertz, one["teacher"], look), row=1, col=1)
    for name, own in models.items():
        figure.add_trace(_line(name, hertz, own["spectrum"], look), row=1, col=1)
    for name in (BEFORE, AFTER):
        figure.add_trace(_bars(name, hertz, models[name]["difference"], look), row=2, col=1)
    figure.update_layout(barmode="overlay", hovermode="x unified")
    figure.update_yaxes(title_text="log amplitude,<br>unit length", row=1, col=1)
    figure.update_yaxes(title_text="squared<br>difference", rangemode="tozero", row=2, col=1)
    figure.update_xaxes(showgrid=False, zeroline=False)
    figure.update_xaxes(title_text="times a second", row=2, col=1)
    change = _nearer(models[BEFORE]["frequency"], models[AFTER]["frequency"])
    said = title or upper(f"{anchor.replace('_', ' ')}: {change}")
    parts = ", ".join(f"{_name(name)} {own['frequency']:.4f}" for name, own in models.items())
    note = (
        f"Means over {part['windows']} windows of {part['fold']} and all channels, one fold and no interval. The stage"
        f" term's part in frequency is the mean of the bars (pale: untrained): {parts}."
    )
    return finish(figure, title=said, note=note, origin=origin, look=look, height=_HEIGHT[look.narrow], alt=said)


def _name(model: str) -> str:
    return model if model == BEFORE else called(model)


def _face(model: str, look: Look) -> tuple[str, str]:
    """Colour and dash; the student before training is its own colour, dotted."""
    face = face_of(AFTER if model == BEFORE else model)
    return face.colour(look.dark), "dot" if model == BEFORE else face.dash


def _line(model: str, hertz: list[float], values: list[float], look: Look) -> go.Scatter:
    """From bin to bin, each marked: an anchor has few, and nothing is known between them."""
    colour, dash = _face(model, look)
    return go.Scatter(
        x=hertz, y=values, mode="lines+markers", name=plain(_name(model)),
        line={"color": colour, "width": 2, "dash": dash}, marker={"color": colour, "size": 6},
        hovertemplate="%{y:.3f}",
    )  # fmt: skip


def _bars(model: str, hertz: list[float], values: list[float], look: Look) -> go.Bar:
    """Wide and pale before, narrow and full after: the one stays in sight behind the other."""
    colour, before = _face(model, look)[0], model == BEFORE
    return go.Bar(
        x=hertz, y=values, name=plain(_name(model)), width=(0.86 if before else 0.46) * hertz[0], showlegend=False,
        marker={"color": faded(colour, 0.4) if before else colour, "line": {"width": 0}}, hovertemplate="%{y:.4f}",
    )  # fmt: skip


def _nearer(was: float, now: float) -> str:
    if not was > 0:
        return "the spectra were the teacher's from the beginning"
    way = "nearer to the teacher's than" if now < was else "further from the teacher's than"
    return f"the student's spectra are {100 * abs(now / was - 1):.0f} % {way} untrained"
