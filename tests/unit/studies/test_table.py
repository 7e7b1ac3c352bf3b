"""The table of a study against a slow reference, and what it does with runs that are missing."""

import itertools
from statistics import mean, stdev
from typing import Any

import pytest
from scipy import stats

from stillroom.studies.plan import Cell, Plan, Planned
from stillroom.studies.table import build_rows
from stillroom.studies.text import answer, caveats, to_markdown

PEOPLE = ("p1", "p2", "p3", "p4", "p5", "p6")
# student's macro-F1 of each person: by cell, by seed
SCORES = {
    0: {0: (0.50, 0.60, 0.55, 0.70, 0.65, 0.40), 1: (0.54, 0.58, 0.57, 0.66, 0.61, 0.44)},
    1: {0: (0.62, 0.69, 0.66, 0.80, 0.76, 0.55), 1: (0.60, 0.71, 0.64, 0.78, 0.74, 0.53)},
    2: {0: (0.50, 0.61, 0.50, 0.71, 0.66, 0.41), 1: (0.56, 0.57, 0.58, 0.60, 0.66, 0.46)},
}


def plan(cells: int = 3, seeds: int = 2) -> Plan:
    runs = [
        Planned(id=f"{cell + 1:02d}-s{seed}", cell=cell, seed=seed, words=("distil",), key=f"{cell}/{seed}")
        for cell in range(cells)
        for seed in range(seeds)
    ]
    named = tuple(Cell(name=f"t={cell}", settings={"student.t": str(cell)}) for cell in range(cells))
    return Plan(
        kind="ablation", asked={"recipe": "tsak"}, command="stillroom study", cells=named, runs=tuple(runs), threads=1,
        versions={},
    )  # fmt: skip


def report(scores: tuple[float, ...], alone: float = 0.5, **facts: Any) -> dict[str, Any]:
    people = dict(zip(PEOPLE, scores, strict=True))

    def model(values: dict[str, float], **sizes: int) -> dict[str, Any]:
        return {"per_person": values, "macro_f1": mean(values.values()), **sizes}

    flat = dict.fromkeys(PEOPLE, alone)
    student = model(people, channels=3, params=100, macs=1000, size_bytes=500)
    told = {"student": student, "alone": model(flat), "teacher": model(dict.fromkeys(PEOPLE, 0.9))}
    rest = {"units": "people", "n": 6, "simulated": False, "fast": False, "folds_left_out": 0, "warning": "",
            "pilot": True, "windows": {"n": 1}}  # fmt: skip
    return {**told, **rest, **facts}


def reports(scores: dict[int, dict[int, tuple[float, ...]]] = SCORES) -> dict[str, dict[str, Any]]:
    return {f"{cell + 1:02d}-s{seed}": report(one) for cell, runs in scores.items() for seed, one in runs.items()}


def averaged(cell: int) -> list[float]:
    return [mean(pair) for pair in zip(*SCORES[cell].values(), strict=True)]


def test_scores_are_means_over_people_of_their_means_over_seeds_with_a_t_interval() -> None:
    rows = build_rows(plan(), reports())
    for cell, row in enumerate(rows):
        people = averaged(cell)
        half = stats.t.ppf(0.975, 5) * stdev(people) / 6**0.5
        assert row["macro_f1"] == pytest.approx(mean(people))
        assert (row["low"], row["high"]) == pytest.approx((mean(people) - half, mean(people) + half))
        assert row["seed_sd"] == pytest.approx(stdev([mean(one) for one in SCORES[cell].values()]))
        assert row["gain"]["mean"] == pytest.approx(mean(people) - 0.5)


def test_each_setting_is_compared_with_the_first_person_by_person_and_p_is_exact_and_corrected() -> None:
    rows = build_rows(plan(), reports())
    assert rows[0]["against_first"] is None
    raw = []
    for cell in (1, 2):
        differences = [b - a for a, b in zip(averaged(0), averaged(cell), strict=True)]
        told = rows[cell]["against_first"]
        assert told["mean"] == pytest.approx(mean(differences))
        flips = [abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
                 for signs in itertools.product((-1, 1), repeat=6)]  # fmt: skip
        raw.append(sum(flip >= abs(sum(differences)) - 1e-12 for flip in flips) / 64)
        assert told["p"] == pytest.approx(raw[-1])
    smaller, larger = sorted((0, 1), key=lambda one: raw[one])
    assert rows[1 + smaller]["against_first"]["p_holm"] == pytest.approx(min(1, 2 * raw[smaller]))
    assert rows[1 + larger]["against_first"]["p_holm"] == pytest.approx(max(2 * raw[smaller], raw[larger]))


def test_a_missing_run_narrows_a_comparison_to_the_seeds_that_both_have() -> None:
    some = reports()
    del some["02-s1"]
    rows = build_rows(plan(), some)
    expected = mean(b - a for a, b in zip(SCORES[0][0], SCORES[1][0], strict=True))
    assert rows[1]["against_first"]["mean"] == pytest.approx(expected)
    assert (rows[1]["done"], rows[1]["runs"], rows[1]["seeds"]) == (1, 2, [0])
    assert any("1 of 6 runs are not there" in text for text in caveats(plan(), rows, some))


def test_where_not_everybody_was_tested_twice_the_comparison_is_over_those_who_were() -> None:
    some = reports()
    for seed in (0, 1):
        for role in ("student", "alone", "teacher"):
            del some[f"02-s{seed}"][role]["per_person"]["p6"]
    rows = build_rows(plan(), some)
    assert rows[1]["against_first"]["n"] == 5 and rows[2]["against_first"]["n"] == 6
    expected = mean(b - a for a, b in zip(averaged(0)[:5], averaged(1)[:5], strict=True))
    assert rows[1]["against_first"]["mean"] == pytest.approx(expected)
    assert any("Not everybody was tested" in text for text in caveats(plan(), rows, some))
    assert "| p6 |" in to_markdown(plan(), rows, [])


def test_a_setting_without_any_run_has_no_numbers_and_the_others_keep_theirs() -> None:
    some = {name: one for name, one in reports().items() if not name.startswith("02")}
    rows = build_rows(plan(), some)
    assert rows[1]["macro_f1"] is None and rows[1]["against_first"] is None and not rows[1]["on_front"]
    assert rows[2]["against_first"]["p_holm"] == rows[2]["against_first"]["p"]
    assert "| t=1 |" in to_markdown(plan(), rows, caveats(plan(), rows, some))


def test_the_front_keeps_what_nothing_beats() -> None:
    some = reports()
    for seed in (0, 1):
        some[f"03-s{seed}"]["student"] |= {"channels": 1, "params": 50, "macs": 10, "size_bytes": 50}
    assert [row["on_front"] for row in build_rows(plan(), some)] == [False, True, True]


def test_the_answer_claims_only_what_interval_and_corrected_p_both_show() -> None:
    said = answer(build_rows(plan(), reports()))
    # 6 people: p = 2/64, times 2 by Holm = .0625: the interval is clear, the corrected p is not
    assert "no setting changed the student's score so that it could be shown" in said
    assert "no p below 0.062 was possible" in said
    two = build_rows(plan(cells=2), {name: one for name, one in reports().items() if name[1] in "12"})
    assert "t=1 added 0.1" in answer(two) and "Holm's p = 0.031" in answer(two)


def test_where_the_first_is_missing_nothing_is_claimed() -> None:
    some = {name: one for name, one in reports().items() if not name.startswith("01")}
    assert answer(build_rows(plan(), some)).startswith("nothing can be said: no run of t=0")
    only = {name: one for name, one in reports().items() if name.startswith("01")}
    assert answer(build_rows(plan(), only)).startswith("nothing can be compared")


def test_what_was_simulated_or_fast_is_said() -> None:
    some = {name: {**one, "simulated": True, "fast": True, "warning": "Random."} for name, one in reports().items()}
    said = " ".join(caveats(plan(), build_rows(plan(), some), some))
    assert "simulated" in said and "fast setting" in said and "Random." in said and "pilot" in said
    some["01-s0"] |= {"windows": {"n": 2}}
    assert "cut or labelled differently" in " ".join(caveats(plan(), build_rows(plan(), some), some))
