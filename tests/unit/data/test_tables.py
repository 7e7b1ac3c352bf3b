"""Text tables: numbers come out as they went in, and a bad cell is named by row and column."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stillroom.base.errors import InputError
from stillroom.data.tables import need_columns, numbers, read_table
from stillroom.data.tree import Entry


def entry(text: str | bytes, name: str = "a.csv") -> Entry:
    raw = text.encode() if isinstance(text, str) else text
    return Entry(name, len(raw), 0, lambda: raw)


@given(arrays(np.float64, (3, 4), elements=st.floats(-1e12, 1e12)))
def test_numbers_survive_the_table(values: np.ndarray) -> None:
    text = "a,b,c,d\n" + "\n".join(",".join(repr(float(v)) for v in row) for row in values)
    table = read_table(entry(text))
    np.testing.assert_allclose(numbers(table, list("abcd"), "a.csv"), values.T, rtol=1e-14)


def test_separators_headers_and_decimal_marks_are_minded() -> None:
    assert numbers(read_table(entry("1 2\n3 4\n"), header=False, separator=r"\s+"), [0, 1], "a").tolist() == [
        [1, 3],
        [2, 4],
    ]
    assert numbers(read_table(entry("a;b\n1,5;2\n"), separator=";", decimal=","), ["a"], "a").tolist() == [[1.5]]


def test_a_separator_at_each_row_s_end_is_no_column() -> None:
    assert numbers(read_table(entry("a,b\n1,2,\n3,4,\n")), ["a", "b"], "a.csv").tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize("cell", ["", "NaN", "nan", "null"])
def test_a_missing_cell_is_nan(cell: str) -> None:
    assert np.isnan(numbers(read_table(entry(f"a,b\n1,2\n{cell},3\n")), ["a"], "a.csv")[0, 1])


@pytest.mark.parametrize(("header", "row"), [(True, 4), (False, 4)])
def test_text_in_a_number_is_named_by_row_and_column(header: bool, row: int) -> None:
    lines = ["a,b"] * header + ["1,2"] * (row - 1 - header) + ["1,oops", "2,worse"]
    table = read_table(entry("\n".join(lines)), header=header)
    with pytest.raises(InputError, match=rf"'oops' is no number \(a\.csv, row {row}, column {'b' if header else 1}\)"):
        numbers(table, list(table.columns), "a.csv", header=header)


def test_a_missing_column_is_named_with_those_present() -> None:
    with pytest.raises(InputError, match=r"column 'c' is missing \(a\.csv\)\. Columns present: a, b"):
        need_columns(read_table(entry("a,b\n1,2\n")), ["a", "c"], "a.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("a,b\n1,2\n1,2,3\n", "not a readable table"),
        ("a,b\n1,2,3\n4,5,6\n", "more cells than the header"),
        ("a,b\n0,2,3\n1,5,6\n", "more cells than the header"),
        ("a,b\n1,ü\n".encode("latin-1"), "not a readable table"),
    ],
)
def test_what_is_no_table_is_refused_with_its_name(text: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=rf"{said}.*a\.csv"):
        read_table(entry(text))
