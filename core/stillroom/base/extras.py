"""Optional packages: one sentence where some are missing, which names the extra that brings them."""

from __future__ import annotations

from collections.abc import Sequence

from stillroom.base.errors import InputError


def refuse_lacking(lacking: Sequence[str], what: str, extra: str) -> None:
    """Refuses what cannot be done without some packages.

    Args:
        lacking: names of packages that are not installed.
        what: with its verb, as `an export needs`.
        extra: that brings them.

    Raises:
        InputError: a package is lacking.
    """
    if lacking:
        raise InputError(f"{what} {', '.join(lacking)}", mend=f"Install the extra: pip install 'stillroom[{extra}]'")
