"""Assembly: several devices' streams, each on its own clock, become one recording on one even grid.

Every stream's stamps are fitted piece by piece (`signal.timing`), resampled with anti-aliasing, and laid on a grid
that begins when the last device has started and ends when the first one stops. A gap in any device breaks the
recording there; short losses are bridged by straight lines. Quaternions stay of length 1 and free of sign jumps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.recording import Floats, Recording, Span, Stream
from stillroom.sensors.layout import Layout
from stillroom.signal.orientation import unit, without_sign_jumps
from stillroom.signal.resampling import resample
from stillroom.signal.timing import EvenRun, even_runs


def assemble(
    streams: Sequence[Stream],
    *,
    person: str,
    session: str,
    rate_hz: float,
    tracks: Mapping[str, Sequence[Span]],
    gap_s: float = 0.5,
    nan_limit_s: float = 0.5,
    facts: Mapping[str, str] | None = None,
    piece: str = "",
) -> Recording:
    """Aligns streams to one grid.

    Args:
        streams: at least one; their stamps share one zero (seconds since 1970, or since a common start).
        person: whose recording it is.
        session: which session.
        rate_hz: the rate of the grid.
        tracks: spans in the stamps' time.
        gap_s: a silence longer than this, in any stream, is a gap; a shorter one is bridged by a straight line.
        nan_limit_s: a run of missing values up to this long is filled by a straight line.
        facts: small facts, for people.
        piece: which part of the session, where there are several.

    Raises:
        InputError: streams that never overlap, clocks that run backwards, two rates, or long NaN runs.
    """
    runs = [even_runs(stream.stamps_s, gap_s=gap_s, where=stream.where) for stream in streams]
    filled = [_fill(stream, run, nan_limit_s) for stream, run in zip(streams, runs, strict=True)]
    start_s, count = _common(streams, runs, rate_hz)
    times_s = start_s + np.arange(count) / rate_hz
    parts, covered = [], np.ones(count, dtype=bool)
    for stream, values, run in zip(streams, filled, runs, strict=True):
        signal, here = _lay(stream.layout, values, run, times_s, rate_hz)
        parts.append(signal)
        covered &= here
    moved = {
        kind: tuple(Span(span.start_s - start_s, span.end_s - start_s, span.label) for span in spans)
        for kind, spans in tracks.items()
    }
    return Recording(
        person=person,
        session=session,
        layout=Layout(channels=tuple(channel for stream in streams for channel in stream.layout)),
        rate_hz=rate_hz,
        signal=np.concatenate(parts),
        segments=segments_of(covered),
        tracks=moved,
        start_s=float(start_s),
        facts=dict(facts or {}),
        piece=piece,
    )


def _common(streams: Sequence[Stream], runs: Sequence[Sequence[EvenRun]], rate_hz: float) -> tuple[float, int]:
    """When the last device has started, and how many grid points follow until the first one stops."""
    start_s = max(run[0].start_s for run in runs)
    end_s = min(float(run[-1].times_s()[-1]) for run in runs)
    count = int(np.floor((end_s - start_s) * rate_hz + 1e-6)) + 1
    if count < 2:
        raise InputError(
            f"the devices never record at the same time: one starts {start_s - end_s:.1f} s after another stopped",
            where=", ".join(stream.where for stream in streams),
            mend="Check that their clocks share one zero and one unit",
        )
    return start_s, count


def segments_of(covered: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`(segment, 2)` first and one-past-last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], covered, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2).astype(np.int64)


def fill_missing(values: Floats, rate_hz: float, limit_s: float, *, names: Sequence[str], where: str = "") -> Floats:
    """Fills NaN runs of at most `limit_s` by straight lines.

    Raises:
        InputError: a longer run; the sentence names the channel and the samples.
    """
    if not np.isnan(values).any():
        return values
    out = values.copy()
    for row, name in zip(out, names, strict=True):
        missing = np.isnan(row)
        runs = segments_of(missing)
        lengths = np.diff(runs, axis=1)[:, 0] / rate_hz
        if missing.all() or lengths.max(initial=0.0) > limit_s:
            first, stop = runs[int(lengths.argmax())]
            raise InputError(
                f"{name} is missing for {lengths.max():.2f} s, more than the limit of {limit_s:g} s",
                where=f"{where}, samples {first + 1} to {stop}".strip(", "),
                mend="Cut the stretch out, leave the channel out, or raise the limit (`nan_limit_s` of a mapping)",
            )
        if len(runs):
            row[missing] = np.interp(np.flatnonzero(missing), np.flatnonzero(~missing), row[~missing])
    return out


def _fill(stream: Stream, runs: Sequence[EvenRun], limit_s: float) -> Floats:
    if stream.values.shape != (len(stream.layout), len(stream.stamps_s)):
        raise ValueError(f"{stream.where}: values {stream.values.shape} fit neither layout nor stamps")
    rate_hz = max((run.count, run.rate_hz) for run in runs)[1]
    return fill_missing(stream.values, rate_hz, limit_s, names=stream.layout.names, where=stream.where)


def _lay(
    layout: Layout, values: Floats, runs: Sequence[EvenRun], times_s: Floats, rate_hz: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    signal = np.zeros((len(values), len(times_s)), dtype=np.float32)
    covered = np.zeros(len(times_s), dtype=bool)
    turning = [rows for sensor in layout.sensors if len(rows := _quaternion(layout, sensor)) == 4]
    values = values.copy() if turning else values
    for rows in turning:
        values[rows] = without_sign_jumps(values[rows])
    for run in runs:
        if not np.isfinite(run.rate_hz):
            continue
        tolerance = 0.5 / run.rate_hz
        first, stop = np.searchsorted(times_s, [run.start_s - tolerance, run.times_s()[-1] + tolerance])
        if stop > first:
            part, times = _without_losses(values, run), times_s[first:stop]
            signal[:, first:stop] = resample(
                part, rate_hz=run.rate_hz, start_s=run.start_s, times_s=times, new_rate_hz=rate_hz
            )
            covered[first:stop] = True
    for rows in turning:
        signal[rows] = unit(signal[rows].astype(np.float64))
    return signal, covered


def _quaternion(layout: Layout, sensor: str) -> list[int]:
    return [i for i, channel in enumerate(layout) if channel.sensor == sensor and channel.geometry == "quaternion"]


def _without_losses(values: Floats, run: EvenRun) -> Floats:
    """The run's samples, `(channel, slot)`, with straight lines over the slots whose sample was lost."""
    part = values[:, run.first : run.stop]
    if run.lost is None:
        return part
    slots = run.slots()
    return np.stack([np.interp(np.arange(slots[-1] + 1), slots, row) for row in part])
