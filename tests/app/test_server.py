"""The server around the pages: what it tells browsers, whom it answers, how much it takes, how it fails and ends."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.app.asgi import ask, pages, rule, run_page, session, session_id
from tests.browser.kit import Server, free_port, serving, start
from websockets.exceptions import InvalidStatus

from stillroom_app.server import READY, before, ready
from stillroom_app.serving.asked import Asked, config
from stillroom_app.serving.bodies import MB, Bodies
from stillroom_app.serving.hosts import Hosts, is_every, is_loopback

LOCAL = Asked("127.0.0.1", 8501, Path("runs"))
TOLD = ("content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy")
BROKEN = """
import sys
from pathlib import Path
import stillroom_app.shell as shell
from stillroom_app.server import Server
from stillroom_app.serving.asked import Asked, config

def strip():
    raise RuntimeError("a secret of /the/disk")

shell.strip = strip
asked = Asked("127.0.0.1", int(sys.argv[1]), Path(sys.argv[2]))
Server(asked, begun=lambda port: print("begun", flush=True)).run(config={**config(asked), "server.maxUploadSize": 1})
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server") / "runs") as one:
        yield one


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose every page fails, and which takes uploads of 1 MB."""
    folder, port = tmp_path_factory.mktemp("broken"), free_port()
    words = [sys.executable, "-c", BROKEN, str(port), str(folder / "runs")]
    environment = {**os.environ, "STILLROOM_WORKSPACE": str(folder / "runs")}
    with (
        (folder / f"server-{port}.log").open("ab") as log,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, env=environment) as process,
    ):
        assert process.stdout is not None and process.stdout.readline() == b"begun\n"
        yield Server(folder / "runs", port, process)
        process.terminate()


def get(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    one = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    one.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        one.putheader(name.replace("_", "-"), value)
    one.endheaders()
    answer = one.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode("latin-1")
    one.close()
    return found


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/runs", "GET", 200),
        ("/favicon.png", "GET", 200),
        ("/_stcore/health", "GET", 200),
        (READY, "GET", 200),
        ("/media/none.png", "GET", 404),
        ("/%2e%2e/%2e%2e/etc/passwd", "GET", 400),
        ("/_stcore/upload_file/a/b", "PUT", 403),
        ("/_stcore/health", "DELETE", 405),
    ],
)
def test_pages_files_and_errors_keep_a_browser_to_this_server(
    server: Server, path: str, method: str, status: int
) -> None:
    found, headers, _ = get(server, path, method)
    assert found == status
    assert [name for name in TOLD if name not in headers] == []
    assert rule(headers["content-security-policy"], "frame-ancestors") == "'self'"


def test_a_failure_of_the_server_itself_carries_them_too_and_tells_nothing() -> None:
    def fail(_: Request) -> Response:
        raise RuntimeError("a secret")

    seen: list[Any] = []

    async def kept(scope: Any, receive: Any, send: Any) -> None:
        async def also(message: Any) -> None:
            seen.append(message)
            await send(message)

        await before(Starlette(routes=[Route("/", fail)]), LOCAL)(scope, receive, also)

    with pytest.raises(RuntimeError):
        ask(kept)
    names = {name.decode() for name, _ in seen[0]["headers"]}
    assert seen[0]["status"] == 500
    assert set(TOLD) <= names
    assert b"secret" not in seen[1]["body"]


def test_the_policy_allows_no_eval_no_other_script_and_no_other_socket() -> None:
    policy = ask(before(pages, LOCAL)).headers["content-security-policy"]
    scripts = rule(policy, "script-src")
    assert "'unsafe-eval'" not in scripts
    assert "'unsafe-inline'" not in scripts
    assert rule(policy, "connect-src") == "'self' data: blob: ws://localhost:8501 wss://localhost:8501"
    assert "http" not in policy


def test_a_host_cannot_write_into_the_policy() -> None:
    policy = ask(before(pages, LOCAL), host="localhost; script-src *").headers["content-security-policy"]
    assert "script-src *" not in policy


def test_health_is_ok_and_readiness_names_nothing(server: Server) -> None:
    assert get(server, "/_stcore/health")[2] == "ok"
    assert get(server, READY)[2] == '{"ready":true,"why":"","jobs":0}'


def test_a_server_without_a_place_for_results_is_not_ready_and_does_not_say_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STILLROOM_WORKSPACE", str(tmp_path / "file"))
    answer = ready(Request({"type": "http"}))
    assert answer.status_code == 503
    assert str(tmp_path).encode() not in bytes(answer.body)
    assert b'"ready":false' in bytes(answer.body)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "a@localhost"]
)
def test_another_name_that_points_here_is_refused(server: Server, host: str) -> None:
    assert get(server, "/", Host=host)[0] == 403
    assert ask(Hosts(pages, LOCAL.names), socket=True, host=host).status == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8501", "127.0.0.1:8501", "[::1]:8501", "localhost."])
def test_this_machine_is_answered(host: str) -> None:
    assert ask(Hosts(pages, LOCAL.names), host=host).status == 200


def test_every_address_but_no_unknown_name_is_answered_where_all_are_listened_on() -> None:
    wide = Asked("0.0.0.0", 8501, Path("runs"), allowed=("lab.example.org",))
    app = Hosts(pages, wide.names, addresses=is_every(wide.host))
    for host in ("192.168.1.20:8501", "[fe80::1]:8501", "lab.example.org", socket.gethostname()):
        assert ask(app, host=host).status == 200
    assert ask(app, host="evil.example").status == 403
    assert ask(Hosts(pages, LOCAL.names), host="192.168.1.20").status == 403


def test_which_addresses_only_this_machine_reaches() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost")] == [True] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "192.168.1.2", "lab.example.org", "")] == [False] * 5


def test_a_page_of_another_site_opens_no_socket(server: Server) -> None:
    with session(server.url) as one:
        assert one.protocol.state.name == "OPEN"
    for origin in ("http://evil.example", f"http://localhost:{free_port()}", "null"):
        with pytest.raises(InvalidStatus, match="403"), session(server.url, origin=origin):
            pass


def test_a_form_of_another_site_changes_nothing_and_a_proxy_may_speak_under_a_given_name() -> None:
    app = Hosts(pages, ("localhost", "lab.example.org"), named=("lab.example.org",))
    assert ask(app, method="POST", origin="http://evil.example").status == 403
    assert ask(app, method="POST", origin="http://localhost:8501").status == 200
    assert ask(app, method="POST", origin="https://lab.example.org").status == 200


def test_what_protects_is_set_and_cannot_be_weakened_by_a_file() -> None:
    told = config(LOCAL)
    assert [told[name] for name in ("server.enableCORS", "server.enableXsrfProtection")] == [True, True]
    assert [told[name] for name in ("server.enableAgentApi", "browser.gatherUsageStats")] == [False, False]
    assert told["server.allowedHosts"] == ["localhost", "127.0.0.1", "::1"]
    assert told["client.showErrorDetails"] == "none"


def test_no_agent_drives_a_page(server: Server) -> None:
    assert get(server, "/_stcore/agent/sessions", "POST", Content_Length="0")[0] in (403, 404, 405)


def test_an_announced_upload_of_2_gb_is_refused_before_it_is_sent(server: Server) -> None:
    began = time.monotonic()
    status, headers, said = get(server, "/_stcore/upload_file/a/b", "PUT", Content_Length=str(2 * 1024 * MB))
    assert status == 413
    assert "at most 200 MB" in said
    assert headers["connection"] == "close"
    assert time.monotonic() - began < 5


def test_a_body_that_nobody_reads_is_refused(server: Server) -> None:
    assert get(server, "/", "POST", Content_Length=str(MB))[0] == 413


def test_an_upload_that_hides_its_length_is_cut_off_while_it_streams(broken: Server) -> None:
    with session(broken.url) as one:
        name = session_id(run_page(one))
        cookie = get(broken, "/_stcore/health")[1]["set-cookie"].partition(";")[0]
        with socket.create_connection(("127.0.0.1", broken.port), timeout=20) as raw:
            head = (
                f"PUT /_stcore/upload_file/{name}/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                f"X-Xsrftoken: {cookie.partition('=')[2]}\r\nCookie: {cookie}\r\n"
                "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
            )
            raw.sendall(head.encode())
            first = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
            sent = 0
            try:
                for part in (first, *[bytes(MB // 4)] * 200):  # 50 MB, were they taken
                    raw.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                    sent += len(part)
            except OSError:
                pass
            answer = raw.recv(4096)
    assert b" 413 " in answer.splitlines()[0]
    assert sent < 20 * MB
    assert "exceeded the size limit" in broken.log


def test_an_upload_of_a_session_is_taken_and_one_without_is_not(broken: Server) -> None:
    with session(broken.url) as one:
        name = session_id(run_page(one))
        cookie = get(broken, "/_stcore/health")[1]["set-cookie"].partition(";")[0]
        body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n1,2\r\n--b--\r\n'
        told = {"X-Xsrftoken": cookie.partition("=")[2], "Content-Type": "multipart/form-data; boundary=b"}
        statuses = []
        for path, more in ((name, {"Cookie": cookie}), ("nobody", {"Cookie": cookie}), (name, {})):
            raw = http.client.HTTPConnection("127.0.0.1", broken.port, timeout=20)
            raw.request("PUT", f"/_stcore/upload_file/{path}/x", body, {**told, **more})
            statuses.append(raw.getresponse().status)
            raw.close()
    assert statuses == [204, 400, 403]


def test_uploads_together_have_a_bound() -> None:
    held = 900 * MB
    app = Bodies(pages, 200 * MB, together=1024 * MB, held=lambda: held)
    path = "/_stcore/upload_file/a/b"
    assert ask(app, path, "PUT", content_length=str(100 * MB)).status == 200
    assert ask(app, path, "PUT", content_length=str(150 * MB)).status == 503
    assert ask(app, path, "PUT", transfer_encoding="chunked", content_length="").status == 503
    held = 0
    assert ask(app, path, "PUT", content_length=str(150 * MB)).status == 200


def test_a_page_that_fails_shows_a_reference_and_the_log_says_why(broken: Server) -> None:
    with session(broken.url) as one:
        told = "\n".join(str(message) for message in run_page(one))
    assert "Something failed here, reference" in told
    assert "Back to Home" in told
    for hidden in ("Traceback", "RuntimeError", "a secret", "/the/disk", "strip", "shell.py"):
        assert hidden not in told
    reference = told.partition("reference ")[2][:4]
    assert f"reference {reference}" in broken.log
    assert "RuntimeError: a secret of /the/disk" in broken.log


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_server_that_is_told_to_end_ends_with_a_tab_open(tmp_path: Path, number: int, code: int) -> None:
    server = start(tmp_path / "runs")
    with session(server.url) as one:
        run_page(one)
        server.end(number)
    assert server.process.returncode == code
    assert "Traceback" not in server.log


def test_nothing_leaves_the_machine_when_a_server_starts_wide_and_a_stranger_knocks(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.2)
        at = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        environment = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"), at)
        with serving(
            tmp_path / "runs", "--host", "0.0.0.0", **environment, no_proxy="", STILLROOM_APP_PASSWORD="a long password"
        ) as one:
            with pytest.raises(InvalidStatus), session(one.url, origin="http://evil.example"):
                pass
            assert "warning: other machines can reach this server" in one.log
            with pytest.raises(TimeoutError):
                proxy.accept()
