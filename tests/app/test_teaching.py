"""What the Teach switch tells: every loss has its formula and its file, and a window's numbers are the losses' own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import stillroom.losses  # noqa: F401  (registers every term)
from stillroom.base.errors import InputError
from stillroom.base.paths import write_json
from stillroom.figures.softening import softened
from stillroom.losses.conditional import conditional
from stillroom.losses.cross_entropy import cross_entropy
from stillroom.losses.hinton import hinton
from stillroom.losses.term import TERMS
from stillroom_app.services import engine, teaching, workspace
from stillroom_app.services.lore import LORE, file_of, own_words
from stillroom_app.services.workspace import Entry

ROOT = Path(__file__).parents[2]
CLASSES = ["lift", "<b>press</b>", "walk"]


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    engine.ENGINE.end()


@pytest.fixture
def run(workspace: Path) -> Entry:
    return made(workspace, "one")


def made(root: Path, name: str) -> Entry:
    """A finished run with answers of six windows of two people, in two folds."""
    folder, draw = root / name, np.random.default_rng(1)
    report = {
        "run": name, "models": ["teacher", "student"], "classes": CLASSES, "folds": [{"fold": "a"}, {"fold": "b"}],
        "data_title": "A line", "simulated": True, "n": 2, "units": "people", "recipe": "tsak",
        "protocol": "person", "seed": 0, "fast": True, "warning": "", "pilot": True,
        "teacher": {"macro_f1": 0.5}, "student": {"macro_f1": 0.4},
    }  # fmt: skip
    asked = {"recipe": {"name": "tsak"}, "data": "factory", "protocol": "person", "seed": 0, "fast": True}
    facts = {"format": 1, "state": "done", "key": "k", "asked": asked, "began": "a", "changed": "b"}
    write_json(folder / "run.json", facts)
    write_json(folder / "report.json", report)
    for fold, ids in (("a", [0, 1, 2]), ("b", [5, 4, 3])):
        for role in ("teacher", "student", "semantic"):
            part = folder / "folds" / fold / role
            part.mkdir(parents=True)
            shares = draw.dirichlet([1, 1, 1], 3).astype(np.float32)
            np.savez(part / "predictions.npz", ids=ids, truth=[0, 1, 2], unit=[fold] * 3, probabilities=shares)
    write_json(folder / "folds/a/student/history.json", [{"epoch": 1, "losses": {"attn_rep": 0.25}}])
    return workspace.entry(name, root)


@pytest.mark.parametrize("loss", list(TERMS))
def test_every_loss_has_a_formula_a_source_and_its_file(loss: str) -> None:
    lore = LORE[loss]
    assert lore.formula
    assert lore.matches.endswith(".")
    assert "arXiv" in lore.source or "CVPR" in lore.source
    assert f'register("{loss}")' in (ROOT / file_of(loss)).read_text(encoding="utf-8")
    assert len(own_words(loss)) > 100


def test_nothing_is_told_of_a_loss_that_is_not_there() -> None:
    assert set(LORE) <= set(TERMS)


@pytest.mark.parametrize("temperature", [1.0, 2.5, 8.0])
@pytest.mark.parametrize("place", range(6))
def test_a_windows_numbers_are_those_of_the_losses_that_train(run: Entry, place: int, temperature: float) -> None:
    window = teaching.window_of(run, place)
    told = teaching.values(
        window,
        {
            "cross_entropy": {},
            "hinton": {"temperature": temperature},
            "conditional": {"temperature": temperature},
            "sc_logit": {"loss": "hinton", "source": "semantic", "temperature": temperature},
        },
    )
    logits = {role: torch.tensor([one], dtype=torch.float64) for role, one in window.log_probabilities.items()}
    student, teacher, label = logits["student"], logits["teacher"], torch.tensor([window.label])
    wanted = {
        "cross_entropy": cross_entropy(student, label).item(),
        "hinton": hinton(student, teacher, temperature=temperature).item(),
        "conditional": conditional(student, teacher, label, temperature=temperature, smoothing=0.1).item(),
        "sc_logit": hinton(student, logits["semantic"], temperature=temperature).item(),
    }
    assert told == pytest.approx(wanted, abs=1e-6)


def test_the_softened_answers_that_are_drawn_are_those_that_the_loss_compares(run: Entry) -> None:
    window, temperature = teaching.window_of(run, 2), 3.0
    ours, theirs = (softened(window.log_probabilities[role], temperature) for role in ("student", "teacher"))
    by_hand = temperature**2 * float((theirs * np.log(theirs / ours)).sum())
    assert teaching.values(window, {"hinton": {"temperature": temperature}})["hinton"] == pytest.approx(
        by_hand, abs=1e-6
    )


def test_a_window_is_the_same_for_teacher_and_student_whatever_its_fold(run: Entry) -> None:
    seen = [teaching.window_of(run, place) for place in range(6)]
    assert [one.number for one in seen] == list(range(6))
    assert [one.unit for one in seen] == ["a"] * 3 + ["b"] * 3
    with np.load(run.run.part("b", "teacher") / "predictions.npz") as kept:
        kept_share = kept["probabilities"][list(kept["ids"]).index(4)]
    assert np.exp(seen[4].log_probabilities["teacher"]) == pytest.approx(kept_share, abs=1e-6)


def test_only_windows_where_they_disagree_are_shown_where_that_is_asked_for(run: Entry) -> None:
    seen = teaching.window_of(run, 0, disagreeing=True)
    for place in range(seen.place[1]):
        one = teaching.window_of(run, place, disagreeing=True)
        assert np.argmax(one.log_probabilities["teacher"]) != np.argmax(one.log_probabilities["student"])


def test_a_run_without_answers_is_refused_in_words(run: Entry) -> None:
    (run.run.part("a", "student") / "predictions.npz").unlink()
    with pytest.raises(InputError, match="does not hold"):
        teaching.window_of(run)


def test_a_term_over_features_tells_how_it_ended(run: Entry) -> None:
    assert teaching.last_mean(run, "student", "attn_rep") == 0.25
    assert teaching.last_mean(run, "student", "nothing") is None
    assert teaching.last_mean(run, "teacher", "cross_entropy") is None


def test_what_is_told_can_be_written_as_json(run: Entry) -> None:
    assert json.dumps(teaching.window_of(run).log_probabilities)


def test_answers_that_were_rounded_away_are_said_to_be(run: Entry) -> None:
    assert not teaching.window_of(run).rounded
    path = run.run.part("a", "teacher") / "predictions.npz"
    with np.load(path) as kept:
        arrays = {**kept, "probabilities": np.array([[1, 0, 0]] * 3, dtype=np.float32)}
    np.savez(path, **arrays)
    assert teaching.window_of(run).rounded
