import itertools

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom.training.augmentation import Augmentation, AugmentationConfig, hamilton

N, WIDTH = 30, 40
ALL = Layout(
    channels=tuple(
        c for site in ("right_wrist", "left_wrist") for kind in ("acc", "gyro", "quat", "capacitive")
        for c in sensor_channels(site, kind, 20.0)
    )
)  # fmt: skip
FULL = AugmentationConfig(views=4, rotation_deg=90, scale=0.2, jitter=0.1, warp=0.2, drop=0.2)


def augmentation(config, layout=ALL, seed=3):
    stats = np.arange(len(layout), dtype=np.float32)
    return Augmentation(config, layout, N, seed, mean=stats, sd=stats + 1)


def windows(layout=ALL):
    x = torch.randn(N, len(ALL), WIDTH, generator=torch.Generator().manual_seed(0))
    rows = [i for i, c in enumerate(ALL) if c.kind == "quat"]
    quats = x[:, rows].reshape(N, -1, 4, WIDTH)
    x[:, rows] = (quats / quats.norm(dim=2, keepdim=True)).reshape(N, -1, WIDTH)
    return x[:, torch.from_numpy(ALL.indices_of(layout))]


IDS = torch.arange(N)


def test_view_zero_is_the_window_as_recorded():
    x = windows()
    assert augmentation(FULL)(x, IDS, 0) is x


def test_a_view_disturbs_a_window_the_same_way_in_any_batch():
    x, some = windows(), torch.tensor([7, 2, 19])
    whole = augmentation(FULL)(x, IDS, 2)
    assert torch.equal(augmentation(FULL)(x[some], some, 2), whole[some])


def test_views_and_seeds_differ():
    x = windows()
    one, two, other = (
        augmentation(FULL)(x, IDS, 1),
        augmentation(FULL)(x, IDS, 2),
        augmentation(FULL, seed=4)(x, IDS, 1),
    )
    assert not torch.allclose(one, two) and not torch.allclose(one, other)


def test_a_model_with_fewer_channels_sees_the_same_disturbance():
    # scale, drop and jitter are drawn by sensor and channel, rotation and warp by unit and window
    few = ALL.select("right_wrist.acc.*, left_wrist.capacitive.*")
    stats = torch.from_numpy(ALL.indices_of(few))
    config = FULL.changed(jitter=0.0, drop=0.0)
    many = augmentation(config)(windows(), IDS, 3)[:, stats]
    assert torch.allclose(augmentation(config, few)(windows(few), IDS, 3), many, atol=1e-6)


def test_jitter_and_silence_do_not_depend_on_the_other_channels():
    few = ALL.select("left_wrist.gyro.*")
    rows = torch.from_numpy(ALL.indices_of(few))
    config = AugmentationConfig(views=2, jitter=0.5, drop=0.3)
    stats = np.zeros(len(ALL), np.float32)
    many = Augmentation(config, ALL, N, 3, stats, stats + 1)(windows(), IDS, 1)[:, rows]
    alone = Augmentation(config, few, N, 3, stats[:3], stats[:3] + 1)(windows(few), IDS, 1)
    assert torch.equal(alone, many)


def test_all_triads_of_a_unit_turn_by_the_same_rotation():
    x = augmentation(AugmentationConfig(views=2, rotation_deg=120))
    before, after = windows(), x(windows(), IDS, 1)
    for site in ("right_wrist", "left_wrist"):
        acc, gyro = (torch.from_numpy(ALL.indices_of(ALL.select(f"{site}.{kind}.*"))) for kind in ("acc", "gyro"))
        for window in range(N):
            turn, _ = Rotation.align_vectors(after[window, acc].T.numpy(), before[window, acc].T.numpy())
            turned = turn.apply(before[window, gyro].T.numpy())
            assert np.allclose(turned, after[window, gyro].T.numpy(), atol=1e-4)


def test_units_turn_apart_and_scalars_do_not_turn():
    before, after = windows(), augmentation(AugmentationConfig(views=2, rotation_deg=120))(windows(), IDS, 1)
    scalar = torch.from_numpy(ALL.indices_of(ALL.select("*.capacitive.*")))
    assert torch.equal(before[:, scalar], after[:, scalar])
    right, left = (torch.from_numpy(ALL.indices_of(ALL.select(f"{s}_wrist.acc.*"))) for s in ("right", "left"))
    same = before.clone()
    same[:, left] = same[:, right]
    turned = augmentation(AugmentationConfig(views=2, rotation_deg=120))(same, IDS, 1)
    assert not torch.allclose(turned[:, left], turned[:, right], atol=1e-2)


def test_orientation_and_acceleration_turn_together():
    # what stays is the acceleration in the world: q v q*
    before, after = windows(), augmentation(AugmentationConfig(views=2, rotation_deg=180))(windows(), IDS, 1)
    quat, acc = (torch.from_numpy(ALL.indices_of(ALL.select(f"right_wrist.{kind}.*"))) for kind in ("quat", "acc"))

    def world(x):
        turn = Rotation.from_quat(x[:, quat].transpose(1, 2).reshape(-1, 4).numpy(), scalar_first=True)
        return turn.apply(x[:, acc].transpose(1, 2).reshape(-1, 3).numpy())

    assert np.allclose(world(before), world(after), atol=1e-4)


def test_rotation_stays_within_its_angle():
    x = augmentation(AugmentationConfig(views=2, rotation_deg=10))
    after = x(windows(), IDS, 1)
    acc = torch.from_numpy(ALL.indices_of(ALL.select("right_wrist.acc.*")))
    for window in range(N):
        turn, _ = Rotation.align_vectors(after[window, acc].T.numpy(), windows()[window, acc].T.numpy())
        assert np.rad2deg(turn.magnitude()) <= 10.01


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_a_files_axes_changes_no_rotation(order):
    acc = ALL.select("right_wrist.acc.*")
    turned = Layout(channels=tuple(acc.channels[i] for i in order))
    config = AugmentationConfig(views=2, rotation_deg=120)
    stats = np.ones(3, np.float32)
    plain = Augmentation(config, acc, N, 3, stats, stats)(windows(acc), IDS, 1)
    other = Augmentation(config, turned, N, 3, stats, stats)(windows(acc)[:, list(order)], IDS, 1)
    assert torch.allclose(other, plain[:, list(order)], atol=1e-6)


def test_gain_and_noise_leave_orientations_alone():
    after = augmentation(AugmentationConfig(views=2, scale=0.5, jitter=0.5))(windows(), IDS, 1)
    quat = torch.from_numpy(ALL.indices_of(ALL.select("*.quat.*")))
    assert torch.equal(after[:, quat], windows()[:, quat]) and not torch.equal(after, windows())


@pytest.mark.parametrize("warp", [0.1, 0.5, 0.9])
def test_the_tempo_changes_by_no_more_than_was_asked(warp):
    ramp = torch.arange(200, dtype=torch.float32).expand(N, 3, 200).contiguous()
    acc = ALL.select("right_wrist.acc.*")
    stats = np.ones(3, np.float32)
    after = Augmentation(AugmentationConfig(views=2, warp=warp), acc, N, 3, stats, stats)(ramp, IDS, 1)
    change = (after.diff(dim=2) - 1).abs().amax()
    assert 0.5 * warp < change <= warp + 0.01


def test_a_silent_sensor_rests_at_its_training_mean():
    after = augmentation(AugmentationConfig(views=2, drop=0.5))(windows(), IDS, 1)
    gyro = torch.from_numpy(ALL.indices_of(ALL.select("right_wrist.gyro.*")))
    silent = (after[:, gyro] == gyro[:, None].float()).all(dim=2)
    assert 0.2 < silent.all(dim=1).float().mean() < 0.8
    assert torch.equal(silent.all(dim=1), silent.any(dim=1))


def test_a_warp_keeps_the_ends_and_the_range():
    x, after = windows(), augmentation(AugmentationConfig(views=2, warp=0.3))(windows(), IDS, 1)
    assert torch.allclose(after[..., 0], x[..., 0]) and torch.allclose(after[..., -1], x[..., -1], atol=1e-4)
    assert after.max() <= x.max() and not torch.allclose(after, x)


def test_hamilton_agrees_with_scipy():
    q, r = Rotation.random(5, random_state=0), Rotation.random(5, random_state=1)
    ours = hamilton(
        torch.from_numpy(q.as_quat(scalar_first=True))[..., None], torch.from_numpy(r.as_quat(scalar_first=True))
    )[..., 0]
    assert np.allclose(ours.numpy(), (q * r).as_quat(scalar_first=True)) or np.allclose(
        np.abs((ours.numpy() * (q * r).as_quat(scalar_first=True)).sum(axis=1)), 1
    )


@pytest.mark.parametrize("wrong", [{"views": 0}, {"rotation_deg": 200}, {"warp": 1.0}, {"turn": 3}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError):
        AugmentationConfig(**wrong)
