"""The simulated line: complete, reproducible, plausible, and as hard as it is meant to be.

The bands below were set by hand for a set that teaches; they say that the set behaves, nothing about real people.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score

from stillroom.base.errors import InputError
from stillroom.base.seeding import generator
from stillroom.data.recording import Recording
from stillroom.data.source import open_source, resolve
from stillroom.data.sources.factory import CLASSES, Factory, FactorySettings, capacitance
from stillroom.data.sources.factory import sensors as units
from stillroom.data.sources.factory.simulation import simulate
from stillroom.data.tree import Tree


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    return list(open_source("factory").recordings)


# What a user gets


def test_eighteen_channels_of_both_wrists_in_canonical_units(recordings: list[Recording]) -> None:
    layout = recordings[0].layout
    assert len(layout) == 18
    assert layout.sites == ("right_wrist", "left_wrist")
    assert {(c.kind, c.unit, c.rate_hz) for c in layout} == {
        ("acc", "m/s2", 50.0),
        ("gyro", "rad/s", 50.0),
        ("capacitive", "pF", 25.0),
    }
    assert {r.rate_hz for r in recordings} == {25.0}


def test_the_card_says_that_nobody_was_recorded() -> None:
    card = Factory.card
    assert card.simulated
    assert "simulated" in card.title
    assert "simulated" in card.licence
    assert any("nobody was recorded" in note for note in card.notes)
    assert any("no score on it is evidence" in note for note in card.notes)


def test_every_person_does_every_activity_in_every_session(recordings: list[Recording]) -> None:
    assert len({(r.person, r.session) for r in recordings}) == len(recordings) == 20
    for recording in recordings:
        assert {span.label for span in recording.tracks["activity"]} == set(CLASSES)


def test_spans_follow_one_another_with_unlabelled_moments_between(recordings: list[Recording]) -> None:
    for recording in recordings:
        spans = recording.tracks["activity"]
        assert spans[0].start_s >= 0
        assert spans[-1].end_s <= recording.duration_s
        assert all(after.start_s - before.end_s > 0.3 for before, after in pairwise(spans))


def test_no_class_is_rare_and_a_fair_part_is_unlabelled(recordings: list[Recording]) -> None:
    codes = np.concatenate([r.codes("activity", CLASSES) for r in recordings])
    shares = np.bincount(codes[codes >= 0], minlength=len(CLASSES)) / (codes >= 0).sum()
    assert shares.min() >= 0.05
    assert shares.max() > 1.15 * shares.min()
    assert 0.1 < (codes < 0).mean() < 0.35
    assert all(120 < r.duration_s < 300 for r in recordings)


def test_facts_tell_of_hand_height_tempo_and_mounting(recordings: list[Recording]) -> None:
    by_name = {(r.person, r.session): r.facts for r in recordings}
    assert {name for (name, _), facts in by_name.items() if facts["handedness"] == "left"} == {"p04", "p09"}
    assert "left unit on the inside of the wrist" in by_name["p03", "1"]["mounting"]
    assert "right unit strapped on the other way round" in by_name["p06", "2"]["mounting"]
    assert all(facts["simulated"] == "yes" and facts["height"].endswith(" m") for facts in by_name.values())


def test_a_path_is_refused_since_there_is_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    with pytest.raises(InputError, match="takes no path"):
        Factory().parts(Tree(tmp_path))
    assert resolve("factory")[1] is None


# Reproducible


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(recordings: list[Recording]) -> None:
    again = simulate(FactorySettings(), 1, 1)
    assert again.tracks == recordings[0].tracks
    np.testing.assert_array_equal(again.signal, recordings[0].signal)
    other = simulate(FactorySettings(seed=2), 1, 1)
    assert other.signal.shape != again.signal.shape or (other.signal != again.signal).any()


def test_a_person_more_changes_nobody_else() -> None:
    few, many = (Factory(FactorySettings(people=n, sessions=s, boxes=1)) for n, s in ((2, 1), (3, 2)))
    small = {part.name: (part.key(), few.parse(part).signal) for part in few.parts(None)}
    large = {part.name: (part.key(), many.parse(part).signal) for part in many.parts(None) if part.name in small}
    for name, (key, signal) in small.items():
        assert large[name][0] == key
        np.testing.assert_array_equal(large[name][1], signal)


# Plausible


def test_quiet_moments_of_a_recording_show_one_g(recordings: list[Recording]) -> None:
    for recording in recordings:
        for rows in (slice(0, 3), slice(9, 12)):
            size = np.linalg.norm(recording.signal[rows], axis=0)
            parts = size[: len(size) // 25 * 25].reshape(-1, 25)
            quiet = parts[parts.std(axis=1) < 0.25]
            assert len(quiet) > 5
            assert abs(np.median(quiet) - 9.80665) < 0.4


def test_values_are_finite_and_within_the_range_of_the_parts(recordings: list[Recording]) -> None:
    for recording in recordings:
        acc, gyro, pico = (recording.signal[_rows(recording, kind)] for kind in ("acc", "gyro", "capacitive"))
        assert np.isfinite(recording.signal).all()
        assert 12 < np.abs(acc).max() < units.ACC_RANGE_MS2
        assert 3 < np.abs(gyro).max() < units.GYRO_RANGE_RADS
        assert pico.min() > 1
        assert pico.max() < 80


def test_each_activity_moves_the_working_wrist_as_much_as_work_does(recordings: list[Recording]) -> None:
    for code, name in enumerate(CLASSES):
        parts = [
            r.signal[:, r.codes("activity", CLASSES) == code] for r in recordings if r.facts["handedness"] == "right"
        ]
        acc = np.median([np.sqrt(part[0:3].var(axis=1).mean()) for part in parts])
        gyro = np.median([np.sqrt(part[3:6].var(axis=1).mean()) for part in parts])
        assert 0.5 < acc < 8.0, name
        assert 0.15 < gyro < 4.0, name


def test_capacitance_drifts_within_a_session_and_starts_elsewhere_in_the_next(recordings: list[Recording]) -> None:
    mine = [r.signal[_rows(r, "capacitive")] for r in recordings if r.person == "p01"]
    assert np.abs(mine[0].mean(axis=1) - mine[1].mean(axis=1)).max() > 1.0
    drift = capacitance.drift(generator(1), 5000, 25.0)
    assert np.abs(np.diff(drift, axis=1)).mean() < 0.2
    assert 0.5 < np.ptp(drift, axis=1).mean() < 15


# As hard as it should be


@pytest.fixture(scope="module")
def forest_scores(recordings: list[Recording]) -> dict[str, float]:
    """Macro-F1 of a small forest by view, two people left out at a time.

    `random` mixes everybody's windows; `shuffled` has all channels, but the capacitance of other windows.
    """
    codes, people_of, features = _windows(recordings)
    pairs = np.array([(int(name[1:]) - 1) // 2 for name in people_of])
    mixed = generator(1, "mixed").permutation(pairs)
    layout = recordings[0].layout
    views = {
        "all": "*",
        "imus": "*.acc.*,*.gyro.*",
        "right imu": "right_*.acc.*,right_*.gyro.*",
        "right acc": "right_*.acc.*",
        "left acc": "left_*.acc.*",
        "capacitive": "*.capacitive.*",
    }
    found = {}
    for name, globs in views.items():
        columns = features[:, layout.indices_of(layout.select(globs))].reshape(len(codes), -1)
        found[name] = _score(columns, codes, pairs)
    shuffled, columns = features.copy(), layout.indices_of(layout.select("*.capacitive.*"))
    shuffled[:, columns] = features[generator(1, "shuffled").permutation(len(codes))][:, columns]
    found["shuffled"] = _score(shuffled.reshape(len(codes), -1), codes, pairs)
    found["random"] = _score(features.reshape(len(codes), -1), codes, mixed)
    return found


def test_scores_lie_in_the_bands_of_a_set_that_can_be_learned_from(forest_scores: dict[str, float]) -> None:
    assert 0.78 < forest_scores["all"] < 0.95
    assert 0.55 < forest_scores["right acc"] < 0.78
    assert 0.35 < forest_scores["left acc"] < 0.68


def test_each_sensor_that_is_dropped_costs_score(forest_scores: dict[str, float]) -> None:
    order = ["all", "imus", "right imu", "right acc", "left acc"]
    scores = [forest_scores[name] for name in order]
    assert all(before > after for before, after in pairwise(scores)), forest_scores


def test_capacitance_carries_something_of_the_work(forest_scores: dict[str, float]) -> None:
    assert forest_scores["capacitive"] > 0.35
    assert forest_scores["all"] > forest_scores["shuffled"] + 0.01


def test_people_are_harder_than_a_random_split(forest_scores: dict[str, float]) -> None:
    assert forest_scores["random"] > forest_scores["all"] + 0.04


def _windows(recordings: list[Recording]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    codes, names, features = [], [], []
    for recording in recordings:
        truth = recording.codes("activity", CLASSES)
        for first in range(0, len(truth) - 100 + 1, 50):
            counts = np.bincount(truth[first : first + 100] + 1, minlength=len(CLASSES) + 1)
            if counts.argmax() > 0 and counts.max() >= 60:
                codes.append(counts.argmax() - 1)
                names.append(recording.person)
                features.append(_statistics(recording.signal[:, first : first + 100]))
    return np.array(codes), np.array(names), np.array(features)


def _statistics(window: np.ndarray) -> np.ndarray:
    power = np.abs(np.fft.rfft(window - window.mean(axis=1, keepdims=True), axis=1)) ** 2
    bands = [np.log1p(band.sum(axis=1)) for band in np.array_split(power[:, 1:], 4, axis=1)]
    ordered = np.sort(window, axis=1)[:, [0, 10, 25, 50, 75, 90, 99]]
    steps = np.abs(np.diff(window, axis=1)).mean(axis=1)
    return np.column_stack([window.mean(axis=1), window.std(axis=1), steps, ordered, *bands])


def _score(features: np.ndarray, codes: np.ndarray, groups: np.ndarray) -> float:
    predicted = np.zeros_like(codes)
    for group in np.unique(groups):
        out = groups == group
        forest = RandomForestClassifier(30, max_samples=0.5, random_state=0).fit(features[~out], codes[~out])
        predicted[out] = forest.predict(features[out])
    return float(f1_score(codes, predicted, average="macro"))


def _rows(recording: Recording, kind: str) -> np.ndarray:
    return recording.layout.indices_of(recording.layout.select(f"*.{kind}.*"))
