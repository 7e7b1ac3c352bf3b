"""A live signal in a real browser: it appears by itself, moves, says what is answered, and asks nothing when unseen."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from tests.app.live_kit import HEAD_LINE, followed, head, lines_of, run_with_export
from tests.browser import looking
from tests.browser.kit import Server, Tab

from stillroom.inference.following_kept import keeping

WHOLE = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY
HOSTILE = "<img src=x onerror=alert(1)> **b** $x$"
_INK = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let ink = 0;
  for (let i = 3; i < data.length; i += 4) ink += data[i] > 0;
  return ink / (canvas.width * canvas.height);
}"""
_COUNT_FRAMES = "() => new Promise((told) => { let n = 0; const one = () => { n += 1; requestAnimationFrame(one); };"
_COUNT_FRAMES += " one(); setTimeout(() => told(n), 2000); })"


@contextmanager
def growing(path: Path) -> Iterator[Callable[[], None]]:
    """A bridge that writes the rows of a file at true speed, until it is told to be silent."""
    path.write_text(HEAD_LINE)
    rows, over = lines_of(tuple("xyz") * 40).splitlines(keepends=True), threading.Event()

    def write() -> None:
        began = time.monotonic()
        with path.open("a") as file:
            for n, row in enumerate(rows):
                if over.wait(max(0.0, n / 20 - (time.monotonic() - began))):
                    return
                file.write(row)
                file.flush()

    bridge = threading.Thread(target=write, daemon=True)
    bridge.start()
    try:
        yield over.set
    finally:
        over.set()
        bridge.join()


@contextmanager
def following(workspace: Path, export: Path, path: Path, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own."""
    words = [sys.executable, "-m", "stillroom", "predict", str(export), "--follow", str(path), "--to", name]
    environment = {**os.environ, "STILLROOM_WORKSPACE": str(workspace)}
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        yield process
        process.terminate()


def asked_for(page: Page) -> list[str]:
    """Notes every question to the server from now on."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if "/api/live/" in request.url else None)
    return found


def runs_of(page: Page) -> list[str]:
    """Notes every time from now on that the server draws the whole page, not the strip of jobs alone."""
    found: list[str] = []

    def hear(frame: str | bytes) -> None:
        message = ForwardMsg()
        message.ParseFromString(frame.encode() if isinstance(frame, str) else frame)
        if message.WhichOneof("type") == "script_finished" and message.script_finished == WHOLE:
            found.append(message.WhichOneof("type"))

    page.on("websocket", lambda one: one.on("framereceived", lambda frame: hear(frame)))
    return found


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return run_with_export(tmp_path / "runs")


def test_a_stream_appears_by_itself_moves_and_says_what_is_answered(
    serve: Callable[..., Server], look_at: Callable[..., Tab], export: Path, tmp_path: Path
) -> None:
    one = look_at(serve(tmp_path / "runs"))
    runs = runs_of(one.page)
    page = one.open("playback", signal="Live")
    expect(page.locator(".live .none")).to_contain_text("No stream yet")
    path = tmp_path / "grows.csv"
    with growing(path) as silent, following(tmp_path / "runs", export, path, "line-1"):
        said = page.locator(".live .now .what")
        expect(page.locator(".live .state")).to_have_text("Live", timeout=60_000)
        one.settle()
        for label in "xyz":
            expect(said).to_have_text(label, timeout=20_000)
        expect(page.locator(".live .sure")).to_contain_text("probability")
        expect(page.locator(".live .tile").first).to_contain_text("ms")
        canvas = page.locator(".live canvas")
        before, count = canvas.screenshot(), len(runs)
        assert count >= 2, "it was drawn at first, and again when the stream appeared"
        assert canvas.evaluate(_INK) > 0.02
        assert page.evaluate(_COUNT_FRAMES) >= 20, "ten a second are no motion"
        assert canvas.screenshot() != before
        assert page.locator(".live .heard").text_content() in ("x", "y", "z")

        questions = asked_for(page)
        page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(500)
        quiet = len(questions)
        page.wait_for_timeout(1500)
        assert len(questions) == quiet, "nobody looks"
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(1500)
        assert 3 <= len(questions) - quiet <= 8, "four a second"
        assert all("?after=" in url for url in questions)
        assert len(runs) == count, "the server draws nothing again while it moves"

        silent()
        expect(page.locator(".live .state")).to_contain_text("Nothing has come for", timeout=20_000)
    expect(page.locator(".live .state")).to_contain_text("Ended", timeout=20_000)
    assert one.outside == [] and one.said == []


def test_everybody_can_read_it_and_names_stay_words(
    serve: Callable[..., Server], look_at: Callable[..., Tab], export: Path, tmp_path: Path
) -> None:
    work = tmp_path / "runs"
    followed(work, "line-1", export)
    followed(work, "line-2", export, source=HOSTILE, began_s=1.8e9)
    server = serve(work)
    for settings in ({}, {"dark": True}, {"width": 360, "reduced_motion": "reduce"}):
        one = look_at(server, **settings)
        page = one.open("playback", signal="Live", stream="line-2", teach="true")
        expect(page.locator(".live .state")).to_contain_text("Ended")
        expect(page.get_by_text(HOSTILE, exact=False).first).to_be_visible()
        page.wait_for_function("document.fonts.ready")
        assert page.locator(".live canvas").evaluate(_INK) > 0.02
        assert looking.axe(page) == [] and looking.sideways(page) == []
        assert looking.charts_without_words(page) == []
        assert one.outside == [] and one.said == [] and not page.locator("img[src=x]").count()


def test_a_stream_that_brings_no_answer_says_why_and_who_was_turned_away(
    serve: Callable[..., Server], look_at: Callable[..., Tab], tmp_path: Path
) -> None:
    work, quiet = tmp_path / "runs", {"windows": 0, "samples": 0, "skipped": 0, "heard_s": None}
    with keeping(work, "line-1", head("listen://127.0.0.1:7007", began_s=time.time())) as kept:
        one = look_at(serve(work), width=360)
        page = one.open("playback", signal="Live")
        state, strangers = page.locator(".live .state"), page.locator(".live .strangers")
        kept.beat(quiet, now=True)
        expect(state).to_contain_text("Waiting for the first samples")
        expect(strangers).to_be_hidden()
        odd = {"puzzle": f"{HOSTILE} was empty", "strangers": 2, "first_stranger": f"a web request ({HOSTILE})"}
        kept.beat(quiet | {"heard_s": time.time()} | odd, now=True)
        expect(state).to_have_text(f"No answer: {HOSTILE} was empty")
        expect(strangers).to_have_text(
            f"2 connections that brought no stream were closed, the first: a web request ({HOSTILE})"
        )
        expect(page.locator(".live .unit").first).to_have_text("m/s\u00b2")
        assert looking.sideways(page) == [] and looking.axe(page) == []
        kept.beat(quiet | {"heard_s": time.time()}, now=True)
        expect(state).to_have_text("Live")
        expect(strangers).to_be_hidden()
        assert one.outside == [] and one.said == [] and not page.locator("img[src=x]").count()
