"""Notebook 05: its known cause is in the signals, no explanation without its checks, and no result typed by hand."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import typer

from stillroom.cli.main import app
from stillroom.data.recording import Recording
from stillroom.data.sources.factory import Factory, FactorySettings
from stillroom.data.sources.factory.simulation import RATE_HZ, simulate
from stillroom.evaluation.densities import stretches
from stillroom.explain.attribution import METHODS
from stillroom.explain.frequency import bands
from stillroom.explain.subsets import Remembered, worth
from stillroom.figures.intervals import Estimate, told
from stillroom.figures.spectra import spoken
from stillroom.recipes.recipe import RECIPES
from stillroom.signal.spectra import welch

PATH = next((Path(__file__).parents[2] / "notebooks").glob("05_*.ipynb"))
RIGHT_HANDED, LEFT_HANDED = 1, 4


def _cells(kind: str) -> dict[str, str]:
    return {cell.id: cell.source for cell in nbformat.read(PATH, as_version=4).cells if cell.cell_type == kind}


@pytest.fixture(scope="module")
def text() -> str:
    """Everything that is written between the cells."""
    return "\n\n".join(_cells("markdown").values())


def _function(cell: str, name: str, **given: Any) -> Callable[..., Any]:
    """A function of a cell, with what it finds around it."""
    found = next(node for node in ast.parse(_cells("code")[cell]).body if getattr(node, "name", "") == name)
    exec(compile(ast.Module([found], []), str(PATH), "exec"), given)
    function: Callable[..., Any] = given[name]
    return function


def test_no_result_is_typed_by_hand(text: str) -> None:
    prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    assert re.findall(r"\d+\.\d+|\d+ ?%|\d+ times|\d{3,}", prose) == []


def _hum(recording: Recording, wrist: str, between_hz: tuple[float, float] = (7, 9)) -> float:
    """The mean density of a wrist's acceleration in some band, all axes together, while screws are driven."""
    classes = Factory.card.classes
    rows = recording.layout.indices_of(recording.layout.select(f"{wrist}.acc.*"))
    found = []
    for first, stop, code in stretches(recording.codes(Factory.card.track, classes), recording.segments):
        if classes[code] == "drive screws":
            hertz, density = welch(recording.signal[rows, first:stop], recording.rate_hz)
            found.append(density[:, (hertz >= between_hz[0]) & (hertz <= between_hz[1])].sum(axis=0).mean())
    return float(np.mean(found))


@pytest.mark.parametrize(
    ("person", "tool", "helper"),
    [(RIGHT_HANDED, "right_wrist", "left_wrist"), (LEFT_HANDED, "left_wrist", "right_wrist")],
)
def test_the_cause_that_is_told_shakes_the_hand_that_holds_the_tool(
    text: str, person: int, tool: str, helper: str
) -> None:
    recording = simulate(FactorySettings(boxes=1), person, 1)
    assert _hum(recording, tool) > 3 * _hum(recording, tool, (4, 6)), "a peak"
    assert _hum(recording, tool) > 5 * _hum(recording, helper) > 0, "little of it is left at the other wrist"
    assert "between seven and nine times a second" in re.sub(r"\s+", " ", text)


def test_who_is_called_left_handed_is(text: str) -> None:
    told_of = re.search(r"`(p\d\d)` and `(p\d\d)` are left-handed", re.sub(r"\s+", " ", text))
    notes = " ".join(Factory.card.notes)
    assert told_of is not None and "{} and {} are left-handed".format(*told_of.groups()) in notes


def test_the_two_last_bands_share_the_cause() -> None:
    last = bands(RATE_HZ, round(Factory.card.window_s * RATE_HZ))[-2:]
    assert last[0].low_hz < 7 < last[0].high_hz == last[1].low_hz < 9 < last[1].high_hz


def test_every_method_is_told_of_and_can_be_chosen(text: str) -> None:
    listed = re.findall(r"^\* `(\w+)`:", text, flags=re.MULTILINE)
    assert sorted(listed) == sorted(METHODS)
    assert "options=list(METHODS)" in _cells("code")["draw-window"]


def test_no_attribution_is_drawn_without_its_checks() -> None:
    code = _cells("code")
    drawn = [source for source in code.values() if "attribution.window(" in source]
    assert drawn and all("sanity.strip(" in source for source in drawn)
    order = list(code)
    assert order.index("draw-window") < order.index("draw-shares"), "the checks stand above the shares as well"


def _sentence(scores: dict[str, float]) -> Callable[[frozenset[str]], str]:
    """The sentence of the switches, where a set is worth its sensors' sum to one person, and 0.1 more to another."""

    def value(subset: frozenset[str]) -> dict[str, float]:
        whole = sum(scores[name] for name in subset)
        return {"p01": whole, "p02": whole + 0.1}

    class _Layout:
        sensors = tuple(scores)

    return _function(
        "draw-switches", "sentence", worth=worth, known_sets=Remembered(value), every=frozenset(scores), layout=_Layout,
        spoken=spoken, in_words=told, Estimate=Estimate,
    )  # fmt: skip


def test_a_switch_tells_what_is_left_and_what_it_costs() -> None:
    sentence = _sentence({"wrist.acc": 0.4, "wrist.gyro": 0.2})
    assert sentence(frozenset()).startswith("With all sensors the macro-F1 is estimated to be 0.650 (")
    without = sentence(frozenset({"wrist.gyro"}))
    assert without.startswith("Without wrist gyro the macro-F1 is estimated to be 0.450 (")
    assert "a loss of 0.200 (0.200 to 0.200); 1 of 2 sensors are left" in without
    assert sentence(frozenset({"wrist.acc", "wrist.gyro"})).startswith("Without any sensor the macro-F1 is")


def test_there_is_a_switch_for_every_sensor_and_each_is_on_at_first() -> None:
    assert "Checkbox(True, description=spoken(name)) for name in layout.sensors" in _cells("code")["draw-switches"]


def test_a_cut_is_asked_once_and_stays_in_the_figure() -> None:
    asked: list[float] = []
    drawn: list[list[Any]] = []

    def scored(cut_hz: float) -> dict[float | None, Any]:
        asked.append(cut_hz)
        return {cut_hz: {"cut_hz": cut_hz}, None: {"cut_hz": None}}

    class _Figure:
        @staticmethod
        def scores(points: list[dict[str, Any]], **_: Any) -> None:
            drawn.append([point["cut_hz"] for point in points])

    names = {"report": {"n": 3}, "origin": "", "LOOK": None, "seen": {}, "scored": scored, "cut_off": _Figure}
    draw = _function("draw-cut", "draw_cut", **names)
    for cut_hz in (6.0, 2.0, 6.0):
        draw(cut_hz)
    assert asked == [6.0, 2.0]
    assert set(drawn[-1]) == {6.0, 2.0, None} and len(drawn[-1]) == 3


def test_every_setting_of_the_run_can_be_set() -> None:
    made = next(node for node in ast.parse(_cells("code")["distil"]).body if "optimise.keep" in ast.unparse(node))
    assert isinstance(made, ast.Assign)
    fast = RECIPES["tsak"]().fast()
    for change in ast.literal_eval(made.value):
        assert fast.with_changes([change]) != fast, f"{change} changes nothing"


def _parsed(words: list[str]) -> dict[str, Any]:
    command: Any = typer.main.get_command(app)
    while words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    context = command.make_context("stillroom", list(words))
    assert context.args == [], "a study takes what it does not know as distil's"
    params: dict[str, Any] = context.params
    return params


def test_every_command_that_a_reader_may_type_is_understood(text: str) -> None:
    blocks = re.findall(r"```\n(stillroom .*?)\n```", text, flags=re.DOTALL)
    commands = [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]
    assert {words[0] for words in commands} == {"explain", "study"}
    params = [_parsed(words) for words in commands]
    assert [one["by"] for one in params if "at_most" in one] == ["sensor"]
    assert {one["method"] for one in params if "method" in one} <= set(METHODS)


def test_it_ends_with_what_it_cannot_say(text: str) -> None:
    said = text[text.index("What this page cannot say") :]
    for word in ("simulated", "few people", "one seed", "no measurement", "stillroom study sensors"):
        assert re.search(word, said, flags=re.IGNORECASE), word
