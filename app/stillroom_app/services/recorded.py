"""A run's windows as they were recorded: cut again from its recordings, as its folder says, and no model is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.dataset import Dataset
from stillroom.data.source import open_source
from stillroom.data.windows import WindowConfig, WindowIndex, cut
from stillroom.runs.store import Run


@dataclass(frozen=True, eq=False)
class Windows:
    """Some windows of a run, by their ids.

    Attributes:
        channels: names, of all that was recorded.
        rate_hz: samples per second.
        signal: each window's `(channel, time)`, in physical units.
        recording: each window's recording, as `person/session`.
        start_s: where each begins in its recording.
    """

    channels: tuple[str, ...]
    rate_hz: float
    signal: dict[int, NDArray[np.float32]]
    recording: dict[int, str]
    start_s: dict[int, float]


def recordings_of(run: Run) -> tuple[Dataset, WindowIndex]:
    """The recordings of a run, and all its windows in them.

    Raises:
        InputError: they are gone, or other ones.
    """
    asked = run.facts["asked"]
    try:
        dataset = open_source(asked["data"], track=asked["track"])
        dataset = dataset.without_classes(tuple(asked["drop_class"]))
        index = cut(dataset, WindowConfig.from_input(asked["windows"], where=str(run.folder / "run.json")))
    except InputError as error:
        raise InputError(
            f"the recordings of this run cannot be opened: {error.what}",
            where=str(asked["data"]),
            mend="Put them back where they were when the run was made",
        ) from error
    if index.key() != asked["index_key"]:
        raise InputError("the recordings are not those that the run was made with", where=str(asked["data"]))
    return dataset, index


def windows_of(run: Run, ids: Sequence[int]) -> Windows:
    """Windows as recorded.

    Args:
        run: whose windows.
        ids: which, as its predictions and attributions name them.

    Raises:
        InputError: the recordings are gone or other ones, or there is no such window.
    """
    dataset, index = recordings_of(run)
    if wrong := [one for one in ids if not 0 <= one < len(index)]:
        raise InputError(f"no window {wrong[0]} in this run", where=f"{len(index)} windows")
    signal, recording, start_s = {}, {}, {}
    for one in map(int, ids):
        number = int(index.recording[one])
        first = int(index.start[one] - index.offsets[number])
        held = dataset.recordings[number]
        signal[one] = np.ascontiguousarray(held.signal[:, first : first + index.width])
        recording[one], start_s[one] = held.name, first / index.rate_hz
    return Windows(dataset.layout.names, index.rate_hz, signal, recording, start_s)
