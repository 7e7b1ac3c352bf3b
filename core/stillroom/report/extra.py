"""The packages that a report needs beyond the others: matplotlib draws, Jinja2 writes; the extra is `report`."""

from __future__ import annotations

from importlib.util import find_spec

from stillroom.base.extras import refuse_lacking

_NEEDS = ("matplotlib", "jinja2")


def need_extra() -> None:
    """Refuses a report where a package is lacking.

    Raises:
        InputError: which, and the extra that brings it.
    """
    refuse_lacking([name for name in _NEEDS if find_spec(name) is None], "a report needs", "report")
