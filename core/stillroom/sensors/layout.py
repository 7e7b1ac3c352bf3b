"""A layout: an ordered set of channels, and views of it chosen by globs (`right_*.acc.*`)."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.sensors.channel import Channel


class Layout(Config):
    """An ordered set of channels with distinct names."""

    channels: tuple[Channel, ...]

    @model_validator(mode="after")
    def _distinct(self) -> Layout:
        names = [channel.name for channel in self.channels]
        if len(set(names)) != len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"channels named twice: {', '.join(twice)}")
        return self

    def __len__(self) -> int:
        return len(self.channels)

    def __iter__(self) -> Iterator[Channel]:  # type: ignore[override]
        return iter(self.channels)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The channels' names, in order."""
        return tuple(channel.name for channel in self.channels)

    @cached_property
    def sensors(self) -> tuple[str, ...]:
        """The distinct `site.kind`, in order of first appearance."""
        return tuple(dict.fromkeys(channel.sensor for channel in self.channels))

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """The distinct sites, in order of first appearance."""
        return tuple(dict.fromkeys(channel.site for channel in self.channels))

    def select(self, globs: str) -> Layout:
        """The channels that match a comma-separated list of globs, in this layout's order.

        Raises:
            InputError: a glob matches no channel.
        """
        patterns = [glob.strip() for glob in globs.split(",") if glob.strip()]
        for pattern in patterns or [globs]:
            if not any(fnmatchcase(name, pattern) for name in self.names):
                raise InputError(
                    f"the view {pattern!r} matches no channel",
                    where=f"sensors here: {', '.join(self.sensors)}",
                    mend=did_you_mean(pattern, list(self.names)) if len(self) <= 12 else "A channel is site.kind.axis",
                )
        return Layout(
            channels=tuple(c for c in self.channels if any(fnmatchcase(c.name, pattern) for pattern in patterns))
        )

    def indices_of(self, view: Layout) -> NDArray[np.int64]:
        """Where each channel of `view` stands in this layout.

        Raises:
            InputError: a channel is missing here or has another unit; the sentence names it.
        """
        units = {channel.name: channel.unit for channel in self.channels}
        missing = [channel.name for channel in view if channel.name not in units]
        if missing:
            raise InputError(
                f"{len(missing)} channels are missing, the first is {missing[0]}",
                where=f"sensors here: {', '.join(self.sensors)}",
                mend="The model was made for another layout: give it data with the sensors it knows",
            )
        other = [channel for channel in view if units[channel.name] != channel.unit]
        if other:
            raise InputError(
                f"{other[0].name} is in {units[other[0].name]}, expected {other[0].unit}",
                mend="Convert the unit where the data is read (the mapping's `unit`)",
            )
        return np.array([self.names.index(channel.name) for channel in view], dtype=np.int64)
