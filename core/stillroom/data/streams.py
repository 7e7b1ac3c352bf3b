"""From a file's rows to one device's stream: a believable clock, and nothing missing for longer than is allowed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.assembly import segments_of
from stillroom.data.columns import Columns
from stillroom.data.mapping import Mapping
from stillroom.data.recording import Floats, Stream
from stillroom.sensors.layout import Layout

_WRONG_CLOCK = 20.0


def stream_of(columns: Columns, rows: NDArray[np.int64], mapping: Mapping) -> Stream:
    """Some rows of a file as a stream.

    Args:
        columns: the file.
        rows: `(row,)` indices.
        mapping: limits and the rate.

    Raises:
        InputError: the clock's unit is wrong, or values are missing for long and the mapping says `refuse`.
    """
    layout = Layout(channels=tuple(item.as_channel(mapping.rate_hz) for item in columns.channels))
    stamps = columns.stamps_s[rows]
    where = f"{columns.where}, rows {columns.row(rows[0])} to {columns.row(rows[-1])}"
    step_s = _step(stamps, mapping, where)
    keep = _without_long_silences(columns, rows, step_s, mapping)
    return Stream(layout, stamps[keep], columns.values[:, rows[keep]], where)


def _step(stamps: Floats, mapping: Mapping, where: str) -> float:
    """The mean step between two rows, outside gaps; refuses a clock read in a wrong unit."""
    steps = np.diff(stamps)
    near = steps[steps <= mapping.gap_s]
    if len(steps) == 0 or len(near) < len(steps) / 2:
        rows = "one row only" if len(steps) == 0 else f"rows are {np.median(steps):g} s apart, more than gap_s"
        raise InputError(rows, where=where, mend="Check the unit of the time column and `gap_s` in the mapping")
    step_s = float(near.mean())
    if step_s * mapping.rate_hz < 1 / _WRONG_CLOCK:
        seen = "all rows have one stamp" if step_s == 0 else f"the clock shows {1 / step_s:g} Hz"
        raise InputError(
            f"{seen}, the mapping says {mapping.rate_hz:g} Hz", where=where, mend="Check the unit of the time column"
        )
    return step_s


def _without_long_silences(
    columns: Columns, rows: NDArray[np.int64], step_s: float, mapping: Mapping
) -> NDArray[np.bool_]:
    """Which rows stay; a run of missing values beyond the limit is refused, or its rows become a gap."""
    keep = np.ones(len(rows), dtype=bool)
    for item, values in zip(columns.channels, columns.values[:, rows], strict=True):
        for first, stop in segments_of(np.isnan(values)):
            if (length_s := (stop - first) * step_s) <= mapping.nan_limit_s:
                continue
            if mapping.long_nan == "refuse":
                raise InputError(
                    f"{item.channel} is missing for {length_s:.2f} s, more than the limit of {mapping.nan_limit_s:g} s",
                    where=f"{columns.where}, rows {columns.row(rows[first])} to {columns.row(rows[stop - 1])}, "
                    f"column {item.column}",
                    mend='Cut the rows out, leave the channel out, raise `nan_limit_s`, or set `long_nan` to "gap"',
                )
            keep[first:stop] = False
    if keep.sum() < 2:
        raise InputError(
            "nothing is left between long stretches of missing values",
            where=f"{columns.where}, rows {columns.row(rows[0])} to {columns.row(rows[-1])}",
            mend="Leave out the channel that is missing throughout",
        )
    return keep
