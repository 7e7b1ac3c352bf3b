"""A few feature maps of a run, to be looked at without its models: `explain/feature_maps.npz`.

    ids unit label            (window,) some of the tested windows, one for each activity
    models anchors window_s   names, and how long a window is
    ANCHOR/channels           (channel,) the teacher's liveliest; ANCHOR/variance: each one's over all drawn windows
    ANCHOR/MODEL              (window, channel, time)
    pooled/ids unit label     (drawn,) all windows that were drawn; pooled/teacher and pooled/student:
                              (drawn, feature) what their classifiers read

Whole maps of every window would be hundreds of times larger, and nobody looks at them one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from stillroom.base.paths import whole_file
from stillroom.recipes.roles import STUDENT, TEACHER

FEATURE_MAPS = "feature_maps.npz"
CHANNELS = 6  # of each anchor


@dataclass(frozen=True, eq=False)
class Heard:
    """What a network holds of some windows.

    Attributes:
        anchors: by name its features `(window, channel, time)`.
        pooled: `(window, feature)`, what its classifier reads.
    """

    anchors: Mapping[str, Float[Tensor, "window channel time"]]
    pooled: Float[Tensor, "window feature"]


@dataclass(frozen=True, eq=False)
class Drawn:
    """The windows that were drawn.

    Attributes:
        ids: `(window,)` their numbers.
        unit: `(window,)` whose they are.
        label: `(window,)` codes of their activities.
        window_s: length of each.
    """

    ids: NDArray[np.int64]
    unit: NDArray[np.str_]
    label: NDArray[np.int64]
    window_s: float


def feature_maps(drawn: Drawn, heard: Mapping[str, Heard], anchors: Sequence[str]) -> dict[str, Any]:
    """What is kept.

    Args:
        drawn: the windows.
        heard: of each model; the teacher and the student among them.
        anchors: names of those that all have in one shape.

    Returns:
        Arrays by name.
    """
    some = _some(drawn.label)
    arrays: dict[str, Any] = {"ids": drawn.ids[some], "unit": drawn.unit[some], "label": drawn.label[some]}
    arrays |= {"models": np.array(list(heard)), "anchors": np.array(anchors), "window_s": np.array(drawn.window_s)}
    for name in anchors:
        variance = heard[TEACHER].anchors[name].var(dim=(0, 2), correction=0)
        liveliest = torch.argsort(variance, descending=True, stable=True)[:CHANNELS].sort().values
        arrays |= {f"{name}/channels": liveliest.numpy(force=True), f"{name}/variance": _of(variance[liveliest])}
        for model, one in heard.items():
            arrays[f"{name}/{model}"] = _of(one.anchors[name][some][:, liveliest])
    arrays |= {f"pooled/{name}": getattr(drawn, name) for name in ("ids", "unit", "label")}
    return arrays | {f"pooled/{model}": _of(heard[model].pooled) for model in (TEACHER, STUDENT)}


def _some(label: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of one window for each activity; not the first of each, which would all be the first person's."""
    places = [np.flatnonzero(label == code) for code in np.unique(label)]
    return np.sort(np.array([own[(3 * number) % len(own)] for number, own in enumerate(places)]))


def keep(path: Path, arrays: Mapping[str, Any]) -> None:
    """Writes the file, whole or not at all."""
    with whole_file(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _of(values: Tensor) -> NDArray[np.float32]:
    return np.asarray(values.numpy(force=True), dtype=np.float32)
