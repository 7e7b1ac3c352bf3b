"""A recording brought to what a model takes, or refused with the likely mistake.

Channels are chosen and put in order, a higher rate is brought down; a lower one is refused, since no resampling brings
back what was never recorded. Values are held against the spread that the model was trained on: an acceleration sensor
at rest measures 9.8 m/s2, so that one whose length is about 1 was recorded in g, whatever its columns are called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.recording import Recording
from stillroom.runs.manifest import Manifest
from stillroom.sensors.layout import Layout
from stillroom.sensors.units import STANDARD_GRAVITY_MS2, factor, known_units
from stillroom.signal.orientation import unit, without_sign_jumps
from stillroom.signal.resampling import resample

LOWEST_RATE = 0.95
_GRAVITY_INSIDE = (7.0, 14.0)  # m/s2: what an acceleration sensor's length is where gravity was left in
_LENGTHS = {"g": 1 / STANDARD_GRAVITY_MS2, "mg": 1000 / STANDARD_GRAVITY_MS2, "g, converted twice": 9.80665}
_NEAR = 1.35
_DEGREES = (20.0, 160.0)  # how much larger than trained on a rate of turn in degrees looks


def fitted(recording: Recording, manifest: Manifest) -> Recording:
    """The model's channels at the model's rate.

    Raises:
        InputError: channels are missing or in other units, the rate is too low, or the values look like other units.
    """
    refuse_units(recording.layout, manifest.layout, where=recording.name)
    viewed = at_rate(recording.view(manifest.layout), manifest.rate_hz)
    parts = [viewed.signal[:, first:stop] for first, stop in viewed.segments]
    if parts and (likely := likely_mistake(np.concatenate(parts, axis=1), manifest)):
        raise InputError(likely, where=recording.name, mend="Name the unit where the data is read (a mapping's `unit`)")
    return viewed


def refuse_units(here: Layout, wanted: Layout, *, where: str = "") -> None:
    """Refuses channels in other units than the model's.

    Raises:
        InputError: naming the channel, both units, and how far off its values would be.
    """
    units = {channel.name: channel.unit for channel in here}
    for channel in wanted:
        found = units.get(channel.name, channel.unit)
        if found == channel.unit:
            continue
        known = {found, channel.unit} <= set(known_units())
        times = f", and a value in it is {factor(found, channel.unit):.3g} {channel.unit}" if known else ""
        raise InputError(
            f"{channel.name} is in {found}, the model takes {channel.unit}{times}",
            where=where,
            mend="Convert the unit where the data is read (the mapping's `unit`)",
        )


def at_rate(recording: Recording, rate_hz: float) -> Recording:
    """The recording on a slower clock; itself where the rate is the same.

    Raises:
        InputError: its rate is lower.
    """
    own = recording.rate_hz
    if abs(own / rate_hz - 1) < 1e-6:
        return recording
    if own < LOWEST_RATE * rate_hz:
        raise InputError(
            f"the recording has {own:g} Hz, the model takes {rate_hz:g} Hz",
            where=recording.name,
            mend="Record at the model's rate, or train a student at this one: resampling brings no detail back",
        )
    signal = np.zeros((len(recording.layout), int(recording.signal.shape[1] * rate_hz / own)), dtype=np.float32)
    segments = []
    for start, stop in recording.segments:
        first = int(np.ceil(start * rate_hz / own - 1e-9))
        last = min(int(np.floor((stop - 1) * rate_hz / own + 1e-9)) + 1, signal.shape[1])
        if last > first:
            part = straight(recording.signal[:, start:stop].astype(np.float64), recording.layout)
            times_s = np.arange(first, last) / rate_hz
            new = resample(part, rate_hz=own, start_s=start / own, times_s=times_s, new_rate_hz=rate_hz)
            signal[:, first:last] = turned(new, recording.layout)
            segments.append((first, last))
    return replace(
        recording, rate_hz=rate_hz, signal=signal, segments=np.array(segments, dtype=np.int64).reshape(-1, 2)
    )


def likely_mistake(signal: NDArray[np.float32], manifest: Manifest) -> str:
    """What the values say of their unit; empty where they look like those that the model was trained on.

    Args:
        signal: `(channel, time)`, the model's channels.
        manifest: with mean and spread of each channel.
    """
    layout = manifest.layout
    for sensor in layout.sensors:
        rows = [row for row, channel in enumerate(layout) if channel.sensor == sensor]
        kinds = {(layout.channels[row].kind, layout.channels[row].unit) for row in rows}
        known = float(np.sqrt(sum(manifest.mean[row] ** 2 + manifest.sd[row] ** 2 for row in rows)))
        seen = float(np.sqrt((signal[rows].astype(np.float64) ** 2).mean(axis=1).sum()))
        if known <= 0 or seen <= 0:
            continue
        looks = _as_length(seen / known, known, rows) if kinds == {("acc", "m/s2")} else ""
        if kinds == {("gyro", "rad/s")} and _DEGREES[0] < seen / known < _DEGREES[1]:
            looks = "deg/s"
        if looks:
            what = layout.channels[rows[0]].unit
            return (
                f"{sensor} looks as if it were in {looks}: its size is {seen:.3g}, the model knows {known:.3g} {what}"
            )
    return ""


def _as_length(ratio: float, known: float, rows: Sequence[int]) -> str:
    if len(rows) < 3 or not _GRAVITY_INSIDE[0] < known < _GRAVITY_INSIDE[1]:
        return ""
    return next((name for name, away in _LENGTHS.items() if 1 / _NEAR < ratio / away < _NEAR), "")


def _quaternions(layout: Layout) -> list[list[int]]:
    turning = [[row for row, c in enumerate(layout) if c.sensor == sensor] for sensor in layout.sensors]
    return [rows for rows in turning if len(rows) == 4 and layout.channels[rows[0]].geometry == "quaternion"]


def straight(values: NDArray[np.float64], layout: Layout) -> NDArray[np.float64]:
    """Quaternions without jumps of sign, so that they can be interpolated; changed in place."""
    for rows in _quaternions(layout):
        values[rows] = without_sign_jumps(values[rows])
    return values


def turned(values: NDArray[np.float64], layout: Layout) -> NDArray[np.float64]:
    """Quaternions of length 1 again; changed in place."""
    for rows in _quaternions(layout):
        values[rows] = unit(values[rows])
    return values
