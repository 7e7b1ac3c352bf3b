"""Pages without a browser: Streamlit's own test runner, over a workspace of the test's own."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

import stillroom_app

MAIN = Path(stillroom_app.__file__).with_name("main.py")


def opened(page: str = "home", **query: str) -> AppTest:
    """A page of the app, drawn once; it must not have failed.

    Args:
        page: a screen's name.
        query: of the address.
    """
    at = AppTest.from_file(str(MAIN), default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    if page != "home":
        at.switch_page(f"screens/{page}.py").run()
    assert not at.exception, at.exception
    return at


def words(at: AppTest) -> str:
    """All that the page says."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success", "code")
    return "\n".join(str(one.value) for kind in kinds for one in at.get(kind) if hasattr(one, "value"))
