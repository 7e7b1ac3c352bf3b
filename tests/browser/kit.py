"""A server of the app on a free port with a workspace of its own, and a browser that may speak to it alone."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Route,
    WebSocket,
    sync_playwright,
)
from tests.browser.finding import given, this_machine

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
# a page opened by its address asks these two beside the page first, and then where they are
_ASKED_IN_VAIN = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PAGES = (
    "home", "datasets", "signals", "spectra", "sensors", "distil", "training", "runs", "compare", "explain", "device",
    "playback", "report", "lessons",
)  # fmt: skip


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Server:
    """A running app.

    Attributes:
        workspace: its own.
        port: it listens on.
        process: of the server.
    """

    workspace: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it printed."""
        return (self.workspace.parent / f"server-{self.port}.log").read_text(errors="replace")

    def end(self, number: int = signal.SIGTERM) -> None:
        """Ends the server alone; what it started goes on."""
        self.process.send_signal(number)
        self.process.wait(timeout=20)


def start(workspace: Path, *more: str, port: int = 0, **environment: str) -> Server:
    """Starts the app and waits until it answers."""
    chosen = port or free_port()
    words = [sys.executable, "-m", "stillroom_app", "--port", str(chosen), "--workspace", str(workspace), *more]
    workspace.parent.mkdir(parents=True, exist_ok=True)
    with (workspace.parent / f"server-{chosen}.log").open("ab") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env={**os.environ, **environment})
    server = Server(workspace, chosen, process)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, server.log
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return server
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no answer from {server.url}: {server.log}")


@contextmanager
def serving(workspace: Path, *more: str, **environment: str) -> Iterator[Server]:
    """The app for as long as it lasts."""
    server = start(workspace, *more, **environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end()


@contextmanager
def browser() -> Iterator[Browser]:
    """The Chromium that is at hand, headless."""
    with sync_playwright() as playwright:
        path = given(
            dict(os.environ), lambda: replace(this_machine(), root=False)
        )  # a script leaves the system as it is
        one = playwright.chromium.launch(executable_path=path or None, args=list(_FLAGS))
        try:
            yield one
        finally:
            one.close()


@dataclass
class Tab:
    """A page of the app in a browser that speaks to nobody else.

    Attributes:
        page: of Playwright.
        server: that it looks at.
        outside: requests that tried to leave.
        said: errors in its console, and what the content-security policy refused.
    """

    page: Page
    server: Server
    outside: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def open(self, name: str = "home", **query: str) -> Page:
        """Opens a page and waits until it is drawn."""
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        self.page.goto(f"{self.server.url}/{'' if name == 'home' else name}{'?' if asked else ''}{asked}")
        self.idle()
        return self.page

    def idle(self) -> None:
        """Waits until the script has run and its charts are there."""
        self.page.wait_for_selector(IDLE, timeout=60_000)
        self.page.wait_for_selector('[data-testid="stSkeleton"]', state="detached", timeout=60_000)

    def settle(self) -> None:
        """Waits until what was just done has been heard and drawn."""
        self.page.wait_for_timeout(400)
        self.idle()

    def choose(self, key: str, option: str) -> None:
        """Chooses an option of a select box, by a part of what it says."""
        self.key(key).get_by_role("combobox").click()
        self.page.get_by_role("option").filter(has_text=option).first.click()
        self.settle()

    def key(self, name: str) -> Locator:
        """The widget or container of this key."""
        return self.page.locator(f".st-key-{name}")


@contextmanager
def tab(
    chromium: Browser, server: Server, *, width: int = 1366, height: int = 768, dark: bool = False, **more: Any
) -> Iterator[Tab]:
    """A fresh context with one page."""
    context: BrowserContext = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", **more
    )
    found = Tab(context.new_page(), server)

    def only_here(route: Route) -> None:
        if route.request.url.startswith((server.url, "blob:", "data:")):
            route.continue_()
        else:
            found.outside.append(route.request.url)
            route.abort()

    def hear(message: ConsoleMessage) -> None:
        url = str(message.location.get("url", ""))
        if message.type == "error" and not ("404" in message.text and _ASKED_IN_VAIN.search(url)):
            found.said.append(f"{message.text} ({url})")

    def reach(socket: WebSocket) -> None:
        if not socket.url.startswith(server.url.replace("http", "ws", 1)):
            found.outside.append(socket.url)

    context.route("**/*", only_here)
    found.page.on("console", hear)
    found.page.on("pageerror", lambda error: found.said.append(str(error)))
    found.page.on("websocket", reach)
    try:
        yield found
    finally:
        context.close()


def picture(one: Tab, path: Path, *, width: int) -> None:
    """The whole page as a picture, however long it is."""
    one.page.wait_for_timeout(600)
    height = one.page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    one.page.set_viewport_size({"width": width, "height": min(6000, max(700, int(height) + 4))})
    one.page.wait_for_timeout(700)
    path.parent.mkdir(parents=True, exist_ok=True)
    one.page.screenshot(path=path)
