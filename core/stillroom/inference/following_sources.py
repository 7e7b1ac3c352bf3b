"""Where a stream comes from: a file that grows, a socket, or a recording that is replayed.

    PATH                        lines are read as they are appended; one cut short, or put in its place, begins anew
    tcp://HOST:PORT             connects to a bridge, and again where it goes away
    listen://127.0.0.1:PORT     waits for a bridge on this machine, and for the next one where it goes away
    unix:PATH                   the same by a socket in the file system
    replay:SOURCE               a recording of a data set at true speed, for trying (`data.replaying`)

A source gives bytes; none where nothing is new, some times a second; and `Anew` where what follows is no continuation.
Where strangers may connect, an `InputError` thrown into a source closes that connection alone, and the next is awaited;
any other source lets it through.
"""

from __future__ import annotations

import errno
import os
import re
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from stillroom.base.errors import InputError

_PIECE = 1 << 16
_LOOK_S, _WAIT_S, _AGAIN_S, _CONNECT_S = 0.05, 0.2, 1.0, 3.0
_MUTE_S = 5.0
_HERE = ("127.0.0.1", "localhost", "::1")
_ADDRESSES = ("tcp://", "listen://")
_ALIVE_S = {"TCP_KEEPIDLE": 10, "TCP_KEEPALIVE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}  # the last is a count


@dataclass(frozen=True)
class Anew:
    """What follows does not go on where the last bytes ended.

    Attributes:
        why: in a sentence.
    """

    why: str


Source = Callable[[], Iterator[bytes | Anew]]


def shown(text: str) -> str:
    """How a source is named where others read it: an address whole, of a file or a folder its own name alone."""
    return text if text.startswith(_ADDRESSES) else re.sub(r"[^:/\\]*[/\\]+", "", text.rstrip("/\\"))


def source_of(text: str) -> Source:
    """What a user typed after `--follow`, but for `replay:`.

    Raises:
        InputError: no such file, no address, or one that other machines reach.
    """
    kind, _, rest = text.partition("://")
    if kind == "tcp":
        address = _address(rest, text)
        return lambda: _bridged(lambda stack: _connected(stack, address), text)
    if kind == "listen":
        address = _address(rest, text)
        if address[0] not in _HERE:
            raise InputError(
                "other machines could write into this stream",
                where=f"--follow {text}",
                mend="Listen on 127.0.0.1, and bring what comes from elsewhere there by an ssh tunnel",
            )
        return lambda: _heard(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, address, text)
    if text.startswith("unix:"):
        if not hasattr(socket, "AF_UNIX"):
            raise InputError("this system has no such sockets", where=f"--follow {text}", mend="Take listen://")
        return lambda: _heard(socket.AF_UNIX, str(Path(text[5:]).expanduser()), text)
    path = Path(text).expanduser()
    if not path.is_file():
        raise InputError(
            "there is no such file to follow",
            where=f"--follow {text}",
            mend="Start what writes it, or name a socket: tcp://HOST:PORT, listen://127.0.0.1:PORT, unix:PATH",
        )
    return lambda: _growing(path)


def _growing(path: Path) -> Iterator[bytes | Anew]:
    while True:
        with path.open("rb") as file:
            us = os.fstat(file.fileno())
            while True:
                if data := file.read(_PIECE):
                    yield data
                    continue
                if _is_another(path, us):
                    if data := file.read():  # what was written between the last look and the exchange
                        yield data
                    break
                if os.fstat(file.fileno()).st_size < file.tell():
                    file.seek(0)
                    yield Anew("the file was cut short")
                    continue
                yield b""
                time.sleep(_LOOK_S)
        yield Anew("another file stands in its place")


def _is_another(path: Path, us: os.stat_result) -> bool:
    try:
        there = path.stat()
    except OSError:
        return False  # taken away: what writes it may put another there
    return (there.st_ino, there.st_dev) != (us.st_ino, us.st_dev)


def _address(text: str, typed: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise InputError("no address", where=f"--follow {typed}", mend="As listen://127.0.0.1:7007")
    return host, int(port)


def _connected(stack: ExitStack, address: tuple[str, int]) -> socket.socket:
    one = stack.enter_context(socket.create_connection(address, timeout=_CONNECT_S))
    _ready(one)
    return one


def _ready(one: socket.socket) -> None:
    """A peer that vanished without a word (no power, no network) is noticed within half a minute."""
    one.setblocking(False)
    if one.family in (socket.AF_INET, socket.AF_INET6):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _ALIVE_S.items():
            if hasattr(socket, name):
                one.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _bridged(connect: Callable[[ExitStack], socket.socket], typed: str) -> Iterator[bytes | Anew]:
    """A bridge that is connected to; the first time it must be there."""
    known = False
    while True:
        with ExitStack() as stack:
            try:
                one = connect(stack)
            except OSError as error:
                if not known:
                    raise InputError(
                        f"nobody answers there: {error.strerror or error}",
                        where=f"--follow {typed}",
                        mend="Start the bridge first, or wait for it: listen://127.0.0.1:PORT",
                    ) from None
                yield b""
                time.sleep(_AGAIN_S)
                continue
            known = True
            yield from _received(one)
        yield Anew("the bridge went away")


def _heard(family: int, address: tuple[str, int] | str, typed: str) -> Iterator[bytes | Anew]:
    """Bridges that connect, one after another; a second one waits until the first has gone.

    A browser, a scanner or a health check may knock as well: its connection is closed, and the next is awaited. So is
    one that says nothing while another waits.
    """
    with ExitStack() as stack:
        door = stack.enter_context(socket.socket(family))
        try:
            if isinstance(address, str):
                _bind_for_us_alone(door, Path(address))
                stack.callback(Path(address).unlink, missing_ok=True)
            else:
                if os.name != "nt":
                    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                door.bind(address)
            door.listen(1)
        except OSError as error:
            raise InputError(
                f"cannot listen there: {error.strerror or error}",
                where=f"--follow {typed}",
                mend="Perhaps another stream listens there: take another port",
            ) from None
        while True:
            if not select.select([door], [], [], _WAIT_S)[0]:
                yield b""
                continue
            why = "the bridge went away"
            with door.accept()[0] as one:
                _ready(one)
                try:
                    yield from _received(one, door)
                except InputError:
                    why = "a connection that brought no stream was closed"
            yield Anew(why)


def _bind_for_us_alone(door: socket.socket, path: Path) -> None:
    """In the place of a socket whose listener has died; one that lives, and a file, stay."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as one, suppress(ConnectionRefusedError):
            one.connect(str(path))
            raise OSError(errno.EADDRINUSE, "another stream listens there")
        path.unlink()
    before = os.umask(0o177)
    try:
        door.bind(str(path))
    finally:
        os.umask(before)


def _received(one: socket.socket, door: socket.socket | None = None) -> Iterator[bytes]:
    until_s: float | None = time.monotonic() + _MUTE_S
    while True:
        if not select.select([one], [], [], _WAIT_S)[0]:
            if door and until_s and time.monotonic() > until_s and select.select([door], [], [], 0)[0]:
                return
            yield b""
            continue
        until_s = None
        try:
            data = one.recv(_PIECE)
        except BlockingIOError:
            continue
        except OSError:
            return
        if not data:
            return
        yield data
