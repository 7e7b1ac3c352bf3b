"""Files that mean harm: markup where names are expected, a pickle that calls itself a table, a formula for a class."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect
from tests.browser import people
from tests.browser.kit import Server, Tab
from tests.browser.labour import nothing_failed

IMAGE = "<img src=x onerror=alert(1)>"
CLASSES = {f"<b>sanding</b>{IMAGE}": 2.6, "=1+1": 0.9, "[waiting](javascript:alert(2))": 0.0}
SOON_MS = 30_000


class Harm:
    """Says so in the server's folder, should anybody unpickle it."""

    def __init__(self, where: Path) -> None:
        self.where = where

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.where,)


def upload(tab: Tab, file: Path) -> None:
    """Opens the import and gives it a file."""
    tab.open("datasets", datasets_tab="Import your own")
    tab.key("import_files").locator('input[type="file"]').set_input_files(file)


def test_markup_in_names_of_classes_and_columns_stays_text_on_every_page(
    serve: Callable[..., Server], look_at: Callable[..., Tab], tmp_path: Path
) -> None:
    server = serve()
    tab = look_at(server)
    opened: list[str] = []
    tab.page.on("dialog", lambda one: (opened.append(one.message), one.dismiss()))
    table = people.table(CLASSES).assign(**{f"<script>alert(3)</script>{IMAGE}": 1.0})
    table["person"] = table["person"].replace("ada", f"ada{IMAGE}")
    table.to_csv(tmp_path / "line.csv", index=False)
    upload(tab, tmp_path / "line.csv")
    expect(tab.page.get_by_text("<b>sanding</b><img", exact=False).first).to_be_visible(timeout=SOON_MS)
    tab.settle()
    tab.key("import_save").get_by_role("button").click()
    tab.key("import_done").wait_for(timeout=SOON_MS)
    for name in ("datasets", "signals", "spectra", "sensors", "distil"):
        tab.open(name, data="line")
        assert tab.page.locator('img[src="x"], [href^="javascript"]').count() == 0
        nothing_failed(server, tab)
    assert (opened, tab.outside, tab.said) == ([], [], [])


def test_a_pickle_that_calls_itself_a_table_is_refused_and_never_opened(
    shipped: Server, look_at: Callable[..., Tab], tmp_path: Path
) -> None:
    tab = look_at(shipped)
    for name in ("model.csv", "model.npz", "model.parquet"):
        (tmp_path / name).write_bytes(pickle.dumps(Harm(tmp_path / "harmed")))
        upload(tab, tmp_path / name)
        expect(tab.page.get_by_role("alert").filter(has_text=name).first).to_be_visible(timeout=SOON_MS)
        assert tab.key("import_save").count() == 0
    nothing_failed(shipped, tab)
    assert not (tmp_path / "harmed").exists()
