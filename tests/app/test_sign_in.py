"""The door: who comes in by the password, what lies behind it, and how it holds against guessing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tests.app.asgi import Answer, ask, pages, run_page, session
from tests.app.test_server import TOLD, get
from tests.browser.kit import Server, serving
from websockets.exceptions import InvalidStatus

from stillroom_app.server import HEALTH, READY, before
from stillroom_app.serving.asked import Asked
from stillroom_app.serving.sign_in import SignIn, inside
from stillroom_app.serving.tickets import Attempts, Tickets

SECRET = "twelve or more – ü"
HTML = "text/html,application/xhtml+xml"
FORM = "application/x-www-form-urlencoded"


class Clock:
    """Time that passes when told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(clock: Clock) -> ASGIApp:
    """A server with a password, and time that stands still."""
    tickets, attempts = Tickets(clock=clock), Attempts(clock=clock)
    return SignIn(pages, SECRET, outside=(HEALTH, READY), tickets=tickets, attempts=attempts)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("door")
    (folder / "password").write_text(SECRET + "\n", encoding="utf-8")
    with serving(folder / "runs", "--password-file", str(folder / "password")) as one:
        yield one


def enter(app: ASGIApp, password: str, to: str = "/", client: str = "127.0.0.1", scheme: str = "http") -> Answer:
    body = f"username=stillroom&password={quote(password)}".encode()
    path = f"/sign-in?to={quote(to)}"
    return ask(app, path, "POST", body=body, client=client, scheme=scheme, content_type=FORM)


@pytest.mark.parametrize(
    "path",
    ["/", "/runs", "/static/js/index.js", "/_stcore/upload_file/a/b", "/_stcore/host-config", "/_stcore/metrics",
     "/media/a.png", "/_stcore/health/", "//_stcore/health", "/x/../_stcore/health", "/API/readyz"],
)  # fmt: skip
def test_everything_lies_behind_the_door(door: ASGIApp, path: str) -> None:
    for method in ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD"):
        assert ask(door, path, method).status == 401
    assert ask(door, path, accept=HTML).status == 303


def test_only_life_and_readiness_lie_outside(door: ASGIApp) -> None:
    assert [ask(door, path).body for path in (HEALTH, READY)] == ["the pages"] * 2


def test_a_socket_without_a_ticket_is_refused(door: ASGIApp) -> None:
    assert ask(door, "/_stcore/stream", socket=True).status == 403
    assert ask(door, HEALTH.replace("health", "stream"), socket=True, cookie="stillroom_8501=1.2.3").status == 403
    assert ask(door, "/_stcore/stream", socket=True, cookie=enter(door, SECRET).cookie).status == 101


def test_the_password_opens_and_leads_to_where_one_wanted_to_go(door: ASGIApp) -> None:
    wanted = ask(door, "/compare?run=tsak&teach=true", accept=HTML).headers["location"]
    assert wanted == "/sign-in?to=%2Fcompare%3Frun%3Dtsak%26teach%3Dtrue"
    answer = enter(door, SECRET, "/compare?run=tsak&teach=true")
    assert (answer.status, answer.headers["location"]) == (303, "/compare?run=tsak&teach=true")
    assert ask(door, "/compare", cookie=answer.cookie).body == "the pages"
    assert ask(door, "/sign-in?to=/runs", cookie=answer.cookie).headers["location"] == "/runs"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_ends(door: ASGIApp) -> None:
    said = enter(door, SECRET).headers["set-cookie"].lower()
    assert all(part in said for part in ("httponly", "samesite=strict", "max-age=43200", "path=/"))
    assert "secure" not in said
    assert "secure" in enter(door, SECRET, scheme="https").headers["set-cookie"].lower()


@pytest.mark.parametrize("wrong", ["", SECRET[:-1], SECRET + "x", SECRET.upper(), "x" * 5000, "\ud800"])
def test_a_wrong_password_opens_nothing_and_is_not_said_again(door: ASGIApp, wrong: str) -> None:
    answer = enter(door, wrong.encode("utf-8", "replace").decode())
    assert answer.status == 401
    assert "set-cookie" not in answer.headers
    assert "That is not the password." in answer.body
    assert not wrong or wrong not in answer.body


@pytest.mark.parametrize("body", [b"", b"password", b"\xff\xfe", b"&" * 50, b'{"password": 1}', b"a=1&" * 20])
def test_a_form_that_is_none_is_a_wrong_password(door: ASGIApp, body: bytes) -> None:
    assert ask(door, "/sign-in", "POST", body=body).status == 401


def test_after_five_failures_each_next_one_waits_longer_and_the_right_one_waits_too(
    door: ASGIApp, clock: Clock
) -> None:
    assert [enter(door, "wrong").status for _ in range(6)] == [401] * 5 + [429]
    assert enter(door, SECRET).status == 429
    answer = enter(door, "wrong")
    assert (answer.headers["retry-after"], "Try again in 2 s" in answer.body) == ("2", True)
    clock.now += 2
    assert enter(door, "wrong").status == 401
    assert enter(door, "wrong").headers["retry-after"] == "4"
    assert enter(door, SECRET, client="192.168.1.9").status == 303
    clock.now += 4
    assert enter(door, SECRET).status == 303
    assert enter(door, "wrong").status == 401


def test_many_addresses_gain_nothing_and_fill_no_memory(clock: Clock) -> None:
    attempts = Attempts(clock)
    for number in range(5000):
        attempts.count(f"10.0.{number // 250}.{number % 250}")
    assert len(attempts) <= 1024
    assert attempts.wait_s("192.168.1.1") > 0
    clock.now += 61
    assert attempts.wait_s("192.168.1.1") == 0


def test_nobody_can_shut_the_door_for_those_who_have_signed_in(clock: Clock) -> None:
    attempts = Attempts(clock)
    for _ in range(200):
        attempts.count("192.168.1.1")
        attempts.succeeded("192.168.1.1")
    assert attempts.wait_s("192.168.1.2") == 0, "those who get in use up nothing"
    for number in range(200):
        attempts.count(f"10.0.0.{number}")
    assert attempts.wait_s("192.168.1.2") > 0
    assert attempts.wait_s("192.168.1.1") == 0
    for _ in range(6):
        attempts.count("192.168.1.1")
    assert attempts.wait_s("192.168.1.1") > 0, "it still waits after failures of its own"


def test_one_network_of_ipv6_is_one_place(clock: Clock) -> None:
    attempts = Attempts(clock)
    for number in range(5):
        attempts.count(f"2001:db8::{number:x}")
    assert attempts.wait_s("2001:db8::ffff") > 0
    assert attempts.wait_s("2001:db8:1::1") == 0


@pytest.mark.parametrize("ticket", ["", ".", "..", "9999999999.a.b", "\xff.\xff.\xff", "9999999999", "x" * 10_000])
def test_a_ticket_that_we_did_not_give_is_worth_nothing(ticket: str) -> None:
    assert not Tickets().good(ticket)


def test_a_ticket_ends_with_time_with_sign_out_and_with_the_server(clock: Clock) -> None:
    tickets = Tickets(60, clock)
    one, other = tickets.new(), tickets.new()
    assert one != other
    assert tickets.good(one)
    assert not Tickets(60, clock).good(one)
    later = str(int(one.partition(".")[0]) + 1000) + one[one.index(".") :]
    assert not tickets.good(later)
    tickets.end(one)
    assert (tickets.good(one), tickets.good(other)) == (False, True)
    clock.now += 61
    assert not tickets.good(other)


def test_signing_out_ends_the_ticket_wherever_it_was_copied(door: ASGIApp) -> None:
    kept = enter(door, SECRET).cookie
    assert ask(door, "/sign-out", cookie=kept).headers["location"] == "/sign-in"
    assert ask(door, "/", cookie=kept).status == 401


def test_an_open_page_ends_with_its_ticket(clock: Clock) -> None:
    closed: list[object] = []

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        while not closed:
            await asyncio.sleep(0.001)

    async def send(message: Message) -> None:
        closed.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    tickets = Tickets(60, clock)
    kept = tickets.new()
    door = SignIn(page, SECRET, outside=(), tickets=tickets, look_s=0.01)
    scope = {
        "type": "websocket", "path": "/_stcore/stream", "server": ("127.0.0.1", 8501),
        "headers": [(b"cookie", f"stillroom_8501={kept}".encode())],
    }  # fmt: skip

    async def until_it_ends() -> None:
        opened = asyncio.ensure_future(door(scope, receive, send))
        await asyncio.sleep(0.05)
        assert not closed
        tickets.end(kept)
        await asyncio.wait_for(opened, 5)

    asyncio.run(until_it_ends())
    assert closed == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    ("to", "there"),
    [("/runs?a=b", "/runs?a=b"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("https://evil.example", "/"),
     ("javascript:alert(1)", "/"), ("/a\r\nSet-Cookie: x=y", "/"), ("/sign-out", "/"), ("", "/"), ("/ä", "/ä")],
)  # fmt: skip
def test_the_door_leads_nowhere_else(door: ASGIApp, to: str, there: str) -> None:
    assert inside(to) == there
    assert enter(door, SECRET, to).headers["location"] == quote(there, safe="/?=&")


def test_what_an_address_says_stands_escaped_in_the_page(door: ASGIApp) -> None:
    page = ask(door, "/sign-in?to=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E").body
    assert "<script" not in page
    assert "alert(1)" not in page.replace("alert%281%29", "")


def test_a_link_of_another_site_is_asked_once_more_and_never_in_a_circle(door: ASGIApp) -> None:
    first = ask(door, "/sign-in?to=/runs", sec_fetch_site="cross-site")
    assert "url=/sign-in?to=%2Fruns&amp;again=1" in first.body
    second = ask(door, "/sign-in?to=/runs&again=1", sec_fetch_site="cross-site")
    assert 'type="password"' in second.body


def test_the_door_carries_the_headers_and_is_not_kept_by_browsers() -> None:
    app = before(pages, Asked("127.0.0.1", 8501, Path("runs"), SECRET))
    for answer in (ask(app, "/sign-in"), ask(app, "/"), ask(app, "/", accept=HTML), enter(app, "wrong")):
        assert [name for name in TOLD if name not in answer.headers] == []
        assert answer.headers["cache-control"] == "no-store"


def test_a_form_of_another_site_cannot_sign_in() -> None:
    app = before(pages, Asked("127.0.0.1", 8501, Path("runs"), SECRET))
    assert ask(app, "/sign-in", "POST", body=b"password=x", origin="http://evil.example").status == 403


def test_a_real_server_keeps_its_pages_files_and_socket_behind_the_door(server: Server) -> None:
    assert get(server, HEALTH)[0] == get(server, READY)[0] == 200
    assert [get(server, path)[0] for path in ("/", "/favicon.png", "/_stcore/metrics")] == [401] * 3
    assert get(server, "/_stcore/upload_file/a/b", "PUT", Content_Length="1")[0] == 401
    with pytest.raises(InvalidStatus, match="403"), session(server.url):
        pass
    assert SECRET not in server.log


def test_a_real_server_shows_its_pages_with_a_ticket(server: Server) -> None:
    import urllib.request

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: object) -> None:
            return None

    body = f"password={quote(SECRET)}".encode()
    with pytest.raises(urllib.error.HTTPError) as found:
        urllib.request.build_opener(Stay).open(f"{server.url}/sign-in", body, timeout=10)
    cookie = found.value.headers["set-cookie"].partition(";")[0]
    found.value.close()
    assert get(server, "/", Cookie=cookie)[0] == 200
    with session(server.url, cookie=cookie) as one:
        assert "script_finished" in str(run_page(one)[-1])
