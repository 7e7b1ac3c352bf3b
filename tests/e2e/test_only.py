"""A run that makes some of its models only, on the command line."""

from __future__ import annotations

from pathlib import Path

from .kit import Call, distil_words


def test_a_run_without_a_student_cannot_be_costed_or_compared(
    call: Call, refused: Call, own: Path, tmp_path: Path
) -> None:
    words = distil_words(own, tmp_path / "run", "--folds", 1, "--json", only='["teacher"]')
    assert call(*words).code == 0
    assert "this run has no student" in refused("cost", tmp_path / "run").error
    assert "no student to compare" in refused("runs", "compare", tmp_path / "run", tmp_path / "run").error
