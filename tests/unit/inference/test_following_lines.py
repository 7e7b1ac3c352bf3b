"""Lines of a stream become samples, in however many pieces they come; a bad one is named, or counted."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.inference.following_lines import Lines, Sample, columns_said
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

LAYOUT = Layout(channels=sensor_channels("right_wrist", "acc", 20.0))
X, Y, Z = LAYOUT.names
HEAD = f"t,{X},{Y},{Z}\n"
BYTES = (HEAD + "0,1,2,3\r\n\n0.05,4,,6\n0.1,7,8,9\n0.15,1,2").encode()


def read(data: bytes | str, **settings: object) -> list[Sample]:
    lines = Lines(LAYOUT, "wrist.csv", **settings)  # type: ignore[arg-type]
    return list(lines.feed(data.encode() if isinstance(data, str) else data))


def plain(samples: list[Sample]) -> list[tuple[int, float, list[float]]]:
    return [(one.line, one.stamp_s, np.nan_to_num(one.values, nan=-1).tolist()) for one in samples]


def test_whole_lines_are_read_and_half_a_line_waits() -> None:
    lines = Lines(LAYOUT, "wrist.csv")
    found = list(lines.feed(BYTES))
    assert plain(found) == [(2, 0.0, [1, 2, 3]), (4, 0.05, [4, -1, 6]), (5, 0.1, [7, 8, 9])]
    assert math.isnan(found[1].values[1]) and lines.half
    assert plain(list(lines.feed(b",3\n"))) == [(6, 0.15, [1, 2, 3])] and not lines.half


@given(st.lists(st.integers(1, len(BYTES) - 1), max_size=12))
def test_any_pieces_of_the_same_bytes_give_the_same_samples(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(BYTES)]
    lines = Lines(LAYOUT, "wrist.csv")
    pieces = [BYTES[first:stop] for first, stop in itertools.pairwise(edges)]
    assert plain([one for piece in pieces for one in lines.feed(piece)]) == plain(read(BYTES))


def test_json_lines_say_the_same() -> None:
    rows = [{"t": 0, X: 1, Y: 2.0, Z: 3, "other": "word"}, {"t": 0.05, Z: 6, X: 4, Y: None}, {"t": 0.1, X: 7, Z: 9}]
    found = plain(read("".join(json.dumps(row) + "\n" for row in rows)))
    assert found == [(1, 0.0, [1, 2, 3]), (2, 0.05, [4, -1, 6]), (3, 0.1, [7, -1, 9])]


@pytest.mark.parametrize(
    ("head", "row", "stamp_s", "x"),
    [
        (f"t_ms,{X},{Y},{Z}", "50,1,2,3", 0.05, 1.0),
        (f"Timestamp;{X};{Y};{Z}", "50;1;2;3", 50.0, 1.0),
        (f"{Z}\t{Y}\t{X}\ttime", "3\t2\t1\t0.5", 0.5, 1.0),
        (f'\ufeff"t","{X} [g]","{Y}","{Z}"', '7,"1",2,3', 7.0, 9.80665),
        (f"person,{X},{Y},{Z},t_us,label", "p1,1,2,3,1e6,walk", 1.0, 1.0),
    ],
)
def test_clocks_units_orders_and_separators_are_read_off_the_header(
    head: str, row: str, stamp_s: float, x: float
) -> None:
    (found,) = read(f"{head}\n{row}\n")
    assert found.stamp_s == pytest.approx(stamp_s)
    assert found.values.tolist() == pytest.approx([x, 2.0, 3.0])


def test_columns_can_be_named_from_outside_with_or_without_a_header_in_the_file() -> None:
    columns = columns_said(f"t, {X} [mg], -, {Y}, {Z}")
    for head in ("", "when,ax,odd,ay,az\n"):
        (found,) = read(f"{head}0.5,1000,7,2,3\n", columns=columns)
        assert found.values.tolist() == pytest.approx([9.80665, 2, 3])


def test_without_a_clock_the_rate_tells_the_time() -> None:
    found = read(f"{X},{Y},{Z}\n1,2,3\n1,2,3\nno,2,3\n1,2,3\n", rate_hz=50.0, skip_bad=True)
    assert [one.stamp_s for one in found] == pytest.approx([0, 0.02, 0.04])


@pytest.mark.parametrize(
    ("text", "said", "mend"),
    [
        (f"t,{X},{Y}\n", f"{Z} is missing", "The model takes"),
        (f"t,{X},{Y},right_wrist.acc.zz\n", f"{Z} is missing", "Did you mean right_wrist.acc.zz"),
        ("t,ax,ay,az\n", "3 channels are missing", "site.kind.axis"),
        (f"t,{X},{X},{Y},{Z}\n", "stands there twice", "once"),
        (f"{X},{Y},{Z}\n", "no column tells the time", "--rate-hz"),
        (f"t,{X} [deg/s],{Y},{Z}\n", "different quantities", ""),
        (f"t,{X} [furlong],{Y},{Z}\n", "unknown unit", ""),
        ("0,1,2,3\n", "begins with numbers", "--columns t,right_wrist.acc.x"),
        (json.dumps({"t": 0, X: 1}) + "\n", "2 channels are missing", ""),
        ("x" * (1 << 20) + "y", "no end", ""),
    ],
)
def test_a_stream_that_cannot_be_read_is_refused_with_the_likely_mistake(text: str, said: str, mend: str) -> None:
    with pytest.raises(InputError) as refused:
        read(text, skip_bad=True)
    assert said in refused.value.what and mend in refused.value.mend


@pytest.mark.parametrize(
    ("bad", "said", "where"),
    [
        ("0.05,1,2", "3 cells under 4 columns", "wrist.csv, line 3"),
        ("0.05,1,two,3", "'two' is no number", f"line 3, column {Y}"),
        ("0.05,1,inf,3", "'inf' is no number", f"line 3, column {Y}"),
        ("0.05,1_0,2,3", "'1_0' is no number", f"line 3, column {X}"),
        (",1,2,3", "the time is missing", "line 3, column t"),
        ("-0.05,1,2,3", "time runs backwards by 0.050 s", "line 3, column t"),
    ],
)
def test_a_bad_line_is_named_or_passed_over_and_counted(bad: str, said: str, where: str) -> None:
    text = f"{HEAD}0,1,2,3\n{bad}\n0.1,1,2,3\n"
    with pytest.raises(InputError) as refused:
        read(text)
    assert said in refused.value.what and where in refused.value.where and "--skip-bad" in refused.value.mend
    lines = Lines(LAYOUT, "wrist.csv", skip_bad=True)
    assert [one.stamp_s for one in lines.feed(text.encode())] == [0.0, 0.1]
    assert lines.skipped == 1 and said in lines.first_skipped


def test_bytes_that_are_no_text_and_json_that_is_none_are_bad_lines() -> None:
    assert len(read(HEAD.encode() + b"0,1,2,3\n\xff\xfe\n0.1,1,2,3\n", skip_bad=True)) == 2
    whole = json.dumps({"t": 0, X: 1, Y: 2, Z: 3})
    assert len(read(f'{whole}\n{{"t": 1\n[1]\n{whole[:-1]}, "{X}": true}}\n', skip_bad=True)) == 1


def test_another_connection_may_bring_its_header_again_or_none_and_its_own_clock() -> None:
    lines = Lines(LAYOUT, "wrist.csv")
    assert len(list(lines.feed(f"{HEAD}5,1,2,3\n6,1,".encode()))) == 1
    lines.begin_anew()
    assert [one.stamp_s for one in lines.feed(f"{HEAD}0,1,2,3\n".encode())] == [0.0]
    lines.begin_anew()
    assert [one.stamp_s for one in lines.feed(b"0,1,2,3\n")] == [0.0]
