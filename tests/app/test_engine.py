"""The engine process: it answers, says what is wrong, and is there again after it died."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.base.errors import InputError, StillroomError
from stillroom_app.services.engine import Engine

GOLDEN = json.loads((Path(__file__).parents[2] / "assets/golden/kd_losses.json").read_text())["golden"]
CHOSEN = {"data": "factory", "student_view": "right_wrist.acc.*", "fast": True}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    one = Engine()
    yield one
    one.end()


def wave(count: int, amplitude: float, frequency: float, phase: float) -> list[float]:
    return [amplitude * math.sin(frequency * place + phase) for place in range(count)]


def rows(values: list[float], wide: int) -> list[list[float]]:
    return [values[begin : begin + wide] for begin in range(0, len(values), wide)]


def test_the_server_asks_without_importing_torch() -> None:
    code = (
        "import sys\n"
        "from stillroom_app.services import engine, recipes, training, teaching\n"
        "told = engine.ask('describe', recipe='tsak')\n"
        "assert told['trainings'], told\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_recipe_is_told_in_the_order_in_which_it_is_trained(engine: Engine) -> None:
    told = engine.ask("describe", recipe="smldist")
    assert [one["role"] for one in told["trainings"]] == [
        "teacher", "student-stage_0", "student-stage_1", "student-mixed", "student", "alone",
    ]  # fmt: skip
    assert told["trainings"][1]["path"] == "stages.stage_0"


def test_changes_and_the_fast_setting_show_in_what_is_told(engine: Engine) -> None:
    told = engine.ask("describe", recipe="tsak", fast=True, change=["student.terms.attn_rep.weight=3"])
    student = next(one for one in told["trainings"] if one["role"] == "student")
    assert student["epochs"] == 30
    assert {term["name"]: term["weight"] for term in student["terms"]}["attn_rep"] == 3


def test_what_would_be_run_is_told_before_it_is(engine: Engine) -> None:
    facts = engine.ask("check", recipe="tsak", options=CHOSEN)
    assert facts["student"] == ["right_wrist.acc.x", "right_wrist.acc.y", "right_wrist.acc.z"]
    assert facts["people"] == facts["folds"] == 10
    assert facts["windows"] > 500


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"student_view": "left_foot.*"}, "matches no channel"),
        ({"change": ["student.terms.attn_rep.of=teacher.nothing"]}, "no teacher here answers"),
        ({"protocol": "persons:40"}, "40 groups"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(engine: Engine, more: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as refused:
        engine.ask("check", recipe="tsak", options={**CHOSEN, **more})
    assert said in refused.value.sentence()


@pytest.mark.parametrize(
    ("terms", "name"),
    [
        ({"cross_entropy": {}}, "CE(zs,y)"),
        ({"hinton": {"temperature": 4}}, "KD T=4 (batchmean*T^2)"),
        ({"hinton": {"temperature": 1}}, "KD T=1"),
        ({"hinton": {"temperature": 20}}, "KD T=20"),
        ({"dkd": {"temperature": 4}}, "DKD a1 b8 T4"),
        ({"logit_std": {"temperature": 2}}, "LogitStd KD T2 (unbiased std, *T^2)"),
    ],
)
def test_what_a_term_gives_for_single_windows_is_the_golden_value(
    engine: Engine, terms: dict[str, dict[str, float]], name: str
) -> None:
    student, teacher = rows(wave(40, 2.0, 0.7, 0.1), 5), rows(wave(40, 3.0, 0.9, 0.4), 5)
    values = [
        engine.ask("losses", terms=terms, student=ours, taught={"teacher": theirs}, label=(3 * place + 1) % 5)
        for place, (ours, theirs) in enumerate(zip(student, teacher, strict=True))
    ]
    mean = sum(one[next(iter(terms))] for one in values) / len(values)
    assert mean == pytest.approx(GOLDEN[name], rel=1e-6)


def test_log_probabilities_stand_in_for_logits(engine: Engine) -> None:
    student, teacher = wave(5, 2.0, 0.7, 0.1), wave(5, 3.0, 0.9, 0.4)
    terms = {"hinton": {"temperature": 3}, "cross_entropy": {}, "conditional": {}}

    def logs(values: list[float]) -> list[float]:
        total = math.log(sum(map(math.exp, values)))
        return [value - total for value in values]

    asked = {"terms": terms, "label": 2}
    plain = engine.ask("losses", student=student, taught={"teacher": teacher}, **asked)
    assert engine.ask("losses", student=logs(student), taught={"teacher": logs(teacher)}, **asked) == pytest.approx(
        plain, abs=1e-9
    )


def test_a_term_over_features_has_no_value_from_logits_alone(engine: Engine) -> None:
    given = engine.ask(
        "losses",
        terms={"cross_entropy": {}, "representation": {}, "dist": {}},
        student=[0.0, 1.0],
        taught={"teacher": [1.0, 0.0]},
        label=0,
    )
    assert list(given) == ["cross_entropy"]


def test_an_engine_that_was_killed_answers_again(engine: Engine) -> None:
    first = engine.ask("alive")["pid"]
    os.kill(first, signal.SIGKILL)
    assert engine.ask("alive")["pid"] != first


def test_an_idle_engine_ends_and_comes_back() -> None:
    one = Engine(idle_s=0.3)
    assert one.ask("alive")
    until = time.monotonic() + 5
    while one.pid is not None and time.monotonic() < until:
        time.sleep(0.05)
    assert one.pid is None
    assert one.ask("alive")
    one.end()


def test_an_engine_that_does_not_answer_is_not_waited_for_for_ever(engine: Engine) -> None:
    engine.ask("alive")
    os.kill(engine.pid or 0, signal.SIGSTOP)
    begin = time.monotonic()
    with pytest.raises(StillroomError, match="did not answer"):
        engine.ask("alive", timeout_s=0.5)
    assert time.monotonic() - begin < 5
    assert engine.ask("alive")


def test_a_question_that_fails_is_answered_and_the_next_one_too(engine: Engine) -> None:
    with pytest.raises(InputError, match="TypeError"):
        engine.ask("describe", nothing=1)
    assert engine.ask("alive")


def test_an_engine_ends_with_the_server_that_asked_it() -> None:
    code = (
        "from stillroom_app.services import engine\n"
        "print(engine.ask('alive')['pid'], flush=True)\n"
        "import os; os._exit(9)\n"
    )
    pid = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60).stdout)
    until = time.monotonic() + 10
    while time.monotonic() < until and Path(f"/proc/{pid}").exists():
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.05)
    else:
        assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("command", [("/nowhere/python",), ("/",)])
def test_an_engine_that_cannot_be_started_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str]
) -> None:
    monkeypatch.setattr("stillroom_app.services.engine.COMMAND", command)
    with pytest.raises(StillroomError, match="could not be started"):
        Engine().ask("alive")


@pytest.mark.parametrize("line", ["no json", "[]", "3", '{"number": 1}'])
def test_a_line_that_is_no_answer_is_said_in_words(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    said = (sys.executable, "-c", f"input(); print({line!r}, flush=True); input()")
    monkeypatch.setattr("stillroom_app.services.engine.COMMAND", said)
    one = Engine()
    with pytest.raises(StillroomError, match="no answer"):
        one.ask("alive", timeout_s=20)
    assert one.pid is None
    one.end()


def test_a_timer_that_comes_too_late_does_not_end_an_engine_that_was_asked_again(engine: Engine) -> None:
    pid = engine.ask("alive")["pid"]
    late = engine._idle
    assert late is not None
    engine.ask("alive")
    late.function(*late.args)  # it had begun before it could be cancelled, and waited for its turn
    assert engine.pid == pid
