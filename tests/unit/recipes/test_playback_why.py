"""Why, beside what is played: of the class that was said, in shares that sum to one, and by which method."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stillroom.base.errors import StoppedError
from stillroom.base.events import silent
from stillroom.models.bundle import load_model
from stillroom.recipes import playback_run
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.playback_run import Played, build_playback
from stillroom.recipes.playback_stretch import choose
from stillroom.recipes.playback_why import BLOCKS, in_blocks, why
from stillroom.runs.playback import Playback
from stillroom.runs.store import Run

from .explain_kit import Make, explainable
from .kit import never

Made = tuple[Experiment, Run]


@pytest.fixture(scope="module")
def made(experiment: Make, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A run of a teacher without a forest, and a student of its last channels but three."""
    roles, view = ("teacher", "semantic", "student"), "left_wrist.acc.*"
    return explainable(experiment, tmp_path_factory.mktemp("why") / "run", *roles, student_view=view)


@pytest.fixture(scope="module")
def shown(made: Made) -> Playback:
    """It with everything."""
    return build_playback(*made, Played(), emit=silent, stop=never)[0]


def test_a_window_every_two_seconds_is_explained_for_teacher_and_student(shown: Playback) -> None:
    assert shown.why_windows.tolist() == list(range(0, len(shown.windows_s), 4)) and shown.step_s == 0.5
    assert set(shown.why) == {"teacher", "student"}
    for shares in shown.why.values():
        assert shares.shape == (len(shown.why_windows), len(shown.channels), BLOCKS)
        assert np.abs(shares.astype(float)).sum(axis=(1, 2)) == pytest.approx(1, abs=0.01)


def test_channels_that_the_student_does_not_have_have_no_share(shown: Playback) -> None:
    has = np.array([channel.sensor in shown.own for channel in shown.channels])
    assert not shown.why["student"][:, ~has].any() and shown.why["student"][:, has].any()
    assert shown.why["teacher"][:, ~has].any()


def test_what_is_explained_is_the_class_that_the_model_said(made: Made, shown: Playback) -> None:
    """Integrated gradients sum to the contrast of a class, at the window less at the mean: of the one that was said."""
    whole, run = made
    stretch = choose(whole, run.report, seconds=90, step_s=0.5)
    said = {role: shares.argmax(axis=1).astype(np.int64) for role, shares in shown.answers.items()}
    names = tuple(channel.name for channel in shown.channels)
    other = {role: (codes + 1) % len(shown.classes) for role, codes in said.items()}
    found = why(whole, run, stretch, said, names, emit=silent, stop=never)
    swapped = why(whole, run, stretch, other, names, emit=silent, stop=never)
    model = load_model(run.part(stretch.fold.name, "student"))[0]
    here, starts = stretch.alone(whole)
    rows = here.bank.view(model.interface.layout).gather(starts[found.windows], whole.index.width)
    with torch.no_grad():
        x, rest = torch.from_numpy(rows), model.members[0].mean.expand(rows.shape[1:])
        gain = (model(x).logits - model(rest[None]).logits).numpy()
    codes = said["student"][found.windows]
    for shares, classes in ((found.shares, codes), (swapped.shares, (codes + 1) % len(shown.classes))):
        contrast = gain[np.arange(len(codes)), classes] * 1.5 - gain.mean(axis=1) * 1.5  # three classes
        sums = shares["student"].astype(float).sum(axis=(1, 2))
        clear = np.abs(contrast) > 0.1 * np.abs(contrast).max()
        assert (np.sign(sums) == np.sign(contrast))[clear].all() and clear.any()
    assert np.array_equal(found.shares["teacher"], shown.why["teacher"]) and "that each model said" in shown.why_method


def test_blocks_sum_what_lies_in_them_and_nothing_stays_nothing() -> None:
    given = np.zeros((2, 1, 40), np.float32)
    given[0, 0, [0, 1, 38, 39]] = [1, 2, -3, -2]
    found = in_blocks(given)
    assert found[0, 0, 0] == pytest.approx(3 / 8) and found[0, 0, -1] == pytest.approx(-5 / 8)
    assert np.abs(found[0]).sum() == pytest.approx(1) and not found[1].any()
    assert in_blocks(np.ones((1, 2, 8), np.float32)).shape == (1, 2, BLOCKS)


def test_without_captum_it_is_left_out_and_said(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playback_run, "missing", lambda: ["captum"])
    found, notes = build_playback(*made, Played(), emit=silent, stop=never)
    assert not found.why and not found.why_method and any("stillroom[explain]" in note for note in notes)
    _, notes = build_playback(*made, Played(why=False), emit=silent, stop=never)
    assert not any("captum" in note for note in notes)


def test_where_a_model_has_a_forest_all_are_explained_by_occlusion(
    made: Made, shown: Playback, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stillroom.recipes.explained import Explained

    monkeypatch.setattr(Explained, "has_gradient", property(lambda one: one.role != "teacher"))
    found, _ = build_playback(*made, Played(seconds=9), emit=silent, stop=never)
    assert found.why_method.startswith("occlusion") and set(found.why) == {"teacher", "student"}


def test_a_stop_is_heard_while_it_is_explained(made: Made) -> None:
    whole, run = made
    stretch = choose(whole, run.report, seconds=9, step_s=0.5)
    said = {"teacher": np.zeros(len(stretch.starts), np.int64)}
    with pytest.raises(StoppedError, match="stopped on request"):
        why(whole, run, stretch, said, whole.teacher.layout.names, emit=silent, stop=lambda: True)
