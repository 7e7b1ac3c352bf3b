"""Every notebook runs from top to bottom in its fast mode, draws what it promises, and is kept without its outputs."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.output_widget import OutputWidget

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MAX_CPU_S = 60.0
STATE = "application/vnd.jupyter.widget-state+json"

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def _cpu_s_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to run in, and `python3` being the interpreter that runs the tests."""
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "tests", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "TMPDIR"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("STILLROOM_NOTEBOOK_FAST", "1")
    # nbclient echoes a widget's output to the kernel, and may then sleep through the cell's answer (its issue 312)
    monkeypatch.setattr(OutputWidget, "send", lambda *_, **__: None)
    work = tmp_path / "work"
    work.mkdir()
    return work


def _outputs(notebook: Any) -> list[Any]:
    """What the cells show, and what the widgets among them show."""
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    widgets = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    return shown + [output for widget in widgets.values() for output in widget["state"].get("outputs", [])]


def _figures(outputs: list[Any]) -> list[Any]:
    kind = "application/vnd.plotly.v1+json"
    return [output["data"][kind] for output in outputs if kind in output.get("data", {})]


@every_notebook
def test_a_notebook_runs_in_its_fast_mode_and_every_figure_says_where_it_comes_from(path: Path, here: Path) -> None:
    notebook, before = _read(path), _cpu_s_of_children()
    client = NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(here)}})
    client.execute()
    outputs = _outputs(notebook)
    assert [output for output in outputs if output["output_type"] == "error"] == []
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []
    figures = _figures(outputs)
    assert len(figures) >= path.read_text(encoding="utf-8").count("look=LOOK") - 1
    assert all(figure["layout"]["meta"]["origin"] for figure in figures)
    assert list(here.iterdir()) == [], "it leaves nothing where it runs"
    # processor time, not the clock's: what else runs on this machine must not decide
    assert _cpu_s_of_children() - before < MAX_CPU_S


@every_notebook
def test_a_notebook_is_kept_without_outputs_and_fits_any_machine(path: Path) -> None:
    notebook = _read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.id for cell in code if cell.outputs or cell.execution_count is not None or cell.metadata] == []


@every_notebook
def test_a_notebook_teaches_between_short_cells(path: Path) -> None:
    cells = _read(path).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert max(len(cell.source.splitlines()) for cell in code) <= 40
    words = sum(len(re.findall(r"\w+", cell.source)) for cell in cells if cell.cell_type == "markdown")
    assert words > 20 * len(code)


def test_there_are_notebooks_and_each_has_a_number_of_its_own() -> None:
    numbers = [path.stem[:2] for path in NOTEBOOKS]
    assert numbers and numbers[0] == "01"
    assert len(set(numbers)) == len(numbers) and all(number.isdecimal() for number in numbers)
