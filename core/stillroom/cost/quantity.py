"""What an estimate is asked and what it answers: never a bare number, always a band and where it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stillroom.base.errors import InputError


@dataclass(frozen=True)
class Work:
    """What a network does for one window.

    Attributes:
        macs: multiply-accumulates.
        ops: operators that eager torch would start, views left out.
        kernels: operators that are left when a runtime has fused what it can.
        bytes: weights and activations, in float32.
        recurrent: it has steps that wait for one another.
        concat_heavy: much of it joins tensors, which the fit is poor at.
    """

    macs: int
    ops: int
    kernels: int
    bytes: int
    recurrent: bool = False
    concat_heavy: bool = False

    def __post_init__(self) -> None:
        for name in ("macs", "ops", "kernels", "bytes"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} of a network cannot be negative", where=f"{name}={getattr(self, name)}")


@dataclass(frozen=True)
class Estimate:
    """A band, in `unit`.

    Attributes:
        low: the value is hardly lower; None where nothing is known.
        value: the best guess; None where only a bracket can be given.
        high: the value is hardly higher; None where nothing bounds it.
        dominant: what most of it is: launch, memory, compute or fixed.
        provenance: how it was made, on which measurements.
        remark: what to keep in mind.
    """

    low: float | None
    value: float | None
    high: float | None
    unit: str
    device: str
    mode: str
    runtime: str
    precision: str
    dominant: str
    provenance: str
    remark: str

    def sentence(self) -> str:
        """Band and value, as a person reads them."""
        low, high = ("?" if bound is None else f"{bound:g}" for bound in (self.low, self.high))
        best = "" if self.value is None else f"≈ {self.value:g} "
        return f"{best}({low} to {high}) {self.unit}, estimate, not measured"


def two_digits(value: float) -> float:
    """Rounded to two significant digits; more would claim what no band holds."""
    return 0.0 if value == 0 else round(value, 1 - math.floor(math.log10(abs(value))))
