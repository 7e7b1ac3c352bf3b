"""The web server around the pages: what stands before them, in which order, and whether it is ready.

No request leaves the machine. Before the pages stand, from outside inward: what browsers are told (`serving.headers`),
under which name the server answers (`serving.hosts`), the door (`serving.sign_in`, where there is a password), and how
much a request may bring (`serving.bodies`). They stand before errors and files as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from stillroom.base.errors import StillroomError
from stillroom_app.components.page import on_error
from stillroom_app.services import jobs, workspace
from stillroom_app.serving import live
from stillroom_app.serving.asked import Asked, upload_bytes
from stillroom_app.serving.bodies import Bodies
from stillroom_app.serving.headers import Headers
from stillroom_app.serving.hosts import Hosts, is_every
from stillroom_app.serving.reports import PATH, report
from stillroom_app.serving.sign_in import SignIn

MAIN = Path(__file__).with_name("main.py")
READY, HEALTH = "/api/readyz", "/_stcore/health"


class Server(st.App):
    """The pages, and what stands before them.

    Args:
        asked: how to serve.
        main: the script of the pages.
        begun: is told the port as soon as the server answers.
    """

    def __init__(self, asked: Asked, main: Path = MAIN, begun: Callable[[int], None] = lambda port: None) -> None:
        @asynccontextmanager
        async def while_it_serves(app: st.App) -> AsyncIterator[None]:
            begun(int(st.get_option("server.port")))
            yield

        routes = [
            Route(READY, ready),
            Route(PATH, report),
            Route(live.LIST, live.streams),
            Route(live.ONE, live.stream),
        ]
        super().__init__(main, lifespan=while_it_serves, routes=routes, on_script_error=on_error)
        self._asked = asked
        self._before: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if self._before is None:
            self._before = before(super().__call__, self._asked)
        await self._before(scope, receive, send)


def before(pages: ASGIApp, asked: Asked) -> ASGIApp:
    """The pages with what stands before them."""
    inner: ASGIApp = Bodies(pages, upload_bytes())
    if asked.password:
        inner = SignIn(inner, asked.password, outside=(HEALTH, READY))
    return Headers(Hosts(inner, asked.names, addresses=is_every(asked.host), named=asked.allowed))


def ready(_: Request) -> JSONResponse:
    """Whether the workspace can be written to and jobs answer; `/_stcore/health` says only that the server lives.

    It needs no sign-in, so it names nothing.
    """
    why = "the workspace cannot be written to" if workspace.writable(workspace.root()) else ""
    try:
        waiting = len(jobs.rows(jobs.UNDER_WAY))
    except StillroomError:
        return JSONResponse({"ready": False, "why": why or "jobs do not answer"}, status_code=503)
    return JSONResponse({"ready": not why, "why": why, "jobs": waiting}, status_code=503 if why else 200)
