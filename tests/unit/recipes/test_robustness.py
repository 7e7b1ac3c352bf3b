"""Disturbed streams: each disturbance is what it says, and none of it changes what stands in the report."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from stillroom.base.events import silent
from stillroom.data.bank import Bank
from stillroom.recipes.distil import distil
from stillroom.recipes.disturbances import AS_RECORDED, DRAWN, RATES, Resampled, disturbances, other_sites
from stillroom.recipes.robustness import ASKED, HEADINGS, build_robustness, robustness_rows
from stillroom.runs.store import open_run

from .kit import never


def test_at_the_stated_rate_a_window_is_as_recorded(experiment) -> None:
    made = experiment()
    own = made.bank.view(made.student.layout)
    ids = made.folds[0].test[:7]
    again = Resampled(own, made, 1.0).batch(ids).numpy()
    assert np.array_equal(again, own.gather(made.index.start[ids], made.index.width))


@pytest.mark.parametrize("factor", RATES)
def test_a_sensor_of_another_rate_shows_another_frequency(experiment, factor: float) -> None:
    made = experiment()
    own = made.bank.view(made.student.layout)
    hz, rate = 2.0, made.index.rate_hz
    time_s = np.arange(own.signal.shape[1]) / rate
    wave = Bank(
        own.layout, np.tile(np.sin(2 * np.pi * hz * time_s), (len(own.layout), 1)).astype(np.float32), own.offsets
    )
    middle = made.index.start[made.folds[0].test]
    inside = made.folds[0].test[np.argmin(np.abs(middle - (wave.offsets[0] + wave.offsets[1]) // 2))]
    x = Resampled(wave, made, factor).batch(np.array([inside]))[0, 0].numpy()
    crossings = np.flatnonzero(np.diff(np.sign(x)) > 0)
    period = np.diff(crossings).mean()
    assert rate / period == pytest.approx(hz / factor, rel=0.05)


def test_a_window_that_would_reach_beyond_its_recording_ends_with_it(experiment) -> None:
    made = experiment()
    own = made.bank.view(made.student.layout)
    numbered = np.repeat(np.arange(len(own.offsets) - 1), np.diff(own.offsets)).astype(np.float32)
    bank = Bank(own.layout, np.tile(numbered, (len(own.layout), 1)), own.offsets)
    ids = np.arange(len(made.index))
    recording = np.searchsorted(own.offsets, made.index.start, side="right") - 1
    x = Resampled(bank, made, 0.5).batch(ids).numpy()
    assert np.array_equal(x, np.broadcast_to(recording[:, None, None].astype(np.float32), x.shape))


def test_other_sites_are_those_where_the_student_s_channels_are_recorded(experiment) -> None:
    assert [site for site, _ in other_sites(experiment())] == ["left_wrist"]
    (_, layout), *_ = other_sites(experiment())
    assert layout.names == tuple(f"left_wrist.acc.{axis}" for axis in "xyz")
    assert not list(other_sites(experiment(student_view="*.acc.*")))
    assert not list(other_sites(experiment(teacher_view="right_wrist.*")))


def test_every_disturbance_disturbs_and_is_the_same_twice(experiment) -> None:
    made = experiment()
    fold = made.folds[0]
    once = {name: inputs.batch(fold.test) for name, inputs in disturbances(made, fold)}
    twice = {name: inputs.batch(fold.test) for name, inputs in disturbances(made, fold)}
    assert set(once) == {AS_RECORDED, *(f"rate x{rate:g}" for rate in RATES), *DRAWN, "worn at left_wrist"}
    for name, x in once.items():
        assert torch.equal(x, twice[name]), name
        assert torch.equal(x, once[AS_RECORDED]) == (name == AS_RECORDED), name


def test_as_recorded_it_is_the_report_and_each_change_is_against_that(experiment, tmp_path) -> None:
    made = experiment("strategy=t_logit", "semantic=none", folds=2)
    report = distil(made, tmp_path / "run", resume=False, emit=silent, stop=never)
    found = build_robustness(made, open_run(tmp_path / "run"))
    first = found[0]
    for role in ASKED:
        assert first[role]["per_person"] == report[role]["per_person"] and first[role]["change"] == 0.0
    assert first["gain"]["per_person"] == report["gain"]["per_person"]
    for row in found:
        for role in ASKED:
            assert row[role]["change"] == pytest.approx(row[role]["macro_f1"] - report[role]["macro_f1"])
    rows = robustness_rows(found)
    assert len(rows) == len(found) and all(len(row) == len(HEADINGS) for row in rows)


def test_a_student_that_reads_a_site_is_asked_about_another_one_in_the_same_order(experiment) -> None:
    made = experiment(student_view="right_wrist.acc.z,right_wrist.acc.x")
    (_, layout), *_ = other_sites(made)
    kinds = [(channel.kind, channel.axis) for channel in made.student.layout]
    assert [(channel.kind, channel.axis) for channel in layout] == kinds
    assert replace(made.student, layout=layout).layout.names != made.student.layout.names
