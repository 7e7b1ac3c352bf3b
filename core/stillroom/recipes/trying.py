"""Terms tried on two empty windows: whatever they cannot compare is refused before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from stillroom.base.errors import InputError, StillroomError
from stillroom.losses.term import GROUP, Evidence, Shapes, Term, needs_of
from stillroom.models.output import Output
from stillroom.recipes.recipe import Recipe
from stillroom.recipes.roles import SEMANTIC, TEACHER


def given_answers(recipe: Recipe, teacher: Output) -> dict[str, Tensor]:
    """What a student's teachers answer, by `role.part`, as far as its shape; `group` beside each role's."""
    said = {f"{TEACHER}.{name}": values for name, values in teacher.answers().items()}
    roles = [TEACHER]
    if recipe.semantic:
        logits = teacher.logits
        said[f"{SEMANTIC}.logits"] = logits
        said[f"{SEMANTIC}.representation"] = logits.new_zeros(len(logits), recipe.semantic.hidden)
        roles.append(SEMANTIC)
    group = torch.zeros(len(teacher.logits), dtype=torch.int64)
    return {**said, **{f"{role}.{GROUP}": group for role in roles}}


def try_terms(
    terms: Mapping[str, Term], where: str, student: Output, given: Mapping[str, Tensor], groups: int = 1
) -> None:
    """Asks every term for its values once.

    Args:
        terms: by name.
        where: whose terms they are.
        student: its answers to some windows, with what is tapped.
        given: the teachers' answers to the same ones; empty where there is no teacher.
        groups: how many teachers answer, each for some of the people.

    Raises:
        InputError: an answer that nobody gives, two that cannot be compared, or a comparison between samples that
            different teachers answer for.
    """
    _refuse_missing(terms, where, given)
    label = torch.zeros(len(student.logits), dtype=torch.int64)
    evidence = Evidence(*student, label, torch.ones(student.logits.shape[1]))
    shapes = Shapes(_shapes(student.answers()), _shapes(given), groups)
    for name, term in terms.items():
        if term.between and groups > 1:
            raise InputError(
                f"{name} compares windows with one another, and several teachers answer for them",
                where=where,
                mend="Leave cross_fit at 0, or choose another term",
            )
        try:
            with torch.random.fork_rng(devices=[]):
                term.values(evidence, term.prepare(given) if term.needs else (), term.helper(shapes))
        except InputError:
            raise
        except (StillroomError, RuntimeError, ValueError, IndexError) as error:
            what = error.what if isinstance(error, StillroomError) else str(error).splitlines()[0][:120]
            mend = getattr(error, "mend", None) or "Choose other answers (of=, at=), or another term"
            raise InputError(f"{name} cannot compare these: {what}", where=where, mend=mend) from error


def _shapes(answers: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(values.shape[1:]) for name, values in answers.items() if values.ndim > 1}


def _refuse_missing(terms: Mapping[str, Term], where: str, given: Mapping[str, Tensor]) -> None:
    for need in sorted(needs_of(terms)):
        if not given:
            taught = next(name for name, term in terms.items() if term.needs)
            raise InputError(f"{taught} needs a teacher", where=where, mend="Only the student has one: drop it")
        if need not in given:
            raise InputError(
                f"no teacher here answers {need!r}",
                where=where,
                mend=f"Choose a strategy for which there is one; answers: {', '.join(sorted(given))}",
            )
