"""Running notebooks as a person would, top to bottom, and looking at what they show."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

STATE = "application/vnd.jupyter.widget-state+json"
PLOTLY = "application/vnd.plotly.v1+json"


def read(path: Path) -> Any:
    """A notebook."""
    return nbformat.read(path, as_version=4)


def cpu_s_of_children() -> float:
    """What processes that this one started have computed so far."""
    times = os.times()
    return times.children_user + times.children_system


def run(path: Path, work: Path) -> Any:
    """The notebook with what its cells show, run in a folder.

    Raises:
        CellExecutionError: a cell failed.
    """
    notebook = read(path)
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(work)}}).execute()
    return notebook


def outputs(notebook: Any) -> list[Any]:
    """What the cells show, and what the widgets among them show."""
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return shown + [output for widget in widgets(notebook) for output in widget["state"].get("outputs", [])]


def widgets(notebook: Any) -> list[Any]:
    """The widgets of a notebook that ran."""
    return list(notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {}).values())


def figures(shown: list[Any]) -> list[Any]:
    """The figures among what is shown."""
    return [output["data"][PLOTLY] for output in shown if PLOTLY in output.get("data", {})]


def flaws(shown: list[Any]) -> list[str]:
    """Errors of cells and of widgets, and whatever was complained of."""
    errors = [f"{output['ename']}: {output['evalue']}" for output in shown if output["output_type"] == "error"]
    return errors + [output["text"] for output in shown if output.get("name") == "stderr"]
