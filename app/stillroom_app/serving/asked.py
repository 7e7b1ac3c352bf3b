"""What a server is started with, checked before it starts: address, port, workspace, and who may come in.

Beyond this machine it needs a password, or a provider of sign-ins in Streamlit's secrets. The password comes from the
environment or a file, never from the command line, where every other program of the machine could read it.
"""

from __future__ import annotations

import errno
import os
import re
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from stillroom.base.errors import InputError, StillroomError
from stillroom_app.services.workspace import writable
from stillroom_app.serving.hosts import LOCAL, is_every, is_loopback
from stillroom_app.serving.provider import check as check_provider
from stillroom_app.serving.provider import provider

PASSWORD = "STILLROOM_APP_PASSWORD"
SHORTEST, LONGEST = 12, 1000
_NAME = re.compile(r"[\w.\-]+|[\da-fA-F:]+:[\da-fA-F:.]*")


@dataclass(frozen=True)
class Asked:
    """How to serve.

    Attributes:
        host: address to listen on.
        port: 0 for a free one.
        workspace: absolute.
        password: empty where none is asked.
        allowed: more names that the server answers to.
    """

    host: str
    port: int
    workspace: Path
    password: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def wide(self) -> bool:
        """Whether other machines can reach it."""
        return not is_loopback(self.host)

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it answers to."""
        own = LOCAL if not self.wide else (*LOCAL, socket.gethostname()) if is_every(self.host) else ()
        return tuple(dict.fromkeys((*own, self.host, *self.allowed)))

    def url(self, port: int) -> str:
        """Where a browser on this machine finds it."""
        host = "127.0.0.1" if is_every(self.host) else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def check(asked: Asked) -> list[str]:
    """Refuses what cannot be served, and tells what a person should know of the rest.

    Returns:
        Warnings, each a sentence.

    Raises:
        InputError: the workspace is a file, the port is taken, or the server would stand open.
    """
    _check_workspace(asked.workspace)
    _check_allowed(asked.allowed)
    _check_door(asked)
    _check_port(asked)
    told = []
    if asked.wide:
        told.append(
            f"other machines can reach this server ({asked.host}); what travels is not encrypted unless a proxy in "
            f"front of it does that. It answers to {', '.join(asked.names)}{' and to addresses' * is_every(asked.host)}"
        )
    if why := writable(asked.workspace):
        told.append(f"nothing can be kept, what is there can be read: {why}")
    return told


def password_of(file: Path | None) -> str:
    """The password that a person set, from a file or else from the environment; empty for none.

    It is taken out of the environment, so that no job inherits it.

    Raises:
        InputError: no such file, or a password that is too short or too long.
    """
    given, where = os.environ.pop(PASSWORD, ""), PASSWORD
    if file is not None:
        try:
            given, where = file.expanduser().read_text(encoding="utf-8").rstrip("\r\n"), str(file)
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            mend = "Write the password into a file, on one line"
            raise InputError(f"cannot read the password: {why}", where=str(file), mend=mend) from None
    if (given or file is not None) and not SHORTEST <= len(given) <= LONGEST:
        raise InputError(
            f"a password of {len(given)} characters", where=where, mend=f"Take {SHORTEST} to {LONGEST} characters"
        )
    return given


def _check_door(asked: Asked) -> None:
    if not asked.host.strip():
        raise InputError("no address to listen on", where="--host", mend="Leave it out, or give one of this machine")
    if found := provider():
        check_provider(found)
    elif asked.wide and not asked.password:
        raise InputError(
            "other machines could reach this server, and anybody could use it",
            where=f"--host {asked.host}",
            mend=f"Set a password of at least {SHORTEST} characters in {PASSWORD} or --password-file, "
            "or a provider of sign-ins ([auth] in .streamlit/secrets.toml)",
        )


def _check_workspace(folder: Path) -> None:
    above = next(path for path in (folder, *folder.parents) if path.exists())
    if not above.is_dir():
        raise InputError("the workspace is a file", where=str(above), mend="Give a folder with --workspace")


def _check_allowed(names: tuple[str, ...]) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            mend = "Give the name alone, as --allow-host lab.example.org"
            raise InputError("no name of a host", where=f"--allow-host {name}", mend=mend)


def _check_port(asked: Asked) -> None:
    try:
        family = socket.AF_INET6 if ":" in asked.host else socket.AF_INET
        with closing(socket.socket(family)) as one:
            if os.name != "nt":
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((asked.host, asked.port))
            one.listen()
    except (OSError, OverflowError, UnicodeError) as error:
        raise _port_refused(asked, error) from None


def _port_refused(asked: Asked, error: Exception) -> StillroomError:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        mend = f"Perhaps Stillroom runs already: look at {asked.url(asked.port)}. Else give another, as --port "
        mend += f"{asked.port + 1 if asked.port < 65535 else 8501}, or --port 0 for a free one"
        return InputError(f"port {asked.port} is taken", where="--port", mend=mend)
    if code == errno.EACCES:
        return InputError(f"port {asked.port} may not be used", where="--port", mend="Give one above 1023")
    mend = "Give an address of this machine, as --host 127.0.0.1"
    return InputError("cannot listen there", where=f"--host {asked.host}", mend=mend)


def config(asked: Asked) -> dict[str, object]:
    """What Streamlit is told; stronger than what a file or the environment says."""
    return {
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "logger.hideWelcomeMessage": True,  # with it, a server for all addresses asks the internet for its own
        "server.address": asked.host,
        "server.allowedHosts": ["*"] if is_every(asked.host) else list(asked.names),
        "server.enableAgentApi": False,
        "server.enableCORS": True,
        "server.enableStaticServing": False,
        "server.enableXsrfProtection": True,
        "server.headless": True,
        "server.maxMessageSize": 64,
        "server.port": asked.port,
        "server.xsrfCookieSameSite": "strict",
    }


def upload_bytes() -> int:
    """The most that one uploaded file may have."""
    return int(st.get_option("server.maxUploadSize")) * 1024 * 1024
