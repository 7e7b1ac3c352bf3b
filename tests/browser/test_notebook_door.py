"""Open as notebook: in two clicks a run of the demo, or its study, is a notebook on the disk of whoever looks at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect
from tests.browser.kit import Server, Tab

from stillroom_app.services import notebooks


@pytest.mark.parametrize(
    ("door", "name"), [("run_notebook", "demo:tsak"), ("study_notebook_demo-sensors", "demo:sensors")]
)
def test_a_run_and_a_study_are_downloaded_as_notebooks(
    look_at: Callable[..., Tab], shipped: Server, tmp_path: Path, door: str, name: str
) -> None:
    tab = look_at(shipped)
    page = tab.open("runs", shown="demo:tsak")
    tab.key(door).get_by_role("button").first.click()
    with page.expect_download() as coming:
        page.get_by_test_id("stPopoverBody").get_by_test_id("stDownloadButton").get_by_role("button").click()
    kept = tmp_path / coming.value.suggested_filename
    coming.value.save_as(kept)
    assert kept.name == f"{name.removeprefix('demo:')}.ipynb"
    nbformat.validate(nbformat.read(kept, as_version=4))
    assert kept.read_bytes() == notebooks.notebook(name).data, "what the page gives is what the service writes"
    expect(page.get_by_test_id("stPopoverBody")).to_contain_text("stillroom runs notebook")
    assert tab.outside == [] and tab.said == []
