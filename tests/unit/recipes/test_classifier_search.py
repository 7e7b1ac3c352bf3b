"""The search among classifiers: validation people weigh them, the best one stays, and nobody else has a say."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from stillroom.base.errors import InputError
from stillroom.base.events import silent
from stillroom.models.bundle import load_model
from stillroom.models.discretising import candidates_of, discretised
from stillroom.recipes import students
from stillroom.recipes.check import check
from stillroom.recipes.distil import distil
from stillroom.recipes.fold import FoldRun
from stillroom.recipes.roles import phase_of, roles_of
from stillroom.recipes.students import SEARCH, weigh
from stillroom.training.scoring import probabilities

from .kit import made, never, weights

HEADS = ("linear", "hopfield", "cosine", "mlp")
CHAIN = ("teacher", "student-mixed", "student", "alone-mixed", "alone")
ON = "cache.mode=on"


@pytest.fixture(scope="module")
def searched(experiment, tmp_path_factory: pytest.TempPathFactory) -> FoldRun:
    """A fold with both searches done."""
    return made(experiment(ON, recipe="smldist_joint"), tmp_path_factory.mktemp("searched"), *CHAIN)


def said(fold: FoldRun, role: str = "student") -> dict:
    return dict(json.loads((fold.folder(role) / SEARCH).read_text()))


@pytest.mark.parametrize("role", ["student", "alone"])
def test_the_classifier_that_validation_people_weigh_most_stays_and_the_others_are_gone(
    searched: FoldRun, role: str
) -> None:
    found = said(searched, role)
    assert set(found) == {"chosen", "weights", "people"} and tuple(found["weights"]) == HEADS
    assert sum(found["weights"].values()) == pytest.approx(1) and min(found["weights"].values()) >= 0
    assert found["weights"][found["chosen"]] == max(found["weights"].values())
    assert found["people"] == searched.people(searched.fold.validation) == ["p2"]
    model = load_model(searched.folder(role))[0]
    assert candidates_of(model) == (found["chosen"],)
    mixed = load_model(searched.folder(f"{role}-mixed"))[0]
    kept = set(load_file(searched.folder(role) / "model.safetensors"))
    whole = set(load_file(searched.folder(f"{role}-mixed") / "model.safetensors"))
    assert kept == {name for name in whole if ".head." not in name or f".head.{found['chosen']}." in name}
    alone = discretised(mixed, found["chosen"])
    assert model.parameter_count() == alone.parameter_count() < mixed.parameter_count()


@pytest.mark.parametrize("best", HEADS)
def test_whichever_weighs_most_is_chosen(
    experiment, searched: FoldRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, best: str
) -> None:
    spread = {name: 0.4 if name == best else 0.2 for name in HEADS}
    monkeypatch.setattr(students, "weigh", lambda *_: spread)
    mixed = searched.model("student-mixed")
    chosen = students._chosen(searched, mixed, tmp_path)
    assert candidates_of(chosen) == (best,) and json.loads((tmp_path / SEARCH).read_text())["weights"] == spread
    x = searched.student_view.batch(searched.fold.validation)
    with torch.no_grad():
        torch.testing.assert_close(chosen(x).logits, mixed(x).parts[f"{best}_logits"])


def test_weights_make_validation_labels_likeliest_every_class_counting_alike(searched: FoldRun) -> None:
    mixed = searched.model("student-mixed")
    found, ids = weigh(searched, mixed), searched.fold.validation
    assert not mixed.training and found == said(searched)["weights"]
    label = searched.index.label[ids]
    with torch.no_grad():
        parts = mixed(searched.student_view.batch(ids)).parts
    shares = np.stack([torch.softmax(parts[f"{name}_logits"], 1).double().numpy() for name in HEADS], axis=1)
    right = shares[np.arange(len(ids)), :, label]
    even = np.array([1 / (label == one).sum() for one in label]) / len(set(label.tolist()))

    def likelihood(w: np.ndarray) -> float:
        return float(even @ np.log(right @ w))

    best = likelihood(np.array([found[name] for name in HEADS])) + 1e-4  # what so few steps of EM may leave
    draw = np.random.default_rng(0)
    assert all(likelihood(w) <= best for w in (*draw.dirichlet(np.full(4, 0.3), 3000), *np.eye(4)))
    assert min(map(likelihood, np.eye(4))) < best - 1e-2


@pytest.mark.parametrize("fill", [1e9, 0.0])
def test_whom_it_is_tested_on_has_no_say(experiment, searched: FoldRun, tmp_path: Path, fill: float) -> None:
    poisoned = made(experiment(ON, recipe="smldist_joint", poison={"p1": fill}), tmp_path, *CHAIN)
    assert (poisoned.folder("student") / SEARCH).read_bytes() == (searched.folder("student") / SEARCH).read_bytes()
    ours, theirs = weights(poisoned.run.folder), weights(searched.run.folder)
    assert ours == theirs and len(ours) == len(CHAIN)


def test_who_validates_has(experiment, searched: FoldRun, tmp_path: Path) -> None:
    other = made(experiment(ON, recipe="smldist_joint", poison={"p2": 0.0}), tmp_path, *CHAIN)
    assert said(other)["weights"] != said(searched)["weights"]


def test_tuning_goes_on_from_the_chosen_one_s_weights_on_the_search_s_own_terms(
    searched: FoldRun, experiment, tmp_path: Path
) -> None:
    history = json.loads((searched.folder("student") / "history.json").read_text())
    search = searched.recipe.search
    assert search is not None and all(set(epoch["losses"]) == set(search.terms) for epoch in history)
    still = [f"search.terms.{name}.weight=0" for name in search.terms]
    asked = experiment(ON, *still, "search.training.weight_decay=0", recipe="smldist_joint")
    fold = made(asked, tmp_path, *CHAIN[:3])
    began = discretised(fold.model("student-mixed"), said(fold)["chosen"])
    ended = fold.model("student")
    for (name, one), (_, other) in zip(began.named_parameters(), ended.named_parameters(), strict=True):
        assert torch.equal(one, other), name


def test_without_a_search_the_mixture_stays(experiment, tmp_path: Path) -> None:
    asked = experiment(ON, "search=none", recipe="smldist_joint")
    check(asked)
    assert not [role for role in roles_of(asked.recipe) if "-" in role]
    fold = made(asked, tmp_path, "teacher", "student")
    model = load_model(fold.folder("student"))[0]
    assert candidates_of(model) == HEADS and not (fold.folder("student") / SEARCH).exists()
    assert phase_of(asked.recipe, "student") == asked.recipe.student
    x = fold.student_view.batch(fold.fold.test)
    with torch.no_grad():
        output = model(x)
        mixing = torch.softmax(model.members[0].net.head.mixing, 0)
        parts = torch.stack([torch.softmax(output.parts[f"{name}_logits"], 1) for name in HEADS])
    torch.testing.assert_close(torch.softmax(output.logits, 1), (mixing[:, None, None] * parts).sum(0))
    assert np.isfinite(probabilities(model, fold.student_view, fold.fold.test)).all()


def test_a_search_with_nothing_to_choose_from_is_refused(experiment) -> None:
    changes = (
        'student.model.settings.head=["linear"]', "copied=none", "student.frozen=[]", "student.terms.memory=none",
        *(f"{terms}.{name}=none" for terms in ("student.terms", "alone_terms") for name in HEADS),
    )  # fmt: skip
    with pytest.raises(InputError, match="there is one classifier, and nothing to choose from") as refused:
        check(experiment(*changes, recipe="smldist_joint"))
    assert refused.value.where == "search" and "search=none" in str(refused.value.mend)
    check(experiment(*changes, "search=none", recipe="smldist_joint"))


def test_terms_of_the_tuning_that_one_of_the_classifiers_cannot_answer_are_refused(experiment) -> None:
    """A linear layer has no association: were it chosen, the tuning could not begin."""
    asked = experiment("search=none", recipe="smldist_joint").recipe
    search = {"terms": {"cross_entropy": {}, "memory": {}}, "alone_terms": {"cross_entropy": {}}}
    made_up = experiment(recipe="smldist_joint")
    wrong = type(made_up)(**{**vars(made_up), "recipe": asked.changed(search=search)})
    with pytest.raises(InputError, match="the model has no answer 'association'"):
        check(wrong)


def test_the_report_tells_choice_counts_and_weights_of_every_fold(experiment, tmp_path: Path) -> None:
    asked = experiment(ON, "student.training.epochs=1", recipe="smldist_joint", folds=2)
    report = distil(asked, tmp_path, resume=False, emit=silent, stop=never)
    told = report["classifier"]
    text = (tmp_path / "report.md").read_text().partition("## The student's classifier")[2]
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")][: 1 + len(told["weights"])]
    names = [cell.strip(" |") for cell in rows[0][1:]]
    for (fold, by_name), row in zip(told["weights"].items(), rows[1:], strict=True):
        bold = [name for name, cell in zip(names, row[1:], strict=True) if "**" in cell]
        assert row[0] == f"| {fold}" and bold == [max(by_name, key=by_name.get)]
    assert set(told) == {"chosen", "counts", "share", "weights", "alone"}
    for role, one in (("student", told), ("alone", told["alone"])):
        by_fold = {
            fold.name: json.loads((tmp_path / "folds" / fold.name / role / SEARCH).read_text()) for fold in asked.folds
        }
        assert one["weights"] == {name: found["weights"] for name, found in by_fold.items()} and len(by_fold) == 2
        chosen = [found["chosen"] for found in by_fold.values()]
        assert one["counts"] == {name: chosen.count(name) for name in chosen}
        assert one["chosen"] in chosen and one["counts"][one["chosen"]] == max(one["counts"].values())
        assert one["share"] == one["counts"][one["chosen"]] / 2
