"""What the app costs in a browser: `make bench-app`, or `python -m tests.benchmarks.app --json FILE`.

A table and a JSON file; the targets are for two shared cores, and nothing fails where one is missed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser
from tests.benchmarks.app import measure, playing, server
from tests.benchmarks.app.rows import Row, machine, table
from tests.browser import labour
from tests.browser.kit import PAGES, Server, browser, serving, tab

from stillroom_app.services.workspace import DEMO

_MB = 1e6
_WITHOUT_CHART = ("datasets", "distil", "training", "runs")
_TEACH = ".st-key-teach input"
_RERUNS = 12
_MANY = 500


def main() -> None:
    """Measures, and prints."""
    asked = argparse.ArgumentParser(prog="python -m tests.benchmarks.app", description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--tabs", type=int, default=50)
    asked.add_argument("--wait-s", type=float, default=150.0, help="after the last tab was closed; sessions last 120 s")
    asked.add_argument("--kiosk-s", type=float, default=600.0, help="how long the kiosk's memory is watched")
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name, browser() as chromium:
        where = machine(chromium.version)
        rows = []
        for row in _rows(Path(name), chromium, given):
            print(table([row]).splitlines()[1], flush=True)
            rows.append(row)
    print(f"\n{table(rows)}\n\n{json.dumps(where)}")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps({"machine": where, "rows": [row.told() for row in rows]}, indent=1) + "\n")


def _rows(folder: Path, chromium: Browser, given: argparse.Namespace) -> Iterator[Row]:
    yield Row("command to healthy server, s", tuple(server.starts_s(folder, given.rounds)), 3.0)
    yield from _home(folder, chromium, given.rounds)
    with serving(folder / "shipped" / "runs") as one:
        yield from _pages(chromium, one)
        yield from _reruns(chromium, one)
        yield from playing.rows(chromium, one, given.kiosk_s)
    with serving(folder / "memory" / "runs") as one:
        yield from _memory(chromium, one, given.tabs, given.wait_s)
    yield from _many(folder / "many" / "runs", chromium, given.rounds)
    yield from _job(folder / "job" / "runs", chromium, given.rounds)


def _home(folder: Path, chromium: Browser, rounds: int) -> Iterator[Row]:
    cold, warm = [], []
    for number in range(rounds):
        with serving(folder / f"home-{number}" / "runs") as one:
            for loads in (cold, warm):
                with tab(chromium, one) as place:
                    loads.append(measure.load(place, "home"))
    for name, loads, target in (("new server", cold, 3.5), ("server that was asked before", warm, 3.5)):
        yield Row(f"Home, {name}: first contentful paint, s", tuple(one.paint_s for one in loads), 1.5)
        yield Row(f"Home, {name}: first useful chart, s", tuple(one.chart_s or 0.0 for one in loads), target)
    yield Row("Home: bytes transferred, MB", tuple(one.traffic.transferred / _MB for one in warm), 5.5)
    yield Row("Home: layout shift", tuple(one.shifted for one in warm), 0.1)
    yield Row("Home: longest task, s", tuple(one.longest_s for one in warm))


def _pages(chromium: Browser, one: Server) -> Iterator[Row]:
    for name in PAGES:
        with tab(chromium, one) as place:
            begun = time.perf_counter()
            load = measure.load(place, name, chart=False)
            took_s = time.perf_counter() - begun - 0.5
        yield Row(f"{name}: first view, s", (took_s,))
        yield Row(f"{name}: bytes on the socket, first view, MB", (load.traffic.on_socket / _MB,), 0.5)


def _reruns(chromium: Browser, one: Server) -> Iterator[Row]:
    every: list[float] = []
    for name in PAGES:
        with tab(chromium, one) as place:
            place.open(name)
            measure.rerun(place, _TEACH)
            took = tuple(measure.rerun(place, _TEACH) for _ in range(_RERUNS))
        every += took
        yield Row(f"{name}: Teach switch to redrawn page, s", took, 0.6)
    yield Row("every page: Teach switch to redrawn page, s", tuple(every), 1.2, p95=True)


def _memory(chromium: Browser, one: Server, tabs: int, wait_s: float) -> Iterator[Row]:
    yield Row("server before any tab, MB", (server.held_mb(one),))
    with tab(chromium, one) as place:
        for name in PAGES:
            place.open(name)
    yield Row("server idle, after every page, MB", (server.held_mb(one),), 350)
    yield Row("its engine process, MB", (server.engine_mb(one),))
    for name in ("home", "compare"):
        yield Row(f"one more tab on {name}, MB", (server.per_tab_mb(chromium, one, name, 8),), 30)
    time.sleep(wait_s)
    before = server.held_mb(one)
    server.open_and_close(chromium, one, "compare", tabs)
    time.sleep(wait_s)
    yield Row(f"server after {tabs} tabs opened and closed, growth, MB", (server.held_mb(one) - before,), 50)


def _many(workspace: Path, chromium: Browser, rounds: int) -> Iterator[Row]:
    shipped = next(path for path in sorted(DEMO.iterdir()) if (path / "report.json").exists())
    for number in range(_MANY):
        (workspace / f"run-{number:03}").mkdir(parents=True)
        for name in ("run.json", "report.json"):
            shutil.copy(shipped / name, workspace / f"run-{number:03}" / name)
    with serving(workspace) as one:
        took = []
        for _ in range(rounds):
            with tab(chromium, one) as place:
                begun = time.perf_counter()
                place.open("runs")
                place.page.wait_for_selector('[data-testid="stDataFrame"] canvas')
                took.append(time.perf_counter() - begun)
    yield Row(f"Runs with {_MANY} runs, first view on a new server, s", (took[0],), 2.5)
    yield Row(f"Runs with {_MANY} runs, later views, s", tuple(took[1:] or took), 2.5)


def _job(workspace: Path, chromium: Browser, rounds: int) -> Iterator[Row]:
    queued, heard, ended = [], [], []
    with serving(workspace) as one:
        for _ in range(rounds):
            with tab(chromium, one) as place:
                place.open("distil", fast="true")
                queued.append(measure.appears(place, ".st-key-distil_start button", '[class*="st-key-strip_"]'))
                row = labour.wait_for(lambda: labour.under_way(workspace), "no job was made")[0]
                labour.trains(row)
                line = f".st-key-strip_{row.id}"
                place.page.wait_for_selector(f"{line} button")
                begun = time.perf_counter()
                heard.append(measure.asked(place, f"{line}_stop button", row.part("control/stop.json")))
                labour.ends(row, "stopped")
                ended.append(time.perf_counter() - begun)
    yield Row("Start click to the job seen, s", tuple(queued), 0.3)
    yield Row("Stop click to the job told, s", tuple(heard), 1.0)
    yield Row("Stop click to the job ended, s", tuple(ended), 10.0)


if __name__ == "__main__":
    main()
