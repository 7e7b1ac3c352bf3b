"""A small report as `report.json` holds it, and what every figure must keep to."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from stillroom.evaluation.comparison import Predictions, compare
from stillroom.figures.palette import FACES
from stillroom.figures.theme import plain
from stillroom.figures.thinning import POINTS

CLASSES = ("pick", "tape <b>box</b>", "scan & sign")
PEOPLE = ("1", "2", "3")


def _predictions() -> Iterator[Predictions]:
    draw = np.random.default_rng(0)
    group = np.repeat(PEOPLE, 40)
    truth = draw.integers(0, len(CLASSES), len(group))
    for number, role in enumerate(FACES):
        wrong = draw.random(len(group)) < 0.1 + 0.05 * number
        said = np.where(wrong, (truth + 1) % len(CLASSES), truth)
        yield Predictions(role, 0, truth, said, group)


@pytest.fixture
def report() -> dict[str, Any]:
    """Three people called 1, 2, 3 (names that look like numbers), classes with tags in them."""
    told = compare(_predictions(), CLASSES)
    sizes = {"channels": 3, "params": 20_474, "macs": 1000, "size_bytes": 80_000}
    facts = {
        "run": "runs/first", "recipe": "tsak", "data_title": "Made up", "simulated": True, "protocol": "person",
        "warning": "", "fast": True, "seed": 0, "windows": {"per_class": dict.fromkeys(CLASSES, 40)},
    }  # fmt: skip
    whole = facts | told | {role: told[role] | sizes for role in FACES}
    copy: dict[str, Any] = json.loads(json.dumps(whole))
    return copy


def _check(figure: go.Figure) -> go.Figure:
    shown = json.loads(figure.to_json())
    assert all(trace["type"] != "scattergl" for trace in shown["data"])
    for trace in figure.data:
        for values in (trace.x, trace.y):
            assert values is None or len(values) <= POINTS
    assert figure.layout.meta["origin"] and figure.layout.meta["alt"]
    said = f"{figure.layout.title.text} {figure.layout.title.subtitle.text}".replace("<br>", " ")
    assert plain(figure.layout.meta["origin"])[:40] in said
    del shown["layout"]["meta"]
    assert "tape <b>" not in json.dumps(shown, ensure_ascii=False)
    return figure


@pytest.fixture
def check() -> Callable[[go.Figure], go.Figure]:
    """What holds for every figure: SVG, few points, its origin in sight, no tag of the user's own."""
    return _check
