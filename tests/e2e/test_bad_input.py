"""Bad input to `distil`: one `error:` line that says where and how to mend it, exit code 2, nothing left behind."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from .kit import ROLES, Call, Told, distil_words, people, table, write_people

Refuse = Callable[..., str]


@pytest.fixture
def nothing_left(refused: Call, call: Call, tmp_path: Path) -> Refuse:
    """Tries a `distil` that must be refused, also with `--json`, and leaves no file anywhere."""

    def outcome(data: Path | str, *more: object, **changes: object) -> str:
        words = distil_words(data, tmp_path / "runs" / "run", *more, **changes)
        before = sorted(tmp_path.rglob("*"))
        told: Told = refused(*words)
        as_json = call(*words, "--json")
        assert as_json.code == 2 and set(as_json.answer) == {"error"}
        assert set(as_json.answer["error"]) == {"what", "where", "mend"}
        assert as_json.answer["error"]["what"] in told.err
        assert sorted(tmp_path.rglob("*")) == before
        return told.err

    return outcome


OPTIONS: dict[str, tuple[tuple[object, ...], list[str]]] = {
    "a student's view of no channel": (("--student-view", "nose.acc.*"), ["'nose.acc.*' matches no channel"]),
    "a teacher's view of no channel": (("--teacher-view", "left_*,nose.*"), ["'nose.*' matches no channel"]),
    "an empty view": (("--student-view", ""), ["matches no channel", "right_wrist.acc"]),
    "an unknown protocol": (("--protocol", "persn"), ["unknown protocol 'persn'", "persons:K"]),
    "groups of nobody": (("--protocol", "persons:0"), ["persons:0"]),
    "more groups than people": (("--protocol", "persons:9"), ["9 groups", "4 people"]),
    "a random split": (("--protocol", "random:3"), ["both sides", "--i-know-it-leaks"]),
    "a window longer than any recording": (("--window-s", 1000), ["no window of 1000 s", "lasts 48.0 s"]),
    "a window of one sample": (("--window-s", 0.05), ["1 samples, at least 8", "--window-s"]),
    "a window of no sample": (("--window-s", 0.001), ["0 samples, at least 8", "--window-s"]),
    "a window of infinite length": (("--window-s", "inf"), ["window_s"]),
    "a stride below zero": (("--stride-s", -1), ["--stride-s"]),
    "a purity above one": (("--purity", 2), ["purity"]),
    "a class that is not there": (("--drop-class", "slwo"), ["no class 'slwo'", "slow"]),
    "one class left": (("--drop-class", "slow", "--drop-class", "still"), ["nothing to tell apart", "brisk"]),
    "a seed below zero": (("--seed", -1), ["--seed"]),
    "a seed that is no number": (("--seed", "x"), ["--seed"]),
    "an unknown annotation kind": (("--track", "gestures"), ["'gestures'", "activity"]),
    "an unknown device": (("--device", "tpu"), ["device"]),
    "an unknown option": (("--sed", 1), ["--sed"]),
}


@pytest.mark.parametrize(("more", "said"), OPTIONS.values(), ids=OPTIONS.keys())
def test_a_wrong_option_is_refused(nothing_left: Refuse, own: Path, more: tuple[object, ...], said: list[str]) -> None:
    error = nothing_left(own, *more)
    assert [part for part in said if part not in error] == []


SETTINGS: dict[str, tuple[str, list[str]]] = {
    "no setting of that name": ("student.training.epoch=3", ["no setting 'epoch'", "epochs"]),
    "no phase of that name": ("pupil.training.epochs=3", ["no setting 'pupil'"]),
    "a term that is not there": ("student.terms.sc_logt.weight=1", ["no setting 'sc_logt'", "Did you mean sc_logit"]),
    "an unknown loss": ("student.terms.sc_logit.loss=hintn", ["unknown loss 'hintn'", "Did you mean hinton"]),
    "an unknown setting of a loss": ("student.terms.sc_logit.temp=1", ["temp", "temperature"]),
    "an unknown strategy": ("strategy=sc_logt", ["no strategy 'sc_logt'", "Did you mean sc_logit"]),
    "one strategy twice": ("strategy=sc_logit+sc_logit", ["names each strategy once"]),
    "no strategy beside others": ("strategy=none+attn_rep", ["names each strategy once"]),
    "a share of channels that does not fall": (
        "optimise.keep=[0.5,0.7]",
        ["optimise", "must lie between 0 and 1, and fall"],
    ),
    "a share of channels that keeps all": ("optimise.keep=[1.0]", ["optimise", "must lie between 0 and 1, and fall"]),
    "no share of channels": ("optimise.keep=[0.0]", ["optimise", "must lie between 0 and 1, and fall"]),
    "a head that the teacher has not": ("teacher.terms.causal.of=casual_logits", ["'casual_logits'", "causal_logits"]),
    "a second stage without its first": ("teacher.model.name=reference", ["reference"]),
    "text for a number": ("student.training.epochs=many", ["student.training.epochs", "integer"]),
    "a fraction for a count": ("student.training.batch=1.5", ["student.training.batch", "integer"]),
    "nothing for a number": ("student.training.lr=", ["student.training.lr"]),
    "none for a number": ("teacher.training.lr=none", ["teacher.training.lr"]),
    "a number for a table": ("student.terms=3", ["student.terms", "dictionary"]),
    "a temperature below zero": ("student.terms.sc_logit.temperature=-1", ["temperature", "greater than 0"]),
    "a weight that is not a number": ("student.terms.sc_logit.weight=nan", ["weight", "finite"]),
    "no views": ("augmentation.views=0", ["augmentation.views"]),
    "an unknown architecture": ("student.model.name=transformer", ["'transformer'", "tsak_student"]),
    "an unknown setting of an architecture": ("student.model.settings.depth=3", ["depth", "kernel"]),
    "heads that do not divide the token": ("teacher.model.settings.heads=3", ["heads", "tsak_teacher"]),
    "a forest trained by steps": ("reference.model.name=forest", ["a forest is not trained step by step"]),
    "a network for a forest": ("forest.name=reference", ["settings of reference"]),
    "no trees": ("forest.settings.trees=0", ["trees"]),
    "one group of people": ("cross_fit=1", ["two groups", "cross_fit=1"]),
    "no value": ("cross_fit", ["PATH=VALUE"]),
    "a mode of the cache that there is not": ("cache.mode=perhaps", ["cache.mode"]),
}


@pytest.mark.parametrize(("change", "said"), SETTINGS.values(), ids=SETTINGS.keys())
def test_a_wrong_setting_is_refused_before_anything_is_trained(
    nothing_left: Refuse, own: Path, change: str, said: list[str]
) -> None:
    error = nothing_left(own, "--set", change)
    assert [part for part in said if part not in error] == []


def test_an_unknown_recipe_is_refused(refused: Call, own: Path, tmp_path: Path) -> None:
    words = ["tsk" if word == "tsak" else word for word in distil_words(own, tmp_path / "run")]
    assert "unknown recipe 'tsk'" in (said := refused(*words).err) and "tsak" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_where_there_is_none_is_refused(nothing_left: Refuse, own: Path) -> None:
    assert "no CUDA device is available" in (said := nothing_left(own, "--device", "cuda")) and "--device cpu" in said


def test_one_person_cannot_be_left_out(nothing_left: Refuse, tmp_path: Path) -> None:
    said = nothing_left(write_people(tmp_path / "own", people(1)), "--protocol", "person")
    assert "1 person is too few" in said and "p1" in said and "--protocol blocks" in said


def test_a_class_that_training_lacks_is_named_with_its_mend_which_works(
    nothing_left: Refuse, call: Call, tmp_path: Path
) -> None:
    waves = table(1, classes=("slow", "still", "brisk")).replace({"activity": {"still": "waving"}})
    data = write_people(tmp_path / "own", people(3, classes=("slow", "brisk")) | {"p1": waves})
    said = nothing_left(data)
    assert "the training part has no window of waving" in said and "fold p1" in said
    assert "--drop-class 'waving'" in said
    told = call(*distil_words(data, tmp_path / "run", "--folds", 1, "--drop-class", "waving", "--json"))
    assert told.code == 0, told.err
    assert set(told.answer["windows"]["per_class"]) == {"slow", "brisk"}


def test_cross_fitting_that_would_hide_a_class_from_a_teacher_is_refused(nothing_left: Refuse, tmp_path: Path) -> None:
    tables = people(6, seconds=12.0, classes=("slow", "brisk"))
    for name in ("p3", "p5"):
        tables[name] = tables[name].assign(activity=np.where(np.arange(480) < 200, "still", tables[name]["activity"]))
    data = write_people(tmp_path / "own", tables)
    said = nothing_left(data, "--folds", 2, cross_fit=2)
    assert "would never see still" in said and "fold p2" in said and "--drop-class 'still'" in said


def spoiled(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        change(table(2)).to_csv(folder / "p2.csv", index=False)

    return make


def text_in_a_number(folder: Path) -> None:
    lines = (folder / "p2.csv").read_text().splitlines()
    lines[16] = lines[16].replace(lines[16].split(",")[1], "oops", 1)
    (folder / "p2.csv").write_text("\n".join(lines))


def two_rates(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(t=np.cumsum(np.where(np.arange(len(frame)) < 480, 0.05, 0.1)))


def backwards(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[48, "t"] = 0.1
    return frame


def hole(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[100:160, "ry"] = np.nan
    return frame


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def truncated_zip(folder: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p2.csv", table(2).to_csv(index=False))
    (folder / "p2.csv").unlink()
    (folder / "p2.zip").write_bytes(packed.getvalue()[:-60])


FILES: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "an empty folder": (empty, ["the folder is empty"]),
    "a missing column": (spoiled(lambda frame: frame.drop(columns="ly")), ["column 'ly' is missing", "p2.csv"]),
    "text in a number": (text_in_a_number, ["'oops' is no number", "p2.csv, row 17"]),
    "values missing for long": (
        spoiled(hole),
        ["right_wrist.acc.y is missing for 3.05 s", "p2.csv", "rows 102 to 162"],
    ),
    "two rates": (spoiled(two_rates), ["two rates", "p2.csv"]),
    "time running backwards": (spoiled(backwards), ["time runs backwards", "p2.csv, row 50"]),
    "a truncated zip": (truncated_zip, ["the zip is truncated", "p2.zip"]),
    "no labels": (spoiled(lambda frame: frame.drop(columns="activity")), ["column 'activity' is missing", "p2.csv"]),
}


@pytest.mark.parametrize(("make", "said"), FILES.values(), ids=FILES.keys())
def test_bad_files_are_refused(
    nothing_left: Refuse, tmp_path: Path, make: Callable[[Path], None], said: list[str]
) -> None:
    folder = write_people(tmp_path / "own", people(3))
    make(folder)
    error = nothing_left(folder)
    assert [part for part in said if part not in error] == []


@pytest.mark.parametrize("data", ["nowhere", "dsads", "dsads:", "dsda:/tmp", "own:"])
def test_data_that_is_not_there_is_refused(nothing_left: Refuse, data: str) -> None:
    assert data.partition(":")[0] in nothing_left(data)


def test_a_mapping_that_is_wrong_is_refused(nothing_left: Refuse, tmp_path: Path) -> None:
    folder = write_people(tmp_path / "own", people(3))
    mapping = json.loads((folder / "stillroom.json").read_text())
    (folder / "stillroom.json").write_text(json.dumps(mapping | {"protocol": "everybody"}))
    assert "unknown protocol 'everybody'" in nothing_left(folder)
    assert nothing_left(write_people(tmp_path / "own", people(3), window_s=-1)).count("window_s")


def test_a_persons_name_never_leads_out_of_the_run(call: Call, tmp_path: Path) -> None:
    tables = people(3, seconds=12.0)
    frame = pd.concat([tables[name].assign(who=who) for name, who in zip(tables, ("..", "a/b", "c|d"), strict=True)])
    data = write_people(tmp_path / "own", {"all": frame}, person={"column": "who"})
    told = call(*distil_words(data, tmp_path / "run", "--json"))
    assert told.code == 0, told.err
    folders = sorted(path.name for path in (tmp_path / "run" / "folds").iterdir())
    assert len(folders) == 3 and not (tmp_path / "run" / "teacher").exists()
    assert set(told.answer["student"]["per_person"]) == {"..", "a-b", "c|d"}
    rows = [line for line in (tmp_path / "run" / "report.md").read_text().splitlines() if "c\\|d" in line]
    assert len(rows) == 1 and rows[0].replace("\\|", "").count("|") == len(ROLES) + 2
