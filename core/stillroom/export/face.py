"""What an exported model takes and gives, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from stillroom.sensors.layout import Layout


@dataclass(frozen=True)
class Face:
    """What a model takes and gives, and where it comes from.

    Attributes:
        layout: its channels, with units.
        rate_hz: samples per second of a window.
        width: samples in a window.
        classes: class names.
        mean: of each channel, in its unit.
        sd: spread of each channel.
        provenance: how it came to be; absolute paths are shortened to their last part.
    """

    layout: Layout
    rate_hz: float
    width: int
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)


def portable(value: Any) -> Any:
    """A plain value without this machine's folders."""
    if isinstance(value, Mapping):
        return {str(portable(name)): portable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [portable(part) for part in value]
    if isinstance(value, str):
        for kind in (PurePosixPath, PureWindowsPath):
            if (path := kind(value)).is_absolute():
                return path.name
    return value
