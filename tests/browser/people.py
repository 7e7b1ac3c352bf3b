"""A file of one's own, as a newcomer has it: four people, three activities, both wrists; and quick to learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

RATE_HZ, SECONDS = 25, 60
TEMPO_HZ = {"sanding": 2.6, "carrying": 0.9, "waiting": 0.0}
PEOPLE = ("ada", "ben", "cleo", "dan")
COLUMNS = tuple(f"{side}_wrist_acc_{axis}" for side in ("right", "left") for axis in "xyz")


def table(activities: dict[str, float] | None = None, columns: tuple[str, ...] = COLUMNS) -> pd.DataFrame:
    """All of them, one below the other.

    Args:
        activities: the tempo of each, in Hz.
        columns: of the six channels: right x, y, z, left x, y, z.
    """
    tempi = activities or TEMPO_HZ
    return pd.concat([_person(number, tempi, columns) for number in range(len(PEOPLE))], ignore_index=True)


def write(path: Path, activities: dict[str, float] | None = None, columns: tuple[str, ...] = COLUMNS) -> Path:
    """The same as a CSV file."""
    table(activities, columns).to_csv(path, index=False)
    return path


def _person(number: int, tempi: dict[str, float], columns: tuple[str, ...]) -> pd.DataFrame:
    draw = np.random.default_rng(number)
    t = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    frame = pd.DataFrame({"time": t} | {column: 0.4 * draw.standard_normal(len(t)) for column in columns})
    frame[[columns[2], columns[5]]] += 9.81
    names = np.repeat(list(tempi), len(t) // len(tempi))
    for name, hz in tempi.items():
        here = names == name
        wave = 2.5 * np.sin(2 * np.pi * hz * (1 + 0.04 * number) * t[here])
        frame.loc[here, columns[0]] += wave
        frame.loc[here, columns[4]] += wave
    return frame.round(4).assign(activity=names, person=PEOPLE[number])
