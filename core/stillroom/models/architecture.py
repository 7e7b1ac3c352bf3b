"""Architectures by name: a frozen config that builds a network for so many channels, samples and classes."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from torch import nn

from stillroom.base.config import Config
from stillroom.base.registry import Registry
from stillroom.sensors.layout import Layout


@dataclass(frozen=True)
class Shape:
    """What a network is built for.

    Attributes:
        layout: its channels.
        width: samples in a window.
        classes: number of classes.
        rate_hz: samples per second of a window; None where nobody said.
    """

    layout: Layout
    width: int
    classes: int
    rate_hz: float | None = None


class Architecture(Config):
    """Settings of a network. Subclasses build modules that map `(batch, channel, time)` to `Output`."""

    @abstractmethod
    def build(self, shape: Shape) -> nn.Module:
        """A new network; its weights are drawn from torch's generator."""


ARCHITECTURES: Registry[type[Architecture]] = Registry("architecture")


def describe(architecture: Architecture) -> dict[str, Any]:
    """Name and settings, as kept beside the weights."""
    names = {kind: name for name in ARCHITECTURES for kind in [ARCHITECTURES[name]]}
    return {"name": names[type(architecture)], "settings": architecture.model_dump(mode="json")}


def restore(described: dict[str, Any], where: str) -> Architecture:
    """The architecture that `describe` wrote down."""
    return ARCHITECTURES[described["name"]].from_input(described["settings"], where=where)
