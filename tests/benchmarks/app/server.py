"""What is measured of the server: its start, and its memory with one tab, with several, and after many."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
from playwright.sync_api import Browser
from tests.browser.kit import IDLE, Server, serving, tab

_MB, _PATIENCE_MS = 1e6, 90_000


def starts_s(folder: Path, rounds: int) -> list[float]:
    """Seconds from the command to an answer of `/_stcore/health`."""
    found = []
    for number in range(rounds):
        begun = time.perf_counter()
        with serving(folder / f"start-{number}" / "runs"):
            found.append(time.perf_counter() - begun)
    return found


def held_mb(server: Server) -> float:
    """What the server's own process holds; its engine and its jobs are processes of their own."""
    return float(psutil.Process(server.process.pid).memory_info().rss / _MB)


def engine_mb(server: Server) -> float:
    """What its children hold together."""
    children = psutil.Process(server.process.pid).children(recursive=True)
    return float(sum(one.memory_info().rss for one in children) / _MB)


def per_tab_mb(chromium: Browser, server: Server, page: str, tabs: int) -> float:
    """What one more tab on a page costs the server, over several that stay open."""
    with tab(chromium, server) as first:
        first.open(page)
        before = held_mb(server)
        others = [first.page.context.new_page() for _ in range(tabs)]
        for one in others:
            one.goto(f"{server.url}/{page}", wait_until="commit", timeout=_PATIENCE_MS)
            one.wait_for_selector(IDLE, timeout=_PATIENCE_MS)
            one.wait_for_timeout(500)
        return (held_mb(server) - before) / tabs


def open_and_close(chromium: Browser, server: Server, page: str, tabs: int) -> None:
    """Opens a page so often, and closes it each time."""
    for _ in range(tabs):
        with tab(chromium, server) as one:
            one.open(page)
