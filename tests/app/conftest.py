"""Every test of a page has a workspace of its own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("STILLROOM_WORKSPACE", str(folder))
    return folder
