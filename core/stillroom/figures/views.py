"""One window seen in several ways: as recorded, and disturbed as training does it, side by side by sensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from stillroom.figures.signals import by_sensor, line, name_row
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

_MAX_ACROSS = {False: 5, True: 2}


def window(
    seen: Mapping[str, ArrayLike],
    channels: Sequence[str],
    *,
    rate_hz: float,
    origin: str,
    title: str = "One window, seen in several ways",
    note: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """A column for each way of seeing the window and a row for each sensor; a row shares its scale.

    Args:
        seen: `(channel, time)` by the name of the view; a narrow figure shows the first two.
        channels: names as `site.kind.axis`.
        rate_hz: samples per second.
        origin: where the window comes from.
        title: of the figure.
        note: how to read it.
        look: ground and width.
    """
    columns = list(seen)[: _MAX_ACROSS[look.narrow]]
    sensors = by_sensor(channels)
    space = 0.25 / (1 + len(sensors))
    figure = make_subplots(
        rows=len(sensors), cols=len(columns), shared_xaxes=True, shared_yaxes=True, vertical_spacing=space,
        horizontal_spacing=0.02, column_titles=[plain(name) for name in columns],
    )  # fmt: skip
    for column, name in enumerate(columns, start=1):
        values = np.asarray(seen[name], dtype=np.float64)
        times = np.arange(values.shape[1]) / rate_hz
        for row, members in enumerate(sensors.values(), start=1):
            for place, channel in enumerate(members):
                figure.add_trace(line(times, values[channel], channels[channel], place, look), row=row, col=column)
    figure.update_annotations(font={"size": 12, "color": ink_of(look).text})
    for row, sensor in enumerate(sensors, start=1):
        name_row(figure, row, sensor, look, columns=len(columns))
    figure.update_xaxes(title_text="seconds", row=len(sensors))
    return finish(
        figure, title=title, note=note, origin=origin, look=look, height=110 * len(sensors) + 80,
    )  # fmt: skip
