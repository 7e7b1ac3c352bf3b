"""Notebooks from runs: made, run from top to bottom in their fast mode, and everything that can be drawn is drawn."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.notebooks.kit import cpu_s_of_children, figures, flaws, outputs, read, run, widgets

from stillroom.notebook.making import write_notebook
from stillroom.recipes.ask import ask
from stillroom.recipes.distil import distil
from stillroom_app.services.workspace import DEMO

MAX_CPU_S = 60.0
_TINY = ("teacher.training.epochs=1", "student.training.epochs=1", "reference.training.epochs=1",
         "augmentation.views=1", "forest_in_teacher=false")  # fmt: skip
_MORE = {
    "tsak": ("semantic.training.epochs=1", "optimise.keep=[]", "optimise.int8=false"),
    "smldist": ("stages.*.training.epochs=1", "search.training.epochs=1"),
}

Made = Callable[[str], Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A real run of a recipe, tiny and with its models; made once."""
    folder = tmp_path_factory.mktemp("runs")

    def of(recipe: str) -> Path:
        if not (folder / recipe).exists():
            asked = {"student_view": "right_wrist.acc.*", "protocol": "persons:4", "folds": 1, "threads": 1}
            experiment = ask(recipe, "factory", fast=True, changes=(*_TINY, *_MORE[recipe]), **asked)
            distil(experiment, folder / recipe, resume=False, emit=lambda _: None, stop=lambda: False)
        return folder / recipe

    return of


@pytest.mark.parametrize("recipe", ["tsak", "smldist"])
def test_a_run_is_opened_drawn_and_gone_on_from(recipe: str, made: Made, here: Path) -> None:
    page = write_notebook(made(recipe), here / "page.ipynb")
    before = cpu_s_of_children()
    notebook = run(page, here)
    shown = outputs(notebook)
    assert flaws(shown) == []
    titles = [figure["layout"]["title"]["text"] for figure in figures(shown)]
    assert all(figure["layout"]["meta"]["origin"] for figure in figures(shown))
    assert any("right_wrist" in str(widget["state"].get("description")) for widget in widgets(notebook)), "switches"
    said = "\n".join(output["text"] for output in shown if output.get("name") == "stdout")
    assert f"stillroom distil {recipe} --data factory" in said and "--set" in said, "the exact command"
    assert "what the student says of them" in said, "it was asked about recordings of one's own"
    assert any("As recorded" in title for title in titles), "the models were loaded again"
    assert any("as it was" in str(figure["data"]) for figure in figures(shown)), "one setting was changed"
    assert cpu_s_of_children() - before < MAX_CPU_S


def test_a_run_without_weights_says_so_and_still_draws_every_figure(here: Path) -> None:
    page = write_notebook(DEMO / "tsak", here / "page.ipynb")
    assert any("no weights" in cell.source for cell in read(page).cells)
    notebook = run(page, here)
    shown = outputs(notebook)
    assert flaws(shown) == []
    drawn = figures(shown)
    assert len(drawn) >= page.read_text(encoding="utf-8").count("look=LOOK") - 1
    kinds = {str(widget["state"].get("_options_labels")) for widget in widgets(notebook)}
    assert any("going_without" in kind and "privacy" in kind for kind in kinds), "all figures of the explanation"


def test_a_study_of_sensors_is_opened_and_its_sensors_are_switched(here: Path) -> None:
    page = write_notebook(DEMO / "sensors", here / "page.ipynb")
    notebook = run(page, here)
    shown = outputs(notebook)
    assert flaws(shown) == []
    drawn = figures(shown)
    assert len(drawn) >= page.read_text(encoding="utf-8").count("look=LOOK") - 1
    boxes = [one for one in widgets(notebook) if one["model_name"] == "CheckboxModel"]
    assert len(boxes) == 6, "one for each sensor"
    assert any("SelectionSlider" in one["model_name"] for one in widgets(notebook)), "the budget"
    said = "\n".join(output["text"] for output in shown if output.get("name") == "stdout")
    assert "stillroom study sensors --data factory" in said


def test_a_run_that_has_moved_is_missed_in_the_first_cell(made: Made, here: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(made("tsak"), tmp_path / "there")
    page = write_notebook(moved, here / "page.ipynb")
    shutil.move(moved, tmp_path / "elsewhere")
    first = next(cell for cell in read(page).cells if cell.cell_type == "code")
    with pytest.raises(FileNotFoundError, match=r"no longer in .*there.*Set RUN in this cell"):
        exec(compile(first.source.replace('"../there"', f'"{tmp_path / "there"}"'), "the first cell", "exec"), {})
