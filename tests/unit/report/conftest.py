"""The runs that come with the app, as real ones to report of, and copies of them that say something else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stillroom.report.making import Report, make

from .kit import Page

DEMO = Path(__file__).parents[3] / "app" / "stillroom_app" / "demo"
Change = Callable[..., Path]


@pytest.fixture(scope="session")
def run() -> Path:
    """A run with everything that can be asked: cost, explanation, privacy, steps."""
    return DEMO / "tsak"


@pytest.fixture(scope="session")
def study() -> Path:
    """A study of sensors."""
    return DEMO / "sensors"


@pytest.fixture(scope="session")
def report(run: Path) -> Report:
    return make(run)


@pytest.fixture(scope="session")
def page(report: Report) -> Page:
    return Page(report.html)


@pytest.fixture(scope="session")
def study_page(study: Path) -> Page:
    return Page(make(study).html)


@pytest.fixture(scope="session")
def told(run: Path) -> dict[str, Any]:
    """`report.json` of the run."""
    return dict(json.loads((run / "report.json").read_text()))


@pytest.fixture
def changed(run: Path, tmp_path: Path) -> Change:
    """A copy of the run with other values; a file that is given as None is taken away."""

    def copy(*without: str, facts: dict[str, Any] | None = None, name: str = "copy", **report: Any) -> Path:
        folder = tmp_path / name
        shutil.copytree(run, folder)
        for one in without:
            shutil.rmtree(folder / one) if (folder / one).is_dir() else (folder / one).unlink()
        for path, values in (("report.json", report), ("run.json", facts or {})):
            kept = json.loads((folder / path).read_text())
            (folder / path).write_text(json.dumps(kept | values))
        return folder

    return copy
