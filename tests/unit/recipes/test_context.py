"""What smoothing makes of every model's answers: in the order of time, without a look ahead, from training labels."""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from stillroom.data.card import Card
from stillroom.data.dataset import Dataset, as_dataset
from stillroom.data.recording import Recording, Span
from stillroom.data.source import open_source, resolve
from stillroom.data.sources.factory import Factory, FactorySettings
from stillroom.evaluation.comparison import Predictions, compare
from stillroom.evaluation.sequence import transitions
from stillroom.recipes import context
from stillroom.recipes.context import HEADINGS, SMOOTHINGS, build_context, context_rows, stretches
from stillroom.recipes.experiment import Experiment, Settings, prepare
from stillroom.recipes.recipe import RECIPES
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

RATE_HZ = 10.0
CLASSES = ("walk", "sit", "lie")
LAYOUT = Layout(channels=sensor_channels("right_wrist", "acc", RATE_HZ))
Work = Sequence[Sequence[tuple[str, float]]]
SHIFT: Work = [[("walk", 30), ("sit", 20), ("lie", 30), ("walk", 30)]]


def line(work: Work, people: int = 4, gap_s: float = 0.0) -> Dataset:
    """People who all do the same work, one recording after another: `(activity, seconds)`, "" for no label."""
    recordings = []
    for person in range(1, people + 1):
        for session, parts in enumerate(work, 1):
            ends = np.cumsum([0, *(seconds for _, seconds in parts)])
            spans = [
                Span(first, stop, name) for (first, stop), (name, _) in zip(pairwise(ends), parts, strict=True) if name
            ]
            count = int(ends[-1] * RATE_HZ)
            edges = [(0, count // 2), (count // 2 + int(gap_s * RATE_HZ), count)] if gap_s else [(0, count)]
            signal = np.random.default_rng([person, session]).normal(size=(3, count)).astype(np.float32)
            where = (f"p{person}", str(session), LAYOUT, RATE_HZ, signal, np.array(edges))
            recordings.append(Recording(*where, {"activity": tuple(spans)}))
    card = Card(name="line", title="A line", licence="none", simulated=True, rate_hz=RATE_HZ, classes=CLASSES)
    return as_dataset(card, recordings, "line")


def asked(dataset: Dataset, stride_s: float = 1.0, **settings: object) -> Experiment:
    """An experiment with windows of 2 s."""
    fields = {
        "data": "line", "student_view": "*", "protocol": "person",
        "windows": {"window_s": 2.0, "stride_s": stride_s, "min_windows": 1}, **settings,
    }  # fmt: skip
    return prepare(RECIPES["tsak"](), Settings.from_input(fields, where="test"), dataset)


def answered(
    made: Experiment, folder: Path, roles: dict[str, float], seed: int = 0
) -> tuple[Experiment, Callable[[str, str], Path], list[str]]:
    """Writes predictions of models that are right in some share of the windows, each for itself."""
    draw, count = np.random.default_rng(seed), len(made.index.classes)
    for fold in made.folds:
        for role, right in roles.items():
            truth = made.index.label[fold.test]
            said = np.where(draw.random(len(truth)) < right, truth, draw.integers(0, count, len(truth)))
            shares = draw.dirichlet(np.ones(count), len(truth)) * 0.4 + 0.6 * np.eye(count)[said]
            between = made.index.between(fold.test)
            (folder / fold.name / role).mkdir(parents=True)
            np.savez(
                folder / fold.name / role / "predictions.npz",
                ids=fold.test, truth=truth, probabilities=shares.astype(np.float32), unit=fold.units,
                between=between, between_probabilities=draw.dirichlet(np.ones(count), len(between)),
            )  # fmt: skip
    return made, lambda fold, role: folder / fold / role, list(roles)


def test_windows_alone_score_as_in_the_report(tmp_path: Path) -> None:
    made, part, roles = answered(asked(line(SHIFT)), tmp_path, {"student": 0.7, "alone": 0.5})
    parts = []
    for fold in made.folds:
        for role in roles:
            kept = np.load(part(fold.name, role) / "predictions.npz")
            shares = kept["probabilities"]
            parts.append(Predictions(role, 0, kept["truth"], shares.argmax(axis=1), kept["unit"], shares))
    report, told = compare(parts, CLASSES), build_context(made, part, roles)
    for role in roles:
        assert told["models"][role]["none"] == {
            key: report[role][key] for key in ("macro_f1", "low", "high", "per_person")
        }


def test_smoothing_helps_a_model_that_errs_now_and_then_where_activities_last(tmp_path: Path) -> None:
    told = build_context(*answered(asked(line(SHIFT)), tmp_path, {"student": 0.7}))
    scored = {name: by["macro_f1"] for name, by in told["models"]["student"].items()}
    assert scored["hmm"] > scored["none"] + 0.05
    assert scored["majority:60s"] < scored["none"], "activities last 30 s: a vote over 60 s comes too late"
    assert not told["one_activity_each"] and len(told["caveats"]) == 2


def test_a_recording_of_one_activity_each_is_found_and_said(tmp_path: Path) -> None:
    alone = [[(name, 90.0)] for name in CLASSES]
    told = build_context(*answered(asked(line(alone)), tmp_path, {"student": 0.7}))
    assert told["one_activity_each"]
    assert (told["stretches"], told["median_stretch_s"]) == (12, 90.0)
    assert "a piece that never changes" in told["caveats"][-1]
    scored = {name: by["macro_f1"] for name, by in told["models"]["student"].items()}
    assert scored["majority:60s"] > 0.97 > scored["none"], "as good as the recording is constant"


def test_a_few_lone_windows_do_not_speak_for_a_long_stream(tmp_path: Path) -> None:
    made = asked(line([*SHIFT, *[[("walk", 2.0)]] * 120]), stride_s=2.0)
    told = build_context(*answered(made, tmp_path, {"student": 0.7}))
    assert told["stretches"] > 100 and told["median_stretch_s"] == 2.0
    assert not told["one_activity_each"]


def test_facts_of_the_windows_stand_beside_the_scores(tmp_path: Path) -> None:
    told = build_context(*answered(asked(line(SHIFT), stride_s=0.5), tmp_path, {"student": 0.7}))
    assert (told["window_s"], told["stride_s"], told["share"]) == (2.0, 0.5, 0.25)
    assert told["vote_windows"] == 117, "2 s and 116 steps of half a second are 60 s"
    assert "the hysteresis by 1 s" in told["caveats"][0] and "0.25 (our reading)" in told["caveats"][1]
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_stretches_end_with_the_recording_and_at_a_gap() -> None:
    work = [[("walk", 20), ("", 6), ("sit", 14)], [("lie", 20), ("walk", 20)]]
    index = asked(line(work, gap_s=0.0)).index
    ids = np.flatnonzero(index.person == 0)
    shuffled = np.random.default_rng(1).permutation(ids)
    parts = stretches(index, index.start[shuffled], 10)
    assert [index.start[shuffled[part]].min() / RATE_HZ for part in parts] == [0, 25, 40]
    for part in parts:
        assert (np.diff(index.start[shuffled[part]]) == 10).all()
    assert sorted(place for part in parts for place in part.tolist()) == list(range(len(ids)))
    gaps = asked(line([[("walk", 20), ("sit", 20), ("lie", 20)]], gap_s=1.5)).index
    assert len(stretches(gaps, gaps.start[gaps.person == 0], 10)) == 2
    touching = asked(line([[("walk", 20)], [("sit", 20)], [("lie", 20)]]), stride_s=2.0).index
    assert len(stretches(touching, touching.start, 20)) == 12, "recordings lie end to end in the bank"
    assert stretches(index, index.start[:0], 10) == []
    assert len(stretches(index, index.start[ids[::2]], 10)) == len(ids[::2])


def test_lone_windows_keep_the_label_that_they_have_alone_however_rare_it_is(tmp_path: Path) -> None:
    rare = [[("walk", 2.0)]] * 20 + [[("sit", 2.0)], [("lie", 2.0)]] * 3
    told = build_context(*answered(asked(line(rare), stride_s=2.0), tmp_path, {"student": 0.5}))
    assert told["median_stretch_s"] == 2.0 and told["stretches"] == 4 * 26
    scored = told["models"]["student"]
    assert all(scored[name] == scored["none"] for name in SMOOTHINGS)


def test_nothing_is_remembered_behind_a_break(tmp_path: Path) -> None:
    broken = asked(line([[("walk", 20)], [("sit", 20)], [("lie", 20)], [("sit", 20)]]))
    told = build_context(*answered(broken, tmp_path / "broken", {"student": 1.0}))
    assert {name: by["macro_f1"] for name, by in told["models"]["student"].items()} == dict.fromkeys(SMOOTHINGS, 1.0)
    whole = asked(line([[("walk", 20), ("sit", 20), ("lie", 20)]]))
    told = build_context(*answered(whole, tmp_path / "whole", {"student": 1.0}))["models"]["student"]
    assert told["none"]["macro_f1"] == 1.0 > told["hysteresis:3"]["macro_f1"] > told["majority:60s"]["macro_f1"]


def shown(made: Experiment, folder: Path) -> dict[str, dict[int, int]]:
    """What each smoothing shows on the first fold, by the window's first sample; every place has its own answer."""
    fold, index = made.folds[0], made.index

    def said(starts: np.ndarray) -> np.ndarray:
        return np.array([np.random.default_rng(int(start)).dirichlet(np.ones(3)) for start in starts]).reshape(-1, 3)

    (folder / fold.name / "student").mkdir(parents=True)
    between = index.between(fold.test)
    np.savez(
        folder / fold.name / "student" / "predictions.npz", ids=fold.test, truth=index.label[fold.test],
        probabilities=said(index.start[fold.test]), unit=fold.units, between=between,
        between_probabilities=said(between),
    )  # fmt: skip
    [answers] = context._answers(made, fold, lambda name, role: folder / name / role, ["student"])
    starts = index.start[fold.test].tolist()
    return {name: dict(zip(starts, one.predicted.tolist(), strict=True)) for name, one in answers.items()}


def test_which_stretches_carry_a_label_decides_nothing_that_is_shown(tmp_path: Path) -> None:
    work, poor = line(SHIFT), line([[("walk", 30), ("", 20), ("lie", 30), ("walk", 30)]])
    tested = (poor.recordings[0], *work.recordings[1:])
    whole, partly = (asked(as_dataset(work.card, parts, "line")) for parts in (work.recordings, tested))
    before, after = shown(whole, tmp_path / "whole"), shown(partly, tmp_path / "partly")
    assert whole.folds[0].units[0] == "p1" and len(after["none"]) < len(before["none"])
    for name in SMOOTHINGS:
        assert after[name] == {start: before[name][start] for start in after[name]}


def test_the_order_in_which_predictions_were_written_does_not_matter(tmp_path: Path) -> None:
    made, part, roles = answered(asked(line(SHIFT)), tmp_path, {"student": 0.7})
    before = build_context(made, part, roles)
    for fold in made.folds:
        path = part(fold.name, "student") / "predictions.npz"
        kept = dict(np.load(path))
        order = np.random.default_rng(0).permutation(len(kept["ids"]))
        own = {name: kept[name][order] for name in ("ids", "truth", "probabilities", "unit")}
        np.savez(path, **{**kept, **own})
    assert build_context(made, part, roles) == before


def test_transitions_are_learned_from_each_fold_s_training_windows_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[list[np.ndarray]] = []

    def learned(sequences: Sequence[np.ndarray], classes: int) -> np.ndarray:
        heard.append(list(sequences))
        return transitions(sequences, classes)

    monkeypatch.setattr(context, "transitions", learned)
    made, part, roles = answered(asked(line([SHIFT[0], SHIFT[0]])), tmp_path, {"student": 0.7, "alone": 0.5})
    build_context(made, part, roles)
    assert len(heard) == len(made.folds) == 4
    for fold, sequences in zip(made.folds, heard, strict=True):
        assert len(sequences) == 4, "two people train, two recordings each"
        np.testing.assert_array_equal(np.concatenate(sequences), made.index.label[fold.train])


@pytest.mark.parametrize(("protocol", "units"), [("blocks:3", "stretch 1"), ("random:3", "p1"), ("persons:2", "p1")])
def test_every_protocol_has_its_own_units_of_evidence(protocol: str, units: str, tmp_path: Path) -> None:
    work = [[*SHIFT[0]] * 3]
    made = asked(line(work, people=1 if "blocks" in protocol else 4), protocol=protocol, leaks_known=True)
    told = build_context(*answered(made, tmp_path, {"student": 0.7}))
    assert units in told["models"]["student"]["hmm"]["per_person"]
    lone = told["models"]["student"]["hmm"]["macro_f1"] - told["models"]["student"]["none"]["macro_f1"]
    assert (lone > 0.05) == (protocol != "random:3"), "scattered windows hold no stream"


def test_the_table_has_a_row_for_each_model_and_a_column_for_each_smoothing(tmp_path: Path) -> None:
    told = build_context(*answered(asked(line(SHIFT)), tmp_path, {"student": 0.7, "alone": 0.5}))
    rows = context_rows(told, {"student": "student, distilled"})
    assert [row[0] for row in rows] == ["student, distilled", "alone"]
    assert {len(row) for row in rows} == {len(HEADINGS)} == {1 + len(SMOOTHINGS)}
    hmm = told["models"]["alone"]["hmm"]
    assert rows[1][-1] == f"{hmm['macro_f1']:.3f} ({hmm['low']:.3f} to {hmm['high']:.3f})"
    one = asked(line(SHIFT), folds=1)
    assert "(one only)" in context_rows(build_context(*answered(one, tmp_path / "one", {"student": 1.0})))[0][1]


def test_the_simulated_line_is_a_stream(tmp_path: Path) -> None:
    source = Factory(FactorySettings(people=3, sessions=1, boxes=1))
    dataset = as_dataset(source.card, [source.parse(part) for part in source.parts(None)], "small line")
    made = asked(dataset, student_view="right_wrist.acc.*")
    told = build_context(*answered(made, tmp_path, {"student": 0.7}))
    assert not told["one_activity_each"] and told["stretches"] == 3, "a recording each"
    assert set(told["models"]["student"]["hmm"]["per_person"]) == {"p01", "p02", "p03"}


def test_real_recordings_of_one_activity_each_are_told_from_a_real_session(
    tmp_path: Path, stillroom_data: Path
) -> None:
    source, tree = resolve(f"dsads:{stillroom_data / 'dsads'}")
    few = [
        part for part in source.parts(tree) if part.name in {f"p{p}/a{a:02d}" for p in (1, 2, 3) for a in (1, 9, 18)}
    ]
    dsads = asked(as_dataset(source.card, [source.parse(part) for part in few], "few"), student_view="torso.acc.*")
    session = open_source(f"openpack:{stillroom_data / 'openpack'}")
    openpack = asked(session, student_view="right_wrist.acc.*", protocol="blocks:5")
    for name, made, constant in (("dsads", dsads, True), ("openpack", openpack, False)):
        told = build_context(*answered(made, tmp_path / name, {"student": 0.7}))
        assert told["one_activity_each"] is constant
