"""What explains a run is read as it was kept, and belongs to the windows that it names."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.app.told import COUNT, STEPS, STUDENT, explained, finished

from stillroom.base.errors import InputError
from stillroom.data.source import open_source
from stillroom.runs.store import Run
from stillroom_app.components import example
from stillroom_app.services import explained as service
from stillroom_app.services import recorded, workspace


@pytest.fixture
def line(workspace: Path) -> Path:
    return explained(finished(workspace / "line"))


def _found() -> service.Found:
    entry = workspace.entry("line")
    part = service.part(entry, service.WINDOWS)
    assert part is not None
    return service.found(entry, part.told)


def test_no_service_of_these_pages_loads_torch() -> None:
    names = ", ".join(f"stillroom_app.services.{name}" for name in ("explained", "recorded", "devices", "exports"))
    code = f"import sys, {names}; raise SystemExit('torch' in sys.modules or 'streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_a_window_is_cut_again_where_its_model_saw_it(line: Path) -> None:
    found = _found()
    windows = recorded.windows_of(Run(line), found.ids)
    dataset = open_source("factory")
    for one in found.ids[::4]:
        held = next(recording for recording in dataset.recordings if recording.name == windows.recording[one])
        first = round(windows.start_s[one] * dataset.rate_hz)
        assert held.person == found.person[found.place[one]]
        assert np.array_equal(windows.signal[one], held.signal[:, first : first + windows.signal[one].shape[1]])
        assert windows.signal[one].shape == (len(dataset.layout), STEPS)
        begins, ends = windows.start_s[one], windows.start_s[one] + STEPS / dataset.rate_hz
        lasts: dict[str, float] = {}
        for span in held.tracks[dataset.card.track]:
            seconds = max(0.0, min(ends, span.end_s) - max(begins, span.start_s))
            lasts[span.label] = lasts.get(span.label, 0.0) + seconds
        assert max(lasts, key=lasts.__getitem__) == found.activity[found.place[one]]


def test_windows_of_other_recordings_are_refused(line: Path) -> None:
    facts = json.loads((line / "run.json").read_text())
    facts["asked"]["index_key"] = "another"
    (line / "run.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match="not those"):
        recorded.windows_of(Run(line), [0])


@pytest.mark.usefixtures("line")
def test_answers_belong_to_their_windows() -> None:
    found = _found()
    assert found.models["student"].channels == STUDENT and len(found.ids) == COUNT
    for one, activity in zip(found.ids, found.activity, strict=True):
        assert found.models["teacher"].answers[one] == (activity, 1.0)


@pytest.mark.usefixtures("line")
def test_windows_where_teacher_and_student_look_elsewhere_come_first_and_those_without_an_order_not_at_all() -> None:
    found = _found()
    ids = service.chosen(found, order=service.APART)
    agreement = found.models["student"].agreement
    ranks = [agreement[one] for one in ids]
    assert ranks[0] == -1 and ranks == sorted(ranks) and len(ids) == COUNT - 1


@pytest.mark.usefixtures("line")
def test_windows_are_chosen_by_person_activity_and_different_answers() -> None:
    found = _found()
    person, activity = found.person[3], found.activity[3]
    chosen = service.chosen(found, person=person, activity=activity)
    assert found.ids[3] in chosen
    assert all(
        (found.person[found.place[one]], found.activity[found.place[one]]) == (person, activity) for one in chosen
    )
    teacher, student = found.models["teacher"].answers, found.models["student"].answers
    other = service.chosen(found, order=service.OTHERWISE)
    assert other and all(teacher[one][0] != student[one][0] for one in other)


@pytest.mark.usefixtures("line")
def test_examples_of_a_cell_are_its_windows_the_largest_share_first() -> None:
    table = service.shares(workspace.entry("line"))
    activity = str(table["activity"].iloc[0])
    rows = service.examples(table, "teacher", activity, "right_wrist.gyro")
    assert list(rows["share"]) == sorted(rows["share"], reverse=True)
    found = _found()
    assert {found.activity[found.place[int(one)]] for one in rows["window"]} == {activity}


def test_explanations_made_before_agreement_was_kept_by_window_are_read(line: Path) -> None:
    kept = json.loads((line / "explain/windows.json").read_text())
    for level in kept["told"]["agreement"]["student"].values():
        level.pop("by_window")
    (line / "explain/windows.json").write_text(json.dumps(kept))
    found = _found()
    assert not found.models["student"].agreement and not service.chosen(found, order=service.APART)


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04broken"])
def test_damaged_arrays_are_one_clear_error(line: Path, data: bytes) -> None:
    (line / "explain/attributions-student.npz").write_bytes(data)
    with pytest.raises(InputError, match="cannot be read"):
        _found()


def test_pickled_arrays_are_never_loaded(line: Path) -> None:
    np.savez(line / "explain/attributions-student.npz", ids=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="cannot be read"):
        _found()


def test_a_damaged_part_is_as_if_it_was_never_asked(line: Path) -> None:
    (line / "explain/windows.json").write_text("{")
    assert service.part(workspace.entry("line"), service.WINDOWS) is None


def test_windows_are_cut_again_when_the_run_or_its_recordings_change(
    line: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Run] = []

    def cut(run: Run, ids: tuple[int, ...]) -> tuple[int, ...]:
        asked.append(run)
        return ids

    monkeypatch.setattr(example, "windows_of", cut)
    facts = json.loads((line / "run.json").read_text())
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    facts["asked"]["data"] = str(recordings)
    (line / "run.json").write_text(json.dumps(facts))
    for _ in range(2):
        example.windows("line", (0,))
    assert len(asked) == 1
    (line / "run.json").write_text(json.dumps({**facts, "changed": "later"}))
    example.windows("line", (0,))
    assert len(asked) == 2
    (recordings / "p01.csv").write_text("gone or another")
    example.windows("line", (0,))
    assert len(asked) == 3
