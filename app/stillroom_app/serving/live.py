"""Streams by their addresses: `/api/live` lists them, `/api/live/NAME?after=PLACE` tells what came since.

They stand behind the same door as the pages. A password is asked before them; a provider of sign-ins lets people into
pages only, so that pages then hand out a ticket that is asked for here.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from stillroom_app.services import live
from stillroom_app.serving.provider import provider
from stillroom_app.serving.tickets import Tickets

LIST, ONE = live.ROUTE, f"{live.ROUTE}/{{name}}"
TICKET = "x-stillroom-ticket"
_TICKETS = Tickets()
_LONGEST = 15
_NOT_KEPT = {"Cache-Control": "no-store"}


def ticket() -> str:
    """For a page that somebody was let into; empty where none is asked for."""
    return _TICKETS.new() if provider() is not None else ""


def streams(request: Request) -> JSONResponse:
    """Every stream of the workspace; run in a thread of its own."""
    return _told({"streams": [live.head_of(one) for one in live.listed()]}) if _may(request) else _shut()


def stream(request: Request) -> JSONResponse:
    """What came of one stream since a place, at most some 250 kB; run in a thread of its own."""
    if not _may(request):
        return _shut()
    after = request.query_params.get("after", "")
    if after and not (after.isascii() and after.isdecimal() and len(after) <= _LONGEST):
        return _told({"error": "after is a number of bytes"}, 400)
    found = live.news(request.path_params["name"], int(after) if after else None)
    return _told({"error": "no such stream"}, 404) if found is None else _told(found)


def _may(request: Request) -> bool:
    return provider() is None or _TICKETS.good(request.headers.get(TICKET, ""))


def _shut() -> JSONResponse:
    return _told({"error": "sign in first"}, 401)


def _told(value: dict[str, object], status: int = 200) -> JSONResponse:
    return JSONResponse(value, status_code=status, headers=_NOT_KEPT)
