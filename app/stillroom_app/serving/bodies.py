"""How much a request may bring: an upload its limit, all uploads together another, and everything else next to nothing.

Streamlit refuses one upload that is too large, by its announced length and while it streams. It does not bound how many
it holds, nor what lies in bodies that nobody reads; that stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers as Received
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime

UPLOADS = "/_stcore/upload_file/"
MB = 1024 * 1024
_FRAMING = MB  # a form's own lines around a file
_OTHER = MB // 16
_TOGETHER = 1024 * MB


def held_bytes() -> int:
    """What the server holds of uploads at this moment."""
    if not runtime.exists():
        return 0
    found = runtime.get_instance().uploaded_file_mgr
    stats: dict[str, list[Any]] = getattr(found, "get_stats", dict)()
    return sum(one.byte_length for family in stats.values() for one in family)


class Bodies:
    """Refuses what is too large before it is read.

    Args:
        app: what stands behind.
        most: bytes of one upload.
        together: bytes of all uploads that are held or on their way.
        held: tells how many are held.
    """

    def __init__(
        self, app: ASGIApp, most: int, *, together: int = _TOGETHER, held: Callable[[], int] = held_bytes
    ) -> None:
        self._app, self._most, self._together, self._held = app, most, together, held
        self._coming = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it with 413, or with 503 where others must end first."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = scope["path"].startswith(UPLOADS)
        announced = _announced(scope)
        size = (self._most if announced is None else announced) if upload else 0
        if (announced or 0) > (self._most + _FRAMING if upload else _OTHER):
            await _refuse(f"Too large: at most {self._most // MB} MB.", 413)(scope, receive, send)
        elif size and self._held() + self._coming + size > self._together:
            await _refuse("Too many uploads at once. Close what is not needed.", 503)(scope, receive, send)
        else:
            self._coming += size
            try:
                await self._app(scope, receive, _closing(send) if upload else send)
            finally:
                self._coming -= size


def _closing(send: Send) -> Send:
    """Ends the connection with a refusal, or the server would go on to read what it has refused."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 413:
            MutableHeaders(scope=message)["Connection"] = "close"
        await send(message)

    return answer


def _announced(scope: Scope) -> int | None:
    """The length that a request says it has; None where it says none, and streams."""
    headers = Received(scope=scope)
    said = headers.get("content-length", "")
    if said.isdecimal():
        return int(said[:20])
    return None if "transfer-encoding" in headers else 0


def _refuse(why: str, status: int) -> PlainTextResponse:
    return PlainTextResponse(why, status_code=status, headers={"Connection": "close"})
