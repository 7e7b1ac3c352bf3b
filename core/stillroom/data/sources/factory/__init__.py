"""factory: the embedded data set, a simulated packing-and-assembly line.

Ten simulated people, two sessions each, ten activities; both wrists with accelerometer, gyroscope and three
body-capacitance electrodes. Nobody was recorded. It is for learning, demonstrations and tests: it shows what the tools
do, and says nothing about how well they do it on people.
"""

from __future__ import annotations

from collections.abc import Sequence

from stillroom.base.errors import InputError
from stillroom.data.card import Card
from stillroom.data.recording import Recording
from stillroom.data.source import SOURCES, Part
from stillroom.data.sources.factory.activities import CLASSES
from stillroom.data.sources.factory.simulation import RATE_HZ, FactorySettings, simulate
from stillroom.data.tree import Tree

__all__ = ["CLASSES", "Factory", "FactorySettings"]


class Factory:
    """The simulated line; another seed or size is a `FactorySettings` away."""

    version = 2
    card = Card(
        name="factory",
        title="Packing and assembly line (simulated)",
        licence="Apache-2.0 (simulated, part of Stillroom)",
        simulated=True,
        rate_hz=RATE_HZ,
        window_s=4.0,
        stride_s=2.0,
        classes=CLASSES,
        notes=(
            "Simulated: nobody was recorded. Hands move by smooth reaches, rhythms and blows; the forearm follows by "
            "inverse kinematics; acceleration and rate of turn are worked out from that one pose.",
            "Body capacitance is a lumped model of contact, distance and drift of plausible size, fitted to no device.",
            "People differ in size, tempo, style and handedness: p04 and p09 are left-handed (more than in life, so "
            "that one can be learned from when the other is left out).",
            "p03 wears the left unit on the inside of the wrist, p06 the right one the other way round in session 2.",
            "Labels are exact; transitions and idle stretches between activities stay unlabelled.",
            "Difficulty and seed were chosen by hand: no score on it is evidence about people, factories or sensors.",
        ),
    )

    def __init__(self, settings: FactorySettings | None = None) -> None:
        self.settings = settings or FactorySettings()

    def parts(self, tree: Tree | None) -> Sequence[Part]:
        """One part for each person and session.

        Raises:
            InputError: a path was given; there is nothing to read.
        """
        if tree is not None:
            raise InputError("factory takes no path: it is simulated", where=str(tree.path), mend="Write just factory")
        people, sessions = self.settings.people, self.settings.sessions
        # What a session holds depends on the seed and its length, not on how many others there are.
        settings = {"seed": self.settings.seed, "boxes": self.settings.boxes}
        return [
            Part(f"p{person:02d}/{session}", settings=settings)
            for person in range(1, people + 1)
            for session in range(1, sessions + 1)
        ]

    def parse(self, part: Part) -> Recording:
        """Simulates one person's session."""
        person, session = part.name.split("/")
        return simulate(self.settings.changed(**part.settings), int(person[1:]), int(session))


SOURCES.register("factory")(Factory())
