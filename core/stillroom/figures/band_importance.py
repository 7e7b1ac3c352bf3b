"""Which frequencies models need: how far the score falls without a band, and shares of the amplitudes' attribution.

Without a band is asked sensor by sensor of a model that never went without: what it says of such a signal is a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.figures.heat import ROW, cells
from stillroom.figures.intervals import called, estimate_of, label_rows, mark_of, marks, places, told, upper
from stillroom.figures.spectra import spoken
from stillroom.figures.theme import LIGHT, Look, finish


def falls(
    part: Mapping[str, Any],
    *,
    role: str,
    origin: str,
    activity: str = "",
    units: str = "people",
    title: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """A row for each sensor and a column for each band: how far the score of the activity falls without it.

    Args:
        part: of one model, as `stillroom explain` tells under `frequency.bands`.
        role: whose it is.
        origin: which run.
        activity: one activity's windows; all by default.
        units: what was averaged over.
        title: the largest fall, by default.
        look: ground and width.

    Raises:
        InputError: an activity that was not explained, or numbers that do not fit the sensors and bands.
    """
    if activity and activity not in part["classes"]:
        raise InputError(
            f"no windows of {activity!r}", where="activity", mend=f"Choose of {', '.join(part['classes'])}"
        )
    sensors, bands = [spoken(name) for name in part["sensors"]], list(part["bands"])
    values = np.asarray(part["classes"][activity] if activity else part["falls"], dtype=np.float64)
    texts = _texts(values, "+.2f")
    hover = [
        [f"{sensor} without {band}: {text}" for band, text in zip(bands, line, strict=False)]
        for sensor, line in zip(sensors, texts, strict=False)
    ]
    short = [band.removesuffix(" Hz") for band in bands]
    figure = cells(values, sensors, short, told=hover, written=texts, look=look, around_zero=True)
    figure.update_xaxes(title_text="band that is taken away [Hz]")
    row, column = map(int, np.unravel_index(int(values.argmax()), values.shape))
    who = f"{upper(called(role))}{f', {activity}' if activity else ''}"
    found = f"{who}: the largest mean fall is that without {bands[column]} of {sensors[row]}, {values[row, column]:.2f}"
    said = title or (found if values.max() > 0 else f"{who}: the score falls without no band")
    note = (
        "Fall of the activity's logit less the mean of the others': blue-green where the score falls, brown where it"
        f" rises. Means over {units} with no interval; one sensor loses one band at a time."
    )
    height = ROW[look.narrow] * len(sensors) + 110
    return finish(figure, title=said, note=note, origin=origin, look=look, height=height, alt=said)


def amplitudes(
    parts: Mapping[str, Mapping[str, Any]],
    activity: str,
    *,
    origin: str,
    units: str = "people",
    title: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """Shares of the amplitudes' |attribution| by band in one activity's windows, with intervals, model by model.

    Args:
        parts: by role, as `stillroom explain` tells under `frequency.bands`; models without a gradient are left out.
        activity: whose windows.
        origin: which run.
        units: what intervals are over.
        title: each model's largest share, by default.
        look: ground and width.

    Raises:
        InputError: no model has shares of this activity.
    """
    shares = {
        role: {one["name"]: estimate_of(one, "importance") for one in part["amplitudes"][activity]}
        for role, part in parts.items()
        if activity in part.get("amplitudes", {})
    }
    if not shares:
        raise InputError(f"no shares of amplitudes of {activity!r}", where="activity")
    bands = list(next(iter(shares.values())))
    figure, found = go.Figure(), []
    for aside, (role, own) in zip(places(len(shares)), shares.items(), strict=True):
        rows = {bands.index(name) + aside: one for name, one in own.items()}
        figure.add_trace(marks(rows, mark_of(role, look), form=".0%", names=bands))
        largest = max(own, key=lambda name: own[name].value)
        found.append(f"{largest} holds the largest share to the {called(role)}, {told(own[largest], '.0%')}")
    label_rows(figure, bands, look)
    figure.update_xaxes(title_text="share of the amplitudes' |attribution|", tickformat=".0%", rangemode="tozero")
    said = title or upper(f"{activity}: {'; '.join(found)}")
    note = f"All channels together; intervals over {units}. A share says where a model looks, not that it is needed."
    height = (22 + 16 * len(shares)) * len(bands) + 50
    return finish(figure, title=said, note=note, origin=origin, look=look, height=height, alt=said)


def amplitudes_by_activity(
    part: Mapping[str, Any], *, role: str, origin: str, units: str = "people", title: str = "", look: Look = LIGHT
) -> go.Figure:
    """A row for each activity and a column for each band: the band's share of the amplitudes' |attribution|.

    Args:
        part: of one model that has a gradient, as `stillroom explain` tells under `frequency.bands`.
        role: whose it is.
        origin: which run.
        units: what intervals are over.
        title: the largest share, by default.
        look: ground and width.

    Raises:
        InputError: it has no shares of amplitudes.
    """
    by: Mapping[str, Sequence[Mapping[str, Any]]] = part.get("amplitudes", {})
    if not by:
        raise InputError("no shares of amplitudes", where=role, mend="Show a model that has a gradient")
    bands = list(part["bands"])
    shares = [[estimate_of(one, "importance") for one in line] for line in by.values()]
    hover = [
        [f"{name}, {band}: {told(one, '.0%')}" for band, one in zip(bands, line, strict=True)]
        for name, line in zip(by, shares, strict=True)
    ]
    values = np.array([[one.value for one in line] for line in shares])
    short = [band.removesuffix(" Hz") for band in bands]
    figure = cells(values, list(by), short, told=hover, written=_texts(100 * values, ".0f"), look=look)
    figure.update_xaxes(title_text="band [Hz]")
    row, column = map(int, np.unravel_index(int(values.argmax()), values.shape))
    largest = told(shares[row][column], ".0%")
    said = title or f"{upper(called(role))}: its largest share is {bands[column]} in {list(by)[row]}, {largest}"
    note = (
        f"Per cent of the amplitudes' |attribution| in the windows of each activity, all channels together. The largest"
        f" of {values.size} cells looks larger than it is: hovering tells intervals over {units}."
    )
    height = ROW[look.narrow] * len(by) + 110
    return finish(figure, title=said, note=note, origin=origin, look=look, height=height, alt=said)


def _texts(values: NDArray[np.float64], form: str) -> list[list[str]]:
    """Numbers, what is rounded to nothing without a sign."""
    texts = [[format(value, form) for value in line] for line in values.tolist()]
    return [[text if float(text) else text.lstrip("+-") for text in line] for line in texts]
