"""Which browser prints, and what is said where none can."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from stillroom.base.errors import InputError, StillroomError
from stillroom.report import pdf
from stillroom.report.making import Report, write

needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="no shell scripts there")


def test_without_a_browser_one_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(pdf.BROWSER, "")
    with pytest.raises(InputError, match=r"none was found.*STILLROOM_BROWSER.*--to FILE\.html"):
        write(Report("<p>", {}), tmp_path / "r.pdf")
    assert list(tmp_path.iterdir()) == []


def test_the_named_browser_counts_and_otherwise_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if name in ("mine", "google-chrome") else None)
    monkeypatch.setenv(pdf.BROWSER, "mine")
    assert pdf.browser() == "/bin/mine"
    monkeypatch.delenv(pdf.BROWSER)
    assert pdf.browser() == "/bin/google-chrome"


@needs_shell
@pytest.mark.parametrize(
    ("script", "said"), [("echo no display >&2; exit 3", "no display"), ("exit 0", "it said nothing")]
)
def test_a_browser_that_does_not_print_is_one_error_and_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, said: str
) -> None:
    program = tmp_path / "browser"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(pdf.BROWSER, os.fspath(program))
    with pytest.raises(StillroomError, match=said):
        write(Report("<p>", {}), tmp_path / "out" / "r.pdf")
    assert not (tmp_path / "out").exists()
