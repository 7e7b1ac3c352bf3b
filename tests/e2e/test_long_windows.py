"""Windows of one second and of sixty: a teacher and a student take either, on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from .kit import RATE_HZ, Call, distil_words, people, write_people


@pytest.mark.parametrize(("window_s", "seconds"), [(1, 16.0), (60, 150.0)])
def test_windows_of_one_second_and_of_sixty_train_every_model(
    call: Call, tmp_path: Path, window_s: int, seconds: float
) -> None:
    data = write_people(tmp_path / "people", people(seconds=seconds))
    words = distil_words(data, tmp_path / "run", "--folds", 1, "--json", "--min-windows", 1, optimise__keep="[0.5]")
    told = call(*words, "--window-s", window_s, "--stride-s", window_s / 4)
    assert told.code == 0, told.err
    assert told.answer["windows"]["width"] == window_s * RATE_HZ
    assert told.answer["context"]["window_s"] == window_s
    for role in ("teacher", "semantic", "student", "alone", "reference", "pruned_50"):
        assert 0 <= told.answer[role]["macro_f1"] <= 1 and told.answer[role]["macs"] > 0, role
