"""A full disk under the workspace: one clear sentence where something was to be kept, and the rest works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser import labour, looking, people
from tests.browser.kit import Server, Tab
from tests.e2e.disk import fill, mounted


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte more goes onto the disk, for as long as it lasts."""
    fill(disk, 0)
    try:
        yield
    finally:
        (disk / "filler").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB, which outlives the server on it."""
    with mounted(tmp_path / "disk") as place:
        yield place


def test_with_a_full_disk_a_start_says_so_once_and_with_room_it_starts(
    disk: Path, serve: Callable[..., Server], look_at: Callable[..., Tab], tmp_path: Path
) -> None:
    server = serve(disk / "runs")
    tab = look_at(server)
    tab.open("distil", recipe="hinton", fast="true", protocol="persons:4")
    start = tab.key("distil_start").get_by_role("button")
    expect(start).to_be_enabled(timeout=60_000)
    tab.settle()
    with full(disk):
        start.click()
        refusal = tab.page.get_by_role("alert").filter(has_text="The disk is full")
        expect(refusal).to_have_count(1, timeout=20_000)
        expect(refusal).to_contain_text("free some space")
        assert labour.under_way(server.workspace) == []
        assert looking.axe(tab.page) == []
        for name in ("home", "runs", "signals"):
            tab.open(name)
            assert tab.page.get_by_role("heading", level=1).count() == 1
        tab.open("datasets", datasets_tab="Import your own")
        file = people.write(tmp_path / "line.csv")
        tab.key("import_files").locator('input[type="file"]').set_input_files(file)
        expect(tab.page.get_by_role("alert").filter(has_text="The disk is full")).to_have_count(1, timeout=20_000)
        labour.nothing_failed(server, tab)
    tab.open("distil", recipe="hinton", fast="true", protocol="persons:4")
    expect(start).to_be_enabled(timeout=60_000)
    tab.settle()
    start.click()
    labour.wait_for(lambda: labour.under_way(server.workspace), "nothing was started")
    labour.nothing_failed(server, tab)
