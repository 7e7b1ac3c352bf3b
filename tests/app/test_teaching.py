"""What the Teach switch tells: every loss has its formula and its file, and a window's numbers are the losses' own."""

from __future__ import annotations

import json
import re
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
from stillroom.runs.predictions import predictions_of
from stillroom_app.services import engine, teaching, workspace
from stillroom_app.services.lore import LORE, file_of, lore_of, own_words
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
        "teacher": {"macro_f1": 0.5, "per_person": {"a": 0.5, "b": 0.5}},
        "student": {"macro_f1": 0.4, "per_person": {"a": 0.4, "b": 0.4}},
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


@pytest.mark.parametrize("settings", [{}, {"variant": "released"}, {"standardise": False}, {"frequency": 0.0}])
@pytest.mark.parametrize("loss", list(TERMS))
def test_every_formula_is_made_of_commands_that_latex_knows(loss: str, settings: dict[str, object]) -> None:
    formula = lore_of(loss, settings).formula
    known = set(re.findall(r"[a-zA-Z]+", "quad log sum text mathrm frac overline max arg softmax big Big hat bar ell"
        " lambda alpha beta gamma varepsilon sigma mu cdot propto tfrac tanh left right top angle cos ge"))  # fmt: skip
    assert set(re.findall(r"\\([a-zA-Z]+)", formula)) <= known
    assert formula.count("{") == formula.count("}")


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
        "student",
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
    told = teaching.values(window, {"hinton": {"temperature": temperature}}, "student")
    assert told["hinton"] == pytest.approx(by_hand, abs=1e-6)


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


@pytest.mark.parametrize("learner", ["teacher", "semantic", "student", "alone"])
def test_a_trainings_number_is_of_the_model_that_learns_in_it(run: Entry, learner: str) -> None:
    for fold, ids in (("a", [0, 1, 2]), ("b", [5, 4, 3])):
        part = run.run.part(fold, "alone")
        part.mkdir(parents=True)
        shares = np.random.default_rng(7).dirichlet([1, 1, 1], 3).astype(np.float32)
        np.savez(part / "predictions.npz", ids=ids, truth=[0, 1, 2], unit=[fold] * 3, probabilities=shares)
    window = teaching.window_of(run, 4)
    own = predictions_of(run.run, learner)
    wanted = -np.log(own.probabilities[list(own.ids).index(window.number), window.label])
    told = teaching.values(window, {"cross_entropy": {}}, learner)["cross_entropy"]
    assert told == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("learner", ["alone", "optimised", "student-stage_0", "student-mixed", "small_teacher"])
def test_a_training_whose_model_has_no_answers_here_has_no_number(run: Entry, learner: str) -> None:
    window = teaching.window_of(run)
    assert teaching.values(window, {"cross_entropy": {}}, learner) == {}
    term = {"needs": [], "settings": {"of": "logits"}, "between": False}
    assert "no answers of the model" in teaching.why_none(term, learner, window)


@pytest.mark.parametrize(
    ("loss", "settings", "said"),
    [
        ("conditional", {"variant": "released"}, "raw logits"),
        ("cross_entropy", {"of": "causal_logits"}, "no more"),
        ("representation", {"of": "teacher.attention"}, "no more"),
        ("dist", {}, "compares windows"),
    ],
)
def test_why_a_term_has_no_number_is_said(run: Entry, loss: str, settings: dict[str, str], said: str) -> None:
    window = teaching.window_of(run)
    assert teaching.values(window, {loss: settings}, "student") == {}
    made = TERMS[loss].from_input(settings, where="here")
    term = {"needs": sorted(made.needs), "settings": made.model_dump(mode="json"), "between": made.between}
    assert said in teaching.why_none(term, "student", window)


@pytest.mark.parametrize(
    ("loss", "settings", "there", "not_there"),
    [
        ("conditional", {"variant": "released"}, r"\log q_y", "T^2"),
        ("conditional", {"variant": "sound"}, "T^2", r"\log q_y"),
        ("stage", {"standardise": False, "frequency": 1.0, "dc": False}, r"k \ge 1", "var"),
        ("stage", {"standardise": True, "frequency": 1.0, "dc": True}, "var", r"k \ge 1"),
        ("stage", {"standardise": False, "frequency": 0.0}, "(f_s - f_t)^2", "rfft"),
        ("cross_entropy", {"smoothing": 0.0, "balanced": True}, r"-w_y \log p_y", "varepsilon"),
        ("cross_entropy", {"smoothing": 0.1, "balanced": False}, "varepsilon", "w_y"),
        ("rkd", {"distance": 1.0, "angle": 2.0}, "1\\,", "50"),
        ("dist", {"variant": "released"}, "T^2", "nothing"),
    ],
)
def test_a_formula_is_that_of_the_settings(loss: str, settings: dict[str, object], there: str, not_there: str) -> None:
    formula = lore_of(loss, settings).formula
    assert there in formula
    assert not_there not in formula


def test_only_a_run_that_keeps_its_answers_can_be_looked_at(run: Entry) -> None:
    assert teaching.fits(run.run.folder)
    assert teaching.fits(workspace.DEMO / "tsak")
    (run.run.part("a", "student") / "predictions.npz").unlink()
    (run.run.part("b", "student") / "predictions.npz").unlink()
    assert not teaching.fits(run.run.folder)


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
