"""Notebooks from every kind of run and study: valid, compiled, the same bytes, and nobody's names are code in them."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from tests.unit.notebook.made import HOSTILE, hostile, run_of, study_of

from stillroom.base.errors import InputError
from stillroom.base.markdown import plain
from stillroom.data.splits import BLOCKS_WARNING, LEAK_WARNING, SESSION_WARNING
from stillroom.notebook.making import file_name, notebook_of, write_notebook
from stillroom.recipes.recipe import RECIPES
from stillroom_app.services.workspace import DEMO

WARNINGS = (LEAK_WARNING, SESSION_WARNING, BLOCKS_WARNING)
STUDIES = ("ablation", "methods", "sensors", "search")


def _read(text: str) -> Any:
    found = nbformat.reads(text, as_version=4)
    nbformat.validate(found)
    return found


def _code(found: Any) -> list[str]:
    return [cell.source for cell in found.cells if cell.cell_type == "code"]


def _compiled(found: Any) -> None:
    for source in _code(found):
        compile(source, "a cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("recipe", sorted(RECIPES))
def test_a_run_of_every_recipe_becomes_a_notebook(recipe: str, tmp_path: Path) -> None:
    found = _read(notebook_of(run_of(recipe, tmp_path / "run")))
    _compiled(found)
    code = "\n".join(_code(found))
    assert code.count("interact(") >= 4, "there is something to turn"
    assert ("comparison.gain" in code) == ("student" in RECIPES[recipe]().only or not RECIPES[recipe]().only)


@pytest.mark.parametrize("kind", STUDIES)
def test_a_study_of_every_kind_becomes_a_notebook(kind: str, tmp_path: Path) -> None:
    found = _read(notebook_of(study_of(kind, tmp_path / "study")))
    _compiled(found)
    assert "\n".join(_code(found)).count("interact(") >= 2


def test_methods_on_several_data_sets_become_one(tmp_path: Path) -> None:
    for name in ("dsads", "factory"):
        study_of("methods", tmp_path / name)
    (tmp_path / "methods.json").write_text(json.dumps({"sentence": "", "ranks": [], "friedman_p": None}))
    found = _read(notebook_of(tmp_path))
    _compiled(found)
    assert 'STUDY / "dsads" / "plan.json"' in _code(found)[0]


@pytest.mark.parametrize("name", ["tsak", "sensors"])
def test_equal_folders_give_equal_bytes_and_no_output(name: str) -> None:
    once, twice = notebook_of(DEMO / name), notebook_of(DEMO / name)
    assert once == twice
    found = _read(once)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in found.cells if cell.cell_type == "code")
    assert set(found.metadata) == {"kernelspec", "language_info"}


@pytest.mark.parametrize("recipe", ["tsak", "smldist", "alone", "any_subset"])
def test_cells_are_short_and_clean(recipe: str, tmp_path: Path) -> None:
    path = write_notebook(run_of(recipe, tmp_path / "run"), tmp_path / "page.ipynb")
    assert max(len(source.splitlines()) for source in _code(_read(path.read_text()))) <= 42
    _ruff(path)


@pytest.mark.parametrize("kind", STUDIES)
def test_cells_of_a_study_are_clean(kind: str, tmp_path: Path) -> None:
    _ruff(write_notebook(study_of(kind, tmp_path / "study"), tmp_path / "page.ipynb"))


def _ruff(path: Path) -> None:
    words = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--line-length", "120"]
    words += ["--select", "E,F,I,B,UP,SIM,C4", "--ignore", "E402,B018", "--target-version", "py311", "--quiet"]
    words += ["--config", 'lint.isort.known-first-party=["stillroom"]', str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_a_folder_lacks_is_said_and_not_tried(tmp_path: Path) -> None:
    bare = _read(notebook_of(DEMO / "tsak"))
    text = "\n".join(cell.source for cell in bare.cells)
    assert "no weights" in text and "load_model" not in text
    whole = run_of("tsak", tmp_path / "run")
    for path in whole.glob("folds/*/*"):
        (path / "model.json").write_text("{}")
    shutil.rmtree(whole / "explain")
    (whole / "cost.json").unlink()
    text = "\n".join(cell.source for cell in _read(notebook_of(whole)).cells)
    assert "no weights" not in text and "load_model" in text
    assert "figures_of" not in text and "`stillroom explain RUN`" in text
    assert "cost.parts" not in text and "`stillroom cost RUN" in text


def _prose(folder: Path) -> str:
    return "\n".join(cell.source for cell in _read(notebook_of(folder)).cells if cell.cell_type == "markdown")


def test_of_strangers_a_page_speaks_where_they_were_tested(tmp_path: Path) -> None:
    said = _prose(run_of("tsak", tmp_path / "run"))
    assert "never seen in training" in said and "nobody who is tested had a say" in said
    assert "no stranger to the models" not in said and "How the data was divided" not in said


@pytest.mark.parametrize(
    "warning", [LEAK_WARNING, SESSION_WARNING, BLOCKS_WARNING], ids=["random", "session", "blocks"]
)
def test_where_nobody_is_a_stranger_a_page_says_so(tmp_path: Path, warning: str) -> None:
    units = "stretches" if warning == BLOCKS_WARNING else "people"
    folds = json.loads((DEMO / "tsak" / "report.json").read_text())["folds"]
    folds = [fold | {"train": sorted({*fold["train"], *fold["test"]})} for fold in folds]
    run = run_of("tsak", tmp_path / "run", warning=warning, units=units, folds=folds)
    for path in run.glob("folds/*/*"):
        (path / "history.json").write_text("[]")
    said = _prose(run)
    assert "never seen in training" not in said and "nobody who is tested had a say" not in said
    assert "no stranger to the models" in said and "not wholly apart from this choice" in said
    assert f"**How the data was divided.** {plain(warning)}" in said
    assert "**Nothing about strangers.**" in said
    assert ("a stretch of a recording that was held out" in said) == (units == "stretches")


@pytest.mark.skipif(os.name == "nt", reason="no such folder can be made there")
def test_hostile_names_stay_names(tmp_path: Path) -> None:
    run = hostile(tmp_path)
    found = _read(notebook_of(run))
    _compiled(found)
    for source in _code(found):
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        assert "__import__" not in {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    setup = ast.parse(_code(found)[0])
    texts = {node.value for node in ast.walk(setup) if isinstance(node, ast.Constant)}
    assert str(run) in texts and run.name in texts
    prose = "\n".join(cell.source for cell in found.cells if cell.cell_type == "markdown")
    assert "javascript" in prose, "it is told as it is"
    assert r"\<script>" in prose and r"\[x\](javascript" in prose and "\\`# " in prose
    assert HOSTILE not in prose


def test_a_page_sees_its_run_from_where_it_lies(tmp_path: Path) -> None:
    run = run_of("alone", tmp_path / "runs" / "mine")
    beside = write_notebook(run, tmp_path / "runs" / "mine.ipynb")
    assert 'RUN = Path("mine")' in _code(_read(beside.read_text()))[0]
    above = write_notebook(run, tmp_path / "pages" / "mine.ipynb")
    assert 'RUN = Path("../runs/mine")' in _code(_read(above.read_text()))[0]
    far = write_notebook(run, tmp_path / "a" / "b" / "c" / "mine.ipynb")
    assert f'RUN = Path("{run}")' in _code(_read(far.read_text()))[0]


def test_nothing_is_written_over_unless_asked(tmp_path: Path) -> None:
    run, to = run_of("alone", tmp_path / "run"), tmp_path / "page.ipynb"
    to.write_text("mine")
    with pytest.raises(InputError, match=r"something lies here already.*--force"):
        write_notebook(run, to)
    assert to.read_text() == "mine"
    write_notebook(run, to, force=True)
    _read(to.read_text())


def test_what_is_no_finished_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run and no study"):
        notebook_of(tmp_path)
    run = run_of("alone", tmp_path / "run")
    facts = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**facts, "state": "stopped"}))
    with pytest.raises(InputError, match="the run is stopped"):
        notebook_of(run)
    study = study_of("ablation", tmp_path / "study")
    (study / "table.json").unlink()
    with pytest.raises(InputError, match=r"no answer yet.*stillroom study ablation"):
        notebook_of(study)
    with pytest.raises(InputError, match=r"ends with .ipynb"):
        write_notebook(DEMO / "tsak", tmp_path / "page.txt")


@pytest.mark.parametrize("name", ["tsak", "a b/c", '"""x', "..", "", "x" * 300, "ü.ipynb"])
def test_a_files_name_is_plain(name: str) -> None:
    found = file_name(name)
    assert found.endswith(".ipynb") and found == Path(found).name and 6 < len(found) < 100
    assert not set(found) & set("\"'/\\ ")
