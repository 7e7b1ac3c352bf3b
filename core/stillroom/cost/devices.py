"""Device profiles: what a board can do at most, in which power modes, and where each figure comes from.

One JSON file a board in `profiles/`. A figure that nobody has published, or that we have not checked, says so in its
source ("general knowledge, unverified"). Peaks are dense and of the GPU alone: headlines that count sparsity or the
deep-learning accelerators are of no use for an estimate.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Annotated, Literal, TypeVar

from pydantic import Field, TypeAdapter

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean

UNVERIFIED = "general knowledge, unverified"

Precision = Literal["fp32", "fp16", "int8"]


class Figure(Config):
    """A number and where it comes from."""

    value: float = Field(gt=0)
    source: str = Field(min_length=1)

    @property
    def verified(self) -> bool:
        """Whether somebody published it and we read it."""
        return UNVERIFIED not in self.source


class Mode(Config):
    """A power mode.

    Attributes:
        watts: the budget of a Jetson's mode, a microcontroller's power at work; None where not known.
    """

    name: str
    watts: Figure | None
    cpu_mhz: Figure


class JetsonMode(Mode):
    """A power mode of a board with a GPU.

    Attributes:
        gpu_share: how much of the GPU is on; all of it where left out.
    """

    gpu_mhz: Figure
    memory_gb_s: Figure
    gpu_share: Figure | None = None


M = TypeVar("M", bound=Mode)


class Jetson(Config):
    """A board with a GPU.

    Attributes:
        calibrated_like: the board whose published measurements its estimates are fitted on.
        gpu_mhz: the clock that the peaks hold at.
        int8_tops: None where its tensor runtime has no INT8.
        idle_watts: a low value: the lower end of an energy bracket.
        modes: the first is the default.
    """

    kind: Literal["jetson"]
    name: str
    title: str
    gpu: str
    calibrated_like: str
    gpu_mhz: Figure
    fp32_tflops: Figure
    fp16_tflops: Figure
    int8_tops: Figure | None
    memory_gb: Figure
    idle_watts: Figure
    modes: tuple[JetsonMode, ...] = Field(min_length=1)

    def mode(self, name: str | None) -> JetsonMode:
        """A power mode by name; the default without one.

        Raises:
            InputError: there is no such mode.
        """
        return _mode(self.name, self.modes, name)


class Runtime(Config):
    """What a multiply-accumulate costs on a microcontroller under one runtime.

    Attributes:
        borrowed: the figure was measured on another board of that kind.
    """

    name: str
    precision: Precision
    cycles_per_mac_low: float = Field(gt=0)
    cycles_per_mac_high: float = Field(gt=0)
    source: str = Field(min_length=1)
    borrowed: bool = False


class Microcontroller(Config):
    """A board without an operating system.

    Attributes:
        modes: the first is the default.
    """

    kind: Literal["mcu"]
    name: str
    title: str
    core: str
    ram_bytes: Figure | None
    flash_bytes: Figure | None
    runtimes: tuple[Runtime, ...] = Field(min_length=1)
    modes: tuple[Mode, ...] = Field(min_length=1)

    def mode(self, name: str | None) -> Mode:
        """A power mode by name; the default without one.

        Raises:
            InputError: there is no such mode.
        """
        return _mode(self.name, self.modes, name)


Profile = Annotated[Jetson | Microcontroller, Field(discriminator="kind")]

_READER: TypeAdapter[Jetson | Microcontroller] = TypeAdapter(Profile)


def devices() -> tuple[str, ...]:
    """The names of all boards, sorted."""
    return tuple(sorted(_profiles()))


def device(name: str) -> Jetson | Microcontroller:
    """The profile of a board.

    Raises:
        InputError: there is no such board; the closest names are said.
    """
    known = _profiles()
    if name not in known:
        raise InputError(f"unknown device {name!r}", mend=did_you_mean(name, sorted(known)))
    return known[name]


def _mode(board: str, modes: tuple[M, ...], name: str | None) -> M:
    if name is None:
        return modes[0]
    for mode in modes:
        if mode.name == name:
            return mode
    raise InputError(f"{board} has no power mode {name!r}", mend=did_you_mean(name, [mode.name for mode in modes]))


@cache
def _profiles() -> dict[str, Jetson | Microcontroller]:
    files = (file for file in resources.files("stillroom.cost").joinpath("profiles").iterdir())
    read = [
        _READER.validate_python(json.loads(file.read_text(encoding="utf-8")))
        for file in files
        if file.name.endswith(".json")
    ]
    return {board.name: board for board in read}
