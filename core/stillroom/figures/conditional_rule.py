"""SMLDist's conditional rule on one window, ours and as released: what the teacher says, what is taught, what is said.

    sound:      softmax(z_t / T) where the teacher is right, else (1 - eps) onehot(y) + eps / K;
                beside softmax(z_s / T)
    released:   p = softmax(z_t / |z_t|); t = p where it is right, else h onehot(y); softmax(t) is taught,
                beside softmax(softmax(z_s / |z_s|))

The released rule has the label's cross-entropy besides, of the same twice softened answer. As `losses.conditional` has
both, which the tests hold this against.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from stillroom.base.errors import InputError
from stillroom.figures.palette import face_of
from stillroom.figures.softening import softened
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

Floats = NDArray[np.float64]

_ROW, _PANEL = {False: 19, True: 17}, 46
_SHORTEST = 1e-12
_LEAST_TOLD = 0.005


def rule(
    teacher: ArrayLike,
    student: ArrayLike,
    classes: Sequence[str],
    *,
    truth: str,
    temperature: float,
    origin: str,
    smoothing: float = 0.1,
    hardness: float = 1.0,
    look: Look = LIGHT,
) -> go.Figure:
    """Teacher's answer, target and student's answer, under the sound rule and under the released one.

    Args:
        teacher: `(class,)` logits of one window.
        student: the same.
        classes: their names.
        truth: what was done; marked.
        temperature: T of the sound rule, above 0.
        origin: which models, which window.
        smoothing: eps of the sound rule.
        hardness: h of the released rule.
        look: ground and width.

    Raises:
        InputError: logits of another length, a truth that is no class, or a temperature that is not above 0.
    """
    z, ours = _checked(teacher, student, classes, truth, temperature)
    place = list(classes).index(truth)
    sound = [softened(z, temperature), _sound(z, place, temperature, smoothing), softened(ours, temperature)]
    released = [softened(_unit(z), 1), _released(z, place, hardness), twice_softened(ours)]
    heads = (
        (f"teacher, T = {temperature:g}", "sound target", f"student, T = {temperature:g}"),
        ("teacher, length 1", "released target", "student, softened twice"),
    )
    both = [list(zip(*rule, strict=True)) for rule in zip(heads, (sound, released), strict=True)]
    figure = _panels(both, classes, truth, look)
    right = int(z.argmax()) == place
    said = f"The teacher is right on {truth}" if right else f"Done: {truth}; said: {classes[int(z.argmax())]}"
    told = f"{said}. The sound rule teaches {truth} at {sound[1][place]:.0%}, the released one at"
    told = f"{told} {released[1][place]:.0%}"
    return finish(
        figure,
        title=told,
        note="The released rule adds the label's cross-entropy, and the student that it reads can give a label at most"
        f" {_ceiling(len(classes)):.1%}.",
        origin=origin,
        look=look,
        height=(_ROW[look.narrow] * len(classes) + _PANEL) * (3 if look.narrow else 2) + 16,
        alt=f"{told}; the student gives {truth} {sound[2][place]:.0%}, and {released[2][place]:.0%} softened twice",
    )


def twice_softened(z: Floats) -> Floats:
    """The answer `(class,)` that the released rule reads from logits: brought to length 1, then two softmaxes."""
    return softened(softened(_unit(z), 1), 1)


def _checked(
    teacher: ArrayLike, student: ArrayLike, classes: Sequence[str], truth: str, temperature: float
) -> tuple[Floats, Floats]:
    z, ours = np.asarray(teacher, dtype=np.float64), np.asarray(student, dtype=np.float64)
    where = "the conditional rule"
    if truth not in classes:
        raise InputError(f"no activity {truth!r}", where=where, mend=f"Activities: {', '.join(classes)}")
    if not z.shape == ours.shape == (len(classes),) or not np.isfinite([z, ours]).all():
        what = f"logits of shapes {z.shape} and {ours.shape} for {len(classes)} classes"
        raise InputError(what, where=where, mend="Give one finite number for each class")
    if not temperature > 0:
        raise InputError(f"a temperature of {temperature:g}", where=where, mend="Give one above 0")
    return z, ours


def _sound(z: Floats, place: int, temperature: float, smoothing: float) -> Floats:
    if int(z.argmax()) == place:
        return softened(z, temperature)
    return np.asarray((1 - smoothing) * np.eye(len(z))[place] + smoothing / len(z))


def _released(z: Floats, place: int, hardness: float) -> Floats:
    shares = softened(_unit(z), 1)
    return softened(shares if int(shares.argmax()) == place else hardness * np.eye(len(z))[place], 1)


def _unit(z: Floats) -> Floats:
    return np.asarray(z / max(float(np.linalg.norm(z)), _SHORTEST))


def _ceiling(classes: int) -> float:
    """The largest probability of a label that two softmaxes leave: the logits as far apart as length 1 allows."""
    return float(twice_softened(np.eye(classes)[0] - 1 / classes)[0])


def _panels(
    rules: Sequence[Sequence[tuple[str, Floats]]],
    classes: Sequence[str],
    truth: str,
    look: Look,
) -> go.Figure:
    """A row for each rule; a column for each where it is narrow."""
    grid = list(zip(*rules, strict=True)) if look.narrow else rules
    rows, columns = len(grid), len(grid[0])
    figure = make_subplots(
        rows=rows,
        cols=columns,
        shared_yaxes=True,
        horizontal_spacing=0.09 if look.narrow else 0.05,
        vertical_spacing=0.27 / rows,
    )
    names = [f"<b>{plain(name)} ◂</b>" if name == truth else plain(name) for name in classes]
    for row, panels in enumerate(grid, 1):
        for column, (head, shares) in enumerate(panels, 1):
            figure.add_trace(_bars(head, shares, names, look), row=row, col=column)
            _head(figure, row, column, head, look)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(range=[0, 1.3], tickformat=".0%", tickvals=[0, 0.5, 1], zeroline=False)
    return figure


def _bars(head: str, shares: Floats, names: Sequence[str], look: Look) -> go.Bar:
    """In the colour of who says it; a target is nobody's."""
    ink, whose = ink_of(look), head.partition(",")[0]
    return go.Bar(
        orientation="h", y=list(names), x=shares, name=plain(head), showlegend=False, cliponaxis=False,
        marker={"color": ink.muted if "target" in head else face_of(whose).colour(look.dark)},
        text=[f"{share:.0%}" if share >= _LEAST_TOLD else "" for share in shares.tolist()],
        textposition="outside", textfont={"size": 10, "color": ink.text},
        hovertemplate="%{y}: %{x:.2%}<extra>" + plain(head) + "</extra>",
    )  # fmt: skip


def _head(figure: go.Figure, row: int, column: int, head: str, look: Look) -> None:
    across, up = (next(axes).anchor for axes in (figure.select_yaxes(row=row, col=column),
                                                 figure.select_xaxes(row=row, col=column)))  # fmt: skip
    figure.add_annotation(
        text=f"<b>{plain(head)}</b>", x=0, y=1, xref=f"{across} domain", yref=f"{up} domain", xanchor="left",
        yanchor="bottom", showarrow=False, font={"size": 11 if look.narrow else 13, "color": ink_of(look).text},
    )  # fmt: skip
