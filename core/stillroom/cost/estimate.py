"""What a network will take on a board that is not at hand: time and energy as bands, memory as fits or does not fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stillroom.cost import jetson, microcontroller
from stillroom.cost.coefficients import Coefficients
from stillroom.cost.devices import Figure, Jetson, Microcontroller, device
from stillroom.cost.quantity import Estimate, Work, two_digits

POWER_SPREAD = 0.15


def estimate(
    board: str,
    mode: str | None,
    runtime: str | None,
    precision: str,
    work: Work,
    *,
    coefficients: Coefficients | None = None,
) -> Estimate:
    """The latency of one window on a board, in ms.

    Args:
        board: name of a device profile.
        mode: power mode; the board's default where None.
        runtime: "eager" or "tensorrt" of a Jetson (the default), a microcontroller's by its profile.
        precision: "fp32", "fp16" or "int8".
        work: what the network does.
        coefficients: of a Jetson, re-fitted on measurements; the package's where None.

    Raises:
        InputError: an unknown device, mode, runtime or precision, or one that the board does not have.
    """
    profile = device(board)
    if isinstance(profile, Jetson):
        return jetson.latency(profile, mode, runtime, precision, work, coefficients)
    return microcontroller.latency(profile, mode, runtime, precision, work)


def energy(latency: Estimate) -> Estimate:
    """The energy of one window, in mJ, from its latency.

    A microcontroller's power at work hardly depends on the network. Of a Jetson only a bracket is known: from its
    power at rest to the cap of its mode. Without a published power there is no upper end.
    """
    profile = device(latency.device)
    if isinstance(profile, Jetson):
        return _bracket(latency, profile)
    return _at_work(latency, profile)


def _bracket(latency: Estimate, profile: Jetson) -> Estimate:
    cap, idle = profile.mode(latency.mode).watts, profile.idle_watts
    high = None if cap is None or latency.high is None else two_digits(cap.value * latency.high)
    powers = f"power at rest ({_told(idle)}) to the mode's cap ({_told(cap)})"
    return replace(
        latency,
        low=None if latency.low is None else two_digits(idle.value * latency.low),
        value=None,
        high=high,
        unit="mJ",
        dominant="power",
        provenance=f"bracket, {powers}; time: {latency.provenance}",
    )


def _at_work(latency: Estimate, profile: Microcontroller) -> Estimate:
    power = profile.mode(latency.mode).watts
    if power is None or latency.low is None or latency.value is None or latency.high is None:
        said = "no power at work is published for this board"
        return replace(latency, low=None, value=None, high=None, unit="mJ", dominant="power", provenance=said)
    return replace(
        latency,
        low=two_digits(power.value * (1 - POWER_SPREAD) * latency.low),
        value=two_digits(power.value * latency.value),
        high=two_digits(power.value * (1 + POWER_SPREAD) * latency.high),
        unit="mJ",
        dominant="power",
        provenance=f"estimate, power at work ({_told(power)}) times the time: {latency.provenance}",
    )


def _told(figure: Figure | None) -> str:
    return "not known" if figure is None else f"{figure.value:g} W, {figure.source}"


@dataclass(frozen=True)
class Fit:
    """Whether a model finds room on a microcontroller; None where a board's memory is not known."""

    fits: bool | None
    flash_needed: int
    flash_there: int | None
    ram_needed: int
    ram_there: int | None

    def sentence(self) -> str:
        """Both numbers, as a person reads them."""
        verdict = {True: "fits", False: "does not fit", None: "cannot be told"}[self.fits]
        flash = f"{_kib(self.flash_needed)} of {_kib(self.flash_there)} flash"
        return f"{verdict}: {flash}, {_kib(self.ram_needed)} of {_kib(self.ram_there)} RAM"


def fits(profile: Microcontroller, flash_needed: int, ram_needed: int) -> Fit:
    """Holds what a model needs against what a board has.

    Args:
        profile: the board.
        flash_needed: weights and the runtime's code, in bytes.
        ram_needed: activations and the input buffer, in bytes.
    """
    flash, ram = _bytes(profile.flash_bytes), _bytes(profile.ram_bytes)
    short = (flash is not None and flash_needed > flash) or (ram is not None and ram_needed > ram)
    verdict = False if short else None if flash is None or ram is None else True
    return Fit(verdict, flash_needed, flash, ram_needed, ram)


def _bytes(figure: Figure | None) -> int | None:
    return None if figure is None else int(figure.value)


def _kib(size: int | None) -> str:
    return "?" if size is None else f"{size / 1024:.1f} KiB"
