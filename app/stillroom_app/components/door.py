"""The door as pages draw it: the way in where a provider of sign-ins is set, and the way out.

A password is asked before any page, by the server itself; the way in is only for a provider.
"""

from __future__ import annotations

import streamlit as st

from stillroom_app.components.text import plain
from stillroom_app.serving.provider import Provider, provider
from stillroom_app.serving.sign_in import COOKIE, SIGN_OUT


def shut() -> bool:
    """Draws the door where nobody has come in who may; whether the page must end here."""
    found = provider()
    if found is None:
        return False
    if not st.user.is_logged_in:
        _ask(found)
        return True
    if not found.admits(st.user.get("email"), st.user.get("email_verified", True)):
        st.title("This server is for others", anchor=False)
        who = plain(str(st.user.get("email") or "This account"))
        st.markdown(f"{who} is not among the people who may use it. Ask whoever started it.")
        st.button("Sign out", key="door_out", on_click=st.logout)
        return True
    return False


def way_out() -> None:
    """In the sidebar, for whoever has signed in; nothing where nobody has to."""
    if provider() is not None:
        st.sidebar.button("Sign out", key="door_out", icon=":material/logout:", type="tertiary", on_click=st.logout)
    elif any(name.startswith(f"{COOKIE}_") for name in st.context.cookies):
        st.sidebar.link_button("Sign out", SIGN_OUT, icon=":material/logout:", type="tertiary")


def _ask(found: Provider) -> None:
    st.title("Sign in to Stillroom", anchor=False)
    for name in found.names or ("",):
        label = f"Sign in with {plain(name)}" if name else "Sign in"
        st.button(
            label, key=f"door_{name}", type="primary", on_click=st.login, args=(name,) if name else (),
        )  # fmt: skip
