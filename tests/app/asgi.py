"""Asks an ASGI application without a server; and a socket of a running server as a browser opens it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Headers
    body: str

    @property
    def cookie(self) -> str:
        """The cookie that it sets, as a browser sends it back."""
        return self.headers.get("set-cookie", "").partition(";")[0]


def ask(
    app: ASGIApp,
    path: str = "/",
    method: str = "GET",
    *,
    body: bytes = b"",
    client: str = "127.0.0.1",
    scheme: str = "http",
    socket: bool = False,
    **headers: str,
) -> Answer:
    """One request; `headers` as `accept="text/html"`, with `_` for `-`. Of a socket 101 is accepted, 403 refused."""
    given = {"host": "localhost:8501", **{name.replace("_", "-"): value for name, value in headers.items()}}
    given.setdefault("content-length", str(len(body)))
    parts = urlsplit(path)
    scope: dict[str, Any] = {
        "type": "websocket" if socket else "http", "method": method, "scheme": scheme, "client": (client, 1),
        "path": unquote(parts.path), "query_string": parts.query.encode(), "server": ("127.0.0.1", 8501),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()], "root_path": "",
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"} if socket else {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    start, *rest = sent
    if socket:
        return Answer(101 if start["type"] == "websocket.accept" else 403, Headers(), "")
    text = b"".join(message.get("body", b"") for message in rest).decode()
    return Answer(start["status"], Headers(raw=start["headers"]), text)


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Stands for the pages: tells that it was reached."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"the pages"})


@contextmanager
def session(url: str, **headers: str) -> Iterator[ClientConnection]:
    """A page's socket, as Streamlit's front end opens it."""
    address = f"ws{url.removeprefix('http')}/_stcore/stream"
    given = {name.title(): value for name, value in headers.items()}
    origin: Any = given.pop("Origin", url)
    with connect(
        address, subprotocols=["streamlit"], origin=origin, additional_headers=given, proxy=None, max_size=None
    ) as one:  # type: ignore[arg-type]
        yield one


def run_page(one: ClientConnection) -> list[ForwardMsg]:
    """Runs the page once; all that the browser would be told."""
    asked = BackMsg()
    asked.rerun_script.query_string = ""
    one.send(asked.SerializeToString())
    told: list[ForwardMsg] = []
    while not told or told[-1].WhichOneof("type") != "script_finished":
        message = ForwardMsg()
        message.ParseFromString(bytes(one.recv(timeout=30)))  # type: ignore[arg-type]
        told.append(message)
    return told


def session_id(told: list[ForwardMsg]) -> str:
    """The session's name, which an upload needs."""
    return next(one.new_session.initialize.session_id for one in told if one.WhichOneof("type") == "new_session")


def rule(policy: str, name: str) -> str:
    """One rule of a content-security policy."""
    found = re.search(rf"(?:^|; ){name} ([^;]*)", policy)
    assert found, policy
    return found[1]
