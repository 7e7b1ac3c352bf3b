"""Strategies on the command line: refused by name, told in the report, and compared in a study."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .kit import TINY, VIEWS, Call, distil_words, needs_fork
from .study_kit import Command, study_words

STRATEGIES = ("none", "t_logit", "attn_rep", "causal_rep", "combi_rep", "sc_logit", "sc_logit+attn_rep")


def words_of(recipe: str, own: Path, folder: Path, *changes: str) -> list[str]:
    """A small `distil` of a recipe with a teacher of its own."""
    kept = {name: value for name, value in TINY.items() if not name.startswith(("semantic.", "teacher.model."))}
    sets = [
        word
        for change in (*(f"{name}={value}" for name, value in kept.items()), *changes)
        for word in ("--set", change)
    ]
    return ["distil", recipe, "--data", str(own), *VIEWS, "--run", str(folder), "--threads", "1", "--folds", "1", *sets]


@pytest.mark.parametrize(
    ("recipe", "strategy", "answer"),
    [("hinton", "sc_logit", "semantic.logits"), ("mahmud", "attn_rep", "teacher.attention")],
)
def test_a_strategy_whose_teacher_is_not_there_is_one_sentence_and_nothing_is_written(
    call: Call, own: Path, tmp_path: Path, recipe: str, strategy: str, answer: str
) -> None:
    told = call(*words_of(recipe, own, tmp_path / "run", f"strategy={strategy}"))
    assert (told.code, told.out) == (2, "")  # what may stand before the error is progress of reading
    assert f"no teacher here answers '{answer}'" in told.error and f"strategy {strategy}" in told.error
    assert "teacher.logits" in told.error and not list(tmp_path.iterdir())


def test_in_any_order_a_strategy_and_its_temperature_are_the_same_run(
    call: Call, refused: Call, own: Path, tmp_path: Path
) -> None:
    changes = ("strategy=sc_logit+combi_rep", "student.terms.sc_logit.temperature=3")
    words = distil_words(own, tmp_path / "run", "--folds", 1, "--json")
    one, other = (
        [*words, *(word for change in order for word in ("--set", change))] for order in (changes, changes[::-1])
    )
    assert call(*one).code == 0
    again = call(*other, "--resume")
    assert again.code == 0 and again.answer["strategy"] == "sc_logit+combi_rep" and again.err == ""
    facts = json.loads((tmp_path / "run/run.json").read_text())["asked"]["recipe"]
    assert facts["student"]["terms"]["sc_logit"]["temperature"] == 3
    assert "taught with: `sc_logit+combi_rep`" in (tmp_path / "run/report.md").read_text()
    assert "strategy was" in refused(*words[:-1], "--resume", "--set", "strategy=t_logit").error


@needs_fork
def test_a_study_of_all_strategies_ends_in_one_table_and_none_gains_nothing(tmp_path: Path) -> None:
    out, vary = tmp_path / "study", (f"strategy={','.join(STRATEGIES)}",)
    more = ("--protocol", "persons:4", "--folds", 1, "--json", "--workers", 2)
    command = Command(study_words("factory", out, *more, vary=vary), tmp_path).start()
    assert command.end() == 0, command.errors
    answer = command.answer
    assert (answer["planned"], answer["done"], answer["failed"]) == (len(STRATEGIES),) * 2 + (0,)
    assert [row["cell"] for row in answer["table"]] == [f"strategy={name}" for name in STRATEGIES]
    first, *others = answer["table"]
    assert first["gain"]["mean"] == 0 and set(first["gain"]["per_person"].values()) == {0}
    assert len({row["teacher"] for row in answer["table"]}) == 1 and len({row["alone"] for row in answer["table"]}) == 1
    assert all(row["against_first"]["mean"] == pytest.approx(row["gain"]["mean"]) for row in others)
    assert any(row["gain"]["mean"] for row in others)
    students = {path.read_bytes() for path in out.glob("runs/*/folds/*/student/model.safetensors")}
    assert len(students) == len(STRATEGIES) and not list(out.glob("runs/*/folds/*/pruned_*"))
    text = (out / "table.md").read_text()
    assert all(f"strategy={name} " in text for name in STRATEGIES)
