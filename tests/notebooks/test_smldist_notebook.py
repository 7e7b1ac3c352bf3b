"""Notebook 03: what it says is known how, no number that its run does not print, and settings that can be set."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
import typer

from stillroom.cli.main import app
from stillroom.models.classifiers import make_classifier
from stillroom.models.memory import MemoryConfig
from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.roles import chain
from stillroom.studies.methods import METHODS

PATH = next((Path(__file__).parents[2] / "notebooks").glob("03_*.ipynb"))
PAPER = "2107.07331"


def _cells(kind: str) -> list[str]:
    return [cell.source for cell in nbformat.read(PATH, as_version=4).cells if cell.cell_type == kind]


@pytest.fixture(scope="module")
def text() -> str:
    """Everything that is written between the cells."""
    return "\n\n".join(_cells("markdown"))


def test_no_result_is_typed_by_hand(text: str) -> None:
    prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    assert re.findall(r"\d+\.\d+", prose) == [PAPER]
    assert re.findall(r"\d+ ?%|\d+ times|\d{3,}", prose.replace(PAPER, "")) == []


def test_what_is_ours_is_not_given_as_the_paper_s(text: str) -> None:
    rows = [
        line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ") and "how it is" in text
    ]
    known: dict[str, str] = {}
    for what, how in (row for row in rows if len(row) == 2):
        known[how] = known.get(how, "") + what
    assert set(known) == {"how it is known", "the authors' abstract", "the released code", "**our reading**"}
    assert all(word in known["**our reading**"] for word in ("spectra", "bank", "search"))
    assert not re.search("spectr|bank|mlp|cosine", known["the authors' abstract"])
    assert "no frequency term" in known["the released code"] and "single pattern" in known["the released code"]


def test_a_memory_of_one_pattern_reads_it_whatever_is_asked(text: str) -> None:
    torch.manual_seed(0)
    one = make_classifier("hopfield", 6, 1, MemoryConfig(per_class=1, beta=3.0))
    with torch.no_grad():
        answers = one(torch.randn(5, 6))
    assert torch.allclose(answers, answers[:1].expand(5, 1), rtol=1e-5)
    assert "whatever the window, whatever beta" in re.sub(r"\s+", " ", text)


def test_every_step_that_is_named_is_one(text: str) -> None:
    recipe = RECIPES["smldist"]()
    steps = [role.removeprefix("student-") for role in chain(recipe, "student")]
    assert steps[:3] == ["stage_0", "stage_1", "mixed"]
    assert all(f"`{step}`" in text for step in steps[:3])
    head = recipe.student.model.settings["head"]
    assert all(f"`{name}`" in text for name in head) and len(head) == 4, "four classifiers, each of them explained"


def test_every_setting_that_a_reader_may_change_can_be_set(text: str) -> None:
    changes = re.findall(r"\"?([\w*]+(?:\.[\w*]+)+=[\w.]+)", text)
    changes += re.findall(r"\"([\w.*]+=\d+)\"", "\n".join(_cells("code")))
    assert len(changes) >= 8
    fast = RECIPES["smldist"]().fast()
    for change in changes:
        assert fast.with_changes([change]) != fast, f"{change} changes nothing"


def _parsed(words: list[str]) -> tuple[dict[str, Any], list[str]]:
    command: Any = typer.main.get_command(app)
    while words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    context = command.make_context("stillroom", list(words))
    return context.params, context.args


def test_every_command_that_a_reader_may_type_is_understood(text: str) -> None:
    blocks = re.findall(r"```\n(stillroom .*?)\n```", text, flags=re.DOTALL)
    commands = [shlex.split(block.replace("\\\n", " "))[1:] for block in blocks]
    assert [words[0] for words in commands] == ["distil", "study"]
    assert _parsed(commands[0])[0]["recipe"] == "smldist"
    params, rest = _parsed(commands[1])
    assert set(params["chosen"].split(",")) <= set(METHODS) and rest == []
    asked = next(cell for cell in _cells("code") if "changes = [" in cell)
    assert all(f'"{change}"' in asked for change in re.findall(r"--set '?([\w.*]+=\d+)", text)), "the run of part 2"
