"""The physics behind the simulated line: poses, what units feel in them, parts that clip and filter, capacitance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from stillroom.base.seeding import generator
from stillroom.data.sources.factory import capacitance, kinematics, line, people
from stillroom.data.sources.factory import sensors as units
from stillroom.data.sources.factory.kinematics import Pose
from stillroom.data.sources.factory.simulation import GRID_HZ, Wrist, wrists_of
from stillroom.data.sources.factory.strands import Motion, minimum_jerk, read

STEP_S = 1 / GRID_HZ
MIRROR = np.diag([1.0, -1.0, 1.0])


@pytest.fixture(scope="module")
def wrists() -> dict[str, Wrist]:
    """One session's wrists before any sensor, noise or mounting."""
    scene, _ = line.work(seed=1, number=1, session=1, boxes=1)
    grid_s = np.arange(0.0, scene.clock_s, STEP_S)
    return wrists_of(scene, read(scene.trunk, grid_s), grid_s, generator(1, "test"))


def test_orientations_are_rotations(wrists: dict[str, Wrist]) -> None:
    for wrist in wrists.values():
        turn = wrist.pose.turn
        np.testing.assert_allclose(turn @ turn.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turn.shape), atol=1e-9)
        np.testing.assert_allclose(np.linalg.det(turn), 1.0, atol=1e-9)


@pytest.mark.parametrize("side", people.SIDES)
def test_the_rate_of_turn_integrates_to_the_orientation(wrists: dict[str, Wrist], side: str) -> None:
    turn = wrists[side].pose.turn
    rate = kinematics.rate_of_turn(turn, STEP_S)
    steps = Rotation.from_rotvec((rate[:, 1:] + rate[:, :-1]).T / 2 * STEP_S)
    first, count = 1000, 3000
    now = Rotation.from_matrix(turn[first])
    for step in steps[first : first + count]:
        now = now * step
    missed = (now.inv() * Rotation.from_matrix(turn[first + count])).magnitude()
    travelled = steps[first : first + count].magnitude().sum()
    assert travelled > 2.0
    assert missed < np.radians(0.5)


def test_a_resting_unit_feels_gravity_upwards() -> None:
    turn = Rotation.random(50, random_state=np.random.RandomState(0)).as_matrix()
    for one in turn:
        pose = Pose(np.tile([[0.3], [0.1], [1.0]], 9), np.tile(one, (9, 1, 1)))
        np.testing.assert_allclose(kinematics.specific_force(pose, STEP_S)[:, 4], one.T @ [0, 0, 9.80665], atol=1e-6)


def test_a_shaken_unit_feels_the_second_derivative_of_its_path() -> None:
    time_s = np.arange(400) * STEP_S
    place = np.stack([0.05 * np.sin(2 * np.pi * 2 * time_s), 0 * time_s, 0 * time_s])
    force = kinematics.specific_force(Pose(place, np.tile(np.eye(3), (400, 1, 1))), STEP_S)
    np.testing.assert_allclose(force[0, 2:-2], -((4 * np.pi) ** 2) * place[0, 2:-2], atol=0.02)
    np.testing.assert_allclose(force[2], 9.80665, atol=1e-9)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_palm_on_the_bench_feels_gravity_out_of_the_back_of_the_hand(mirrored: bool) -> None:
    count = 9
    side = 1.0 if mirrored else -1.0
    flat = _still((0.35, 0.15 * side, 0.98), np.pi / 2, count)
    pose = kinematics.wrist_pose(flat, _still((0, 0, 0), 0.0, count), people.person(1, 1), mirrored=mirrored)
    force = kinematics.specific_force(pose, STEP_S)[:, 4]
    assert force[2] > 8.5
    ahead = pose.turn[4][:, 0]
    assert ahead[0] > 0.5, "the forearm points ahead"
    thumb_up = kinematics.wrist_pose(
        _still((0.35, 0.15 * side, 0.98), 0.0, count),
        _still((0, 0, 0), 0.0, count),
        people.person(1, 1),
        mirrored=mirrored,
    )
    assert np.sign(thumb_up.turn[4][1, 2]) == side, "with the thumb up the back of the hand looks outwards"


def test_a_left_hander_is_the_mirror_image(wrists: dict[str, Wrist]) -> None:
    pose = wrists["right"].pose
    other = kinematics.reflect(pose)
    np.testing.assert_allclose(
        kinematics.specific_force(other, STEP_S), MIRROR @ kinematics.specific_force(pose, STEP_S), atol=1e-6
    )
    # A rate of turn is an axial vector: in a mirror it also changes its sign.
    np.testing.assert_allclose(
        kinematics.rate_of_turn(other.turn, STEP_S), -MIRROR @ kinematics.rate_of_turn(pose.turn, STEP_S), atol=1e-9
    )


@settings(max_examples=30)
@given(start=st.tuples(*[st.floats(-1, 1)] * 3), end=st.tuples(*[st.floats(-1, 1)] * 3), seconds=st.floats(0.2, 3))
def test_a_reach_is_minimum_jerk(start: tuple[float, ...], end: tuple[float, ...], seconds: float) -> None:
    grid_s = np.linspace(0, seconds, 2001)
    path = minimum_jerk(np.array([0.0, seconds]), np.array([start, end]), np.zeros(2), grid_s)
    np.testing.assert_allclose(path[:, 0], start, atol=1e-12)
    np.testing.assert_allclose(path[:, -1], end, atol=1e-12)
    distance = np.linalg.norm(np.subtract(end, start))
    speed = np.linalg.norm(np.gradient(path, grid_s, axis=1), axis=0)
    np.testing.assert_allclose(speed.max(), 1.875 * distance / seconds, rtol=1e-3, atol=1e-9)


# The sensors


def test_vibration_above_the_band_does_not_fold_back() -> None:
    grid_s = np.arange(0, 4, STEP_S)
    clock = units.Clock(0.0, 0.0)
    times_s = clock.times_s(4.0, units.IMU_HZ)
    deviation = []
    for hz in (8.0, 45.0):
        force = np.tile(5 * np.sin(2 * np.pi * hz * grid_s), (3, 1))
        values = units.imu(force, 0 * force, grid_s, times_s, generator(1, "part"))
        deviation.append(values[:3, 50:].std())
    assert deviation[0] > 0.95 * 5 / np.sqrt(2)
    assert deviation[1] < 0.05 * 5


def test_an_imu_saturates_at_its_range_and_has_steps() -> None:
    grid_s = np.arange(0, 2, STEP_S)
    force = np.full((3, len(grid_s)), 400.0)
    values = units.imu(force, force, grid_s, np.arange(0, 1.9, 0.02), generator(1))
    assert values[:3].max() < units.ACC_RANGE_MS2
    np.testing.assert_allclose(values[:3] / (units.ACC_RANGE_MS2 / 2**15) % 1 % 1, 0, atol=1e-6)
    assert values[3:].max() < units.GYRO_RANGE_RADS


def test_units_have_clocks_of_their_own_with_stamps_that_never_run_backwards() -> None:
    first, second = (units.start_clock(generator(1, name)) for name in "ab")
    assert first != second
    stamps = units.stamps(first.times_s(60.0, 50.0), generator(1))
    hasty = units.stamps(first.times_s(5.0, 2000.0), generator(1))
    assert (np.diff(stamps) >= 0).all() and (np.diff(hasty) >= 0).all()
    assert np.diff(stamps).std() > 1e-4
    assert abs(len(stamps) / (60.0 - first.start_s) - 50.0) < 0.1


def test_capacitance_rises_with_touch_and_with_closeness() -> None:
    near, far = (_flat(height) for height in (0.96, 1.40))
    nothing, everything, mount = np.zeros(9), np.ones(9), np.eye(3)
    idle = capacitance.electrodes(far, _flat(1.4, 0.5), nothing, nothing, mount, 1.0)
    held = capacitance.electrodes(far, _flat(1.4, 0.5), everything, nothing, mount, 1.0)
    bench = capacitance.electrodes(near, _flat(1.4, 0.5), nothing, nothing, mount, 1.0)
    hands = capacitance.electrodes(far, _flat(1.4, 0.1), nothing, nothing, mount, 1.0)
    lifted = capacitance.electrodes(far, _flat(1.4, 0.5), nothing, everything, mount, 1.0)
    gain = (held - idle)[:, 0]
    assert gain[0] > gain[1] > 0, "the electrode at the palm feels what is held most"
    assert (bench - idle)[0, 0] > 1
    assert ((hands - idle) > 0.5).all()
    assert ((lifted - idle) < -0.5).all()
    inside = Rotation.from_rotvec([np.pi, 0, 0]).as_matrix()
    turned = capacitance.electrodes(far, _flat(1.4, 0.5), everything, nothing, inside, 1.0)
    assert turned[1, 0] - idle[1, 0] > turned[0, 0] - idle[0, 0], "worn inside, the other electrode lies at the palm"


def _still(place: tuple[float, float, float], turn: float, count: int) -> Motion:
    zeros = np.zeros((3, count))
    return Motion(np.tile(np.array(place)[:, None], count), np.full(count, turn), np.zeros(count), zeros, zeros)


def _flat(height_m: float, aside_m: float = 0.0) -> Pose:
    """A wrist with its back up."""
    return Pose(np.tile([[0.4], [aside_m], [height_m]], 9), np.tile(np.eye(3), (9, 1, 1)))
