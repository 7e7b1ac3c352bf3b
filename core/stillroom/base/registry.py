"""A registry is a dict filled by a decorator; a duplicate name raises, an unknown one says what there is."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from stillroom.base.errors import InputError

T = TypeVar("T")


def did_you_mean(name: str, known: list[str]) -> str:
    """A hint that names the closest known words, or all of them."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else f"Known: {', '.join(known)}"


class Registry(Generic[T]):
    """Named things of one kind.

    Args:
        noun: what is registered, for messages ("loss", "data source").
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._items: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """A decorator that files its object under `name`."""

        def file(item: T) -> T:
            if name in self._items:
                raise ValueError(f"{self.noun} {name!r} is registered twice")
            self._items[name] = item
            return item

        return file

    def __getitem__(self, name: str) -> T:
        if name not in self._items:
            raise InputError(f"unknown {self.noun} {name!r}", mend=did_you_mean(name, list(self)))
        return self._items[name]

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))

    def __len__(self) -> int:
        return len(self._items)
