"""`stillroom predict --follow` and `stillroom data replay`: real processes, real files that grow, real sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.kit import Call
from tests.unit.inference.conftest import CLASSES, LAYOUT, RATE_HZ, moving, small_export

from stillroom.inference.following_kept import rows_after, stream
from stillroom.jobs.store import Store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and sockets of POSIX")
Started = Callable[..., subprocess.Popen[str]]
HEAD = ",".join(("t", *LAYOUT.names)) + "\n"
LABELS = tuple("xyzzyx")


def rows(labels: tuple[str, ...] = LABELS) -> list[str]:
    return [
        f"{n / RATE_HZ},{','.join(f'{value:.6g}' for value in sample)}\n" for n, sample in enumerate(moving(labels).T)
    ]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_export(tmp_path_factory.mktemp("follow") / "export")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Starts a command line in a process of its own; none outlives the test."""
    with ExitStack() as stack:

        def one(*words: object) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "stillroom", *map(str, words)]
            environment = {**os.environ, "STILLROOM_WORKSPACE": str(tmp_path / "runs")}
            made = stack.enter_context(
                subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path
                )
            )
            stack.callback(lambda: made.poll() is None and made.kill())
            return made

        yield one


def end(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], str]:
    out, said = process.communicate(timeout=60)
    return process.returncode, [json.loads(line) for line in out.splitlines()], said


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def own_data(tmp_path: Path) -> Path:
    """A folder with one person's recording, and its mapping."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "p1.csv").write_text(HEAD + "".join(rows()))
    channels = [{"column": name, "channel": name, "unit": "m/s2"} for name in LAYOUT.names]
    mapping = {
        "title": "Own", "time": {"column": "t", "unit": "s"}, "rate_hz": RATE_HZ, "channels": channels,
        "person": {"pattern": r"(p\d+)\.csv"}, "window_s": 0.5, "stride_s": 0.5,
    }  # fmt: skip
    (folder / "stillroom.json").write_text(json.dumps(mapping))
    return folder


def whole_words(export: Path, path: Path) -> tuple[object, ...]:
    return "predict", export, "--follow", path, "--stride-s", 0.5


def test_a_file_that_grows_is_answered_while_it_grows(started: Started, export: Path, tmp_path: Path) -> None:
    path = tmp_path / "grows.csv"
    path.write_text(HEAD)
    process = started(*whole_words(export, path), "--until-idle", 2, "--json")
    assert process.stdout is not None
    seen: list[dict[str, Any]] = []
    for part in range(6):  # each as long as four windows
        with path.open("a") as file:
            for row in rows()[40 * part : 40 * (part + 1)]:
                file.write(row[:7])
                file.flush()
                file.write(row[7:])
        seen += [json.loads(process.stdout.readline()) for _ in range(4)]
        assert [row["label"] for row in seen[-4:]] == [LABELS[part]] * 4, "before the next part is there"
    code, (last,), said = end(process)
    assert code == 0 and not said.count("error:")
    assert [row["n"] for row in seen] == list(range(24))
    assert [row["start_s"] for row in seen] == pytest.approx([n / 2 for n in range(24)])
    assert set(seen[0]) == {
        "n", "start_s", "end_s", "label", "smoothed", "probability", "latency_ms", "behind_ms", "stretch",
    }  # fmt: skip
    assert set(seen[0]["probability"]) == set(CLASSES) and seen[0]["latency_ms"] > 0
    ended = last["ended"]
    assert (ended["why"], ended["windows"], ended["samples"]) == ("idle", 24, 240)
    assert ended["latency_ms"]["n"] == 24 and ended["skipped"] == 0 and not ended["half_line"]


def test_whole_and_streamed_answers_are_the_same(call: Call, export: Path, tmp_path: Path) -> None:
    folder = own_data(tmp_path)
    whole = call("predict", export, "--data", folder, "--smoothing", "majority:3", "--json").answer["windows"]
    words = ("--follow", folder / "p1.csv", "--smoothing", "majority:3", "--until-idle", 0.1, "--json")
    told = call("predict", export, *words)
    streamed = [json.loads(line) for line in told.out.splitlines()][:-1]
    assert told.code == 0 and len(streamed) == len(whole) > 40
    for one, other in zip(streamed, whole, strict=True):
        assert (one["label"], one["smoothed"]) == (other["label"], other["smoothed"])
        assert one["start_s"] == pytest.approx(other["start_s"], abs=1e-6)
        assert one["probability"] == pytest.approx(other["probability"], abs=1e-4)


def test_a_replayed_recording_reaches_a_socket_and_ctrl_c_ends_it_with_a_summary(
    started: Started, export: Path, tmp_path: Path
) -> None:
    port = free_port()
    follow = started("predict", export, "--follow", f"listen://127.0.0.1:{port}", "--stride-s", 0.25, "--json")
    assert follow.stderr is not None and follow.stderr.readline().startswith("Following listen://")
    time.sleep(0.3)  # it listens a moment after it says so
    words = ("--view", "right_wrist.acc.*", "--loop", "--to", f"tcp://127.0.0.1:{port}", "--speed", 4)
    replay = started("data", "replay", own_data(tmp_path), *words)
    assert follow.stdout is not None
    seen = [json.loads(follow.stdout.readline()) for _ in range(12)]
    assert [row["n"] for row in seen] == list(range(12)) and {row["stretch"] for row in seen} == {0}
    replay.send_signal(signal.SIGINT)
    out, said = replay.communicate(timeout=30)
    assert replay.returncode == 130 and "samples of p1/p1 to tcp://" in out and said.endswith("error: stopped\n")
    follow.send_signal(signal.SIGINT)
    code, rest, said = end(follow)
    assert code == 130 and said.endswith("error: stopped\n") and "Traceback" not in said
    assert rest[-1]["ended"]["why"] == "stopped" and rest[-1]["ended"]["windows"] == 12 + len(rest) - 1


def test_a_web_request_to_the_port_is_closed_and_the_bridge_still_heard(
    started: Started, export: Path, tmp_path: Path
) -> None:
    port = free_port()
    follow = started(*whole_words(export, Path("x"))[:2], "--follow", f"listen://127.0.0.1:{port}", "--json")
    assert follow.stderr is not None and follow.stderr.readline().startswith("Following listen://")
    time.sleep(0.3)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as stranger:
        stranger.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nhello")
        with suppress(ConnectionResetError):
            assert stranger.recv(1) == b"", "it is closed from this side"
    with socket.create_connection(("127.0.0.1", port)) as bridge:
        bridge.sendall((HEAD + "".join(rows(("x",)))).encode())
        assert follow.stdout is not None and json.loads(follow.stdout.readline())["label"] == "x"
    follow.terminate()
    code, rest, said = end(follow)
    assert code == 130 and rest[-1]["ended"]["strangers"] == 1, said
    assert "Connection 1 that brought no stream was closed: a web request" in said


def test_what_others_read_names_no_folder_of_this_machine(
    call: Call, export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, work = tmp_path / "grows.csv", tmp_path / "runs"
    path.write_text(HEAD + "".join(rows()[:20]) + "1.0,so,1,2\n")
    monkeypatch.setenv("STILLROOM_WORKSPACE", str(work))
    assert call(*whole_words(export, path), "--to", "line-1").code == 2
    found = stream(work, "line-1")
    assert found is not None and found.head["source"] == "grows.csv"
    assert "'so' is no number (grows.csv, line 22" in found.ended["why"] and str(tmp_path) not in found.ended["why"]


def test_a_stream_without_an_answer_says_why(call: Call, export: Path, tmp_path: Path) -> None:
    path = tmp_path / "grows.csv"
    path.write_text(HEAD + "".join(f"{n / RATE_HZ},1,,9.8\n" for n in range(200)))
    told = call(*whole_words(export, path), "--until-idle", 0.1)
    assert told.code == 0 and "right_wrist.acc.y was empty in each of the last 200 samples" in told.out
    path.write_text(HEAD + "0.0,0.1,0.2,9.8\n" * 3000)
    told = call(*whole_words(export, path), "--until-idle", 0.1)
    assert told.code == 2 and "the stream's clock stood still for 2000 samples" in told.error


def test_a_bridge_that_comes_back_goes_on_in_a_new_stretch(started: Started, export: Path, tmp_path: Path) -> None:
    path = tmp_path / "bridge"
    follow = started(*whole_words(export, Path("x"))[:2], "--follow", f"unix:{path}", "--stride-s", 0.5, "--json")
    assert follow.stdout is not None
    for stretch in range(2):
        until = time.monotonic() + 20
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.05)
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(str(path))
            one.sendall((HEAD + "".join(rows(("x",)))).encode() + b"9,1,")
            seen = [json.loads(follow.stdout.readline()) for _ in range(4)]
        assert {row["stretch"] for row in seen} == {stretch}
    follow.terminate()
    code, rest, said = end(follow)
    assert code == 130 and rest[-1]["ended"]["gaps"] >= 1 and "The bridge went away: a new stretch begins" in said
    assert not path.exists()


def test_a_job_follows_for_the_app_and_can_be_stopped_from_anywhere(
    started: Started, export: Path, tmp_path: Path
) -> None:
    work, path = tmp_path / "runs", tmp_path / "grows.csv"
    path.write_text(HEAD + "".join(rows()[:60]))
    begun = started("jobs", "start", "--json", "--", *whole_words(export, path), "--to", "line-1")
    job = end(begun)[1][0]
    assert job["state"] in ("queued", "starting", "running", "claimed"), job
    store, until = Store(work), time.monotonic() + 40
    assert store.find(job["job"]).request.threads == 0, "it waits for others, and takes no core of the queue"
    while not rows_after(work, "line-1", None)[0] and time.monotonic() < until:
        time.sleep(0.1)
    found = stream(work, "line-1")
    assert found is not None and found.state == "running", store.find(job["job"]).part("log.txt").read_text()
    assert end(started("jobs", "stop", "--json", job["job"]))[1][0]["state"] == "stopped"
    found = stream(work, "line-1")
    assert found is not None and found.state == "ended" and found.ended["why"] == "stopped"
    assert [row["n"] for row in rows_after(work, "line-1", None)[0]] == list(range(6))


def test_one_that_is_killed_is_silent_and_its_name_can_be_taken(started: Started, export: Path, tmp_path: Path) -> None:
    path = tmp_path / "grows.csv"
    path.write_text(HEAD + "".join(rows()[:60]))
    one = started(*whole_words(export, path), "--to", "line-1", "--json")
    assert one.stdout is not None and one.stdout.readline()
    refused = started(*whole_words(export, path), "--to", "line-1")
    assert end(refused)[0] == 2
    one.kill()
    one.wait()
    found = stream(tmp_path / "runs", "line-1")
    assert found is not None and not found.ended
    again = started(*whole_words(export, path), "--to", "line-1", "--until-idle", 0.2, "--json")
    assert end(again)[0] == 0
    found = stream(tmp_path / "runs", "line-1")
    assert found is not None and found.ended["why"] == "idle"


def test_people_get_what_changed_and_how_it_went(call: Call, export: Path, tmp_path: Path) -> None:
    path = tmp_path / "grows.csv"
    path.write_text(HEAD + "".join(rows()[:20]) + "so so\n" + "".join(rows()[20:]) + "12.0,1")
    told = call(*whole_words(export, path), "--until-idle", 0.1, "--skip-bad", "--to", tmp_path / "out.jsonl")
    assert told.code == 0 and [line.split()[2] for line in told.out.splitlines()[:5]] == list("xyzyx")
    for word in ("24 windows from 240 samples", "1 bad lines were passed over", "line 22", "half a line", "95 %"):
        assert word in told.out, told.out
    kept = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(kept) == 24 and kept[0]["label"] == "x" and kept[0]["at"] > 1e9


def test_a_bad_line_ends_it_with_one_error_and_what_was_answered_so_far(
    call: Call, export: Path, tmp_path: Path
) -> None:
    path = tmp_path / "grows.csv"
    path.write_text(HEAD + "".join(rows()[:20]) + "1.0,so,1,2\n")
    told = call(*whole_words(export, path), "--json")
    *seen, last = (json.loads(line) for line in told.out.splitlines())
    assert told.code == 2 and len(seen) == 2
    assert "line 22, column right_wrist.acc.x" in told.error and "--skip-bad" in told.error
    assert last["error"]["what"] == "'so' is no number" and last["ended"]["windows"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no source was named"),
        (("--data", "factory", "--follow", "x.csv"), "two sources were named"),
        (("--data", "factory", "--to", "line-1"), "that goes with --follow (--to)"),
        (("--data", "factory", "--until-idle", "3"), "that goes with --follow (--until-idle)"),
        (("--data", "factory", "--skip-bad"), "that goes with --follow (--skip-bad)"),
        (("--follow", "x.csv", "--limit", "3"), "that goes with --data (--limit)"),
        (("--follow", "x.csv", "--person", "p1"), "that goes with --data, or a recording"),
        (("--follow", "x.csv"), "there is no such file to follow"),
        (("--follow", "listen://0.0.0.0:80"), "other machines could write"),
        (("--follow", "replay:nowhere"), "neither a known data source"),
        (("--follow", __file__, "--to", "../x"), "no name of a stream"),
        (("--follow", __file__), "3 channels are missing"),
    ],
)
def test_a_wrong_word_gives_one_error(words: tuple[str, ...], said: str, call: Call, export: Path) -> None:
    told = call("predict", export, *words)
    assert told.code == 2 and said in told.error


def test_replaying_appends_to_a_file_and_refuses_what_takes_nothing(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    folder = own_data(tmp_path)
    words = ("data", "replay", folder, "--person", "p1", "--view", "*.acc.z,*.acc.x")
    told = call(*words, "--to", path, "--speed", 1e6, "--json")
    assert told.code == 0
    lines = path.read_text().splitlines()
    assert told.answer == {
        "source": str(folder), "recording": "p1/p1", "to": str(path), "samples": len(lines) - 1,
    }  # fmt: skip
    assert lines[0] == "t,right_wrist.acc.x,right_wrist.acc.z" and lines[1] == "0.000000,0,9.8" and len(lines) == 241
    for to, said in ((f"tcp://127.0.0.1:{free_port()}", "nobody takes the rows there"), ("tcp://x", "no address")):
        assert said in call(*words, "--to", to).error
    assert "no person 'nobody'" in call(*words[:3], "--person", "nobody", "--to", path).error
    assert "one object or the rows" in call(*words, "--to", "-", "--json").error


def test_following_imports_no_torch_and_no_pandas(export: Path, tmp_path: Path) -> None:
    path = tmp_path / "grows.csv"
    path.write_text(HEAD + "".join(rows()[:20]))
    script = (
        "import sys; from stillroom.cli.main import run\n"
        "try: run(sys.argv[1:])\n"
        "except SystemExit as ended: assert not ended.code\n"
        "sys.stderr.write(' '.join(sys.modules))"
    )
    words = [str(word) for word in (*whole_words(export, path), "--until-idle", 0.1)]
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not {"torch", "onnx", "captum", "plotly", "pandas"} & set(done.stderr.split())


def test_waiting_takes_next_to_no_time_of_the_machine(started: Started, export: Path, tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    path = tmp_path / "grows.csv"
    path.write_text(HEAD)
    process = started(*whole_words(export, path), "--to", "line-1")
    assert process.stderr is not None and process.stderr.readline()
    time.sleep(1.0)
    spent = psutil.Process(process.pid)
    before = sum(spent.cpu_times()[:2])
    time.sleep(3.0)
    assert sum(spent.cpu_times()[:2]) - before < 0.3, "a tenth of one core"
    threading.Timer(0, process.terminate).start()
    process.communicate(timeout=30)
    assert process.returncode == 130
