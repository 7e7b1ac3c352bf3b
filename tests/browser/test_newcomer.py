"""A newcomer's walk, without a terminal: from a file of one's own to a student that runs elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect
from tests.browser import labour, looking, people
from tests.browser.kit import Server, Tab

from stillroom.runs.predictions import places_of, predictions_in
from stillroom.runs.store import Run, open_run

SOON_MS, LATER_MS = 20_000, 120_000


@pytest.mark.timeout(420)
def test_a_newcomer_comes_from_a_file_to_a_student_that_gives_the_same_labels_elsewhere(
    serve: Callable[..., Server], look_at: Callable[..., Tab], tmp_path: Path
) -> None:
    server = serve()
    tab = look_at(server, accept_downloads=True)
    tab.open()
    bring(tab, people.write(tmp_path / "line.csv"))
    choose_a_wrist(tab)
    distil(tab)
    watch(tab, server.workspace)
    compare(tab)
    explain(tab)
    run = open_run(next(server.workspace.glob("hinton-*")))
    file = take_away(tab, tmp_path)
    same_labels(file, run, tmp_path / "line.csv")
    labour.nothing_failed(server, tab)
    assert tab.outside == [] and tab.said == []


def bring(tab: Tab, file: Path) -> None:
    """From Home to a data set of one's own."""
    tab.page.get_by_role("link", name="Try my data").click()
    tab.page.get_by_role("tab", name="Import your own").click()
    tab.key("import_files").locator('input[type="file"]').set_input_files(file)
    expect(tab.page.get_by_role("heading", name="What the check finds")).to_be_visible(timeout=SOON_MS)
    expect(tab.page.get_by_text("4 people", exact=False).first).to_be_visible(timeout=SOON_MS)
    tab.settle()
    assert looking.axe(tab.page) == []
    tab.key("import_save").get_by_role("button").click()
    tab.key("import_done").get_by_role("link", name="Choose sensors").click(timeout=SOON_MS)


def choose_a_wrist(tab: Tab) -> None:
    """Of two wrists, the right one."""
    box = tab.page.get_by_role("checkbox", name="left wrist", exact=False).first
    box.wait_for(timeout=SOON_MS)
    tab.settle()
    box.uncheck()
    tab.settle()
    assert "keep=" in tab.page.url
    tab.page.get_by_role("link", name="Distil with this set").click()


def distil(tab: Tab) -> None:
    """The plainest recipe, its small setting, in two groups of people."""
    expect(tab.page.get_by_role("heading", name="What would be run")).to_be_visible(timeout=LATER_MS)
    tab.settle()
    tab.key("recipe").get_by_role("radio", name="Plain distillation").check()
    tab.settle()
    tab.key("distil_fast").locator("label").click()
    tab.settle()
    tab.choose("protocol", "persons:2")
    start = tab.key("distil_start").get_by_role("button")
    expect(start).to_be_enabled(timeout=LATER_MS)
    tab.settle()
    start.dblclick()


def watch(tab: Tab, workspace: Path) -> None:
    """A curve that grows, until the run is done."""
    curve = tab.page.get_by_test_id("stPlotlyChart").first
    expect(curve).to_be_visible(timeout=LATER_MS)
    first = curve.get_attribute("aria-label")
    jobs = labour.made(workspace)
    assert len(jobs) == 1  # though there were two clicks
    if not jobs[0].standing().ended:  # on a slow machine the training may be over before its curve is seen
        expect(curve).not_to_have_attribute("aria-label", str(first), timeout=LATER_MS)
    labour.ends(jobs[0], "done")


def compare(tab: Tab) -> None:
    """Through the door of what has ended."""
    tab.page.get_by_test_id("stMain").get_by_role("link", name="Compare").first.click(timeout=SOON_MS)
    expect(tab.page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=SOON_MS)
    tab.settle()
    assert looking.axe(tab.page) == []


def explain(tab: Tab) -> None:
    """What the models look at."""
    tab.page.get_by_role("link", name="Explain").first.click()
    tab.key("explain_start_windows").get_by_role("button").click(timeout=SOON_MS)
    expect(tab.key("explain_answers")).to_be_visible(timeout=LATER_MS)


def take_away(tab: Tab, folder: Path) -> Path:
    """The student's ONNX file."""
    tab.page.get_by_role("link", name="Device").first.click()
    tab.page.get_by_role("tab", name="Download").click()
    tab.key("device_export").get_by_role("button").click(timeout=SOON_MS)
    button = tab.page.locator('[class*="st-key-device_get_"]').get_by_role("button").first
    button.wait_for(timeout=LATER_MS)
    with tab.page.expect_download() as taken:
        button.click()
    file = folder / taken.value.suggested_filename
    taken.value.save_as(file)
    return file


def same_labels(file: Path, run: Run, csv: Path) -> None:
    """The file under onnxruntime alone, on the windows of the people whom its student was tested on."""
    fold = json.loads((run.folder / "report.json").read_text())["folds"][0]
    kept, places = predictions_in(run, "student", [fold["fold"]]), places_of(run)
    assert places is not None and set(kept.unit) == set(fold["test"])
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    signals = _signals(csv)
    width = round(places.window_s * people.RATE_HZ)
    said = []
    for number in kept.ids:
        signal = signals[places.names[places.recording[number]].partition("/")[0]]
        begin = round(float(places.start_s[number]) * people.RATE_HZ)
        window = signal[None, :, begin : begin + width].astype(np.float32)
        said.append(int(np.argmax(session.run(None, {session.get_inputs()[0].name: window})[0])))
    assert said == kept.said.tolist() and len(set(said)) > 1


def _signals(csv: Path) -> dict[str, NDArray[np.float64]]:
    """Each person's right wrist, `(channel, time)`, read without any code of ours."""
    table = people.pd.read_csv(csv)
    return {str(name): part[list(people.COLUMNS[:3])].to_numpy().T for name, part in table.groupby("person")}
