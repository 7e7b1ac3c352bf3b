"""The checks that every function of this package makes of what it is given, so that a wrong thing is named."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.sensors.layout import Layout

# Float32 values nearer than this, of their size, differ by rounding alone.
_ROUNDING = 1e-6


def check_windows(
    windows: Float[Tensor, "*shape"], targets: Int[Tensor, "*codes"], layout: Layout | None = None
) -> None:
    """Refuses windows that cannot be explained.

    Args:
        windows: `(window, channel, time)`, in physical units.
        targets: `(window,)`, class codes.
        layout: the channels that they should have.

    Raises:
        InputError: no window, other channels than the layout's, a number of targets that differs, or a missing value.
    """
    if windows.ndim != 3 or not windows.numel():
        raise InputError(f"no windows (window, channel, time) in shape {tuple(windows.shape)}", where="windows")
    if len(targets) != len(windows):
        raise InputError(f"{len(targets)} targets for {len(windows)} windows", where="targets")
    if layout is not None and windows.shape[1] != len(layout):
        raise InputError(f"windows of {windows.shape[1]} channels for a layout of {len(layout)}", where="windows")
    if not _finite(windows):
        raise InputError("a value is missing or not finite", where="windows", mend="Leave windows with gaps out")


def check_attributions(
    attributions: Float[Tensor, "*shape"], windows: Float[Tensor, "window channel time"], *, whole: bool = True
) -> None:
    """Refuses attributions of other windows.

    Args:
        attributions: `(window, channel, time)`, or over other parts of a window.
        windows: in physical units.
        whole: whether there must be one for each value.

    Raises:
        InputError: they do not fit.
    """
    if len(attributions) != len(windows) or (whole and attributions.shape != windows.shape):
        raise InputError(
            f"attributions of shape {tuple(attributions.shape)} for windows of shape {tuple(windows.shape)}",
            where="attributions",
        )


def per_window(
    baselines: Float[Tensor, "*shape"], windows: Float[Tensor, "window channel time"]
) -> Float[Tensor, "window channel time"]:
    """One baseline for each window, without copying a shared one.

    Args:
        baselines: `(channel, time)`, `(1, channel, time)` or `(window, channel, time)`.
        windows: what they stand beside.

    Raises:
        InputError: another shape, or a missing value.
    """
    one = baselines[None] if baselines.ndim == 2 else baselines
    if one.shape[1:] != windows.shape[1:] or len(one) not in (1, len(windows)):
        raise InputError(
            f"baselines of shape {tuple(baselines.shape)} for windows of shape {tuple(windows.shape)}",
            where="baselines",
            mend="Give (channel, time), or one such for each window",
        )
    if not _finite(one):
        raise InputError("a value is missing or not finite", where="baselines")
    return one.to(windows).expand(len(windows), -1, -1)


def settled(
    baselines: Float[Tensor, "window channel time"], windows: Float[Tensor, "window channel time"]
) -> Float[Tensor, "window channel time"]:
    """The baselines, with the window's own value where the two differ by rounding alone.

    A channel that never moves has a mean that may miss its value by the last bit. It was not changed, and must not be
    given a part of what a change of its sensor did.
    """
    size = torch.maximum(windows.abs(), baselines.abs())
    return torch.where((windows - baselines).abs() <= _ROUNDING * size, windows, baselines)


def _finite(values: Tensor) -> bool:
    """Told by the least and the greatest, for which many windows are not copied."""
    return all(bool(torch.isfinite(end)) for end in torch.aminmax(values))
