"""The checks that every function of this package makes of its arrays, so that a wrong one is named and not scored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stillroom.base.errors import InputError


def class_codes(values: ArrayLike, count: int, name: str) -> NDArray[np.int64]:
    """Class indices `(window,)`, each in `0 .. count - 1`.

    Raises:
        InputError: no window at all, another shape, no whole numbers, or a code outside the classes.
    """
    codes = np.asarray(values)
    if codes.ndim != 1 or not len(codes):
        raise InputError(f"{name} must be one code for each window, got shape {codes.shape}", where=name)
    if codes.dtype.kind not in "iu":
        raise InputError(f"{name} must hold class indices, got {codes.dtype}", where=name)
    if len(wrong := np.flatnonzero((codes < 0) | (codes >= count))):
        raise InputError(
            f"class code {codes[wrong[0]]} is outside 0 to {count - 1}",
            where=f"{name}, window {wrong[0]}",
            mend="Leave unlabelled windows (-1) out before scoring",
        )
    return codes.astype(np.int64)


def class_names(classes: Sequence[str]) -> tuple[str, ...]:
    """The class names, in order.

    Raises:
        InputError: none, or one twice.
    """
    names = tuple(classes)
    if not names or len(set(names)) < len(names):
        raise InputError("class names must be given, each once", where="classes", mend=f"Got: {', '.join(names)}")
    return names


def same_length(**arrays: NDArray[np.generic]) -> None:
    """Refuses arrays that do not speak of the same windows.

    Raises:
        InputError: naming each array's length.
    """
    if len({len(array) for array in arrays.values()}) > 1:
        lengths = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
        raise InputError(f"arrays of different lengths: {lengths}", mend="Give one entry for each window")


def finite_values(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Numbers `(n,)`, at least one, all finite.

    Raises:
        InputError: none, another shape, or one that is missing.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not len(numbers):
        raise InputError(f"{name} must be a list of at least one number, got shape {numbers.shape}", where=name)
    if len(wrong := np.flatnonzero(~np.isfinite(numbers))):
        raise InputError("a number is missing or not finite", where=f"{name}, entry {wrong[0]}")
    return numbers
