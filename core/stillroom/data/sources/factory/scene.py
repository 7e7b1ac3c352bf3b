"""A scene: the three strands of one worker (tool hand, helper hand, trunk) and the small verbs that work is told in.

The verbs add what differs between two repetitions: places scatter by a centimetre or two, times by a tenth, the
style of the person shifts, scales and speeds everything. Places are in metres from between the feet: x ahead, y
towards the helper hand, z up. Turns are told in degrees: 0 thumb up, 90 palm down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from stillroom.data.sources.factory.people import Person, Style
from stillroom.data.sources.factory.strands import Cycle, Place, Shake, Strand

BENCH_Z = 0.95
REST_TOOL: Place = (0.30, -0.20, 1.02)
REST_HELPER: Place = (0.30, 0.20, 1.02)
DOWN: Place = (0.0, 0.0, 1.0)
_SCATTER_M = 0.013
_STRIDE_M = 0.62
_TURNING_RADS = 1.9
_HALF_MOTIF_S = 1.3
_GLANCE_SHARE, _CORRECTION_SHARE, _MISS_M = 0.14, 0.12, 0.03


@dataclass
class Scene:
    """What one worker does in one session; `tempo` is how fast today's work goes."""

    person: Person
    style: Style
    draw: np.random.Generator
    tempo: float = 1.0
    tool: Strand = field(default_factory=lambda: Strand(REST_TOOL, turn=1.2))
    helper: Strand = field(default_factory=lambda: Strand(REST_HELPER, turn=1.2))
    trunk: Strand = field(default_factory=lambda: Strand((0.0, 0.0, 0.0)))

    @property
    def clock_s(self) -> float:
        """When the last strand ends."""
        return max(self.tool.clock_s, self.helper.clock_s, self.trunk.clock_s)

    def meet(self) -> None:
        """Lets each strand wait for the slowest."""
        clock_s = self.clock_s
        for strand in (self.tool, self.helper, self.trunk):
            strand.wait_until(clock_s)

    def repeats(self, seconds: float) -> Iterator[int]:
        """Counts repetitions until the time is used up; the strands meet after each."""
        end_s = self.clock_s + seconds * self.around(0.12) - _HALF_MOTIF_S
        count = 0
        while self.clock_s < end_s:
            yield count
            self.meet()
            if self.draw.uniform() < _GLANCE_SHARE:
                self.wait(self.tool, float(self.draw.uniform(0.4, 1.3)))
                self.meet()
            count += 1

    def around(self, spread: float) -> float:
        """A factor around 1, new at each call."""
        return float(np.exp(np.clip(self.draw.normal(), -2, 2) * spread))

    def pace(self, seconds: float, spread: float = 0.1) -> float:
        """How long this person takes, today and this time, for what should last `seconds`."""
        return seconds * self.around(spread) / (self.person.tempo * self.style.tempo * self.tempo)

    def reach(self, hand: Strand, place: Place, seconds: float, *, turn: float, lift: float = 0.0) -> None:
        """Moves a hand, with what it holds, to a place."""
        x, y, z = (float(value) for value in np.add(place, self.style.shift_m) + self.draw.normal(0, _SCATTER_M, 3))
        angle = float(np.radians(turn + self.draw.normal(0, 6)) + self.style.turn_rad)
        height = lift * self.style.size * self.around(0.15)
        if seconds > 0.35 and self.draw.uniform() < _CORRECTION_SHARE:
            # A reach that lands beside its target is followed by a short second one, as people's are.
            dx, dy, dz = (float(value) for value in self.draw.normal(0, _MISS_M, 3))
            hand.move(self.pace(0.8 * seconds), (x + dx, y + dy, z + dz), turn=angle, grip=hand.grip, lift=height)
            seconds, height = 0.3, 0.0
        hand.move(self.pace(seconds), (x, y, z), turn=angle, grip=hand.grip, lift=height)

    def grip(self, hand: Strand, coupling: float, seconds: float = 0.15) -> None:
        """Closes (or with 0 opens) a hand on something: 0.15 paper, 0.3 cardboard, 0.5 plastic, 1 bare metal."""
        hand.move(
            self.pace(seconds), hand.place, turn=hand.turn, grip=coupling * self.around(0.12) if coupling else 0.0
        )

    def wait(self, hand: Strand, seconds: float) -> None:
        """Keeps a hand where it is."""
        hand.wait_until(hand.clock_s + self.pace(seconds))

    def swing(
        self,
        hand: Strand,
        seconds: float,
        hz: float,
        along: Place = (0, 0, 0),
        *,
        turn: float = 0.0,
        phase: float = 0.0,
    ) -> None:
        """Moves a hand to and fro around where it is; `along` is the amplitude in metres, `turn` in degrees."""
        length = self.pace(seconds)
        size = self.style.size * self.around(0.1)
        x, y, z = (size * value for value in along)
        rhythm = hz * seconds / length * self.around(0.05)
        hand.cycles.append(Cycle(hand.clock_s, length, rhythm, (x, y, z, size * float(np.radians(turn))), phase))
        hand.wait_until(hand.clock_s + length)

    def knock(self, hand: Strand, strength_ms2: float, axis: Place, *, hz: float = 18.0, decay_s: float = 0.04) -> None:
        """A blow that ends now, felt in this hand."""
        strength = strength_ms2 * self.person.vigour * self.around(0.2)
        hand.shakes.append(Shake(hand.clock_s, 6 * decay_s, hz * self.around(0.1), strength, axis, decay_s))

    def hum(self, hand: Strand, seconds: float, hz: float, strength_ms2: float, axis: Place) -> None:
        """A vibration over the coming `seconds`; does not move the clock."""
        hand.shakes.append(Shake(hand.clock_s, seconds, hz, strength_ms2 * self.around(0.15), axis))

    def face(self, degrees: float, seconds: float = 0.8) -> None:
        """Turns the trunk to a heading, the short way round; 0 is the bench, positive towards the helper's side."""
        change = float(np.radians(degrees + self.draw.normal(0, 5))) - self.trunk.turn
        change = (change + np.pi) % (2 * np.pi) - np.pi
        seconds = max(seconds, abs(change) / _TURNING_RADS)
        self.trunk.move(self.pace(seconds), self.trunk.place, turn=self.trunk.turn + change, grip=0.0)

    def step_aside(self, metres: float) -> None:
        """One shuffling step to the helper's side, or with a negative length to the other, while the hands work on."""
        x, y, z = self.trunk.place
        heading, seconds = self.trunk.turn, self.pace(0.75)
        self.trunk.wait_until(self.clock_s - 0.3)
        self.trunk.cycles.append(Cycle(self.trunk.clock_s, seconds, 1 / seconds, (0.0, 0.0, 0.012, 0.03), 0.0))
        target = (x - metres * float(np.sin(heading)), y + metres * float(np.cos(heading)), z)
        self.trunk.move(seconds / 2, ((x + target[0]) / 2, (y + target[1]) / 2, z), turn=heading, grip=0.8)
        self.trunk.move(seconds / 2, target, turn=heading, grip=0.0)

    def walk(self, steps: int, *, loaded: bool) -> None:
        """Walks straight ahead, hands full or swinging."""
        self.meet()
        hz = 1.85 * self.person.tempo**0.5 * self.around(0.05) * (0.95 if loaded else 1.0)
        seconds, start_s = steps / hz, self.clock_s
        x, y, z = self.trunk.place
        ahead = _STRIDE_M * steps * self.person.height_m / 1.75
        target = (x + ahead * float(np.cos(self.trunk.turn)), y + ahead * float(np.sin(self.trunk.turn)), z)
        bounce = 0.016 * self.person.vigour**0.5
        self.trunk.cycles.append(Cycle(start_s, seconds, hz, (0.008, 0.0, bounce, 0.0), 0.0))
        self.trunk.cycles.append(Cycle(start_s, seconds, hz / 2, (0.0, 0.018, 0.0, 0.06), 0.0))
        self.trunk.move(0.05, self.trunk.place, turn=self.trunk.turn, grip=1.0)
        self.trunk.move(seconds - 0.1, target, turn=self.trunk.turn, grip=1.0)
        self.trunk.move(0.05, target, turn=self.trunk.turn, grip=0.0)
        for hand, sign in ((self.tool, 1.0), (self.helper, -1.0)):
            self._steps(hand, steps, hz, start_s, loaded)
            if not loaded:
                hand.cycles.append(Cycle(start_s, seconds, hz / 2, (0.11 * sign, 0.0, 0.02, 0.1), 0.0))
        self.meet()

    def _steps(self, hand: Strand, steps: int, hz: float, start_s: float, loaded: bool) -> None:
        for step in range(1, steps):
            strength = (3.2 if loaded else 2.0) * self.person.vigour * self.around(0.25)
            hand.shakes.append(Shake(start_s + step / hz, 0.2, 11.0, strength, (0.4, 0.2, 0.9), 0.05))
