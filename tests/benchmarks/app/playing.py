"""What is measured of the player: frames, drift, a switched sensor, and the kiosk's memory while it loops.

It plays the demo. A frame is one that was painted by the player, on the canvas that the browser shows.
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser, Page
from tests.benchmarks.app.rows import Row
from tests.benchmarks.app.server import held_mb
from tests.browser.kit import Server, Tab, tab
from tests.browser.playing import FIND, RATE, SWITCH

_SECONDS, _SWITCHES = 60.0, 12
_WARM_MS, _EVERY_S = 20_000, 60.0
_MB = 1e6


def rows(chromium: Browser, one: Server, kiosk_s: float) -> Iterator[Row]:
    """The rows on playback.

    Args:
        chromium: the browser.
        one: a server that shows the demo.
        kiosk_s: how long the kiosk's memory is watched.
    """
    with tab(chromium, one) as place:
        page = _opened(place)
        rate, drift_ms = page.evaluate(RATE, _SECONDS)
        yield Row(f"playback: milliseconds a frame, over {_SECONDS:.0f} s", (1000 / rate,), 20)
        yield Row(f"playback: drift over {_SECONDS:.0f} s, ms", (abs(drift_ms),), 50)
        page.evaluate("window.player.pause()")
        took = tuple(
            page.evaluate(SWITCH, str(2 + number // 2 % 5)) for number in range(_SWITCHES)
        )  # on, and off again
        yield Row("playback: sensor switch to the lane changed, ms", took, 200)
    with tab(chromium, one) as place:
        yield from _kiosk(place, one, kiosk_s)


def _opened(place: Tab, **query: str) -> Page:
    page = place.open("playback", run="demo:tsak", **query)
    page.wait_for_function(FIND)
    page.wait_for_timeout(2000)
    return page


def _kiosk(place: Tab, one: Server, seconds: float) -> Iterator[Row]:
    """After it has run for a while, and again after so long."""
    heard: list[int] = []
    place.page.on("websocket", lambda socket: socket.on("framereceived", lambda _: heard.append(1)))
    page = _opened(place, demo="1")
    page.wait_for_timeout(_WARM_MS)
    heard.clear()
    heap, server = _heap_mb(page), held_mb(one)
    rate, drift_ms = page.evaluate(RATE, seconds)
    yield Row(f"kiosk: milliseconds a frame, over {seconds / 60:g} min", (1000 / rate,), 20)
    yield Row(f"kiosk: drift over {seconds / 60:g} min, ms", (abs(drift_ms),), 50 * seconds / 60)
    yield Row("kiosk: messages from the server while it plays", (float(len(heard)),), 0)
    yield Row(f"kiosk: script memory, growth in {seconds / 60:g} min, %", (100 * (_heap_mb(page) / heap - 1),), 10)
    yield Row(f"kiosk: server, growth in {seconds / 60:g} min, %", (100 * (held_mb(one) / server - 1),), 10)


def _heap_mb(page: Page) -> float:
    """What scripts hold after everything that is not needed is gone."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    found = session.send("Runtime.getHeapUsage")
    session.detach()
    return float(found["usedSize"]) / _MB
