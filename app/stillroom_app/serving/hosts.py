"""Under which names the server answers, and which sites may speak to it.

Another site's name that is made to point here (DNS rebinding) is refused, and so is a socket or a form that a page of
another site opens. Streamlit asks the internet about origins that it does not know; here none gets that far.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers as Received
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOCAL = ("localhost", "127.0.0.1", "::1")
_READING = ("GET", "HEAD", "OPTIONS")


class Hosts:
    """Lets through what is asked of this server by a name of its own, from a page of its own.

    Args:
        app: what stands behind.
        names: that it answers to.
        addresses: whether any literal address will do; rebinding needs a name.
        named: of `names`, those that a person gave; a proxy in front may speak for them under another.
    """

    def __init__(
        self, app: ASGIApp, names: Collection[str], *, addresses: bool = False, named: Collection[str] = ()
    ) -> None:
        self._app, self._addresses = app, addresses
        self._names = {name.lower().rstrip(".") for name in names}
        self._named = {name.lower().rstrip(".") for name in named}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        if scope["type"] == "lifespan" or not (why := self._refusal(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(why, status_code=403)(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> str:
        headers = Received(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._known(_hostname(host)):
            return "This server does not answer to that name. Start it with --allow-host NAME."
        changes = scope["type"] == "websocket" or scope["method"] not in _READING
        if changes and origin is not None and not self._own(origin, host):
            return "A page of another site may not do that here."
        return ""

    def _known(self, name: str) -> bool:
        return bool(name) and (name in self._names or (self._addresses and _is_address(name)))

    def _own(self, origin: str, host: str) -> bool:
        return (
            origin.partition("://")[2].lower() == host.lower() or _hostname(origin.partition("://")[2]) in self._named
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address to listen on."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def is_every(host: str) -> bool:
    """Whether it stands for all addresses of this machine."""
    return _is_address(host) and ipaddress.ip_address(host).is_unspecified


def _hostname(authority: str) -> str:
    try:
        parts = urlsplit(f"//{authority}")
        _ = parts.port
    except ValueError:
        return ""
    plain = parts.username is None and parts.password is None and not (parts.path or parts.query or parts.fragment)
    return (parts.hostname or "").rstrip(".") if plain else ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
