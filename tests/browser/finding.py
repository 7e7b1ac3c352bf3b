"""Which browser the tests use: a Chromium on the path, else Debian's where it may be installed, else Playwright's.

Nothing here ever fails a run of the tests: where no browser can be had, the path is empty, and they are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

BROWSER = "STILLROOM_BROWSER"
NO_BROWSER = "no Chromium is on the path, nor could one be had"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
UPDATE, INSTALL = ("apt-get", "-q", "update"), ("apt-get", "-q", "install", "-y", "--no-install-recommends", "chromium")
DOWNLOAD = (sys.executable, "-m", "playwright", "install", "--no-shell", "chromium")
PLACE = (
    sys.executable,
    "-c",
    "from playwright.sync_api import sync_playwright as p\nwith p() as one: print(one.chromium.executable_path)",
)
_PATIENCE_S = 600.0


@dataclass(frozen=True)
class Here:
    """What can be asked of this machine.

    Attributes:
        which: the path of a program; None where it is not there.
        run: runs words; what they printed, or None where they failed.
        root: whether Debian's packages may be installed.
        debian: whether the system is Debian itself: elsewhere its `chromium` is another thing, or none.
    """

    which: Callable[[str], str | None]
    run: Callable[[Sequence[str]], str | None]
    root: bool
    debian: bool


def find(here: Here) -> str:
    """The path of a browser that starts; empty where none can be had."""
    return _on_the_path(here) or _debians(here) or _playwrights(here)


def given(environment: dict[str, str], here: Callable[[], Here]) -> str:
    """The browser that the environment names, else the one that is found."""
    return environment[BROWSER] if BROWSER in environment else find(here())


def wanted(arguments: Sequence[str], root: Path, folder: Path) -> bool:
    """Whether the arguments of pytest reach into the folder of the browser tests."""
    named = [(root / argument.partition("::")[0]).resolve() for argument in arguments]
    return any(folder.is_relative_to(path) or path.is_relative_to(folder) for path in named)


def this_machine() -> Here:
    """The one that this runs on."""
    system = Path("/etc/os-release")
    told = system.read_text(encoding="utf-8").splitlines() if system.exists() else []
    return Here(shutil.which, _run, hasattr(os, "getuid") and os.getuid() == 0, "ID=debian" in told)


def _on_the_path(here: Here) -> str:
    return next((path for name in NAMES if (path := here.which(name)) and _starts(here, path)), "")


def _debians(here: Here) -> str:
    if not (here.root and here.debian and here.which("apt-get")):
        return ""
    # lists that are there and fresh spare the update
    installed = here.run(INSTALL) is not None or (here.run(UPDATE) is not None and here.run(INSTALL) is not None)
    return _on_the_path(here) if installed else ""


def _playwrights(here: Here) -> str:
    path = (here.run(PLACE) or "").strip()
    if path and _starts(here, path):  # downloaded before
        return path
    return path if path and here.run(DOWNLOAD) is not None and _starts(here, path) else ""


def _starts(here: Here, path: str) -> bool:
    return here.run((path, "--version")) is not None


def _run(words: Sequence[str]) -> str | None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
