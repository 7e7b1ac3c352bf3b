"""`stillroom distil` as a script and a person use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .kit import ROLES, Call, Told, distil_words, leftovers, people, report_of, state_of, write_people

MODEL_KEYS = {"macro_f1", "low", "high", "per_person", "channels", "params", "macs", "size_bytes"}
GAIN_KEYS = {"mean", "low", "high", "p", "n"}
KEYS = {"run", "recipe", "protocol", "people", "fast", "pilot", "gain", "phases", "strategy", "heads", "steps",
        "context", *ROLES}  # fmt: skip
SCORE_KEYS = {"macro_f1", "low", "high", "per_person"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Path]:
    """Three people, each left out once, by a process of its own."""
    base = tmp_path_factory.mktemp("whole")
    words = distil_words(write_people(base / "own", people(3)), base / "run", "--json")
    done = subprocess.run([sys.executable, "-m", "stillroom", *words], capture_output=True, text=True, timeout=120)
    return Told(done.returncode, done.stdout, done.stderr), base / "run"


def test_one_json_object_with_every_promised_key(whole: tuple[Told, Path]) -> None:
    told, folder = whole
    assert told.code == 0, told.err
    answer = told.answer
    assert set(answer) >= KEYS and set(answer["gain"]) >= GAIN_KEYS
    assert all(set(answer[role]) >= MODEL_KEYS for role in ROLES)
    facts = {name: answer[name] for name in ("run", "recipe", "protocol", "people", "fast", "pilot")}
    assert facts == {
        "run": str(folder), "recipe": "tsak", "protocol": "person", "people": 3, "fast": False, "pilot": True,
    }  # fmt: skip
    assert answer.get("classifier") is None
    assert [phase["phase"] for phase in answer["phases"][:6]] == [role for role in ROLES if role != "forest"]


def test_every_number_is_plain_and_every_model_was_judged_on_every_person(whole: tuple[Told, Path]) -> None:
    answer = whole[0].answer
    for role in ROLES:
        model = answer[role]
        assert set(model["per_person"]) == {"p1", "p2", "p3"}
        assert model["macro_f1"] == pytest.approx(np.mean(list(model["per_person"].values())))
        assert all(type(model[name]) is int for name in ("channels", "params", "macs", "size_bytes"))
        assert model["low"] <= model["macro_f1"] <= model["high"] and model["params"] > 0 and model["size_bytes"] > 0
        assert model["channels"] == (6 if role in ("teacher", "semantic") else 3)
    assert answer["gain"]["mean"] == pytest.approx(answer["student"]["macro_f1"] - answer["alone"]["macro_f1"])
    assert answer["gain"]["n"] == 3
    assert _texts_that_are_numbers(answer) == []


def test_each_of_the_teacher_s_representations_is_scored_by_a_head_of_its_own(whole: tuple[Told, Path]) -> None:
    answer, folder = whole[0].answer, whole[1]
    assert answer["strategy"] == "sc_logit" and answer["steps"] == []
    assert set(answer["heads"]) == {"attention", "causal", "combined"}
    for head in answer["heads"].values():
        assert set(head) == SCORE_KEYS and set(head["per_person"]) == {"p1", "p2", "p3"}
    assert answer["heads"]["combined"] == {name: answer["teacher"][name] for name in SCORE_KEYS}
    text = (folder / "report.md").read_text().partition("## The teacher's representations")[2].partition("##")[0]
    for name, head in answer["heads"].items():
        assert f"| {name} | {head['macro_f1']:.3f} |" in text
    assert f"| all three, by the semantic classifier | {answer['semantic']['macro_f1']:.3f} |" in text


def test_every_model_is_scored_in_a_stream_beside_its_single_windows(whole: tuple[Told, Path]) -> None:
    answer, folder = whole[0].answer, whole[1]
    context = answer["context"]
    assert set(context["models"]) == set(ROLES) and context["window_s"] == 2.0 and context["stride_s"] == 1.0
    for role, scores in context["models"].items():
        assert all(set(one) == SCORE_KEYS for one in scores.values())
        assert scores["none"]["macro_f1"] == pytest.approx(answer[role]["macro_f1"])
    assert "## In a stream" in (folder / "report.md").read_text() and context["caveats"]


def _texts_that_are_numbers(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for item in value.values() for found in _texts_that_are_numbers(item)]
    if isinstance(value, list):
        return [found for item in value for found in _texts_that_are_numbers(item)]
    return [value] if isinstance(value, str) and value.replace(".", "", 1).lstrip("+-").isdigit() else []


def test_the_reports_in_the_folder_agree_with_what_was_printed(whole: tuple[Told, Path]) -> None:
    told, folder = whole
    assert report_of(folder) == told.answer
    text = (folder / "report.md").read_text()
    for role in ROLES:
        model = told.answer[role]
        assert f"| {model['macro_f1']:.3f} | {model['low']:.3f} to {model['high']:.3f} |" in text
        assert f"| {model['params']:,} |" in text
    assert told.answer["gain"]["sentence"][1:] in text and "pilot" in text


def test_progress_is_on_stderr_and_nothing_is_left_but_the_run(whole: tuple[Told, Path]) -> None:
    told, folder = whole
    assert "p1/teacher: macro-F1" in told.err and "error" not in told.err and "Warning" not in told.err
    assert state_of(folder) == "done" and leftovers(folder.parent) == []
    assert not [*folder.rglob("checkpoint.safetensors"), *folder.rglob("answers"), *folder.rglob("best")]


def test_a_person_gets_the_table_on_stdout(call: Call, done: Path, own: Path) -> None:
    told = call(*distil_words(own, done, "--folds", 1, "--resume"))
    assert told.code == 0 and told.err == ""
    for part in ("student, distilled", "random forest", "macro-F1", "3 folds were left out", str(done)):
        assert part in told.out
    assert "{" not in told.out


def test_the_publishers_layout_and_its_zip_give_the_same_students(call: Call, tmp_path: Path) -> None:
    import shutil

    rng = np.random.default_rng(0)
    for activity, person, segment in np.ndindex(2, 3, 6):
        path = tmp_path / "dsads" / f"a{activity + 1:02d}" / f"p{person + 1}" / f"s{segment + 1:02d}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(path, rng.normal(size=(125, 45)) * (1 + activity), delimiter=",", fmt="%.3f")
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "dsads")
    reports = []
    for name, data in (("a", tmp_path / "dsads"), ("b", archive)):
        words = [word.replace("right_wrist", "right_arm") for word in distil_words(f"dsads:{data}", tmp_path / name)]
        told = call(*words, "--folds", 1, "--min-windows", 2, "--json")
        assert told.code == 0, told.err
        reports.append(told.answer)
    assert reports[0]["student"] == reports[1]["student"] and reports[0]["teacher"]["channels"] == 45


def test_a_random_split_is_allowed_to_who_knows_and_the_report_says_what_it_is_worth(
    call: Call, own: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    told = call(*distil_words(own, folder, "--folds", 1, "--protocol", "random:3", "--i-know-it-leaks", "--json"))
    assert told.code == 0
    assert "stand on both sides" in told.answer["warning"]
    assert "stand on both sides" in (folder / "report.md").read_text()


def test_stretches_of_one_person_are_not_called_people(call: Call, tmp_path: Path) -> None:
    alternating = ("slow", "brisk") * 6
    data = write_people(tmp_path / "own", people(1, seconds=10.0, classes=alternating))
    told = call(*distil_words(data, tmp_path / "run", "--protocol", "blocks:3", "--folds", 2, "--json"))
    assert told.code == 0, told.err
    assert (told.answer["people"], told.answer["n"], told.answer["units"]) == (1, 2, "stretches")
    assert told.answer["pilot"] and "nothing is said about a new person" in told.answer["warning"]
