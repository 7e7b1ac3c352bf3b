"""`stillroom runs notebook`: the same page as the library's, in the folder where somebody stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillroom.cli.main import run
from stillroom.notebook.making import notebook_of
from stillroom_app.services.workspace import DEMO


def _call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        run([str(word) for word in ("runs", "notebook", *words)])
    return int(stopped.value.code or 0), *capsys.readouterr()


def test_a_notebook_is_written_where_one_stands(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = _call(capsys, DEMO / "tsak", "--json")
    assert (code, err) == (0, "") and json.loads(out) == {"notebook": "tsak.ipynb", "run": str(DEMO / "tsak")}
    assert (tmp_path / "tsak.ipynb").read_text() == notebook_of(DEMO / "tsak", beside=tmp_path)


def test_nothing_is_written_over_without_force(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    to = tmp_path / "page.ipynb"
    to.write_text("mine")
    code, out, err = _call(capsys, DEMO / "sensors", "--to", to)
    assert (code, out) == (2, "") and err.startswith("error: something lies here already") and err.count("\n") == 1
    assert to.read_text() == "mine"
    assert _call(capsys, DEMO / "sensors", "--to", to, "--force")[0] == 0
    assert json.loads(to.read_text())["nbformat"] == 4
