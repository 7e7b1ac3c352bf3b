"""A stream goes on where a stranger knocks, and says so; one that brings no answer says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.inference.conftest import LAYOUT, RATE_HZ, moving

from stillroom.base.errors import InputError
from stillroom.inference.following import Following
from stillroom.inference.following_lines import Lines
from stillroom.inference.following_sources import Anew
from stillroom.inference.following_windows import Windows
from stillroom.inference.predictor import Predictor

Piece = bytes | Anew
HEAD = ",".join(("t", *LAYOUT.names)).encode() + b"\n"
WEB = b"POST / HTTP/1.1\r\nHost: 127.0.0.1:7007\r\n\r\n0,1,2,3\n"
GONE = Anew("the bridge went away")


def rows(labels: str = "xyz") -> bytes:
    return b"".join(
        f"{n / RATE_HZ},{','.join(f'{value:.6g}' for value in sample)}\n".encode()
        for n, sample in enumerate(moving(labels).T)
    )


def following(
    export: Path,
    source: Callable[[], Iterator[Piece]],
    columns: tuple[str, ...] = (),
    skip_bad: bool = False,
    **more: Callable[..., object],
) -> tuple[Following, list[str]]:
    said: list[str] = []
    predictor = Predictor(export)
    lines = Lines(predictor.layout, "here", columns=columns, skip_bad=skip_bad)
    windows = Windows(predictor.manifest, 5, 0.5, "here", said.append)
    return Following(source, lines, windows, predictor, say=said.append, **more), said  # type: ignore[arg-type]


def door(*connections: bytes) -> Callable[[], Iterator[Piece]]:
    """One connection after another, each of which can be closed from this side."""

    def source() -> Iterator[Piece]:
        for data in connections:
            try:
                yield data
            except InputError:
                yield Anew("closed")
            else:
                yield GONE

    return source


@pytest.mark.parametrize("columns", [(), ("t", *LAYOUT.names)])
@pytest.mark.parametrize("skip_bad", [False, True])
def test_a_stranger_s_connection_is_closed_and_the_bridge_is_heard(
    export: Path, columns: tuple[str, ...], skip_bad: bool
) -> None:
    one, said = following(export, door(WEB, HEAD + rows(), b"GET / HTTP/1.0\n", HEAD + rows()), columns, skip_bad)
    answers = list(one)
    assert len(answers) > 40 and {answer.stretch for answer in answers} == {0, 1} and one.samples == 240
    told = one.told()
    assert (told["strangers"], told["why"], told["puzzle"], told["skipped"]) == (2, "ended", "", 0)
    assert told["first_stranger"].startswith("a web request and no stream (here, line 1)")
    assert sum("that brought no stream was closed: a web request" in sentence for sentence in said) == 2


def test_a_bridge_with_another_header_is_told_what_it_lacks_and_may_come_back(export: Path) -> None:
    one, said = following(export, door(b"t,ax,ay,az\n0,1,2,3\n", HEAD + rows()))
    assert len(list(one)) > 20
    assert "connection 1 that" in said[0] and "3 channels are missing" in said[0] and "rename the columns" in said[0]


def test_one_that_knocks_on_and_on_fills_no_log(export: Path) -> None:
    one, said = following(export, door(*[WEB] * 100))
    assert not list(one) and one.strangers == 100 and len(said) == 7


def test_a_bridge_that_spoke_well_and_a_source_without_a_door_still_end_it(export: Path) -> None:
    one, _ = following(export, door(HEAD + rows("x") + b"so so\n"))
    with pytest.raises(InputError, match="1 cells under 4 columns"):
        list(one)
    for source in (lambda: iter([WEB]), lambda: (piece for piece in [WEB])):
        one, _ = following(export, source)
        with pytest.raises(InputError, match="a web request"):
            list(one)
    assert one.strangers == 0


def test_samples_without_an_answer_are_wondered_at_after_some_seconds_and_once(export: Path) -> None:
    now, puzzles = [0.0], []

    def pieces() -> Iterator[Piece]:
        yield HEAD
        for n in range(240):
            now[0] = n / RATE_HZ
            yield f"{now[0]},1,{'' if n < 200 else 2},9.8\n".encode()
            puzzles.append(one.puzzle)

    one, said = following(export, pieces, clock=lambda: now[0])
    assert list(one) and said == ["no answer yet: right_wrist.acc.y was empty in each of the last 100 samples"]
    assert not any(puzzles[:100]) and all(puzzles[102:200]) and not one.puzzle, "the answer ends the wondering"


def test_a_file_without_an_answer_tells_why_at_its_end(export: Path) -> None:
    data = HEAD + b"".join(f"{n / 20},1,,9.8\n".encode() for n in range(100))
    one, _ = following(export, lambda: iter([data]))
    assert not list(one) and one.told()["puzzle"] == "right_wrist.acc.y was empty in each of the last 100 samples"
