"""A report by its address, from the page and from the command line: the same bytes, and no way to elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from tests.app.asgi import ask, rule
from tests.app.made import marked, run_like

from stillroom.base.errors import InputError, StillroomError
from stillroom_app.server import before
from stillroom_app.services import report_contents, reporting
from stillroom_app.serving.asked import Asked
from stillroom_app.serving.reports import PATH, POLICY, report

APP = Starlette(routes=[Route(PATH, report)])
HERE = Asked("127.0.0.1", 8501, Path("runs"))


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """No test lives on what another made."""
    reporting._made.clear()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The commands that would make a report; each writes its own words instead."""
    found: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...], **more: Any) -> subprocess.CompletedProcess[bytes]:
        found.append(command)
        (to,) = (word.removeprefix("--to=") for word in command if word.startswith("--to="))
        Path(to).write_text(f"<h1>{len(found)}</h1>")
        return subprocess.CompletedProcess(command, 0, b"{}", b"")

    monkeypatch.setattr(reporting.subprocess, "run", run)
    return found


def test_page_address_and_command_line_give_the_same_bytes(tmp_path: Path) -> None:
    of = reporting.asked("demo:tsak", assumed=["units=200", "hourly=55"])
    words = reporting.words(of, str(tmp_path / "own.html"))
    subprocess.run((sys.executable, "-m", "stillroom", *words), check=True, capture_output=True, timeout=120)
    own = (tmp_path / "own.html").read_bytes()
    assert reporting.made(of) == own
    answer = ask(APP, reporting.address(of))
    assert answer.status == 200 and answer.body.encode() == own
    assert answer.headers["content-type"].startswith("text/html") and b"200" in own
    assert rule(answer.headers["content-security-policy"], "default-src") == "'none'"


def test_a_report_is_made_once_and_again_when_a_file_has_changed(workspace: Path, made: list[Any]) -> None:
    run = run_like("tsak", workspace / "mine")
    of = reporting.asked("mine")
    assert reporting.made(of) == reporting.made(of) == b"<h1>1</h1>"
    os.utime(run / "report.json", ns=(1, 1))
    assert reporting.made(of) == b"<h1>2</h1>"
    assert reporting.made(reporting.asked("mine", assumed=["units=7"])) == b"<h1>3</h1>"
    assert reporting.made(of) == b"<h1>2</h1>", "the others are still kept"
    assert made[2][-1] == "--assume=units=7" and made[0][4] == str(run)


def test_what_is_kept_has_a_bound(made: list[Any]) -> None:
    for number in range(2 * reporting._KEPT):
        reporting.made(reporting.asked("demo:tsak", assumed=[f"units={number}"]))
    assert len(reporting._made) == reporting._KEPT


def test_assumptions_in_another_order_are_the_same_report() -> None:
    one = reporting.asked("demo:tsak", assumed=["hourly=55", "units=200", "years=3:2:5"])
    assert one == reporting.asked("demo:tsak", assumed=["units=1", "units=200", "hourly=55"])


@pytest.mark.parametrize("name", ["../other/mine", "..", "demo:../../x", "/etc", "nowhere", "", "x" * 5000, "a\0b"])
def test_a_name_that_leads_elsewhere_or_nowhere_is_no_run(workspace: Path, made: list[Any], name: str) -> None:
    run_like("tsak", workspace.parent / "other" / "mine")
    workspace.mkdir(exist_ok=True)
    with pytest.raises(InputError, match="no such run"):
        reporting.asked(name)
    answer = ask(APP, f"{reporting.ROUTE}{name}.html".replace("\0", "%00"))
    assert answer.status == 404 and "no such run" in answer.body.lower() and not made
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_run_of_another_s_workspace_is_not_told(workspace: Path, made: list[Any]) -> None:
    theirs = run_like("tsak", workspace.parent / "theirs" / "secret")
    workspace.mkdir(exist_ok=True)
    (workspace / "link").symlink_to(theirs)
    assert ask(APP, "/api/report/link.html").status == 404
    assert ask(APP, f"/api/report/{theirs}.html").status == 404 and not made


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("?assume=units=-1", 400, "greater than or equal to 0"),
        ("?assume=--to=elsewhere", 400, "nothing is assumed"),
        ("?assume=price.%3Cb%3E=1", 400, "no kind of sensor"),
        (f"?{'&'.join('assume=units=1' for _ in range(41))}", 400, "more is asked"),
        ("?device=" + "x" * 121, 400, "more is asked"),
        ("?device=%00", 400, "no device"),
        ("?device=a%0Ab", 400, "no device"),
        ("?assume=currency=%00", 400, "a currency is"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(made: list[Any], query: str, status: int, said: str) -> None:
    answer = ask(APP, f"/api/report/demo%3Atsak.html{query}")
    assert (answer.status, said in answer.body.lower(), made) == (status, True, [])


def test_a_link_to_nowhere_or_a_file_that_went_is_no_hindrance(
    workspace: Path, made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_like("tsak", workspace / "mine")
    (run / "x.json").symlink_to("/nowhere.json")
    (run / "went.json").write_text("{}")
    seen = os.stat

    def went(path: Any, **more: Any) -> os.stat_result:
        if str(path).endswith("went.json"):
            raise FileNotFoundError(path)
        return seen(path, **more)

    monkeypatch.setattr(reporting.os, "stat", went)
    assert ask(APP, "/api/report/mine.html").status == 200
    assert reporting.pdf_of(reporting.asked("mine")).suffix == ".pdf"


def test_a_device_cannot_be_another_option(made: list[Any]) -> None:
    ask(APP, "/api/report/demo%3Atsak.html?device=--to%3Delsewhere")
    assert made[0][-1] == "--device=--to=elsewhere" and made[0][-2] == "--json"


def test_what_the_command_says_is_told_without_the_folder(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    marked(run, "unfinished")
    with pytest.raises(InputError) as error:
        reporting.made(reporting.asked("mine"))
    assert str(workspace) not in error.value.sentence()
    answer = ask(APP, "/api/report/mine.html")
    assert answer.status == 400 and str(workspace) not in answer.body and "finished" in answer.body


def test_a_command_that_dies_or_hangs_is_told_and_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(command: tuple[str, ...], **more: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, -9, b"", b"a secret of /the/disk")

    def hang(command: tuple[str, ...], **more: Any) -> subprocess.CompletedProcess[bytes]:
        raise subprocess.TimeoutExpired(command, 1)

    for run in (die, hang):
        monkeypatch.setattr(reporting.subprocess, "run", run)
        with pytest.raises(StillroomError):
            reporting.made(reporting.asked("demo:tsak"))
        answer = ask(APP, "/api/report/demo%3Atsak.html")
        assert answer.status == 503 and "secret" not in answer.body
    assert not reporting._made


def test_who_waits_too_long_for_others_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "_WAITS_S", 0.01)
    with reporting._making:
        assert ask(APP, "/api/report/demo%3Atsak.html").status == 503


def test_one_report_is_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most = [], []

    def run(command: tuple[str, ...], **more: Any) -> subprocess.CompletedProcess[bytes]:
        inside.append(1)
        most.append(len(inside))
        (to,) = (word.removeprefix("--to=") for word in command if word.startswith("--to="))
        Path(to).write_text("x")
        inside.pop()
        return subprocess.CompletedProcess(command, 0, b"{}", b"")

    monkeypatch.setattr(reporting.subprocess, "run", run)
    asked = [reporting.asked("demo:tsak", assumed=[f"units={number}"]) for number in range(8)]
    threads = [threading.Thread(target=reporting.made, args=(one,)) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


def test_a_report_stands_behind_the_door_and_brings_its_own_policy(made: list[Any]) -> None:
    closed = before(APP, Asked("127.0.0.1", 8501, Path("runs"), password="a long enough one"))
    refused = ask(closed, "/api/report/demo%3Atsak.html")
    assert refused.status != 200 and not made
    assert "form-action 'self'" in refused.headers["content-security-policy"], "or nobody could sign in there"
    opened = ask(before(APP, HERE), "/api/report/demo%3Atsak.html")
    assert opened.headers["content-security-policy"] == POLICY and "script-src" not in POLICY
    assert opened.headers["x-content-type-options"] == "nosniff"


def test_a_hostile_name_stays_a_name(workspace: Path, made: list[Any]) -> None:
    name = "a&b <img src=x>?#%2e.html"
    run_like("tsak", workspace / name)
    of = reporting.asked(name)
    assert ask(APP, reporting.address(of)).status == 200 and made[0][4] == str(workspace / name)
    assert reporting.file_name(of) == "stillroom-a-b--img-src-x----2e-html.html"


def test_a_pdf_is_kept_apart_for_each_state_and_assumption(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    of = reporting.asked("mine")
    first = reporting.pdf_of(of)
    assert (
        first.parent == workspace / "reports"
        and reporting.pdf_of(reporting.asked("mine", assumed=["units=1"])) != first
    )
    os.utime(run / "report.json", ns=(1, 1))
    assert reporting.pdf_of(of) != first
    assert reporting.words_for_pdf(of)[3].endswith(".pdf")


def contents(name: str) -> list[report_contents.Held]:
    return report_contents.contents(report_contents.source_of(name), name)


def test_contents_say_what_was_asked_and_where_to_ask(workspace: Path) -> None:
    there = {one.title: one.there for one in contents("demo:tsak")}
    assert all(there.values()) and len(there) == 5
    run = run_like("tsak", workspace / "mine")
    (run / "cost.json").unlink()
    (run / "explain" / "privacy.json").unlink()
    lacking = [one for one in contents("mine") if not one.there]
    assert [(one.page, one.query) for one in lacking] == [
        ("device", {"run": "mine"}),
        ("explain", {"run": "mine", "explain_tab": "Who it is"}),
    ]
    assert contents("demo:sensors")[0].note.startswith("24 rows")


def test_a_damaged_run_is_told_by_its_name(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    told = json.loads((run / "report.json").read_text())
    del told["folds"]
    (run / "report.json").write_text(json.dumps(told))
    with pytest.raises(InputError) as error:
        report_contents.source_of("mine")
    assert "damaged" in error.value.what and str(workspace) not in error.value.sentence()
