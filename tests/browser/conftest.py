"""One browser for these tests, and one server over an empty workspace, which shows what the app ships.

They last for this folder and no longer: while Playwright works, its event loop counts as running in this thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.finding import BROWSER, NO_BROWSER
from tests.browser.kit import Server, Tab, browser, serving, tab
from tests.e2e.jobs_kit import Stores

expect.set_options(timeout=20_000)  # two cores shared by two workers, their browsers and their servers


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser; where there is none, the test is skipped and counted."""
    if not os.environ.get(BROWSER):
        pytest.skip(NO_BROWSER)
    with browser() as one:
        yield one


@pytest.fixture(scope="package")
def shipped(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose workspace holds nothing of one's own."""
    with serving(tmp_path_factory.mktemp("shipped") / "runs") as one:
        yield one


@pytest.fixture
def serve(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server of the test's own, over `workspace`; it and its jobs are ended with the test."""
    with ExitStack() as stack:

        def started(workspace: Path = tmp_path / "runs", *more: str) -> Server:
            stack.callback(Stores(workspace).end)
            return stack.enter_context(serving(workspace, *more))

        yield started


@pytest.fixture
def look_at(chromium: Browser) -> Iterator[Callable[..., Tab]]:
    """Opens a tab on a server, in a context of its own; it is closed with the test."""
    with ExitStack() as stack:

        def opened(server: Server, **more: Any) -> Tab:
            return stack.enter_context(tab(chromium, server, **more))

        yield opened


@pytest.fixture(scope="module")
def wide(chromium: Browser, shipped: Server) -> Iterator[Tab]:
    """One tab for all tests of a file that look at what is shipped, in a usual window."""
    with tab(chromium, shipped, reduced_motion="reduce") as one:
        yield one


@pytest.fixture(scope="module")
def narrow(chromium: Browser, shipped: Server) -> Iterator[Tab]:
    """The same, as wide as a telephone."""
    with tab(chromium, shipped, width=360, height=740, reduced_motion="reduce") as one:
        yield one
