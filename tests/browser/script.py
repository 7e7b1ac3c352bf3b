"""The lessons' scripts in a blank page of the browser: their functions are called on plain values, many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

from stillroom_app.components import lesson

FOLDER = Path(lesson.__file__).with_name("lesson_stage")
NEAR = 1e-6


@contextmanager
def scripts(chromium: Browser, *names: str) -> Iterator[Page]:
    """A blank page with some of the lessons' files."""
    page = chromium.new_page()
    try:
        page.add_script_tag(content="\n".join((FOLDER / name).read_text() for name in names))
        yield page
    finally:
        page.close()


def called(page: Page, function: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
    """What a function gives for each list of arguments."""
    found: list[Any] = page.evaluate(f"(calls) => calls.map((one) => {function}(...one))", [list(one) for one in calls])
    return found


def apart(found: Any, wanted: Any) -> float:
    """The largest difference, absolute below 1 and relative above; not a number counts as infinitely far."""
    left, right = np.asarray(found, dtype=np.float64), np.asarray(wanted, dtype=np.float64)
    assert left.shape == right.shape, (left.shape, right.shape)
    return float(np.nan_to_num(np.abs(left - right) / np.maximum(1.0, np.abs(right)), nan=np.inf).max(initial=0.0))
