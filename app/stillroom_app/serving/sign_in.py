"""The door: a password for the whole server, asked on a page of its own, kept as a ticket in a cookie.

Pages, files, uploads and the socket lie behind it; outside lie only whether the server lives and is ready. The cookie
is Strict, so a link in a mail arrives without it: a page of ours then asks once more, and the browser brings it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
from urllib.parse import parse_qs, quote, urlencode

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from stillroom_app.serving.sign_in_page import again, form
from stillroom_app.serving.tickets import Attempts, Tickets

SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
COOKIE = "stillroom"
_MOST = 4096
_CLOSE = {"type": "websocket.close", "code": 1008}
_NOT_KEPT = {"Cache-Control": "no-store"}


class SignIn:
    """Lets through whoever has a ticket, and gives one for the password.

    Args:
        app: what stands behind.
        password: of the server.
        outside: paths that need no ticket.
        tickets: that it gives.
        attempts: that it counts.
        look_s: seconds from one look at an open socket's ticket to the next.
    """

    def __init__(
        self,
        app: ASGIApp,
        password: str,
        *,
        outside: tuple[str, ...],
        tickets: Tickets | None = None,
        attempts: Attempts | None = None,
        look_s: float = 2.0,
    ) -> None:
        self._app, self._outside, self._look_s = app, outside, look_s
        self._password = hashlib.sha256(password.encode()).digest()
        self._tickets = Tickets() if tickets is None else tickets
        self._attempts = Attempts() if attempts is None else attempts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers it with the door."""
        if scope["type"] == "lifespan" or scope["path"] in self._outside:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["path"] in (SIGN_IN, SIGN_OUT):
            await (await self._at_the_door(Request(scope, receive)))(scope, receive, send)
        elif self._good(scope):
            await self._app(scope, receive, send)
        else:
            await _closed(Request(scope))(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page's socket lives as long as its ticket."""
        if not self._good(scope):
            await receive()
            await send(_CLOSE)
            return
        page = asyncio.ensure_future(self._app(scope, receive, send))
        try:
            while not page.done() and self._good(scope):
                await asyncio.wait({page}, timeout=self._look_s)
            if not page.done():
                await send(_CLOSE)
            await page
        finally:
            page.cancel()

    async def _at_the_door(self, request: Request) -> Response:
        to = inside(request.query_params.get("to", ""))
        if request.url.path == SIGN_OUT:
            return self._leave(request)
        if request.method == "POST":
            return await self._enter(request, to)
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("Not that way.", status_code=405)
        if self._good(request.scope):
            return _go(to)
        if request.headers.get("sec-fetch-site") == "cross-site" and "again" not in request.query_params:
            return _page(again(f"{SIGN_IN}?{urlencode({'to': to, 'again': 1})}"))
        return _page(form(to))

    async def _enter(self, request: Request, to: str) -> Response:
        client = request.client.host if request.client else ""
        if wait := math.ceil(self._attempts.wait_s(client)):
            said = f"Too many attempts. Try again in {wait} s."
            return _page(form(to, said), status=429, more={"Retry-After": str(wait)})
        self._attempts.count(client)
        given = await _password(request)
        if given is None or not hmac.compare_digest(hashlib.sha256(given).digest(), self._password):
            return _page(form(to, "That is not the password."), status=401)
        self._attempts.succeeded(client)
        answer = _go(to)
        answer.set_cookie(
            cookie(request.scope),
            self._tickets.new(),
            max_age=self._tickets.lasts_s,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    def _leave(self, request: Request) -> Response:
        answer = _go(SIGN_IN)
        if ticket := request.cookies.get(cookie(request.scope)):  # Strict: no other site's page can bring it
            self._tickets.end(ticket)
            answer.delete_cookie(cookie(request.scope), httponly=True, samesite="strict")
        return answer

    def _good(self, scope: Scope) -> bool:
        return self._tickets.good(HTTPConnection(scope).cookies.get(cookie(scope), ""))


def cookie(scope: Scope) -> str:
    """The cookie's name; browsers mix up the cookies of two ports."""
    return f"{COOKIE}_{(scope.get('server') or ('', 0))[1]}"


def inside(to: str) -> str:
    """Where to go on; this server's own addresses alone, `/` for anything else."""
    fits = to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable()
    return to if fits and not to.startswith((SIGN_IN, SIGN_OUT)) else "/"


async def _password(request: Request) -> bytes | None:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST:
            return None
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=8, errors="surrogateescape")
    except ValueError:
        return None
    return fields["password"][0].encode(errors="surrogateescape") if "password" in fields else None


def _closed(request: Request) -> Response:
    """For a person the door, for anything else a plain refusal."""
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return _go(f"{SIGN_IN}?{urlencode({'to': asked})}")
    return PlainTextResponse("Sign in first.", status_code=401, headers=_NOT_KEPT)


def _go(to: str) -> RedirectResponse:
    return RedirectResponse(quote(to, safe="/?&=%:@+,;~!$'()*[]"), status_code=303, headers=_NOT_KEPT)


def _page(html: str, *, status: int = 200, more: dict[str, str] | None = None) -> HTMLResponse:
    return HTMLResponse(html, status_code=status, headers={**_NOT_KEPT, **(more or {})})
