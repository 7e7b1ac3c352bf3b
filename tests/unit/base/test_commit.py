"""The commit that a run keeps: ours, or none."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.base import commit as module


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    module.commit.cache_clear()
    yield
    module.commit.cache_clear()


def repository(folder: Path) -> Path:
    package = folder / "core" / "stillroom"
    package.mkdir(parents=True)
    (package / "a.py").write_text("")
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    return package


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
def test_a_checkout_names_its_commit_and_says_when_files_were_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = repository(tmp_path)
    monkeypatch.setattr(module, "_PACKAGE", package)
    clean = module.commit()
    assert clean and re.fullmatch(r"[0-9a-f]{12}", clean)
    (package / "a.py").write_text("changed")
    module.commit.cache_clear()
    assert module.commit() == f"{clean}-dirty"


def test_an_installed_package_has_none_whatever_repository_lies_around_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    package = tmp_path / "venv" / "site-packages" / "stillroom"
    package.mkdir(parents=True)
    monkeypatch.setattr(module, "_PACKAGE", package)
    assert module.commit() is None
