"""Makes the results that come with the app, `app/stillroom_app/demo`: small results of the simulated line, no weights.

    make demo-results                              runs COMMANDS anew in a folder of its own (half an hour), then copies
    python assets/make_demo_results.py WORKSPACE   copies from a workspace in which they have run

What pages read is copied, as the commands wrote it: reports as they are; probabilities of the tested windows as 16-bit
floats (rounded but for two runs), of three models alone; attributions of some of the explained windows; what is played
of two runs; events without each epoch. Names of folders become names below the demo. Run it where nobody else writes.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.paths import read_json, write_json, write_text
from stillroom.recipes.explaining import TABLE
from stillroom.recipes.feature_maps import FEATURE_MAPS
from stillroom.recipes.glimpse import keep_glimpse
from stillroom.recipes.reopen import reopen
from stillroom.runs.playback import PLAYBACK
from stillroom.runs.predictions import GLIMPSE, PREDICTIONS, WINDOWS
from stillroom.runs.store import COST, Run, open_run

DEMO = Path(__file__).parents[1] / "app" / "stillroom_app" / "demo"
_LINE = "--data factory --protocol persons:4"
_ON = f"{_LINE} --teacher-view * --fast"
_OTHERS = ("wrist-acc-gyro", "right-wrist", "left-acc", "both-acc")
COMMANDS = (
    f"distil tsak {_ON} --student-view right_wrist.acc.* --run tsak",
    f"distil tsak {_ON} --student-view right_wrist.acc.*,right_wrist.gyro.* --teacher tsak --run tsak-wrist-acc-gyro",
    f"distil tsak {_ON} --student-view right_wrist.* --teacher tsak --run tsak-right-wrist",
    f"distil tsak {_ON} --student-view left_wrist.acc.* --teacher tsak --run tsak-left-acc",
    f"distil tsak {_ON} --student-view right_wrist.acc.*,left_wrist.acc.* --teacher tsak --run tsak-both-acc",
    "explain tsak --windows 128",
    f"runs playback tsak {' '.join(f'--also tsak-{name}' for name in _OTHERS)}",
    f"distil smldist {_ON} --student-view right_wrist.acc.* --run smldist",
    "explain smldist --part anchors --windows 128",
    "cost tsak --device agx-xavier",
    f"study sensors {_LINE} --by sensor --at-most 24 --out sensors --workers 1",
)
ROLES = ("teacher", "student", "alone")
WHOLE = ("tsak", "smldist")  # whose curves are kept
STUDIES = ("sensors",)
_STUDY = ("plan.json", "table.json", "table.md", "calibration.json")
_EXPLAINED = 16  # windows whose attributions are kept


def main() -> None:
    """Copies, after making anew where `--make` is given."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("workspace", type=Path)
    asked.add_argument("--make", action="store_true", help="run the commands first; what is done already is not redone")
    asked.add_argument("--study", type=Path, help="a study's folder outside the workspace")
    asked.add_argument("--to", type=Path, default=DEMO)
    given = asked.parse_args()
    given.workspace.mkdir(parents=True, exist_ok=True)
    if given.make:
        make(given.workspace)
    copy(given.workspace, given.to, given.study)


def make(workspace: Path) -> None:
    """Runs the commands, one after the other; a run that is there is taken up again."""
    program = str(Path(sys.executable).with_name("stillroom"))
    for command in COMMANDS:
        words = command.split()
        again = ["--resume"] if words[0] == "distil" and (workspace / words[-1] / "run.json").exists() else []
        subprocess.run([program, *words, *again], cwd=workspace, check=True)


def copy(workspace: Path, to: Path, study: Path | None = None) -> None:
    """Replaces the results at `to` by those of a workspace."""
    runs = sorted(path.parent for path in workspace.glob("*/run.json"))
    names = [run.name for run in runs] + list(STUDIES)
    for old in [path for path in to.glob("*") if path.is_dir() and path.name != "__pycache__"]:
        shutil.rmtree(old)
    for folder in runs:
        _copy_run(open_run(folder), to / folder.name, names)
    for name in STUDIES:
        if (found := study or workspace / name).is_dir():
            for part in _STUDY:
                _write(to / name / part, found / part, names)
    facts = [read_json(run / "run.json") for run in runs]
    made = {
        "data": "the simulated line (factory), which comes with Stillroom",
        "seed": 0,
        "began": min(one["began"] for one in facts),
        "ended": max(one["changed"] for one in facts),
        "versions": facts[0]["versions"],
        "commands": [shlex.join(["stillroom", *command.split()]) for command in COMMANDS],
        "weights": "none; make them with the commands",
    }
    write_json(to / "made.json", made)


def _copy_run(run: Run, to: Path, names: list[str]) -> None:
    whole = run.folder.name in WHOLE
    if not (run.folder / GLIMPSE).exists():
        keep_glimpse(reopen(run), run, run.report)
    for part in ("run.json", "report.json", "report.md", "steps.json", GLIMPSE, COST):
        _write(to / part, run.folder / part, names)
    shutil.copyfile(run.folder / WINDOWS, to / WINDOWS)
    if whole:
        shutil.copyfile(run.folder / PLAYBACK, to / PLAYBACK)
    for fold in run.report["folds"]:
        for role in ROLES:
            _predictions(run.part(fold["fold"], role), Run(to).part(fold["fold"], role), names, curves=whole)
    if whole:
        _events(run.folder / "events.jsonl", to / "events.jsonl", names, run.report["folds"][0]["fold"])
    if (run.folder / "explain").is_dir():
        _explained(run.folder / "explain", to / "explain", names)


def _predictions(own: Path, to: Path, names: list[str], *, curves: bool) -> None:
    if not (own / PREDICTIONS).exists():
        return
    to.mkdir(parents=True, exist_ok=True)
    with np.load(own / PREDICTIONS, allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in ("ids", "truth", "unit")}
        small = {"ids": arrays["ids"].astype(np.int32), "truth": arrays["truth"].astype(np.int16)}
        shares = kept["probabilities"].astype(np.float16) if curves else _rounded(kept["probabilities"])
        np.savez_compressed(to / PREDICTIONS, **{**arrays, **small}, probabilities=shares)
    if curves:
        _write(to / "history.json", own / "history.json", names)


def _rounded(shares: NDArray[np.float32]) -> NDArray[np.float16]:
    """Three decimals; a window whose answer would change by that stays as it is."""
    told = np.round(shares, 3).astype(np.float16)
    other = told.argmax(axis=1) != shares.argmax(axis=1)
    told[other] = shares[other].astype(np.float16)
    assert (told.argmax(axis=1) == shares.argmax(axis=1)).all(), "16 bits do not tell two classes apart"
    return told


def _events(own: Path, to: Path, names: list[str], fold: str) -> None:
    """Every event but the epochs of other folds than the first."""
    lines = [json.loads(line) for line in own.read_text(encoding="utf-8").splitlines()]
    kept = [one for one in lines if one["kind"] != "epochs" or str(one["data"].get("phase", "")).startswith(fold)]
    text = "".join(json.dumps(_neutral(one, names), ensure_ascii=False) + "\n" for one in kept)
    write_text(to, text)


def _explained(own: Path, to: Path, names: list[str]) -> None:
    for path in sorted([*own.glob("*.json"), *own.glob("estimator/estimates-*.json")]):
        _write(to / path.relative_to(own), path, names)
    if (own / TABLE).exists():
        shutil.copyfile(own / TABLE, to / TABLE)
    for path in sorted(own.glob("*.npz")):
        with np.load(path, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
        if path.name.startswith("attributions"):
            some = np.unique(np.linspace(0, len(arrays["ids"]) - 1, _EXPLAINED).round().astype(int))
            arrays = {name: values[some] for name, values in arrays.items()}
        elif path.name == FEATURE_MAPS:
            arrays = {name: _halved(values) for name, values in arrays.items() if not name.endswith("-mixed")}
        else:
            arrays = {
                name: values.astype(np.float32) if values.dtype == float else values for name, values in arrays.items()
            }
        np.savez_compressed(to / path.name, **arrays)


def _halved(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(np.float16) if values.dtype == np.float32 else values


def _write(to: Path, own: Path, names: list[str]) -> None:
    """A file of text or JSON, with the demo's own names of folders; JSON without room between its parts."""
    if not own.exists():
        return
    if own.suffix != ".json":
        write_text(to, _path_to(names).sub(r"\1", own.read_text(encoding="utf-8")))
        return
    text = json.dumps(_neutral(read_json(own), names), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    write_text(to, text + "\n")


def _neutral(value: Any, names: list[str]) -> Any:
    """Paths that end in a run's or study's name become that name; nothing else changes."""
    if isinstance(value, dict):
        return {key: _neutral(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_neutral(one, names) for one in value]
    return _path_to(names).sub(r"\1", value) if isinstance(value, str) else value


def _path_to(names: list[str]) -> re.Pattern[str]:
    folders = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(rf"(?<![\w/.-])(?:[\w.-]*/)+({folders})(?![\w-])")


if __name__ == "__main__":
    main()
