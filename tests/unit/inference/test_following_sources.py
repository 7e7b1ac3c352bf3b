"""Bytes come from files that grow and from bridges that come and go; what is no continuation is said."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from stillroom.base.errors import InputError
from stillroom.inference import following_sources
from stillroom.inference.following_sources import Anew, shown, source_of

posix = pytest.mark.skipif(os.name == "nt", reason="sockets and files of POSIX")


def until(source: Iterator[bytes | Anew], wanted: bytes | type[Anew]) -> bytes | Anew:
    """Goes on until that has come."""
    found = b""
    for piece in itertools.islice(source, 200):
        if isinstance(piece, Anew):
            assert wanted is Anew, piece
            return piece
        found += piece
        if wanted is not Anew and found == wanted:
            return found
    raise AssertionError(found)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_file_is_read_as_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "grows.csv"
    path.write_bytes(b"t,x\n")
    source = source_of(str(path))()
    assert until(source, b"t,x\n") and next(source) == b""
    with path.open("ab") as file:
        file.write(b"0,1")
        file.flush()
        assert until(source, b"0,1")
        file.write(b"\n")
    assert until(source, b"\n") and next(source) == b""


@posix
def test_a_file_that_is_cut_short_or_replaced_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "grows.csv"
    path.write_bytes(b"a long beginning\n")
    source = source_of(str(path))()
    until(source, b"a long beginning\n")
    path.write_bytes(b"anew\n")
    told = until(source, Anew)
    assert isinstance(told, Anew) and told.why == "the file was cut short"
    until(source, b"anew\n")
    with path.open("ab") as file:
        file.write(b"last words\n")
    path.rename(tmp_path / "grows.1.csv")
    until(source, b"last words\n")
    (tmp_path / "grows.csv").write_bytes(b"another\n")
    told = until(source, Anew)
    assert isinstance(told, Anew) and told.why == "another file stands in its place"
    until(source, b"another\n")


@posix
@pytest.mark.parametrize("kind", ["listen", "unix"])
def test_one_bridge_after_another_is_heard(kind: str, tmp_path: Path) -> None:
    address = ("127.0.0.1", free_port()) if kind == "listen" else str(tmp_path / "bridge")
    source = source_of(f"listen://127.0.0.1:{address[1]}" if kind == "listen" else f"unix:{address}")()
    assert next(source) == b""
    for said in (b"first\n", b"second\n"):
        with socket.socket(socket.AF_INET if kind == "listen" else socket.AF_UNIX) as bridge:
            bridge.connect(address)
            bridge.sendall(said)
            until(source, said)
        assert isinstance(until(source, Anew), Anew)
    source.close()  # type: ignore[attr-defined]
    assert not (tmp_path / "bridge").exists()


@posix
def test_a_stranger_s_connection_is_closed_and_the_next_one_heard() -> None:
    port = free_port()
    source = source_of(f"listen://127.0.0.1:{port}")()
    assert next(source) == b"" and isinstance(source, Generator)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as stranger:
        stranger.sendall(b"GET /\n")
        until(source, b"GET /\n")
        told = source.throw(InputError("no stream"))
        assert isinstance(told, Anew) and "was closed" in told.why
        assert stranger.recv(1) == b"", "it sees that it was closed"
    with socket.create_connection(("127.0.0.1", port)) as bridge:
        bridge.sendall(b"said\n")
        until(source, b"said\n")


@posix
def test_one_that_says_nothing_keeps_nobody_waiting_and_one_that_spoke_may_be_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(following_sources, "_MUTE_S", 0.1)
    port = free_port()
    source = source_of(f"listen://127.0.0.1:{port}")()
    next(source)
    with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)) as bridge:
        assert isinstance(until(source, Anew), Anew)
        bridge.sendall(b"said\n")
        until(source, b"said\n")
        with socket.create_connection(("127.0.0.1", port)):
            assert [next(source) for _ in range(3)] == [b""] * 3


@posix
def test_a_peer_that_vanishes_without_a_word_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[socket.socket] = []

    def received(one: socket.socket, door: socket.socket | None = None) -> Iterator[bytes]:
        met.append(one)
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 10
        yield b"met"

    monkeypatch.setattr(following_sources, "_received", received)
    with socket.create_server(("127.0.0.1", 0)) as door:
        assert next(source_of(f"tcp://127.0.0.1:{door.getsockname()[1]}")()) == b"met"
    port = free_port()
    source = source_of(f"listen://127.0.0.1:{port}")()
    next(source)
    with socket.create_connection(("127.0.0.1", port)):
        until(source, b"met")
    assert len(met) == 2


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("tcp://10.0.0.1:7007", "tcp://10.0.0.1:7007"),
        ("listen://[::1]:7007", "listen://[::1]:7007"),
        ("unix:/run/user/ada/bridge", "unix:bridge"),
        ("/srv/ada/measured.csv", "measured.csv"),
        ("measured.csv", "measured.csv"),
        ("C:\\ada\\measured.csv", "C:measured.csv"),
        ("replay:factory", "replay:factory"),
        ("replay:dsads:/srv/ada/dsads", "replay:dsads:dsads"),
        ("replay:/srv/ada/own/", "replay:own"),
    ],
)
def test_where_others_read_it_a_source_is_named_without_its_folders(text: str, named: str) -> None:
    assert shown(text) == named


@posix
def test_a_socket_in_the_file_system_is_for_its_owner_and_taken_over_from_the_dead_alone(tmp_path: Path) -> None:
    path = tmp_path / "bridge"
    source = source_of(f"unix:{path}")()
    next(source)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match="cannot listen there"):
        next(source_of(f"unix:{path}")())
    source.close()  # type: ignore[attr-defined]
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert next(source_of(f"unix:{path}")()) == b""
    path.write_text("mine")
    with pytest.raises(InputError, match="cannot listen there"):
        next(source_of(f"unix:{path}")())
    assert path.read_text() == "mine"


def test_a_bridge_that_goes_away_is_connected_to_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillroom.inference.following_sources._AGAIN_S", 0.01)
    port = free_port()
    source = source_of(f"tcp://127.0.0.1:{port}")()
    with pytest.raises(InputError, match="nobody answers there"):
        next(source)
    source = source_of(f"tcp://127.0.0.1:{port}")()
    for round_number in range(2):
        with socket.create_server(("127.0.0.1", port)) as door:
            if round_number == 0:
                assert next(source) == b""
            else:
                next(source)
            door.settimeout(5)
            with door.accept()[0] as one:
                one.sendall(b"said\n")
                until(source, b"said\n")
        assert isinstance(until(source, Anew), Anew)
    assert next(source) == b"", "it waits for the bridge"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nowhere.csv", "there is no such file to follow"),
        ("listen://0.0.0.0:7007", "other machines could write into this stream"),
        ("listen://192.168.1.2:7007", "other machines could write into this stream"),
        ("listen://127.0.0.1", "no address"),
        ("tcp://localhost:0", "no address"),
        ("tcp://:7007", "no address"),
    ],
)
def test_a_source_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        source_of(text)
