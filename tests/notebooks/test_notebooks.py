"""Every notebook runs from top to bottom in its fast mode, draws what it promises, and is kept without its outputs."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from tests.notebooks.kit import cpu_s_of_children, figures, flaws, outputs, read, run

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MAX_CPU_S = 60.0

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@every_notebook
def test_a_notebook_runs_in_its_fast_mode_and_every_figure_says_where_it_comes_from(path: Path, here: Path) -> None:
    before = cpu_s_of_children()
    shown = outputs(run(path, here))
    assert flaws(shown) == []
    drawn = figures(shown)
    assert len(drawn) >= path.read_text(encoding="utf-8").count("look=LOOK") - 1
    assert all(figure["layout"]["meta"]["origin"] for figure in drawn)
    assert list(here.iterdir()) == [], "it leaves nothing where it runs"
    # processor time, not the clock's: what else runs on this machine must not decide
    assert cpu_s_of_children() - before < MAX_CPU_S


@every_notebook
def test_a_notebook_is_kept_without_outputs_and_fits_any_machine(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.id for cell in code if cell.outputs or cell.execution_count is not None or cell.metadata] == []


@every_notebook
def test_a_notebook_teaches_between_short_cells(path: Path) -> None:
    cells = read(path).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert max(len(cell.source.splitlines()) for cell in code) <= 40
    words = sum(len(re.findall(r"\w+", cell.source)) for cell in cells if cell.cell_type == "markdown")
    assert words > 20 * len(code)


def test_there_are_notebooks_and_each_has_a_number_of_its_own() -> None:
    numbers = [path.stem[:2] for path in NOTEBOOKS]
    assert numbers and numbers[0] == "01"
    assert len(set(numbers)) == len(numbers) and all(number.isdecimal() for number in numbers)
