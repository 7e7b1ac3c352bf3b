"""What is played back: whose, which stretch, and answers that are those of models which never saw the person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stillroom.base.errors import InputError, StoppedError, StorageError
from stillroom.base.events import Event, silent
from stillroom.data.dataset import Dataset
from stillroom.data.recording import Span
from stillroom.models.bundle import load_model
from stillroom.recipes import playback
from stillroom.recipes.distil import distil
from stillroom.recipes.experiment import Experiment, prepare
from stillroom.recipes.playback import answers, halves, plain
from stillroom.recipes.playback_run import Played, build_playback
from stillroom.recipes.playback_stretch import choose
from stillroom.runs.playback import Playback, keep_playback, playback_of
from stillroom.runs.predictions import places_of, predictions_of
from stillroom.runs.store import DONE, Run

from .explain_kit import Make, explainable, poisoned
from .kit import never

ROLES = ("teacher", "student", "alone")
Made = tuple[Experiment, Run]


@pytest.fixture(scope="module")
def made(experiment: Make, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A run of three models and four folds of one person each."""
    return explainable(experiment, tmp_path_factory.mktemp("playback") / "run", *ROLES, "semantic", folds=0)


def played(made: Made, **asked: Any) -> Playback:
    whole, run = made
    found, _ = build_playback(whole, run, Played(why=False, **asked), emit=silent, stop=never)
    return found


def recorded(made: Made, shown: Playback, names: tuple[str, ...]) -> np.ndarray:
    """The stretch's channels from the recording itself, from its first sample on."""
    one = next(one for one in made[0].dataset.recordings if one.name == shown.recording)
    first = round(shown.start_s * made[0].index.rate_hz)
    return one.signal[[one.layout.names.index(name) for name in names], first:]


def of_person(made: Made, who: str, role: str) -> Path:
    (fold,) = [fold for fold in made[0].folds if who in fold.units]
    return made[1].part(fold.name, role)


def test_a_run_that_is_done_has_one_with_answers_alone(made: Made) -> None:
    found = playback_of(made[1])
    assert found is not None and list(found.answers) == list(ROLES) and found.seconds <= 90
    assert found.sensors == made[0].teacher.layout.sensors and found.own == ("right_wrist.acc",)
    assert not found.sets and not found.why and found.classes == made[0].index.classes


def test_each_answer_is_that_of_the_model_s_own_files_asked_about_the_recording_itself(made: Made) -> None:
    shown, width = played(made), made[0].index.width
    begins = np.round(shown.windows_s * made[0].index.rate_hz).astype(int)
    assert len(begins) > 20 and np.unique(np.diff(begins)).tolist() == [10]
    for role in ROLES:
        model = load_model(of_person(made, shown.unit, role))[0]
        signal = recorded(made, shown, model.interface.layout.names)
        windows = np.stack([signal[:, begin : begin + width] for begin in begins])
        with torch.no_grad():
            direct = torch.softmax(model(torch.from_numpy(windows)).logits, dim=1).numpy()
        assert shown.answers[role] == pytest.approx(direct, abs=1e-3), role
        assert shown.answers[role].argmax(axis=1).tolist() == direct.argmax(axis=1).tolist(), role


def test_on_the_run_s_own_grid_answers_and_truth_are_those_of_its_predictions(made: Made) -> None:
    shown, places = played(made, step_s=1.0), places_of(made[1])
    assert places is not None and shown.step_s == 1.0
    number = places.names.index(shown.recording)
    for role in ROLES:
        found, seen = predictions_of(made[1], role), 0
        for place, at in enumerate(shown.windows_s):
            here = (places.recording[found.ids] == number) & np.isclose(places.start_s[found.ids], shown.start_s + at)
            for row in np.flatnonzero(here):
                seen += 1
                assert shown.answers[role][place] == pytest.approx(found.probabilities[row], abs=1e-3)
                assert shown.answers[role][place].argmax() == found.said[row] and shown.truth[place] == found.truth[row]
        assert seen == len(shown.windows_s) > 10


def test_the_person_is_the_median_s_and_no_model_that_answers_was_trained_or_stopped_on_them(made: Made) -> None:
    shown, scores = played(made), made[1].report["student"]["per_person"]
    ordered = sorted(scores, key=lambda who: (scores[who], who))
    assert shown.unit == ordered[1] and shown.median_of == "student" and shown.recording.startswith(shown.unit)
    for role in ROLES:
        _, provenance = load_model(of_person(made, shown.unit, role))
        assert shown.unit not in {*provenance["train_people"], *provenance["validation_people"]}
    assert f"No model that answers had seen {shown.unit}" in shown.chosen
    alone = played((poisoned(made[0], shown.unit), made[1]))
    assert all(np.array_equal(alone.answers[role], shown.answers[role]) for role in ROLES)
    assert np.array_equal(alone.signal, shown.signal)


def test_the_signal_is_the_recorded_one_and_its_channels_know_their_sensor(made: Made) -> None:
    shown = played(made)
    names = tuple(channel.name for channel in shown.channels)
    real = recorded(made, shown, names)[:, : shown.signal.shape[1]]
    assert shown.rate_hz == made[0].index.rate_hz and names == made[0].teacher.layout.names
    assert (np.abs(shown.signal - real).max(axis=1) <= np.ptp(real, axis=1) / 2000).all()
    assert all(channel.name.startswith(f"{channel.sensor}.") for channel in shown.channels)


def test_truth_is_the_class_of_most_of_a_window_and_none_where_no_label_holds(made: Made) -> None:
    whole, run = made
    one = whole.dataset.recordings[0]
    cut = (Span(0, 12, "slow"), Span(16, 24, "brisk"), Span(24, 36, "still"))
    changed = replace(whole.dataset, recordings=(replace(one, tracks={"activity": cut}), *whole.dataset.recordings[1:]))
    other = prepare(whole.recipe, whole.settings, changed)
    shown, _ = build_playback(other, run, Played(why=False, recording="p1/1"), emit=silent, stop=never)
    codes = np.repeat([0, -1, 1, 2], [240, 80, 160, 240])
    names = {code: whole.index.classes.index(name) for code, name in enumerate(("slow", "brisk", "still"))}
    for begin, truth in zip(np.round(shown.windows_s * 20).astype(int), shown.truth, strict=True):
        window = codes[begin : begin + whole.index.width]
        counts = np.array([(window == code).sum() for code in range(3)])
        wanted = names[int(counts.argmax())] if counts.max() >= 0.5 * len(window) else -1
        assert truth == wanted, begin
    assert -1 in shown.truth


def best_by_hand(whole: Experiment, who: str, reach: int) -> tuple[int, int]:
    """Most activities, and then most samples, between two tested windows of one recording without a gap."""
    index, found = whole.index, []
    for number, recording in enumerate(whole.dataset.recordings):
        if recording.person != who:
            continue
        for first, stop in recording.segments + index.offsets[number]:
            rows = np.flatnonzero((index.start >= first) & (index.start + index.width <= stop))
            for begin in rows:
                apart = index.start[rows] - index.start[begin]
                inside = rows[(apart >= 0) & (apart <= reach)]
                found.append((len(set(index.label[inside])), int(index.start[inside[-1]] - index.start[begin])))
    return max(found)


@pytest.mark.parametrize("seconds", [1.0, 8.0, 14.0, 26.0])
def test_the_stretch_has_the_most_activities_and_crosses_no_gap(made: Made, seconds: float) -> None:
    whole, run = made
    gaps = np.array([[0, 330], [335, 720]])
    torn = tuple(replace(one, segments=gaps) for one in whole.dataset.recordings)
    other = prepare(whole.recipe, whole.settings, replace(whole.dataset, recordings=torn))
    found = choose(other, run.report, seconds=seconds, step_s=0.5)
    width, first = whole.index.width, found.starts - other.index.offsets[found.recording]
    assert first[-1] + width - first[0] <= max(seconds * 20, width)
    assert any(low <= first[0] and first[-1] + width <= high for low, high in gaps)
    held = np.isin(other.index.start, np.arange(found.starts[0], found.starts[-1] + 1))
    kinds, samples = best_by_hand(other, found.unit, max(0, round(seconds * 20) - width))
    assert len(set(other.index.label[held])) == kinds
    assert samples - 10 < found.starts[-1] - found.starts[0] <= samples


def test_a_recording_can_be_asked_for_by_name_and_one_that_is_not_there_or_not_tested_is_refused(
    experiment: Make, made: Made
) -> None:
    shown = played(made, recording="p4/1")
    assert (shown.recording, shown.unit) == ("p4/1", "p4") and "by its name" in shown.chosen
    with pytest.raises(InputError, match="no recording 'p4'"):
        played(made, recording="p4")
    one = experiment(folds=1)
    with pytest.raises(InputError, match="did not test this recording") as refused:
        choose(one, made[1].report, seconds=9, step_s=1, recording="p4/1")
    assert "p1/1" in refused.value.mend


def test_of_stretches_only_what_was_tested_is_played_and_that_the_person_was_known_is_said(
    experiment: Make, make_dataset: Callable[..., Dataset], tmp_path: Path
) -> None:
    like = experiment('only=["alone"]')
    settings = like.settings.changed(protocol="blocks:3", folds=0)
    whole = prepare(like.recipe, settings, make_dataset(people=3, rounds=6, seconds=15.0))
    run = Run(tmp_path / "run")
    distil(whole, run.folder, resume=False, emit=silent, stop=never)
    shown = played((whole, run))
    (fold,) = [fold for fold in whole.folds if shown.unit in fold.units]
    number = [one.name for one in whole.dataset.recordings].index(shown.recording)
    inside = fold.test[whole.index.recording[fold.test] == number]
    starts = whole.index.start[inside] - whole.index.offsets[number]
    at = np.round((shown.start_s + shown.windows_s) * 20).astype(int)
    assert starts.min() <= at.min() and at.max() <= starts.max() and shown.unit.startswith("stretch")
    assert "learned from other windows of p" in shown.chosen and "blocks:3" in shown.chosen


def test_a_run_of_a_forest_alone_is_played_too(experiment: Make, tmp_path: Path) -> None:
    whole, run = explainable(experiment, tmp_path / "run", "forest", folds=2)
    shown, _ = build_playback(whole, run, Played(), emit=silent, stop=never)
    assert list(shown.answers) == ["forest"] and shown.own == () and not shown.why and not shown.sets
    keep_playback(run, shown)
    assert playback_of(run) is not None


def test_sixteen_bits_never_change_what_is_said() -> None:
    near = np.array([[0.49999, 0.50001, 0.0], [0.3333, 0.3333, 0.33331], [1.0, 0.0, 0.0]], np.float32)
    draw = np.random.default_rng(0).dirichlet([1, 1, 1], size=2000).astype(np.float32)
    close = np.repeat(draw[:, :1], 3, axis=1) + np.float32(1e-5) * draw
    for shares in (near, draw, close):
        assert halves(shares).argmax(axis=1).tolist() == shares.argmax(axis=1).tolist()
        assert halves(shares) == pytest.approx(shares, abs=1e-3)


def test_what_only_the_student_has_is_shown_behind_the_teacher_s_channels(experiment: Make) -> None:
    other = experiment('only=["alone"]', teacher_view="left_wrist.acc.*", student_view="right_wrist.gyro.*")
    assert playback.layout_played(other).sensors == ("right_wrist.gyro",)
    both = experiment(teacher_view="left_wrist.acc.*", student_view="right_wrist.gyro.*")
    assert playback.layout_played(both).sensors == ("left_wrist.acc", "right_wrist.gyro")


def test_what_is_recorded_fast_is_drawn_slower_and_plays_as_long(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    before = played(made)
    monkeypatch.setattr(playback, "DRAWN_HZ", 5.0)
    after = played(made)
    assert after.rate_hz == 5.0 and after.seconds == pytest.approx(before.seconds, abs=0.2)
    assert after.signal == pytest.approx(before.signal[:, ::4], abs=0.01)


@pytest.mark.parametrize("error", [RuntimeError("no memory"), InputError("nothing tested")])
def test_where_it_cannot_be_made_the_run_is_done_all_the_same_and_says_so(
    experiment: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    heard: list[Event] = []

    def fails(*_: object, **__: object) -> None:
        raise error

    def full(event: Event) -> None:
        heard.append(event)
        if event.kind == "playback.left_out":
            raise StorageError("the disk is full")

    monkeypatch.setattr(playback, "choose", fails)
    whole = experiment('only=["alone"]')
    distil(whole, tmp_path / "run", resume=False, emit=full, stop=never)
    run = Run(tmp_path / "run")
    assert run.facts["state"] == DONE and playback_of(run) is None
    (told,) = [event.message for event in heard if event.kind == "playback.left_out"]
    assert str(error) in told and "stillroom runs playback" in told


def test_a_class_that_was_set_aside_is_no_truth_and_the_others_keep_their_numbers(made: Made) -> None:
    whole, run = made
    rare = (Span(0, 5, "slow"), Span(5, 20, "brisk"), Span(20, 36, "still"))
    tracks = [rare, *[rare[1:]] * (len(whole.dataset.recordings) - 1)]
    changed = tuple(
        replace(one, tracks={"activity": spans}) for one, spans in zip(whole.dataset.recordings, tracks, strict=True)
    )
    other = prepare(whole.recipe, whole.settings, replace(whole.dataset, recordings=changed))
    assert other.index.classes == ("brisk", "still") and whole.dataset.classes[0] == "slow"
    stretch = choose(other, run.report, seconds=60, step_s=1.0, recording=whole.dataset.recordings[0].name)
    known = np.searchsorted(stretch.starts, other.index.start[: int((other.index.recording == 0).sum())])
    assert stretch.truth[known].tolist() == other.index.label[: len(known)].tolist()
    early = choose(other, run.report, seconds=60, step_s=1.0, recording="p1/1").truth
    assert set(early.tolist()) <= {-1, 0, 1}
    said = {"student": np.full((len(stretch.starts), 2), 0.5, np.float32)}
    assert plain(other, run, stretch, said).truth.tolist() == stretch.truth.tolist()


def test_of_stretches_with_as_many_activities_the_longest_is_played_though_a_shorter_one_comes_first(
    made: Made,
) -> None:
    whole, run = made
    short, long = (Span(3.2, 6, "slow"), Span(6, 7.9, "brisk")), (Span(14, 20, "slow"), Span(20, 30, "brisk"))
    torn = tuple(replace(one, tracks={"activity": (*short, *long)}) for one in whole.dataset.recordings)
    other = prepare(whole.recipe, whole.settings, replace(whole.dataset, recordings=torn))
    found = choose(other, run.report, seconds=6, step_s=1)
    starts = (found.starts - other.index.offsets[found.recording]) / other.index.rate_hz
    assert starts.tolist() == [16, 17, 18, 19, 20] and found.truth.tolist() == [0, 0, 0, 0, 1]


def test_answers_stop_between_two_models(made: Made) -> None:
    stretch = choose(made[0], made[1].report, seconds=9, step_s=1)
    with pytest.raises(StoppedError, match="asking the teacher"):
        answers(made[0], made[1], stretch, stop=lambda: True)
