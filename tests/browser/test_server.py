"""The door and the policy in a real browser: signing in, a link from elsewhere, nothing outside, nothing refused."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.browser.kit import IDLE, Server, Tab, serving, tab

PASSWORD = "a password of the lab"
ALLOWED = ("/_stcore/health", "/_stcore/host-config")  # of a deep link; Streamlit asks below the page's name first


@pytest.fixture(scope="module")
def server(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("door") / "runs", STILLROOM_APP_PASSWORD=PASSWORD) as one:
        yield one


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['help']}" for one in found if one["impact"] in ("serious", "critical")]


def sign_in(one: Tab, path: str = "/") -> None:
    one.page.goto(f"{one.server.url}{path}")
    expect(one.page.get_by_label("Password")).to_be_focused()
    one.page.keyboard.type(PASSWORD)
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector(IDLE, timeout=60_000)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1366])
def test_the_door_is_clear_in_both_themes_and_widths(chromium: Browser, server: Server, dark: bool, width: int) -> None:
    with tab(chromium, server, width=width, dark=dark) as one:
        one.page.goto(f"{server.url}/runs")
        expect(one.page.get_by_label("Password")).to_be_focused()
        assert serious(one.page) == []
        one.page.get_by_label("Password").fill("not the password")
        one.page.get_by_role("button", name="Sign in").click()
        expect(one.page.get_by_role("alert")).to_have_text("That is not the password.")
        assert serious(one.page) == []
        assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert one.outside == []


def test_the_password_leads_on_to_the_page_that_was_asked_for(chromium: Browser, server: Server) -> None:
    with tab(chromium, server) as one:
        sign_in(one, "/runs?teach=true")
        assert one.page.url == f"{server.url}/runs?teach=true"
        expect(one.page.get_by_role("heading", level=1)).to_be_visible()
        assert one.page.evaluate("document.cookie.includes('stillroom_')") is False
        assert one.outside == []
        assert [said for said in one.said if not any(path in said for path in ALLOWED) and "404" not in said] == []
        one.page.goto(f"{server.url}/sign-out")
        expect(one.page.get_by_label("Password")).to_be_visible()
        one.page.goto(f"{server.url}/runs")
        expect(one.page.get_by_label("Password")).to_be_visible()


def test_the_way_out_ends_every_tab(chromium: Browser, server: Server) -> None:
    with tab(chromium, server) as one:
        sign_in(one)
        with one.page.expect_popup() as opened:
            one.page.get_by_role("link", name="Sign out").click()
        expect(opened.value.get_by_label("Password")).to_be_visible()
        expect(one.page.get_by_test_id("stStatusWidget").or_(one.page.get_by_role("dialog")).first).to_be_visible()
        one.page.reload()
        expect(one.page.get_by_label("Password")).to_be_visible()


def test_a_link_from_another_site_arrives_signed_in(chromium: Browser, server: Server, tmp_path: Path) -> None:
    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(f'<a href="{server.url}/runs?teach=true">here</a>'.encode())

        def log_message(self, format: str, *args: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as mail:
        threading.Thread(target=mail.serve_forever, daemon=True).start()
        with tab(chromium, server) as one:
            sign_in(one)
            one.page.context.unroute_all()
            one.page.goto(f"http://localhost:{mail.server_port}/")  # another site: localhost is not 127.0.0.1
            one.page.get_by_text("here").click()
            one.page.wait_for_selector(IDLE, timeout=60_000)
            assert one.page.url == f"{server.url}/runs?teach=true"
        mail.shutdown()


def test_no_page_asks_for_anything_elsewhere_or_breaks_the_policy(chromium: Browser, tmp_path: Path) -> None:
    with serving(tmp_path / "runs") as open_one, tab(chromium, open_one) as one:
        for name in ("home", "runs"):
            one.open(name)
        assert one.outside == []
        assert [said for said in one.said if "Content Security Policy" in said or "Refused" in said] == []
