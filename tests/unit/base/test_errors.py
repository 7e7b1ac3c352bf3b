"""Errors: one sentence on one line, the same parts for a script, and an exit code for each kind."""

from __future__ import annotations

import pytest

from stillroom.base.errors import InputError, StillroomError, StoppedError, StorageError


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (InputError("no such file"), "no such file"),
        (InputError("no such file", where="a.csv"), "no such file (a.csv)"),
        (InputError("no such file", mend="Check the path"), "no such file. Check the path"),
        (InputError("two\n lines", where="a.csv,\nrow 1", mend="Mend\tit"), "two lines (a.csv, row 1). Mend it"),
    ],
)
def test_an_error_is_one_sentence_on_one_line(error: StillroomError, sentence: str) -> None:
    assert error.sentence() == str(error) == sentence


def test_a_script_reads_what_where_and_how_to_mend() -> None:
    assert InputError("a", where="b", mend="c").as_dict() == {"what": "a", "where": "b", "mend": "c"}


def test_exit_codes_tell_the_kinds_apart() -> None:
    codes = {kind: kind("x").exit_code for kind in (InputError, StoppedError, StorageError, StillroomError)}
    assert codes == {InputError: 2, StoppedError: 130, StorageError: 1, StillroomError: 1}
    assert all(issubclass(kind, StillroomError) for kind in codes)
