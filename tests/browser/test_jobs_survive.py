"""Jobs outlive the server, the tab and the other tab's mind; what is asked of one is heard once."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.browser import kit, labour, looking
from tests.browser.kit import Server, Tab

LONG, SHORT = 400, 60
Serve, LookAt = Callable[..., Server], Callable[..., Tab]


def stop_button(page: Page, job: str) -> None:
    """Presses the strip's Stop of a job."""
    page.locator(f".st-key-strip_{job}_stop button").click()


def shows(tab: Tab, job: str) -> None:
    """The strip has a line for the job."""
    expect(tab.key(f"strip_{job}")).to_be_visible(timeout=15_000)


def test_a_training_goes_on_while_the_server_is_dead_and_is_shown_when_it_lives_again(
    serve: Serve, look_at: LookAt, tmp_path: Path
) -> None:
    workspace = tmp_path / "runs"
    first = serve(workspace)
    job = labour.queue(workspace, SHORT)
    tab = look_at(first)
    tab.open()
    shows(tab, job.id)
    worker = labour.trains(job)["pid"]
    first.end(signal.SIGKILL)
    before = labour.stands(job)
    labour.wait_for(lambda: labour.stands(job)["heard_s"] > before["heard_s"], "no sign of life without a server")
    again = kit.start(workspace, port=first.port)
    try:
        tab.open("training", job=job.id)
        if not labour.stands(job)["ended_s"]:
            assert labour.stands(job)["pid"] == worker
        ended = labour.ends(job, "done")
        assert ended["attempt"] == 1 and (workspace / "made" / "report.json").exists()
        tab.open("runs")
        expect(tab.page.get_by_test_id("stDataFrame").first).to_contain_text("made", timeout=15_000)
        labour.nothing_failed(again, tab)
    finally:
        again.end()


def test_a_job_goes_on_without_its_tab_and_the_next_tab_shows_it_and_one_stop_ends_it(
    serve: Serve, look_at: LookAt, tmp_path: Path
) -> None:
    server = serve()
    job = labour.queue(server.workspace, LONG)
    closed = look_at(server)
    closed.open()
    shows(closed, job.id)
    labour.trains(job)
    closed.page.context.close()
    one, other = look_at(server), look_at(server)
    for tab in (one, other):
        tab.open()
        shows(tab, job.id)
    assert looking.axe(one.page) == []
    stop_button(one.page, job.id)
    stop_button(other.page, job.id)
    ended = labour.ends(job, "stopped")
    assert ended["attempt"] == 1
    for tab in (one, other):
        expect(tab.key(f"strip_{job.id}")).to_be_hidden(timeout=15_000)
    told = other.page.locator('[data-testid="stToast"], [role="alert"]').filter(has_text="stopped")
    expect(told.first).to_be_visible(timeout=15_000)
    labour.nothing_failed(server, one, other)
