"""Feature maps that a run keeps since it was explained: `explain/feature_maps.npz`, read without any model.

A damaged file is one clear error here, so that no lesson meets an array of a shape that it cannot draw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.figures.explanation import FOLDER
from stillroom.runs.store import Run
from stillroom_app.services.listing import Listed

FEATURE_MAPS = "feature_maps.npz"
TEACHER, UNTRAINED, STUDENT = "teacher", "untrained", "student"
_KINDS = {"whole numbers": "iu", "numbers": "iuf", "names": "U"}
_DIGITS = 5
_ANEW = "Make them anew: stillroom explain RUN --part anchors"
Arrays = Mapping[str, NDArray[Any]]


def has_maps(one: Listed) -> bool:
    """Whether a run keeps them."""
    return (one.folder / FOLDER / FEATURE_MAPS).is_file()


def maps_of(run: Run) -> dict[str, NDArray[Any]]:
    """The arrays by name, as `stillroom.recipes.feature_maps` describes them.

    Raises:
        InputError: they are gone, lack something, or do not fit together.
    """
    path = run.folder / FOLDER / FEATURE_MAPS
    try:
        with path.open("rb") as file:  # numpy leaves a damaged file open that it opened itself
            kept = np.load(file, allow_pickle=False)
            arrays = {name: kept[name] for name in kept.files}
    except (OSError, ValueError, EOFError, AttributeError, BadZipFile) as error:
        raise InputError("its feature maps cannot be read", where=str(path), mend=_ANEW) from error
    if fault := next(_faults(arrays, len(run.report["classes"])), ""):
        raise InputError(f"its feature maps {fault}", where=str(path), mend=_ANEW)
    return arrays


def plain_list(values: NDArray[Any]) -> Any:
    """Nested lists of numbers, short enough to be sent."""
    return np.round(values.astype(float), _DIGITS).tolist()


def _faults(arrays: Arrays, classes: int) -> Iterator[str]:
    """What is wrong, the first thing first; nobody asks for a second, which the first may have caused."""
    sizes: dict[str, int] = {}
    for name, kind, shape in _wanted(arrays):
        if name not in arrays:
            yield f"lack {name}"
        yield from _fault(name, arrays[name], kind, shape, sizes)
    if not float(arrays["window_s"]) > 0:
        yield "are of windows that last no time"
    for name in ("label", "pooled/label"):
        if arrays[name].min() < 0 or arrays[name].max() >= classes:
            yield f"hold a code in {name} that stands for no activity of the run"
    if not np.isin(arrays["ids"], arrays["pooled/ids"]).any():
        yield "show other windows than they pooled"


def _wanted(arrays: Arrays) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, kind and shape of every array that a lesson may look at; a size that is named twice is the same twice."""
    yield from (("ids", "whole numbers", ("n",)), ("label", "whole numbers", ("n",)), ("unit", "names", ("n",)))
    yield from (("window_s", "numbers", ()), ("anchors", "names", ("anchor",)))
    for anchor in map(str, arrays["anchors"]):
        yield f"{anchor}/channels", "whole numbers", (anchor,)
        yield f"{anchor}/variance", "numbers", (anchor,)
        given = {name.partition("/")[2] for name in arrays if name.startswith(f"{anchor}/")} - {"channels", "variance"}
        for model in sorted(given | {TEACHER, UNTRAINED, STUDENT}):
            yield f"{anchor}/{model}", "numbers", ("n", anchor, f"time of {anchor}")
    yield from ((f"pooled/{name}", kind, ("m",)) for name, kind in
                (("ids", "whole numbers"), ("label", "whole numbers"), ("unit", "names")))  # fmt: skip
    yield from ((f"pooled/{name}", "numbers", ("m", f"features of {name}")) for name in (TEACHER, STUDENT))


def _fault(name: str, values: NDArray[Any], kind: str, shape: tuple[str, ...], sizes: dict[str, int]) -> Iterator[str]:
    if values.dtype.kind not in _KINDS[kind]:
        yield f"hold something else than {kind} in {name}"
    if values.ndim != len(shape):
        yield f"hold {name} in {values.ndim} dimensions instead of {len(shape)}"
    for size, found in zip(shape, values.shape, strict=True):
        least = 2 if " of " in size else 1  # one sample is no curve, and one feature has no likeness
        if found < least or sizes.setdefault(size, found) != found:
            yield f"hold {name} in the shape {values.shape}, which does not fit"
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        yield f"hold numbers in {name} that are not finite"
