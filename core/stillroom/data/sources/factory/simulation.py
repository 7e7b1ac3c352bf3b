"""One session of one person, from the order of work to a recording.

The hands' pose is worked out at 200 Hz, turned into what each wrist unit feels, sampled by each unit on its own clock,
and assembled like any real recording. All randomness comes from the seed and names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from stillroom.base.config import Config
from stillroom.base.seeding import generator
from stillroom.data.assembly import assemble
from stillroom.data.recording import Recording, Stream
from stillroom.data.sources.factory import capacitance, kinematics, sensors
from stillroom.data.sources.factory.kinematics import Pose
from stillroom.data.sources.factory.line import work
from stillroom.data.sources.factory.people import SIDES, Mounting, Person, mounting
from stillroom.data.sources.factory.scene import Scene
from stillroom.data.sources.factory.strands import Floats, Motion, read
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

RATE_HZ = 25.0
GRID_HZ = 200.0


class FactorySettings(Config):
    """How large a line to simulate, and from which seed. `boxes` is what one session packs: about 100 s each."""

    seed: int = 1
    people: int = Field(10, ge=1, le=64)
    sessions: int = Field(2, ge=1, le=20)
    boxes: int = Field(2, ge=1, le=20)


@dataclass(frozen=True)
class Wrist:
    """One wrist at the grid's times: its pose, and the motion of the hand below it."""

    pose: Pose
    hand: Motion


def simulate(settings: FactorySettings, number: int, session: int) -> Recording:
    """A person's session; the same settings and numbers always give the same bits."""
    scene, spans = work(settings.seed, number, session, settings.boxes)
    grid_s = np.arange(0.0, scene.clock_s, 1 / GRID_HZ)
    trunk = read(scene.trunk, grid_s)
    wrists = wrists_of(scene, trunk, grid_s, generator(settings.seed, "factory", "body", number, session))
    mounts = {side: mounting(settings.seed, number, session, side) for side in SIDES}
    streams = []
    for side, other in (SIDES, SIDES[::-1]):
        draw = generator(settings.seed, "factory", "unit", number, session, side)
        lifted = trunk.grip * _feet(trunk)
        coupled = capacitance.electrodes(
            wrists[side].pose,
            wrists[other].pose,
            wrists[side].hand.grip,
            lifted,
            mounts[side].turn,
            scene.person.skin * float(np.exp(draw.normal(0, 0.1))),
        )
        streams += _unit(side, wrists[side], coupled, mounts[side], grid_s, draw)
    return assemble(
        streams,
        person=scene.person.name,
        session=str(session),
        rate_hz=RATE_HZ,
        tracks={"activity": spans},
        facts=_facts(scene.person, mounts),
    )


def wrists_of(scene: Scene, trunk: Motion, grid_s: Floats, draw: np.random.Generator) -> dict[str, Wrist]:
    """Both wrists by side; a left-hander works at a mirrored place with the hands' roles swapped."""
    person = scene.person
    found = []
    for strand, mirrored in ((scene.tool, False), (scene.helper, True)):
        hand = kinematics.unsteady(read(strand, grid_s), draw, 1 / GRID_HZ, person.unsteady)
        pose = kinematics.wrist_pose(hand, trunk, person, mirrored=mirrored)
        found.append(Wrist(kinematics.reflect(pose) if person.left_handed else pose, hand))
    return dict(zip(SIDES[::-1] if person.left_handed else SIDES, found, strict=True))


def _unit(
    side: str, wrist: Wrist, coupled: Floats, mount: Mounting, grid_s: Floats, draw: np.random.Generator
) -> list[Stream]:
    step_s, site = 1 / GRID_HZ, f"{side}_wrist"
    force = mount.turn.T @ (kinematics.specific_force(wrist.pose, step_s) + wrist.hand.shake_acc)
    rate = mount.turn.T @ (kinematics.rate_of_turn(wrist.pose.turn, step_s) + wrist.hand.shake_rate)
    clock = sensors.start_clock(draw)
    imu_s = clock.times_s(float(grid_s[-1]), sensors.IMU_HZ)
    cap_s = clock.times_s(float(grid_s[-1]), sensors.CAP_HZ)
    base = capacitance.base(draw) + capacitance.drift(draw, len(cap_s), sensors.CAP_HZ)
    picofarads = sensors.front_end(coupled, grid_s, cap_s, draw) + base
    return [
        Stream(
            Layout(
                channels=(
                    *sensor_channels(site, "acc", sensors.IMU_HZ),
                    *sensor_channels(site, "gyro", sensors.IMU_HZ),
                )
            ),
            sensors.stamps(imu_s, draw),
            sensors.imu(force, rate, grid_s, imu_s, draw),
            f"{site} IMU (simulated)",
        ),
        Stream(
            Layout(channels=sensor_channels(site, "capacitive", sensors.CAP_HZ)),
            sensors.stamps(cap_s, draw),
            sensors.stepped_pf(capacitance.at_least_stray(picofarads)),
            f"{site} electrodes (simulated)",
        ),
    ]


def _feet(trunk: Motion) -> Floats:
    """0 to 1: how far a foot is off the floor, from the trunk's rise at each step."""
    return np.asarray(np.clip(0.5 + trunk.place[2] / 0.03, 0, 1))


def _facts(person: Person, mounts: dict[str, Mounting]) -> dict[str, str]:
    pace = "brisk" if person.tempo > 1.06 else "calm" if person.tempo < 0.94 else "steady"
    return {
        "simulated": "yes",
        "handedness": "left" if person.left_handed else "right",
        "height": f"{person.height_m:.2f} m",
        "tempo": f"{pace}, {person.tempo:.2f} of the line's",
        "mounting": "; ".join(f"{side} unit {mounts[side].words}" for side in SIDES),
    }
