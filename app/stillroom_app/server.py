"""The web server around the pages: what it tells browsers, whom it lets in, and whether it is ready.

No request leaves the machine. The page's own code and workers made from it may run, and nothing else: Streamlit's one
inline script is allowed by its hash. A page of another site may not frame ours.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stillroom.base.errors import StillroomError
from stillroom_app.components.page import on_error
from stillroom_app.services import jobs, workspace

MAIN = Path(__file__).with_name("main.py")
READY = "/api/readyz"
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class Headers:
    """Puts the headers on every answer that keep a browser to this server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._policy = app, content_security_policy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and its answer back with the headers."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self._policy
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
            await send(message)

        await self._app(scope, receive, answer if scope["type"] == "http" else send)


def content_security_policy() -> str:
    """What the pages may load and run; the inline scripts of Streamlit's own page by their hashes."""
    page = Path(st.__file__).parent / "static" / "index.html"
    scripts = _INLINE.findall(page.read_text(encoding="utf-8"))
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in scripts)
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' blob: 'wasm-unsafe-eval' {hashes}",
        "style-src": "'self' 'unsafe-inline'",  # its styles are made in the page
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' ws: wss: data: blob:",
        "worker-src": "'self' blob:",
        "media-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {told}" for name, told in rules.items())


def ready(_: Request) -> JSONResponse:
    """Whether the workspace can be written to and jobs answer; `/_stcore/health` says only that the server lives."""
    why = workspace.writable(workspace.root())
    try:
        waiting = len(jobs.rows(jobs.UNDER_WAY))
    except StillroomError as error:
        return JSONResponse({"ready": False, "why": error.sentence()}, status_code=503)
    return JSONResponse({"ready": not why, "why": why, "jobs": waiting}, status_code=503 if why else 200)


def build() -> st.App:
    """The application that a server runs."""
    return st.App(
        MAIN,
        middleware=[Middleware(Headers)],
        routes=[Route(READY, ready)],
        on_script_error=on_error,
    )
