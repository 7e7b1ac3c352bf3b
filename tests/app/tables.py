"""A small table as a person would bring it, and other things that come in its place."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pandas as pd

RATE = 25


def table(people: int = 3, seconds: int = 24, labels: tuple[str, ...] = ("walk", "sit")) -> pd.DataFrame:
    """Some people who do each activity once: walking is faster than sitting."""
    rng = np.random.default_rng(0)
    parts = []
    for person in range(people):
        for number, label in enumerate(labels):
            rows = seconds * RATE
            seen = np.arange(rows) / RATE
            swing = (1 + 2 * (number == 0)) * np.sin(2 * np.pi * (0.5 + 1.5 * (number == 0)) * seen)
            columns: dict[str, object] = {"time": seen + number * seconds, "label": label, "person": f"w{person}"}
            columns |= {f"a{axis}": swing + rng.normal(size=rows) * 0.1 + 9.8 * (axis == "z") for axis in "xyz"}
            columns |= {f"g{axis}": swing * 0.8 + rng.normal(size=rows) * 0.1 for axis in "xyz"}
            parts.append(pd.DataFrame(columns))
    return pd.concat(parts).round(4)


def csv(**more: object) -> bytes:
    """The table as text."""
    return table(**more).to_csv(index=False).encode()  # type: ignore[arg-type]


def npz(**arrays: object) -> bytes:
    """Arrays as a file; objects are pickled into it, as numpy does when it is asked to."""
    file = io.BytesIO()
    np.savez(file, **{name: np.asarray(value) for name, value in arrays.items()})  # type: ignore[arg-type]
    return file.getvalue()


def zipped(**members: bytes) -> bytes:
    """A zip of files by name; `/` and `.` may stand in names as they are given."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()
