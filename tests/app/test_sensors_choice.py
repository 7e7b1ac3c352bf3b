"""Sets of sensors: a choice survives its address, costs are read person by person, and what is not known is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.app.sensors_kit import (
    NAMES,
    PEOPLE,
    PRICE,
    SENSORS,
    difference,
    make_run,
    make_study,
    mine,
    scores,
    sets_part,
    told,
)

from stillroom.evaluation.significance import Interval
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom_app.services import estimates, measured, sensor_studies, sensors, workspace
from stillroom_app.services.estimates import Estimates, same_data
from stillroom_app.services.sensor_choice import Choice, ablations, agree, details, headline, table
from stillroom_app.services.suggestions import suggested

WHOLE = frozenset(NAMES)


@pytest.fixture
def asked(workspace: Path) -> Estimates:
    make_run(workspace / "mine", part=sets_part())
    return mine()


def test_a_choice_reads_back_from_its_address_with_whole_sites_by_name() -> None:
    for kept in (WHOLE, frozenset(NAMES[:2]), frozenset(NAMES[1:]), frozenset[str]()):
        assert sensors.read(sensors.written(kept, SENSORS), SENSORS) == kept
    assert sensors.written(frozenset(NAMES[:2]), SENSORS) == "right_wrist"
    assert sensors.view_of(frozenset(NAMES[:1]), SENSORS) == "right_wrist.acc.*"
    assert sensors.read("nowhere.acc,<script>", SENSORS) is None


def test_a_site_that_the_catalogue_does_not_know_has_no_place_on_the_body() -> None:
    pod = sensors.sensors_of(Layout(channels=sensor_channels("cap_brim", "acc", 50)))
    assert [(place.name, place.x) for place in sensors.places_of(pod)] == [("cap_brim", None)]
    assert all(place.x is not None and place.y is not None for place in sensors.places_of(SENSORS))


def test_the_cost_of_a_set_is_the_difference_of_the_same_people(asked: Estimates) -> None:
    kept = frozenset(NAMES[:1])
    assert asked.cost(kept) == pytest.approx(tuple(difference(WHOLE, kept).values()))
    assert asked.worth(kept) == pytest.approx(tuple(told(kept).values()))
    assert asked.exact
    assert asked.n == len(PEOPLE)


def test_without_each_persons_scores_a_pair_of_means_gets_no_interval(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part(), per_person=False)
    one = mine()
    two_gone = one.cost(frozenset(NAMES[:1]))
    assert two_gone is not None
    assert two_gone.low is None
    assert one.cost(WHOLE - {NAMES[1]}) == pytest.approx(tuple(difference(WHOLE, WHOLE - {NAMES[1]}).values()))
    assert "no interval" in " ".join(details(Choice(SENSORS, frozenset(NAMES[:1]), one)))


def test_the_headline_says_cost_interval_and_what_is_saved(asked: Estimates) -> None:
    choice = Choice(SENSORS, WHOLE - {NAMES[1]}, asked)
    cost = difference(WHOLE, choice.kept)
    said = f"{100 * cost['mean']:.1f} ± {50 * (cost['high'] - cost['low']):.1f} points"
    assert headline(choice) == f"Dropping *right wrist gyro* is estimated to cost **{said}** of macro-F1"
    assert details(choice)[0] == "It removes 3 of 9 channels and 2 of 4 price points."


def test_an_interval_that_holds_zero_is_not_told_as_a_loss(asked: Estimates) -> None:
    flat = {**scores(WHOLE), "p01": scores(WHOLE)["p01"] - 0.1, "p02": scores(WHOLE)["p02"] + 0.1}
    one = replace(asked, scores={**asked.scores, WHOLE - {NAMES[2]}: flat})
    assert any("holds zero" in line for line in details(Choice(SENSORS, WHOLE - {NAMES[2]}, one)))
    assert not any("holds zero" in line for line in details(Choice(SENSORS, frozenset(NAMES[:1]), asked)))


def test_a_set_that_nobody_asked_about_is_said_to_be_unknown(asked: Estimates) -> None:
    gone = frozenset(NAMES[:1])
    one = replace(asked, means={group: mean for group, mean in asked.means.items() if group != gone})
    choice = Choice(SENSORS, gone, one)
    assert choice.cost is None
    assert headline(choice).endswith("was not estimated")
    assert "Only 6 of 7 sets" in " ".join(details(choice))
    assert headline(Choice(SENSORS, frozenset(), one)) == "Keep at least one sensor"


def test_estimates_of_whole_sites_say_nothing_of_half_a_site(asked: Estimates) -> None:
    sites = ("left_wrist", "right_wrist")
    one = replace(asked, by="site", names=sites, means={frozenset(sites): Interval(0.7, 0.6, 0.8)}, scores={})
    assert one.group(WHOLE, SENSORS) == frozenset(sites)
    assert one.group(frozenset(NAMES[1:]), SENSORS) is None
    assert "whole sites" in " ".join(details(Choice(SENSORS, frozenset(NAMES[1:]), one)))


def test_both_ablations_are_told_and_where_they_disagree(asked: Estimates) -> None:
    assert ablations(Choice(SENSORS, WHOLE - {NAMES[0]}, asked)).endswith("The two agree.")
    apart = ablations(Choice(SENSORS, WHOLE - {NAMES[2]}, asked))
    assert "15.0" in apart
    assert "0.0" in apart
    assert "disagree" in apart
    assert "several" in ablations(Choice(SENSORS, frozenset(NAMES[:1]), asked))
    assert agree(Interval(0.1, 0.05, 0.15), Interval(0.12, 0.01, 0.2))
    assert not agree(Interval(0.1, 0.05, 0.15), Interval(0.03, -0.02, 0.08))


def test_the_table_has_a_row_for_each_sensor_with_its_nearest_twin(asked: Estimates) -> None:
    rows = {row["sensor"]: row for row in table(Choice(SENSORS, frozenset(NAMES[:1]), asked))}
    assert [row["keep"] for row in rows.values()] == [True, False, False]
    assert rows[NAMES[2]]["twin"] == "right wrist acc"
    assert rows[NAMES[1]]["cost"] == pytest.approx(100 * difference(WHOLE, WHOLE - {NAMES[1]})["mean"])
    assert {row["price"] for row in table(Choice(SENSORS, WHOLE))} == {None}


def test_no_suggested_set_is_estimated_to_lose_more_than_is_allowed(asked: Estimates) -> None:
    for allowed in (0.0, 0.05, 0.3):
        found = suggested(asked, SENSORS, allowed)
        assert all(one.score.mean >= told(WHOLE)["mean"] - allowed - 1e-9 for one in found)
        assert [one.price for one in found] == sorted(one.price for one in found)
        assert all(one.price == sum(PRICE[name] for name in one.sensors) for one in found)
    assert frozenset(NAMES[:2]) in [one.sensors for one in suggested(asked, SENSORS, 0.05)]
    assert WHOLE not in [one.sensors for one in suggested(asked, SENSORS, 1.0)]
    assert suggested(replace(asked, part={}), SENSORS, 0.05) == []


def test_the_truth_of_a_set_is_found_in_studies_and_in_runs(workspace: Path) -> None:
    make_run(workspace / "mine")
    make_study(workspace / "many")
    studies = [one for one in sensor_studies.studies() if one.whose == "yours"]
    runs = [one for one in measured.trained("factory", studies) if one.whose == "yours"]
    of_pair = measured.of_set(frozenset(NAMES[:2]), SENSORS, studies, runs)
    assert [(one.kind, one.role) for one in of_pair] == [("study", "alone")]
    assert of_pair[0].score.mean == pytest.approx(told(frozenset(NAMES[:2]))["mean"] + 0.1)
    of_one = measured.of_set(frozenset(NAMES[:1]), SENSORS, studies, runs)
    assert [(one.kind, one.role, one.score.mean) for one in of_one] == [
        ("run", "student", 0.61),
        ("run", "alone", 0.55),
    ]
    assert measured.of_set(frozenset(), SENSORS, studies, runs) == []  # every student here saw more


def test_a_study_gives_estimates_of_the_sets_that_it_measured(workspace: Path) -> None:
    make_study(workspace / "many")
    one = estimates.of_study(next(one for one in sensor_studies.studies() if one.whose == "yours"))
    assert one is not None
    assert one.cost(frozenset(NAMES[:2])) == pytest.approx(tuple(difference(WHOLE, frozenset(NAMES[:2])).values()))
    assert one.worth(frozenset(NAMES[:1])) is None


def test_trust_says_error_bias_and_order_in_words() -> None:
    rho: dict[str, Any] = {"value": 0.7, "low": 0.1, "high": 0.9}
    ours = {"n": 5, "mae": 0.088, "bias": -0.05, "rho_within": rho}
    said = sensor_studies.trust({"estimate": ours, "forest": {"rho_within": {"value": 0.79}}})
    assert "8.8 points" in said
    assert "5.0 points too little" in said
    assert "0.70 (0.10 to 0.90)" in said
    assert "hint" in said
    chance = sensor_studies.trust({"estimate": {**ours, "rho_within": {**rho, "low": -0.2}}})
    assert "chance" in chance
    none = sensor_studies.trust({"estimate": {**ours, "rho_within": {"value": None, "low": None, "high": None}}})
    assert "Too few sets" in none


def test_commands_take_over_protocol_and_teacher_of_ones_own_run(workspace: Path, asked: Estimates) -> None:
    kept = frozenset(NAMES[:1])
    words = measured.distil_words(kept, SENSORS, "factory", asked, fast=True)
    assert words[words.index("--teacher") + 1] == str(workspace.absolute() / "mine")
    assert words[words.index("--protocol") + 1] == "persons:4"
    assert words[words.index("--student-view") + 1] == "right_wrist.acc.*"
    slow = measured.distil_words(kept, SENSORS, "factory", asked, fast=False)
    assert "--teacher" not in slow  # a fast run's teacher was trained for a few epochs only
    assert "--teacher" not in measured.distil_words(kept, SENSORS, "factory", replace(asked, whose="demo"), fast=True)
    make_run(Path(words[-1]))
    assert measured.distil_words(kept, SENSORS, "factory", asked, fast=True)[-1] != words[-1]


def test_only_ones_own_run_can_be_asked_about_one_more_set(workspace: Path, asked: Estimates) -> None:
    words = measured.ask_words(asked, frozenset(NAMES[:2]))
    assert words[:2] == ["explain", str(workspace.absolute() / "mine")]
    assert words[-2:] == ["--also", "right_wrist.acc,right_wrist.gyro"]
    assert measured.ask_words(replace(asked, whose="demo"), frozenset(NAMES[:2])) == []


def test_a_study_of_many_sensors_asks_for_as_many_sets_as_it_must() -> None:
    many = [one for site in range(9) for kind in ("acc", "gyro") for one in sensor_channels(f"site_{site}", kind, 50)]
    words = measured.study_words("d", "d", sensors.sensors_of(Layout(channels=tuple(many))), "sensor", None, fast=True)
    assert words[words.index("--at-most") + 1] == "37"
    assert "--at-most" not in measured.study_words("d", "d", SENSORS, "sensor", None, fast=True)


def test_the_same_folder_by_two_names_is_the_same_data() -> None:
    assert same_data("factory", "factory")
    assert same_data("dsads:/data/../data/dsads".replace("/../data", ""), "dsads:/data/dsads")
    assert not same_data("dsads:/data/dsads", "hapt:/data/dsads")
    assert not same_data("factory", "/data/factory")


def test_a_damaged_answer_is_left_aside(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part())
    (workspace / "mine/explain/sets.json").write_text('{"told": [1]}')
    found, left = estimates.for_data("factory", [])
    assert [one for one in found if one.whose == "yours"] == []
    assert list(left) == ["mine"]


def test_what_changes_in_the_workspace_changes_the_version(workspace: Path) -> None:
    before = estimates.version()
    make_study(workspace / "many")
    assert estimates.version() != before


def test_the_demos_truth_gives_way_to_ones_own(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_run(workspace / "mine")
    demo = make_run(tmp_path / "demo/shown").parent
    monkeypatch.setattr(workspace_service(), "DEMO", demo)
    runs = measured.trained("factory", [])
    assert {one.whose for one in runs} == {"yours", "demo"}
    assert {one.whose for one in measured.of_set(frozenset(NAMES[:1]), SENSORS, [], runs)} == {"yours"}


def workspace_service() -> Any:
    return workspace
