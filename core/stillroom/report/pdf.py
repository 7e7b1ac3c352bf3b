"""A report as PDF, printed by a Chromium that is on this machine; its style says where pages break.

The browser gets a profile of its own and no network: the file needs none. Nothing is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from stillroom.base.errors import InputError, StillroomError

BROWSER = "STILLROOM_BROWSER"
NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge",
    "headless_shell", "chrome-headless-shell",
)  # fmt: skip
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_PATIENCE_S = 120.0
_FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer",
)  # fmt: skip


def browser() -> str:
    """The path of a Chromium; empty where there is none.

    `$STILLROOM_BROWSER` names one; where it is set to nothing, none is looked for.
    """
    if BROWSER in os.environ:
        return shutil.which(os.environ[BROWSER]) or ""
    found = next((path for name in NAMES if (path := shutil.which(name))), "")
    return found or next((place for place in _PLACES if Path(place).is_file()), "")


def to_pdf(html: bytes) -> bytes:
    """A report printed on A4.

    Args:
        html: the whole file.

    Raises:
        InputError: no browser is here.
        StillroomError: the browser did not print.
    """
    program = browser()
    if not program:
        raise InputError(
            "a PDF is printed by a Chromium or Chrome, and none was found", where=f"the path, or ${BROWSER}",
            mend=f"Install one, name it in ${BROWSER}, or write --to FILE.html and print that from any browser",
        )  # fmt: skip
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page, printed = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_bytes(html)
        said = _print(program, page, printed, Path(folder) / "profile")
        if not printed.is_file() or not (content := printed.read_bytes()).startswith(b"%PDF"):
            last = said.strip().splitlines()[-1][:200] if said.strip() else "it said nothing"
            raise StillroomError("the browser did not print the report", where=program, mend=f"It said: {last}")
        return content


def _print(program: str, page: Path, printed: Path, profile: Path) -> str:
    """Lets the browser print; gives what it said."""
    sandbox = ["--no-sandbox"] if sys.platform == "linux" and os.getuid() == 0 else []  # root has no sandbox there
    words = [program, *_FLAGS, *sandbox, f"--user-data-dir={profile}", f"--print-to-pdf={printed}", page.as_uri()]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        raise StillroomError("the browser does not start", where=program, mend=str(error)) from error
    except subprocess.TimeoutExpired as error:
        raise StillroomError("the browser took too long to print", where=program) from error
    return done.stderr
