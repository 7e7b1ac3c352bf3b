"""A newcomer's first minute, played in a browser: `python -m tests.benchmarks.app.first_minute`, `make first-minute`.

Home, play, take a sensor away, ask why, try one's own: by the steps that the player itself leads through. It says how
many seconds after the address was opened each thing is seen, without the time that a person takes to look; nothing is
installed or typed. With `--to` it walks once more and keeps a picture of each step.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from tests.benchmarks.app.rows import Row, machine, table
from tests.browser.kit import Server, browser, serving, tab

SOON_MS = 20_000
SIZE = {"width": 1366, "height": 768}
# what is seen, and the second by which it was aimed to be seen by somebody who looks as well
AIMS = {
    "Home: the sentence": 3.0,
    "Home: the moving hand's signal": 3.5,
    "Playback: the player": 10.0,
    "Playback: it moves": 10.0,
    "a sensor is gone: the student's lane says so": 25.0,
    "why: a bar for each sensor": 45.0,
    "one's own data: where a file goes": 60.0,
}


def main() -> None:
    """Plays it, some times on a new server each, and prints when each thing was seen."""
    asked = argparse.ArgumentParser(prog="python -m tests.benchmarks.app.first_minute", description=__doc__)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--to", type=Path, help="a folder for pictures")
    asked.add_argument("--dark", action="store_true")
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()
    seen: dict[str, list[float]] = {name: [] for name in AIMS}
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        for number in range(given.rounds):
            with serving(Path(folder) / str(number) / "runs") as server:
                for name, at in walk(chromium, server):
                    seen[name].append(at)
                if given.to and number == given.rounds - 1:
                    list(walk(chromium, server, given.to, dark=given.dark))
        rows = [Row(f"{name}, s", tuple(seen[name]), aim) for name, aim in AIMS.items()]
        where = machine(chromium.version)
    print(f"{table(rows)}\n\n{json.dumps(where)}")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps({"machine": where, "rows": [row.told() for row in rows]}, indent=1) + "\n")


def walk(
    chromium: Browser, server: Server, to: Path | None = None, *, dark: bool = False
) -> Iterator[tuple[str, float]]:
    """The way, step by step: what is seen, and the second at which it is.

    Args:
        chromium: to walk in.
        server: over a workspace that holds nothing of one's own.
        to: where pictures go; none where it is None.
        dark: whether in the dark theme.
    """
    names = iter(AIMS)
    with tab(chromium, server, **SIZE, dark=dark) as one:
        page, begun = one.page, time.perf_counter()

        def seen(check: Callable[[], None]) -> tuple[str, float]:
            check()
            return next(names), time.perf_counter() - begun

        page.goto(server.url)
        yield seen(lambda: expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=SOON_MS))
        yield seen(lambda: expect(one.key("home_signal").locator("svg").first).to_be_visible(timeout=SOON_MS))
        _keep(page, to, "1-home")
        one.key("home_play").get_by_role("button").click(timeout=SOON_MS)
        yield seen(lambda: expect(page.locator(".player .picture")).to_be_visible(timeout=SOON_MS))
        yield seen(lambda: _moves(page))
        _keep(page, to, "2-play")
        way = page.get_by_role("navigation", name="First steps")
        way.get_by_role("button", name="Take a sensor away").click(timeout=SOON_MS)
        yield seen(lambda: _without(page))
        _keep(page, to, "3-without")
        way.get_by_role("button", name="Ask why").click()
        yield seen(lambda: expect(page.locator(".player .why")).to_be_in_viewport(ratio=1, timeout=SOON_MS))
        _keep(page, to, "4-why")
        way.get_by_role("link", name="Try my data").click()
        yield seen(lambda: expect(one.key("import_files")).to_be_visible(timeout=SOON_MS))
        assert one.outside == [] and one.said == [], (one.outside, one.said)


def _moves(page: Page) -> None:
    shown = page.locator(".player .bar .time")
    first = shown.inner_text()
    expect(shown).not_to_have_text(first, timeout=SOON_MS)


def _without(page: Page) -> None:
    """One of the switches beside the signal is off, and the line above them says so."""
    expect(page.locator(".player .set .said")).to_contain_text("5 of 6", timeout=SOON_MS)
    expect(page.locator(".player .sensors input:checked")).to_have_count(5, timeout=SOON_MS)


def _keep(page: Page, to: Path | None, name: str) -> None:
    if to is not None:
        to.mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(900)  # for the eye of the picture alone
        page.screenshot(path=to / f"first-minute-{name}.png")


if __name__ == "__main__":
    main()
