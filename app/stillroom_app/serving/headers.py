"""What every answer tells a browser: run this server's own code alone, speak to this server alone, frame nothing of it.

The pages' one inline script is allowed by its hash. Errors, files and the sign-in page carry the same headers; a
report, which needs less, brings a policy that allows less.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers as Received
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_HOST = re.compile(r"[\w.\-]+(:\d+)?|\[[\da-fA-F:.]+\](:\d+)?", re.ASCII)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Headers:
    """Puts the headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._policy = app, content_security_policy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and its answer back with the headers."""
        policy = self._policy

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_ALWAYS)
                headers.setdefault("Content-Security-Policy", policy + _sockets(scope))
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
        "worker-src": "'self' blob:",
        "media-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
        "connect-src": "'self' data: blob:",  # last: the socket's address follows it
    }
    return "; ".join(f"{name} {told}" for name, told in rules.items())


def _sockets(scope: Scope) -> str:
    """This server's socket by name, for browsers whose 'self' leaves it out."""
    host = Received(scope=scope).get("host", "")
    return f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
