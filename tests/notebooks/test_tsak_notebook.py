"""Notebook 02: what it says of the paper can be said, and what it tells a reader to type is understood."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import nbformat
import pytest
import typer

from stillroom.cli.main import app
from stillroom.recipes.strategies import STRATEGIES, strategy_terms
from stillroom.studies.vary import parse_axis

PATH = next((Path(__file__).parents[2] / "notebooks").glob("02_*.ipynb"))
ABSTRACT = {"79 %", "8.88 times", "96.6 %"}
TOLD = {"10.5 %"}


@pytest.fixture(scope="module")
def text() -> str:
    """Everything that is written between the cells."""
    cells = nbformat.read(PATH, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def _known_how(text: str) -> dict[str, str]:
    """The table of statements: what is said, by how it is known."""
    rows = [line.strip("| ").split("|") for line in text.splitlines() if line.startswith("| ") and line.count("|") == 3]
    found: dict[str, str] = {}
    for what, how in rows:
        found[how.strip()] = found.get(how.strip(), "") + what
    return found


def test_no_figure_is_given_as_the_papers_that_its_abstract_does_not_carry(text: str) -> None:
    known = _known_how(text)
    assert set(re.findall(r"[\d.]+ (?:%|times)", known["the authors' abstract"])) == ABSTRACT
    assert set(re.findall(r"[\d.]+ (?:%|times)", known["summaries by third parties"])) == TOLD
    assert "T-Logit" in known["**our reading**"] and "pruning and INT8" in known["**our reading**"]
    for figure in ABSTRACT | TOLD:
        assert text.count(figure) == 1, "said once, where it is said how it is known"


def test_the_words_that_only_summaries_have_are_not_the_authors(text: str) -> None:
    said = _known_how(text)["the authors' abstract"].lower()
    assert [word for word in ("lstm", "concat", "sc-logit", "attn-rep", "temperature") if word in said] == []


def _commands(text: str) -> list[list[str]]:
    blocks = re.findall(r"```\n(stillroom .*?)\n```", text, flags=re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def _parsed(words: list[str]) -> tuple[dict[str, Any], list[str]]:
    command: Any = typer.main.get_command(app)
    while words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    context = command.make_context("stillroom", list(words))
    return context.params, context.args


def test_every_command_that_a_reader_may_type_is_understood(text: str) -> None:
    commands = _commands(text)
    assert {words[0] for words in commands} == {"study", "distil"}
    for words in commands:
        params, rest = _parsed(words)
        if words[0] == "study":
            recipe, *options = rest
            assert _parsed(["distil", recipe, *options])[0]["recipe"] == "tsak"
            assert [set(parse_axis(text).values) for text in params["vary"]] == [set(STRATEGIES)]


def test_every_strategy_that_is_named_can_be_chosen(text: str) -> None:
    named = set(re.findall(r"`((?:none|\w+_logit|\w+_rep)(?:\+\w+)*)`", text))
    assert named >= set(STRATEGIES)
    for name in named:
        strategy_terms(name)
