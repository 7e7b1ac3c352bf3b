"""From channels to sensors to sites, and from windows to people.

A window's *shares* are sums of |attribution| over a group's channels and all its samples, divided by the window's
total: how much of what a model looks at lies there. *Signed* sums say whether it speaks for the class or against it.
Importance is the mean share: over the windows (and seeds) of a person first, then over people, with a t interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float, Float64, Int64
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.evaluation.arrays import class_codes, same_length
from stillroom.evaluation.significance import interval
from stillroom.explain.cells import over_time
from stillroom.sensors.layout import Layout

Level = Literal["channel", "sensor", "site", "all"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Importance:
    """What share of the attributions a group has.

    Attributes:
        name: of the channel, sensor or site.
        importance: mean share over people, 0 to 1.
        low: lower bound of the interval over people; None with one person.
        high: upper bound; None with one person.
    """

    name: str
    importance: float
    low: float | None
    high: float | None

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self)


def members(layout: Layout, by: Level = "sensor") -> tuple[tuple[str, ...], Int64[NDArray[np.int64], " channel"]]:
    """The groups' names in order of first appearance, and the group that each channel is in.

    Raises:
        InputError: an unknown level.
    """
    if by not in get_args(Level):
        raise InputError(f"unknown level {by!r}", where="by", mend=f"Known: {', '.join(get_args(Level))}")
    said = {"channel": "name", "sensor": "sensor", "site": "site"}
    of = ["all" if by == "all" else str(getattr(channel, said[by])) for channel in layout]
    names = tuple(dict.fromkeys(of))
    return names, np.array([names.index(one) for one in of], dtype=np.int64)


def channels_of(layout: Layout, by: Level = "sensor") -> dict[str, Int64[NDArray[np.int64], " member"]]:
    """Where the channels of each group stand."""
    names, group = members(layout, by)
    return {name: np.flatnonzero(group == place) for place, name in enumerate(names)}


def signed(
    attributions: Float[Tensor, "window channel time"], layout: Layout, by: Level = "sensor"
) -> Float64[NDArray[np.float64], "window group"]:
    """Sums over each group's channels and all samples, in units of the score that was explained."""
    return _summed(attributions, layout, by, absolute=False)


def magnitude(
    attributions: Float[Tensor, "window channel time"], layout: Layout, by: Level = "sensor"
) -> Float64[NDArray[np.float64], "window group"]:
    """Each group's share of the window's |attribution|; rows sum to 1, those of windows without any to 0."""
    sums = _summed(attributions, layout, by, absolute=True)
    total = sums.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(sums, total, out=np.zeros_like(sums), where=total > 0))


def importance(
    shares: Float64[NDArray[np.float64], "window group"],
    names: Sequence[str],
    person: ArrayLike,
    *,
    level: float = 0.95,
) -> list[Importance]:
    """Mean shares over people, in the order of the names.

    Args:
        shares: `(window, group)`, each 0 to 1; windows of several seeds may stand below one another.
        names: of the groups.
        person: `(window,)` whose window it is.
        level: coverage of the interval.

    Raises:
        InputError: no window, or arrays that do not fit.
    """
    who = np.atleast_1d(np.asarray(person, dtype=str))
    same_length(shares=shares, person=who)
    if not len(shares) or shares.shape[1] != len(names):
        raise InputError(f"shares of shape {shares.shape} for {len(names)} groups", where="shares")
    people = np.stack([shares[who == one].mean(axis=0) for one in np.unique(who)])
    found = [interval(people[:, place], level, possible=(0, 1)) for place in range(len(names))]
    return [Importance(name, *one) for name, one in zip(names, found, strict=True)]


def by_class(
    shares: Float64[NDArray[np.float64], "window group"],
    names: Sequence[str],
    person: ArrayLike,
    label: ArrayLike,
    classes: Sequence[str],
    *,
    level: float = 0.95,
) -> dict[str, list[Importance]]:
    """Importance within the windows of each class; a class without windows is left out.

    Args:
        shares: `(window, group)`.
        names: of the groups.
        person: `(window,)`.
        label: `(window,)` class codes.
        classes: class names.
        level: coverage of the interval.

    Raises:
        InputError: arrays that do not fit.
    """
    codes, who = class_codes(label, len(classes), "label"), np.atleast_1d(np.asarray(person, dtype=str))
    same_length(shares=shares, person=who, label=codes)
    return {
        name: importance(shares[codes == code], names, who[codes == code], level=level)
        for code, name in enumerate(classes)
        if np.any(codes == code)
    }


def _summed(attributions: Tensor, layout: Layout, by: Level, *, absolute: bool) -> Floats:
    names, group = members(layout, by)
    if attributions.ndim != 3 or attributions.shape[1] != len(layout):
        raise InputError(
            f"attributions of shape {tuple(attributions.shape)} for {len(layout)} channels", where="attributions"
        )
    channels = over_time(attributions.detach(), absolute=absolute).cpu().numpy()
    return np.stack([channels[:, group == place].sum(axis=1) for place in range(len(names))], axis=1)
