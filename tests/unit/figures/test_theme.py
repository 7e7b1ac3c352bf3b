"""The look: colours that are told apart by everybody, text that can be read, an origin under every title."""

from itertools import combinations

import numpy as np
import plotly.graph_objects as go
import pytest

from stillroom.figures.palette import FACES, activity_colours, face_of, faded
from stillroom.figures.theme import DARK, LIGHT, Look, finish, ink_of, origin_of, plain, template

# Machado, Oliveira, Fernandes 2009, severity 1, on linear RGB
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
LMS = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip


def _linear(colour: str) -> np.ndarray:
    shown = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)


def _contrast(one: str, other: str) -> float:
    low, high = sorted(_linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, other))
    return float((high + 0.05) / (low + 0.05))


def _apart(one: str, other: str, sight: np.ndarray) -> float:
    lab = [LAB @ np.cbrt(LMS @ np.clip(sight @ _linear(colour), 0, 1)) for colour in (one, other)]
    return float(100 * np.linalg.norm(lab[0] - lab[1]))


both_grounds = pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])


@both_grounds
@pytest.mark.parametrize("sight", SIGHTS)
def test_everybody_tells_two_models_apart_by_colour(look: Look, sight: str) -> None:
    colours = {role: face.colour(look.dark) for role, face in FACES.items()}
    close = {pair: _apart(colours[pair[0]], colours[pair[1]], SIGHTS[sight]) for pair in combinations(colours, 2)}
    assert {pair: round(value, 1) for pair, value in close.items() if value < 10} == {}


def test_two_models_never_share_a_symbol_or_a_name() -> None:
    assert len({face.symbol for face in FACES.values()}) == len({face.title for face in FACES.values()}) == len(FACES)


@both_grounds
def test_marks_and_text_stand_out_from_the_ground(look: Look) -> None:
    ink = ink_of(look)
    assert min(_contrast(face.colour(look.dark), ink.plot) for face in FACES.values()) >= 3
    assert min(_contrast(colour, ink.paper) for colour in (ink.text, ink.muted)) >= 4.5


@both_grounds
def test_a_label_is_read_on_its_activity(look: Look) -> None:
    colours = activity_colours([f"class {number}" for number in range(19)], look.dark)
    assert min(_contrast(colour, ink_of(look).text) for colour in colours.values()) >= 4.5
    assert len(set(colours.values())) == 19


def test_an_activity_keeps_its_colour_when_others_are_not_shown() -> None:
    assert activity_colours(["a", "b", "c"], False)["b"] == activity_colours(["a", "b"], False)["b"]


def test_a_model_of_ones_own_has_a_face_too() -> None:
    assert face_of("my_model").title == "my model"
    assert face_of("my_model") == face_of("my_model")


def test_fading_keeps_the_colour() -> None:
    assert faded("#ff8000", 0.5) == "rgba(255,128,0,0.5)"


def test_a_figure_without_an_origin_is_refused() -> None:
    with pytest.raises(ValueError, match="where its numbers come from"):
        finish(go.Figure(), title="A title", origin="", look=LIGHT, height=100)


def test_the_user_s_own_text_is_no_markup() -> None:
    assert plain("<b>a</b> & b") == "&lt;b&gt;a&lt;/b&gt; &amp; b"
    figure = finish(go.Figure(), title="<i>x</i>", origin="from <here>", look=LIGHT, height=100)
    assert "<i>" not in figure.layout.title.text
    assert "<here>" not in figure.layout.title.subtitle.text


def test_a_narrow_figure_breaks_its_lines_and_makes_room_for_them() -> None:
    long = "a sentence that goes on and on " * 5
    wide, narrow = (
        finish(go.Figure(), title="A title", origin=long, look=Look(narrow=flag), height=100) for flag in (False, True)
    )
    lines = narrow.layout.title.subtitle.text.split("<br>")
    assert max(map(len, lines)) <= Look(narrow=True).columns
    assert narrow.layout.margin.t > wide.layout.margin.t
    assert narrow.layout.height - narrow.layout.margin.t == wide.layout.height - wide.layout.margin.t == 100


def test_a_narrow_figure_makes_room_for_every_line_of_its_legend() -> None:
    def top(names: int, look: Look) -> float:
        figure = go.Figure([go.Scatter(x=[0], y=[0], name=f"a long name {number}") for number in range(names)])
        return float(finish(figure, title="t", origin="o", look=look, height=300).layout.margin.t)

    assert top(7, Look(narrow=True)) - top(2, Look(narrow=True)) >= 40
    assert top(7, LIGHT) == top(2, LIGHT)


def test_the_origin_tells_the_run_the_people_and_what_weakens_it(report: dict) -> None:
    said = origin_of(report)
    for part in ("Measured here", "Made up", "simulated", "tsak", "person", "seed 0", "3 people", "fast", "pilot"):
        assert part in said
    assert said.endswith("run first")
    assert origin_of(report, "Estimated").startswith("Estimated here: ")
    leaky = origin_of(report | {"warning": "Split at random: windows of one person", "simulated": False, "fast": False})
    assert "split at random" in leaky
    assert "simulated" not in leaky
    assert "fast" not in leaky


def test_the_origin_never_says_of_the_demos_numbers_that_they_were_made_here(report: dict) -> None:
    shown = report | {"run": "demo:some/tsak"}
    assert origin_of(shown).startswith("Measured for the demo: ")
    assert origin_of(shown, "Estimated").startswith("Estimated for the demo: ")
    assert origin_of(shown).endswith("run tsak")
    assert "here" not in origin_of(report | {"run": "demo:tsak"})


def test_the_origin_counts_what_was_tested_by_its_own_word(report: dict) -> None:
    assert "1 stretch tested" in origin_of(report | {"units": "stretches", "n": 1})
    assert "4 stretches tested" in origin_of(report | {"units": "stretches", "n": 4})
    assert "1 person tested" in origin_of(report | {"units": "people", "n": 1})


def test_the_template_suits_a_figure_of_ones_own() -> None:
    assert go.Figure(layout={"template": template(DARK)}).layout.template.layout.paper_bgcolor == ink_of(DARK).paper
