"""Streams by their addresses, what a page says of them, and the commands that begin one."""

from __future__ import annotations

import json
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from streamlit.testing.v1 import AppTest
from tests.app.asgi import Answer, ask
from tests.app.kit import opened, words
from tests.app.live_kit import followed, head, run_with_export
from tests.unit.inference.conftest import LAYOUT, RATE_HZ, moving, small_export

from stillroom.data import source
from stillroom.data.recording import Recording
from stillroom.inference.following_kept import keeping
from stillroom.inference.following_lines import Lines
from stillroom_app.server import before
from stillroom_app.services import live
from stillroom_app.serving import live as routes
from stillroom_app.serving.asked import Asked
from stillroom_app.serving.provider import Provider

LOCAL = Asked("127.0.0.1", 8501, Path("runs"))
HOSTILE = "<img src=x onerror=alert(1)> **b** `c` $x$"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_export(tmp_path_factory.mktemp("live") / "export")


@pytest.fixture
def workspace(workspace: Path, export: Path) -> Iterator[Path]:
    """With one stream that has ended, and one that runs."""
    followed(workspace, "line-1", export)
    with keeping(workspace, "line-2", head("replay:factory", began_s=1.8e9)) as kept:
        kept.beat({"windows": 0, "samples": 3, "skipped": 0, "heard_s": None})
        yield workspace


def get(path: str, asked: Asked = LOCAL, **headers: str) -> Answer:
    app = Starlette(routes=[Route(routes.LIST, routes.streams), Route(routes.ONE, routes.stream)])
    return ask(before(app, asked), path, **headers)


def told(path: str) -> dict[str, Any]:
    answer = get(path)
    assert answer.status == 200, answer
    return dict(json.loads(answer.body))


def test_streams_are_listed_those_that_run_first(workspace: Path) -> None:
    found = told("/api/live")["streams"]
    assert [(one["name"], one["state"]) for one in found] == [("line-2", "running"), ("line-1", "ended")]
    assert found[1]["source"] == "wrist.csv" and found[1]["classes"] == ["x", "y", "z"]


def test_only_what_is_new_is_told(workspace: Path) -> None:
    first = told("/api/live/line-1")
    assert [row["n"] for row in first["rows"]] == list(range(23)) and first["ended"]["windows"] == 23
    assert first["rows"][0]["label"] == "x" and len(first["rows"][0]["signal"]) == 3
    assert told(f"/api/live/line-1?after={first['next']}")["rows"] == []
    half = told("/api/live/line-1?after=0")
    assert half["rows"] == first["rows"] and half["next"] == first["next"] and first["names"] == ["line-1", "line-2"]
    waiting = told("/api/live/line-2")
    assert (waiting["state"], waiting["ended"], waiting["rows"], waiting["waits_s"]) == ("running", None, [], None)


@pytest.mark.parametrize(
    "name", ["none", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "line-1%2f..%2fline-1", "%00", "a%0a", ".lock"]
)
def test_a_name_leads_nowhere_else(name: str, workspace: Path) -> None:
    (workspace / "live.json").write_text(json.dumps(head()))
    answer = get(f"/api/live/{name}")
    assert answer.status == 404 and "began_s" not in answer.body


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 16, "%D9%A1"])
def test_a_place_that_is_none_is_refused(after: str, workspace: Path) -> None:
    assert get(f"/api/live/line-1?after={after}").status == 400


def test_it_stands_behind_the_same_door_hosts_and_headers(workspace: Path) -> None:
    shut = Asked("127.0.0.1", 8501, workspace, password="a long password")
    for path in ("/api/live", "/api/live/line-1"):
        assert "line-1" not in get(path, shut).body and get(path, shut).status in (303, 307, 401, 403)
        assert get(path, host="evil.example").status == 403
        answer = get(path)
        assert answer.status == 200 and answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors" in answer.headers["content-security-policy"]


def test_behind_a_provider_a_page_hands_out_a_ticket(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert routes.ticket() == ""
    monkeypatch.setattr(routes, "provider", lambda: Provider((), ("ada@example.org",)))
    for given in ({}, {"x-stillroom-ticket": "1.2.3"}, {"x-stillroom-ticket": "nonsense"}):
        assert get("/api/live", **given).status == 401 and get("/api/live/line-1", **given).status == 401
    ticket = {"x-stillroom-ticket": routes.ticket()}
    assert get("/api/live/line-1", **ticket).status == 200 and get("/api/live", **ticket).status == 200


def test_files_made_by_hand_break_nothing(workspace: Path) -> None:
    folder = workspace / "live/line-1"
    row = json.dumps(told("/api/live/line-1")["rows"][2])
    (folder / "answers.jsonl").write_text(f'{{"before": 0}}\n{{"n": 1, "share": NaN}}\nno\n{row}\n')
    assert [row["n"] for row in told("/api/live/line-1")["rows"]] == [2]
    (folder / "answers.jsonl").write_text("[]\n")
    (folder / "beat.json").write_text('{"at_s": "x", "heard_s": []}')
    assert told("/api/live/line-1")["rows"] == []
    (folder / "live.json").write_text("{}")
    assert [one["name"] for one in told("/api/live")["streams"]] == ["line-2"]


def test_what_is_odd_is_told_and_no_folder_of_this_machine(workspace: Path) -> None:
    beat = {"puzzle": "the clock stood still", "strangers": 2, "first_stranger": "a web request", "heard_s": None}
    (workspace / "live/line-2/beat.json").write_text(json.dumps({"at_s": 1.0, **beat}))
    told_beat = told("/api/live/line-2")["beat"]
    assert {key: told_beat[key] for key in beat if key != "heard_s"} == {
        "puzzle": "the clock stood still", "strangers": 2, "first_stranger": "a web request",
    }  # fmt: skip
    (workspace / "live/line-2/beat.json").write_text('{"puzzle": {"a": 1}, "first_stranger": 3}')
    told_beat = told("/api/live/line-2")["beat"]
    assert (told_beat["puzzle"], told_beat["first_stranger"]) == ("", "")


def test_the_command_follows_with_the_run_s_export_and_somebody_it_never_saw(workspace: Path) -> None:
    export = run_with_export(workspace)
    (way,) = live.ways()
    assert (way.run, way.folder, way.data, way.stranger) == ("wrist", export, "factory", "p01")
    said = live.words(way, "replay:factory", live.free_name())
    assert said == [
        "predict", str(export), "--follow", "replay:factory", "--stride-s", "0.4", "--to", "line-3", "--person", "p01",
    ]  # fmt: skip
    assert "--person" not in live.words(way, live.LISTEN, "line-3")
    (export / "export.json").write_text("{}")
    assert live.ways() == []


def page(**query: str) -> AppTest:
    return opened("playback", signal="Live", **query)


def test_without_a_stream_and_an_export_there_is_a_sentence_and_a_door(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STILLROOM_WORKSPACE", str(tmp_path / "none"))
    at = page()
    assert "there is none yet" in words(at)
    assert "device" in [one.proto.page for one in at.get("page_link")]


def test_a_stream_is_shown_with_its_origin_and_chosen_by_the_address(workspace: Path) -> None:
    at = page()
    assert "line\\-2, from replay\\:factory" in words(at) and "demo: simulated line" in words(at)
    at = page(stream="line-1")
    assert "line\\-1, from wrist\\.csv" in words(at) and "demo" not in words(at).split("line")[0]


def test_a_stream_is_begun_by_a_job_with_its_command_beside_it(workspace: Path, started: list[list[str]]) -> None:
    export = run_with_export(workspace)
    at = page()
    assert f"stillroom predict {shlex.quote(str(export))} --follow replay:factory" in words(at)
    at.button(key="live_replay").click().run()
    assert started == [live.words(live.ways()[0], "replay:factory", "line-3")]
    at.segmented_control(key="live_way").set_value("Connect a sensor").run()
    assert "socket.create_connection" in words(at) and "stillroom data replay factory" in words(at)
    at.button(key="live_listen").click().run()
    assert started[-1][3:5] == ["listen://127.0.0.1:7007", "--stride-s"]
    assert not at.exception


def test_the_bridge_on_the_page_is_python_that_sends_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    signal = moving("xy")
    made = Recording("p1", "1", LAYOUT, RATE_HZ, signal, np.array([[0, signal.shape[1]]]), {})
    monkeypatch.setattr(source, "open_source", lambda text: SimpleNamespace(recordings=[made]))
    sent: list[bytes] = []

    class Out:
        def __enter__(self) -> Out:
            return self

        def __exit__(self, *gone: object) -> None:
            return None

        def sendall(self, data: bytes) -> None:
            sent.append(data)
            if len(sent) > 5:
                raise ConnectionResetError

    monkeypatch.setattr(socket, "create_connection", lambda address: Out())
    with pytest.raises(ConnectionResetError):
        exec(compile(live.BRIDGE, "bridge.py", "exec"), {})
    read = list(Lines(LAYOUT, "bridge").feed(b"".join(sent)))
    assert [one.stamp_s for one in read] == pytest.approx(np.arange(5) / RATE_HZ)
    np.testing.assert_allclose(np.array([one.values for one in read]).T, signal[:, :5], rtol=1e-5)
    assert len(live.BRIDGE.splitlines()) <= 10


def test_words_of_somebody_else_stay_words(workspace: Path, export: Path) -> None:
    followed(workspace, "line-0", export, source=HOSTILE, began_s=1.9e9)
    at = page(stream="line-0", teach="true")
    assert "<img" not in words(at).replace("\\<img", "") and "What comes late" in words(at)
