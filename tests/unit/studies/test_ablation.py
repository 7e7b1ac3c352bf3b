"""What an ablation plans: strategies side by side, and pruning only where it is the question."""

from collections.abc import Callable
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.data.dataset import Dataset
from stillroom.studies import ablation
from stillroom.studies.ablation import Ablation
from stillroom.studies.plan import Plan

Planned = Callable[..., Plan]


@pytest.fixture
def planned(make_dataset: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch) -> Planned:
    """The plan of a study on the made-up set."""
    monkeypatch.setattr(ablation, "open_source", lambda *_, **__: make_dataset())

    def plan(*vary: str, recipe: str = "tsak", seeds: int = 1, **options: Any) -> Plan:
        asked = {"data": "made", "student_view": "right_wrist.acc.*", **options}
        return Ablation(recipe, asked, list(vary), seeds).plan()

    return plan


def changes(plan: Plan, run: int = 0) -> list[str]:
    """What one run sets."""
    words = plan.runs[run].words
    return [words[place + 1] for place, word in enumerate(words) if word == "--set"]


def test_students_are_compared_as_they_are(planned: Planned) -> None:
    plan = planned("strategy=none,sc_logit")
    assert {"optimise.keep=[]", "optimise.int8=false", "cache.mode=on"} <= set(changes(plan))


@pytest.mark.parametrize(
    ("vary", "options"),
    [
        ("optimise.keep=[0.7],[0.5]", {}),
        ("strategy=none,sc_logit", {"change": ["optimise.keep=[0.5]"]}),
        ("strategy=none,sc_logit", {"change": ["optimise.training.epochs=3"]}),
    ],
)
def test_unless_it_is_asked_what_they_are_pruned_to(planned: Planned, vary: str, options: dict[str, Any]) -> None:
    plan = planned(vary, **options)
    said = [one for run in range(len(plan.runs)) for one in changes(plan, run) if one.startswith("optimise.")]
    assert said and not {"optimise.keep=[]", "optimise.int8=false"} & set(said)


def test_a_row_for_each_strategy_and_sum_under_its_own_name_and_key(planned: Planned) -> None:
    names = ("none", "t_logit", "attn_rep", "causal_rep", "combi_rep", "sc_logit", "sc_logit+attn_rep")
    plan = planned(f"strategy={','.join(names)}", seeds=2)
    assert [cell.name for cell in plan.cells] == [f"strategy={name}" for name in names]
    assert len({run.key for run in plan.runs}) == len(plan.runs) == 14


def test_what_is_set_in_a_strategy_s_terms_counts_for_every_row_that_has_them(planned: Planned) -> None:
    plain, warm = (
        planned("strategy=sc_logit,sc_logit+attn_rep", change=[f"student.terms.sc_logit.temperature={value}"])
        for value in (2.0, 8.0)
    )
    assert all(one.key != other.key for one, other in zip(plain.runs, warm.runs, strict=True))


@pytest.mark.parametrize(
    ("vary", "options", "said"),
    [
        ("strategy=none,sc_logt", {}, "Did you mean sc_logit"),
        ("student.training.epochs=2,3", {"recipe": "alone"}, "the recipe alone makes no model student"),
        ("student.training.epochs=2,3", {"recipe": "any_subset"}, "the recipe any_subset makes no model student"),
        ("strategy=none,sc_logit", {"recipe": "hinton"}, "no teacher here answers 'semantic.logits'"),
        ("strategy=sc_logit,none", {"change": ["student.terms.sc_logit.temperature=3"]}, "no setting 'sc_logit'"),
    ],
)
def test_a_strategy_or_a_recipe_that_could_not_run_is_refused_when_it_is_planned(
    planned: Planned, vary: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        planned(vary, **options)
