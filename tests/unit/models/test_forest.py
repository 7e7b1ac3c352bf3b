"""The forest as arrays answers as scikit-learn's trees do, ties and rounding included, and without scikit-learn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier

from stillroom.models.architecture import Shape
from stillroom.models.bundle import save_model
from stillroom.models.forest import SMALLEST_SHARE, Forest, ForestConfig
from stillroom.models.statistics import window_statistics
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

LAYOUT = Layout(channels=sensor_channels("waist", "acc", 25.0))
# a leaf's shares are kept as float16: 11 significant bits
HALF = 2.0**-11


def moves(count: int, seed: int) -> tuple[torch.Tensor, np.ndarray]:
    """Windows of a phone that lies, walks and runs, with noise enough to confuse them."""
    draw = np.random.default_rng(seed)
    label = draw.integers(0, 3, count)
    hz = np.array([0.0, 1.8, 2.7])[label] * draw.normal(1, 0.15, count)
    time = np.arange(50) / 25
    wave = np.sin(2 * np.pi * hz[:, None] * time + draw.uniform(0, 6, (count, 1))) * draw.uniform(0.2, 3, (count, 1))
    x = draw.normal(0, 1.5, (count, 3, 50))
    x[:, 2] += 9.8 + wave
    return torch.from_numpy(x.astype(np.float32)), label


def pair(
    statistics: np.ndarray, label: np.ndarray, classes: int, **settings: int
) -> tuple[Forest, RandomForestClassifier]:
    """Our forest and scikit-learn's, of the same trees."""
    theirs = RandomForestClassifier(random_state=3, class_weight="balanced", n_estimators=15, **settings)
    theirs.fit(statistics, label)
    ours = Forest(ForestConfig(trees=15), classes, statistics.shape[1])
    ours.load_arrays([tree.tree_ for tree in theirs.estimators_], theirs.classes_)
    return ours, theirs


def agree(ours: Forest, theirs: RandomForestClassifier, statistics: np.ndarray) -> None:
    expected = theirs.predict_proba(statistics)
    found = ours.probabilities(torch.from_numpy(statistics)).numpy()
    np.testing.assert_allclose(found[:, theirs.classes_], expected, atol=HALF, rtol=0)
    first, second = np.sort(expected, axis=1)[:, [-1, -2]].T
    clear = first - second > 2 * HALF
    assert clear.mean() > 0.5
    assert (found.argmax(axis=1) == theirs.classes_[expected.argmax(axis=1)])[clear].all()


@pytest.mark.parametrize("min_leaf", [1, 5])
def test_the_walk_gives_scikit_learn_s_shares(min_leaf: int) -> None:
    x, label = moves(240, seed=0)
    ours, theirs = pair(window_statistics(x).numpy(), label, 3, min_samples_leaf=min_leaf)
    agree(ours, theirs, window_statistics(moves(200, seed=1)[0]).numpy())


def test_a_value_on_a_threshold_goes_where_scikit_learn_sends_it() -> None:
    draw = np.random.default_rng(2)
    statistics = draw.integers(0, 6, (150, 4)).astype(np.float32)
    label = ((statistics.sum(axis=1) + draw.integers(0, 3, 150)) % 3).astype(np.int64)
    ours, theirs = pair(statistics, label, 3)
    thresholds = np.concatenate([tree.tree_.threshold[tree.tree_.feature >= 0] for tree in theirs.estimators_])
    near = [np.float32(thresholds), *(np.nextafter(np.float32(thresholds), np.float32(to)) for to in (-9, 9))]
    agree(ours, theirs, draw.permuted(np.tile(np.concatenate(near), (4, 1)), axis=1).T.astype(np.float32).copy())


def test_a_threshold_between_two_neighbouring_floats_parts_them() -> None:
    # the midpoint of two neighbours is no float32; rounded to the upper one, both would go left
    ladder = np.float32(8.0) + np.arange(64, dtype=np.float32) * np.spacing(np.float32(8.0))
    statistics = np.tile(ladder, 4)[:, None]
    label = np.tile(np.arange(64) % 2, 4).astype(np.int64)
    ours, theirs = pair(statistics, label, 2)
    agree(ours, theirs, ladder[:, None].copy())


def grown(seed: int = 1, trees: int = 6) -> Forest:
    x, label = moves(120, seed=0)
    forest = ForestConfig(trees=trees, min_leaf=2).build(Shape(LAYOUT, 50, 3))
    assert isinstance(forest, Forest)
    forest.grow(window_statistics(x).numpy(), label, seed=seed)
    return forest


def test_a_class_that_training_never_saw_gets_no_share() -> None:
    x, label = moves(120, seed=0)
    forest = Forest(ForestConfig(trees=4), 4, window_statistics(x).shape[1])
    forest.grow(window_statistics(x).numpy(), label + (label > 0), seed=1)
    shares = forest.probabilities(window_statistics(x))
    assert shares[:, 1].max() == 0
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(120), atol=4 * HALF, rtol=0)
    assert (shares.argmax(dim=1).numpy() == label + (label > 0)).mean() > 0.9


def test_log_shares_sum_to_one_and_none_is_impossible() -> None:
    x, _ = moves(80, seed=5)
    forest = grown()
    output = forest(x)
    torch.testing.assert_close(output.logits.exp().sum(dim=1), torch.ones(80))
    assert output.logits.exp().min() > SMALLEST_SHARE / 1.01
    torch.testing.assert_close(output.representation, window_statistics(x))


def test_a_seed_grows_its_own_forest() -> None:
    one, again, other = (grown(seed).state_dict() for seed in (1, 1, 2**40 + 2))
    assert all(torch.equal(one[key], again[key]) for key in one)
    assert not torch.equal(one["share"], other["share"])


def test_a_loaded_forest_needs_no_depth() -> None:
    forest, again = grown(), Forest(ForestConfig(trees=6), 3, grown().features)
    again.load_state_dict(forest.state_dict())
    x, _ = moves(50, seed=6)
    assert forest.depth > 0 and again.depth == 0
    assert torch.equal(again(x).logits, forest(x).logits)


def test_a_saved_forest_answers_where_scikit_learn_is_not_installed(make, x: torch.Tensor, tmp_path: Path) -> None:
    model = make("forest", "tsak_student")
    save_model(model, tmp_path / "model", {})
    np.save(tmp_path / "x.npy", x.numpy())
    code = (
        "import json, pathlib, sys; sys.modules['sklearn'] = None\n"
        "import numpy, torch; from stillroom.models.bundle import load_model\n"
        "folder = pathlib.Path(sys.argv[1]); model, _ = load_model(folder / 'model')\n"
        "with torch.no_grad(): logits = model(torch.from_numpy(numpy.load(folder / 'x.npy'))).logits\n"
        "print(json.dumps([logits.tolist(), [name for name in sys.modules if name.startswith('sklearn.')]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    logits, modules = json.loads(done.stdout)
    assert modules == []
    with torch.no_grad():
        np.testing.assert_allclose(logits, model(x).logits.numpy(), atol=1e-6)
