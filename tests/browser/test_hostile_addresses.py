"""Names that are not names: markup in a run's folder, paths and scripts in the address, a run that is damaged."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.kit import PAGES, Server, Tab, serving
from tests.browser.labour import nothing_failed

from stillroom_app.services.workspace import DEMO

MARKUP = "<img src=x onerror=alert(1)>"
HOSTILE = ("../../etc", "demo:../../../../../etc", "/etc", MARKUP, "%00", "a" * 3000)
LookAt = Callable[..., Tab]


@pytest.fixture(scope="module")
def untidy(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over one good run, one of the same kind with markup for a name, and three damaged ones."""
    workspace = tmp_path_factory.mktemp("untidy") / "runs"
    shipped = next(path for path in sorted(DEMO.iterdir()) if (path / "report.json").exists())
    for name in ("good", MARKUP, "cut-off", "half"):
        shutil.copytree(shipped, workspace / name)
    (workspace / "cut-off" / "run.json").write_text('{"format": 1, "sta')
    (workspace / "half" / "report.json").unlink()
    (workspace / f"{MARKUP}2").mkdir()
    (workspace / f"{MARKUP}2" / "run.json").write_text("[]")
    with serving(workspace) as one:
        yield one


def test_damaged_runs_are_listed_as_damaged_and_the_rest_works(untidy: Server, look_at: LookAt) -> None:
    tab = look_at(untidy)
    page = tab.open("runs")
    for name in ("cut-off", "half", f"{MARKUP}2"):
        expect(page.get_by_role("alert").filter(has_text=name).first).to_contain_text("damaged")
    expect(page.get_by_test_id("stDataFrame").first).to_contain_text("good")
    for name in ("home", "compare", "explain", "device"):
        tab.open(name, run="good")
        nothing_failed(untidy, tab)
    assert tab.outside == [] and tab.said == []


@pytest.mark.parametrize("page", PAGES)
def test_a_name_out_of_an_address_leads_nowhere_else_and_runs_nothing(
    page: str, untidy: Server, look_at: LookAt
) -> None:
    tab = look_at(untidy)
    opened: list[str] = []
    tab.page.on("dialog", lambda one: (opened.append(one.message), one.dismiss()))
    for hostile in HOSTILE if page == "runs" else HOSTILE[:4:3]:
        tab.open(page, **dict.fromkeys(("run", "data", "job", "runs"), quote(hostile, safe="")))
        assert tab.page.get_by_role("heading", level=1).count() == 1
        assert tab.page.locator('img[src="x"]').count() == 0
        nothing_failed(untidy, tab)
    assert (opened, tab.outside, tab.said) == ([], [], [])
