"""A provider of sign-ins in Streamlit's secrets, in place of a password, and who of its people may come in.

`[auth]` stands there as Streamlit's documentation has it; who may come in stands beside it, in `[stillroom]`, as
`people = ["ada@example.org", "@lab.example.org"]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from streamlit.runtime.secrets import secrets_singleton

from stillroom.base.errors import InputError

EVERYBODY = "*"


@dataclass(frozen=True)
class Provider:
    """Who lets people in.

    Attributes:
        names: of the providers as `st.login` takes them; empty for the only one.
        people: addresses, or `@` and a domain, or `*` for everybody whom the provider knows.
    """

    names: tuple[str, ...]
    people: tuple[str, ...]

    def admits(self, email: object, verified: object = True) -> bool:
        """Whether a person may come in; an address that the provider calls unverified is nobody's."""
        if EVERYBODY in self.people:
            return True
        given = str(email or "").lower()
        return verified is not False and any(
            given == one or (one.startswith("@") and given.endswith(one)) for one in map(str.lower, self.people)
        )


def provider() -> Provider | None:
    """The one that is set; None where there is none."""
    if not secrets_singleton.load_if_toml_exists():
        return None
    auth = secrets_singleton.get("auth")
    if not isinstance(auth, Mapping) or not auth:
        return None
    ours = secrets_singleton.get("stillroom") or {}
    people = ours.get("people", ()) if isinstance(ours, Mapping) else ()
    listed = people if isinstance(people, Sequence) and not isinstance(people, str) else (people,)
    names = tuple(str(name) for name, value in auth.items() if isinstance(value, Mapping))
    return Provider(names, tuple(str(one) for one in listed if one))


def check(found: Provider) -> None:
    """Refuses one that would let in everybody, or that cannot work.

    Raises:
        InputError: nobody is named, or its library is missing.
    """
    if not found.people:
        raise InputError(
            "everybody with an account at the provider of sign-ins could come in",
            where=".streamlit/secrets.toml, [stillroom]",
            mend='Name them, as people = ["ada@example.org", "@lab.example.org"], or everybody as people = ["*"]',
        )
    if find_spec("authlib") is None:
        raise InputError("a provider of sign-ins needs Authlib", mend="Install it: pip install 'Authlib>=1.3.2'")
