"""Open as notebook: on a run, and on a study; what cannot be opened says why, and the page goes on."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest
from streamlit.testing.v1 import AppTest
from tests.app.kit import opened, words
from tests.app.made import run_like

from stillroom.base.errors import InputError
from stillroom_app.services import notebooks, workspace


def _open(at: AppTest, key: str) -> AppTest:
    at.session_state[key] = True
    return at.run()


@pytest.mark.parametrize(
    ("key", "name"), [("run_notebook", "demo:tsak"), ("study_notebook_demo:sensors", "demo:sensors")]
)
def test_the_file_and_the_command_stand_together(key: str, name: str) -> None:
    at = opened("runs", shown="demo:tsak")
    assert not at.get("download_button"), "nothing is made before somebody asks"
    at = _open(at, key)
    assert not at.exception
    (button,) = at.get("download_button")
    last = name.removeprefix("demo:")
    assert button.proto.label == f"Download {last}.ipynb"
    assert "stillroom runs notebook" in words(at) and f"demo/{last}" in words(at)


def test_a_notebook_of_the_demo_says_so_and_finds_it_from_anywhere() -> None:
    found = notebooks.notebook("demo:tsak")
    page = nbformat.reads(found.data.decode(), as_version=4)
    nbformat.validate(page)
    first = next(cell.source for cell in page.cells if cell.cell_type == "code")
    assert '"run": "demo:tsak"' in first, "its figures are measured for the demo, not here"
    assert f'RUN = Path("{workspace.DEMO / "tsak"}")' in first
    assert notebooks.notebook("demo:tsak") == found


@pytest.mark.parametrize("name", ["../outside", "demo:../screens", "no-such-run", "demo:"])
def test_what_is_no_run_of_the_workspace_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        notebooks.notebook(name)


def test_a_run_that_cannot_be_opened_says_why_and_the_page_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> notebooks.Notebook:
        raise InputError("report.json is damaged", where=name, mend="Run it again")

    at = opened("runs", shown="demo:tsak")
    monkeypatch.setattr(notebooks, "notebook", refuse)
    at = _open(at, "run_notebook")
    assert not at.exception and not at.get("download_button")
    assert "is damaged**" in words(at) and "Studies" in words(at)


def test_a_damaged_run_is_refused() -> None:
    folder = run_like("tsak", workspace.root() / "mine")
    (folder / "report.json").write_text("[]")
    with pytest.raises(InputError, match=r"report.json is damaged"):
        notebooks.notebook("mine")


def test_a_notebook_is_written_without_torch() -> None:
    made = "import sys; from stillroom_app.services import notebooks as n; n.notebook('demo:tsak')"
    check = "; sys.exit(bool({'torch', 'captum', 'ipywidgets'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", made + check], check=False).returncode == 0
