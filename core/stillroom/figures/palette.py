"""Colours that always mean the same: one for each model, one for each activity, one for each axis of a sensor.

The models' colours were searched in OKLab for the largest least distance under normal sight, protanopia,
deuteranopia and tritanopia (Machado 2009); the tests hold it. A hue is a family: blue for the teacher's net, warm for
the student's. Each model has a symbol too, so that no colour stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Face:
    """How a model is shown everywhere.

    Attributes:
        title: its name for people.
        light: its colour on a light ground.
        dark: its colour on a dark ground.
        symbol: its marker.
        dash: its line.
    """

    title: str
    light: str
    dark: str
    symbol: str
    dash: str

    def colour(self, dark: bool) -> str:
        """Its colour on the ground that is drawn on."""
        return self.dark if dark else self.light


FACES: dict[str, Face] = {
    "teacher": Face("teacher", "#173069", "#a8c5eb", "square", "solid"),
    "small_teacher": Face("teacher's net, student's sensors", "#3394ec", "#259dfd", "square-open", "dot"),
    "student": Face("student, distilled", "#ba3c06", "#eb5116", "circle", "solid"),
    "alone": Face("student, alone", "#c08619", "#f6cb41", "circle-open", "dash"),
    "reference": Face("reference net", "#8041a7", "#e36db5", "diamond", "dashdot"),
    "forest": Face("random forest", "#0e7766", "#538f6f", "triangle-up", "longdash"),
}

_OTHER = ("x", "cross", "star", "hexagon", "pentagon")
_AXES = {"light": ("#3d4a63", "#128a90", "#b8557f", "#8a7a5c"), "dark": ("#c3cbd9", "#4fc4c4", "#ec8fb4", "#c9b78f")}
_GOLDEN_ANGLE = 137.508

_LMS_OF_LAB = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_RGB_OF_LMS = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def face_of(role: str) -> Face:
    """A model's face; a role of somebody's own is grey, with a symbol that its name decides."""
    return FACES.get(role) or Face(
        role.replace("_", " "), "#5b6470", "#a7b0bd", _OTHER[sum(role.encode()) % len(_OTHER)], "dot"
    )


def axis_colour(number: int, dark: bool) -> str:
    """The colour of a sensor's first, second, third, ... channel."""
    colours = _AXES["dark" if dark else "light"]
    return colours[number % len(colours)]


def activity_colours(classes: Sequence[str], dark: bool) -> dict[str, str]:
    """A soft colour for each class, decided by its place alone, so that every figure of a data set agrees."""
    light = (0.46, 0.36, 0.52) if dark else (0.82, 0.73, 0.88)
    return {
        name: _hex_of_oklch(light[number % 3], 0.085, (60 + number * _GOLDEN_ANGLE) % 360)
        for number, name in enumerate(classes)
    }


def faded(colour: str, share: float) -> str:
    """A hex colour with some transparency, as `rgba(...)`."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"


def _hex_of_oklch(lightness: float, chroma: float, hue_deg: float) -> str:
    """OKLCH to sRGB (Ottosson 2020), clipped to what a screen shows."""
    hue = np.deg2rad(hue_deg)
    lab = np.array([lightness, chroma * np.cos(hue), chroma * np.sin(hue)])
    linear = np.clip(_RGB_OF_LMS @ (_LMS_OF_LAB @ lab) ** 3, 0, 1)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * value):02x}" for value in shown.tolist())
