"""How far a job is: by the last count that can be read, whatever else stands in its journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillroom.jobs.progress import progress
from stillroom.jobs.record import Job

WHOLE = '{"kind": "runs", "data": {"part": "runs", "done": 3, "of": 8}, "message": "began"}\n'


@pytest.mark.parametrize(
    "line",
    [
        '{"kind": "x", "data": null, "message": "m"}',
        '{"kind": "x", "data": {"done": null, "of": "q", "part": 3}, "message": "m"}',
        '{"kind": "x", "data": {"done": 4}, "message": "m"}',
        '{"kind": "x", "data": ["done"], "message": "m"}',
        '[{"data": 1}]',
    ],
)
def test_a_damaged_event_counts_nothing_and_hides_nothing(tmp_path: Path, line: str) -> None:
    (tmp_path / "events.jsonl").write_text(f"{WHOLE}{line}\n", encoding="utf-8")
    told = progress(Job(tmp_path))
    assert (told["part"], told["done"], told["of"]) == ("runs", 3, 8)
    assert told["said"][0] == "began"
