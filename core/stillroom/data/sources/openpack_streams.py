"""OpenPack's sensor tables: four ATR IMUs, the Empatica E4 bands, and the publisher's preprocessed table.

ATR rows are `unixtime` (ms) and, after it, acceleration (g), rate of turn (deg/s) and a quaternion. The nominal rate is
30 Hz, but the stamps of some files step by exactly 30 ms (33.3 Hz): the rate is taken from the stamps. The publisher's
reader cuts the four devices to the shortest, row by row; here each keeps its own stamps and is aligned on assembly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from stillroom.base.errors import InputError
from stillroom.data.recording import Floats, Stream
from stillroom.data.tables import need_columns, numbers, read_table
from stillroom.data.tree import Entry
from stillroom.sensors.channel import Channel, sensor_channels
from stillroom.sensors.layout import Layout
from stillroom.sensors.units import STANDARD_GRAVITY_MS2, factor

RATE_HZ = 30.0
DEVICES = {"atr01": "right_wrist", "atr02": "left_wrist", "atr03": "right_upper_arm", "atr04": "left_upper_arm"}
BANDS = {"e401": "right_wrist_e4", "e402": "left_wrist_e4"}
BAND_RATES_HZ = {"acc": 32.0, "bvp": 64.0, "eda": 4.0, "temp": 4.0}

_UNITS = {"acc": "g", "gyro": "deg/s", "quat": "1"}
# The E4 files are said to be in g; at rest they show 0.10, which is g divided once more by 9.80665.
_BAND_ACC_MS2 = STANDARD_GRAVITY_MS2**2
_BAND_UNITS = {"bvp": "1", "eda": "uS", "temp": "degC"}


def atr_layout(device: str) -> Layout:
    """The ten channels of one ATR."""
    site = DEVICES[device]
    return Layout(channels=tuple(c for kind in _UNITS for c in sensor_channels(site, kind, RATE_HZ)))


def atr(entry: Entry, device: str, *, skip_rows: int = 0) -> Stream:
    """One ATR's table; `skip_rows` leaves out its first rows."""
    table = read_table(entry).iloc[skip_rows:]
    return _imu(table, stamps(table, entry.name), device, "", entry.name)


def preprocessed(table: pd.DataFrame, where: str) -> list[Stream]:
    """The four devices of a preprocessed table, which share one column of stamps."""
    stamps_s = stamps(table, where)
    return [_imu(table, stamps_s, device, f"{device}/", where) for device in DEVICES]


def band(entries: Mapping[tuple[str, str], Entry], bands: Sequence[str]) -> list[Stream]:
    """The E4 streams, `entries` by band and kind: each kind is a stream of its own, with its own clock."""
    return [_band(entries[name, kind], name, kind) for name in bands for kind in BAND_RATES_HZ]


def stamps(table: pd.DataFrame, where: str, names: Sequence[str] = ("unixtime", "timestamp")) -> Floats:
    """`(row,)` seconds since 1970, from the first of these columns that is there."""
    name = next((name for name in names if name in table.columns), names[0])
    need_columns(table, [name], where)
    if table.empty:
        raise InputError("the file holds no sample", where=where, mend="Download it again")
    return np.asarray(numbers(table, [name], where)[0] / 1000, dtype=np.float64)


def _imu(table: pd.DataFrame, stamps_s: Floats, device: str, prefix: str, where: str) -> Stream:
    layout = atr_layout(device)
    columns = [f"{prefix}{channel.kind}_{channel.axis}" for channel in layout]
    need_columns(table, columns, where)
    scale = np.array([factor(_UNITS[channel.kind], channel.unit) for channel in layout])
    return Stream(layout, stamps_s, numbers(table, columns, where) * scale[:, None], f"{where} ({device})")


def _band(entry: Entry, name: str, kind: str) -> Stream:
    table = read_table(entry)
    stamps_s = stamps(table, entry.name, ("time", "unixtime"))
    channels: tuple[Channel, ...] = sensor_channels(BANDS[name], kind, BAND_RATES_HZ[kind])
    columns = [f"acc_{channel.axis}" for channel in channels] if kind == "acc" else [kind]
    need_columns(table, columns, entry.name)
    scale = _BAND_ACC_MS2 if kind == "acc" else factor(_BAND_UNITS[kind], channels[0].unit)
    return Stream(Layout(channels=channels), stamps_s, numbers(table, columns, entry.name) * scale, entry.name)
