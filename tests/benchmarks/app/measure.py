"""What is measured of a page in a browser: paint, first chart, bytes, and from a click to what it draws.

Times are wall clock on the machine at hand. A chart counts as drawn two frames after its marks stand in the page.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from tests.browser.kit import Tab

_PATIENCE_S = 30.0
CHART = '[data-testid$="Chart"] svg, [data-testid$="Chart"] canvas, .js-plotly-plot .main-svg'
_TWO_FRAMES = "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));"
_FIRST_CHART = f"""
  window.firstChart = new Promise((done) => {{
    const look = async () => {{
      const one = document.querySelector('{CHART}');
      if (!one || !one.getBoundingClientRect().height) return setTimeout(look, 10);
      {_TWO_FRAMES}
      done(performance.now());
    }};
    look();
  }});
"""
_SEEN = """
  window.shifted = 0; window.longest = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput)
    window.shifted += one.value; }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries())
    window.longest = Math.max(window.longest, one.duration); }).observe({ type: 'longtask', buffered: true });
"""
_RERUN = f"""async (selector) => {{
  const app = document.querySelector('[data-testid="stApp"]');
  const begun = performance.now();
  const drawn = new Promise((done, fail) => {{
    let ran = false;
    const seen = new MutationObserver(() => {{
      if (app.dataset.testScriptState !== 'notRunning') {{ ran = true; return; }}
      if (ran) {{ seen.disconnect(); done(); }}
    }});
    seen.observe(app, {{ attributes: true, attributeFilter: ['data-test-script-state'] }});
    setTimeout(() => fail(new Error('nothing was run')), 30000);
  }});
  document.querySelector(selector).click();
  await drawn;
  {_TWO_FRAMES}
  return (performance.now() - begun) / 1000;
}}"""
_APPEARS = """async ([pressed, awaited]) => {
  const begun = performance.now();
  document.querySelector(pressed).click();
  const shown = () => document.querySelector(awaited)?.getBoundingClientRect().height;
  while (!shown()) {
    if (performance.now() - begun > 30000) throw new Error(`never seen: ${awaited}`);
    await new Promise((done) => setTimeout(done, 10));
  }
  return (performance.now() - begun) / 1000;
}"""


@dataclass
class Traffic:
    """Bytes since the page began to load.

    Attributes:
        transferred: over HTTP, as encoded.
        on_socket: of messages that the server sent.
    """

    transferred: float = 0.0
    on_socket: float = 0.0


@dataclass(frozen=True)
class Load:
    """How a page came.

    Attributes:
        paint_s: first contentful paint.
        chart_s: its first chart; None where it has none.
        traffic: the bytes of it.
        shifted: cumulative layout shift.
        longest_s: its longest task.
    """

    paint_s: float
    chart_s: float | None
    traffic: Traffic
    shifted: float
    longest_s: float


@contextmanager
def counted(page: Page) -> Iterator[Traffic]:
    """Counts what a page gets for as long as it lasts."""
    found = Traffic()
    session = page.context.new_cdp_session(page)

    def finished(event: dict[str, Any]) -> None:
        found.transferred += event["encodedDataLength"]

    def received(event: dict[str, Any]) -> None:
        frame = event["response"]
        text: str = frame["payloadData"]
        found.on_socket += len(base64.b64decode(text)) if frame["opcode"] == 2 else len(text.encode())

    session.on("Network.loadingFinished", finished)
    session.on("Network.webSocketFrameReceived", received)
    session.send("Network.enable")
    yield found
    session.detach()


def load(tab: Tab, name: str, *, chart: bool = True) -> Load:
    """Opens a page for the first time in its context."""
    page = tab.page
    page.add_init_script(_SEEN + (_FIRST_CHART if chart else ""))
    with counted(page) as traffic:
        tab.open(name)
        chart_s = float(page.evaluate("window.firstChart")) / 1000 if chart else None
        page.wait_for_timeout(500)
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
        shifted, longest = page.evaluate("[window.shifted, window.longest]")
    return Load(float(paint) / 1000, chart_s, traffic, float(shifted), float(longest) / 1000)


def rerun(tab: Tab, selector: str) -> float:
    """Seconds from a click until the script has run and its page is drawn."""
    return float(tab.page.evaluate(_RERUN, selector))


def appears(tab: Tab, pressed: str, awaited: str) -> float:
    """Seconds from a click until something is seen."""
    return float(tab.page.evaluate(_APPEARS, [pressed, awaited]))


def asked(tab: Tab, pressed: str, file: Path) -> float:
    """Seconds from a click until what it asks for lies on the disk."""
    begun = time.perf_counter()
    tab.page.locator(pressed).click()
    while not file.exists():
        if time.perf_counter() - begun > _PATIENCE_S:
            raise TimeoutError(f"never written: {file}")
        time.sleep(0.01)
    return time.perf_counter() - begun
