"""Feature maps that a run keeps since it was explained: `explain/feature_maps.npz`, read without any model."""

from __future__ import annotations

from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.figures.explanation import FOLDER
from stillroom.runs.store import Run
from stillroom_app.services.listing import Listed

FEATURE_MAPS = "feature_maps.npz"
_ALWAYS = ("ids", "unit", "label", "models", "anchors", "window_s", "pooled/unit", "pooled/label", "pooled/teacher",
           "pooled/student")  # fmt: skip
_DIGITS = 5


def has_maps(one: Listed) -> bool:
    """Whether a run keeps them."""
    return (one.folder / FOLDER / FEATURE_MAPS).is_file()


def maps_of(run: Run) -> dict[str, NDArray[Any]]:
    """The arrays by name, as `stillroom.recipes.feature_maps` describes them.

    Raises:
        InputError: they are gone or damaged.
    """
    path = run.folder / FOLDER / FEATURE_MAPS
    try:
        with path.open("rb") as file:  # numpy leaves a damaged file open that it opened itself
            kept = np.load(file, allow_pickle=False)
            arrays = {name: kept[name] for name in kept.files}
    except (OSError, ValueError, EOFError, AttributeError, BadZipFile) as error:
        raise InputError("its feature maps cannot be read", where=str(path), mend=_ANEW) from error
    needed = [
        *_ALWAYS,
        *(f"{anchor}/{name}" for anchor in arrays.get("anchors", ()) for name in ("channels", "variance")),
    ]
    if lacking := [name for name in needed if name not in arrays]:
        raise InputError(f"its feature maps lack {lacking[0]}", where=str(path), mend=_ANEW)
    return arrays


def plain_list(values: NDArray[Any]) -> Any:
    """Nested lists of numbers, short enough to be sent."""
    return np.round(values.astype(float), _DIGITS).tolist()


_ANEW = "Make them anew: stillroom explain RUN --part anchors"
