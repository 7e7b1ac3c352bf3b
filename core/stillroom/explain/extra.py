"""The optional package of attributions, asked for in one sentence where it is missing."""

from __future__ import annotations

from importlib.util import find_spec

from stillroom.base.extras import refuse_lacking

PACKAGES = ("captum",)


def missing() -> list[str]:
    """Packages of the extra that are not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]


def need_extra() -> None:
    """Looks whether everything is installed.

    Raises:
        InputError: a package is missing; the sentence names the extra that brings it.
    """
    refuse_lacking(missing(), "attributions need", "explain")
