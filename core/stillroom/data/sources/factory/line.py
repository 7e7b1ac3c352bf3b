"""The line: the order of work of one session, box by box, with the unlabelled moments between.

A box goes through the ten activities; press fit and screws, and label, scan and order, change places now and then. A
short transition always parts two activities, sometimes an idle stretch too: both stay unlabelled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from stillroom.base.seeding import generator
from stillroom.data.recording import Span
from stillroom.data.sources.factory.activities import REPERTOIRE, let_go
from stillroom.data.sources.factory.people import Style, person, style
from stillroom.data.sources.factory.scene import Scene

_IDLE_SHARE = 0.35


def work(seed: int, number: int, session: int, boxes: int) -> tuple[Scene, list[Span]]:
    """A session's work: the scene with its strands written, and the labelled spans in its clock."""
    draw = generator(seed, "factory", "line", number, session)
    plain = style(seed, number, "idle")
    today = float(np.exp(draw.normal(0, 0.04)))
    scene = Scene(person(seed, number), plain, draw, tempo=today)
    spans: list[Span] = []
    _idle(scene, plain, 1.0)
    for _ in range(boxes):
        for activity in order_of_work(draw):
            do, seconds = REPERTOIRE[activity]
            scene.style = style(seed, number, activity)
            start_s = scene.clock_s
            do(scene, scene.pace(seconds))
            scene.meet()
            spans.append(Span(start_s, scene.clock_s, activity))
            scene.style = plain
            _between(scene, plain, activity)
    _idle(scene, plain, 1.0)
    return scene, spans


def order_of_work(draw: np.random.Generator) -> Sequence[str]:
    """The ten activities of one box in one of the orders that the instructions allow."""
    fixing = ["press fit", "drive screws"]
    papers = ["attach label", "scan codes", "write order"]
    if draw.uniform() < 0.4:
        fixing.reverse()
    if draw.uniform() < 0.5:
        draw.shuffle(papers)
    first = ["pick items", "assemble box"]
    if draw.uniform() < 0.25:
        first.reverse()
    return [*first, *fixing, "insert items", "tape box", *papers, "carry box"]


def _between(scene: Scene, plain: Style, activity: str) -> None:
    if activity == "carry box":
        scene.face(float(np.degrees(scene.trunk.turn)) + 175, 1.2)
        _hang(scene)
        scene.walk(7, loaded=False)
    let_go(scene, 0.5)
    if scene.draw.uniform() < _IDLE_SHARE:
        _idle(scene, plain, float(scene.draw.uniform(1.0, 3.5)))


def _idle(scene: Scene, plain: Style, seconds: float) -> None:
    ways: tuple[Callable[[Scene], None], ...] = (_hang, _lean, _fidget)
    ways[int(scene.draw.integers(len(ways)))](scene)
    scene.meet()
    scene.wait(scene.tool, seconds)
    scene.meet()


def _hang(scene: Scene) -> None:
    for hand, side in ((scene.tool, -1.0), (scene.helper, 1.0)):
        scene.reach(hand, (0.06, side * 0.27, 0.86), 0.7, turn=20)


def _lean(scene: Scene) -> None:
    for hand, side in ((scene.tool, -1.0), (scene.helper, 1.0)):
        scene.reach(hand, (0.34, side * 0.28, 0.98), 0.6, turn=85)


def _fidget(scene: Scene) -> None:
    scene.reach(scene.helper, (0.24, 0.05, 1.15), 0.5, turn=60)
    scene.reach(scene.tool, (0.24, 0.0, 1.18), 0.5, turn=60)
    scene.swing(scene.tool, 1.2, 1.4, (0.02, 0.03, 0.01), turn=8)
