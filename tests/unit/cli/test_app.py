"""`stillroom app` as a person and a script use it: it hands over to the server, and says why where it cannot."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stillroom.base.errors import InputError
from stillroom.cli import app as workbench
from stillroom.cli.main import run
from stillroom.jobs.words import resumable

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and processes of POSIX")


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        run(["app", *(str(word) for word in words)])
    return int(stopped.value.code or 0), *capsys.readouterr()


@contextmanager
def started(*words: object, **environment: str) -> Iterator[subprocess.Popen[str]]:
    line = [sys.executable, "-m", "stillroom", "app", *(str(word) for word in words)]
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_hands_over_every_option(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[list[str]] = []
    monkeypatch.setattr(workbench, "become", lambda words: handed.append(words) or 0)
    options = ["--host=::1", "--port=0", "--workspace=runs", "--password-file=p", "--allow-host=a", "--allow-host=b"]
    assert call(capsys, *options, "--open", "--json") == (0, "", "")
    assert handed == [[sys.executable, "-P", "-m", "stillroom_app", *options, "--open", "--json"]]


def test_the_command_line_never_imports_the_app() -> None:
    code = (
        "import sys; from stillroom.cli import main, app; app.become = lambda words: 0\n"
        "try: main.run(['app'])\n"
        "except SystemExit: print([name for name in ('streamlit', 'stillroom_app') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_without_its_extra_it_names_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbench, "find_spec", lambda name: None if name == "streamlit" else object())
    code, out, err = call(capsys)
    assert (code, out) == (2, "")
    assert err == "error: the app needs streamlit. Install the extra: pip install 'stillroom[app]'\n"


def test_a_server_is_no_job() -> None:
    with pytest.raises(InputError, match="a job is one of the other commands"):
        resumable(["app"], Path())


@POSIX
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_with_json_it_prints_one_object_once_it_answers_and_ends_when_told(
    tmp_path: Path, number: int, code: int
) -> None:
    with started("--port", 0, "--workspace", tmp_path / "runs", "--json") as process:
        assert process.stdout is not None and process.stderr is not None
        said = json.loads(process.stdout.readline())
        assert set(said) == {"url", "workspace", "pid"}
        assert said["workspace"] == str(tmp_path / "runs")
        assert said["pid"] == process.pid
        with urllib.request.urlopen(f"{said['url']}/_stcore/health", timeout=10) as answer:
            assert answer.read() == b"ok"
        process.send_signal(number)
        assert process.wait(timeout=20) == code
        assert process.stdout.read() == ""
        assert "Traceback" not in process.stderr.read()


@POSIX
def test_for_a_person_it_prints_where_it_is_and_how_it_ends(tmp_path: Path) -> None:
    with started("--port", 0, "--workspace", tmp_path / "runs") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Stillroom is at http://127.0.0.1:")
        assert line.endswith("Ctrl-C ends it.\n")
        process.terminate()
        assert process.wait(timeout=20) == 0


def refused(*words: object, **environment: str) -> tuple[str, dict[str, str]]:
    """The one line of error, and the same for a script."""
    with started(*words, "--json", **environment) as process:
        out, err = process.communicate(timeout=30)
        assert process.returncode == 2, err
        assert err.count("\n") == 1
        return err, json.loads(out)["error"]


@POSIX
def test_a_port_that_is_taken_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line, said = refused("--port", port, "--workspace", tmp_path)
    assert line.startswith(f"error: port {port} is taken (--port)")
    assert "--port 0 for a free one" in said["mend"]


@POSIX
def test_a_workspace_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line, said = refused("--port", 0, "--workspace", tmp_path / "file")
    assert line.startswith("error: the workspace is a file")
    assert said["where"] == str(tmp_path / "file")


@POSIX
def test_an_open_door_to_the_network_is_refused(tmp_path: Path) -> None:
    line, said = refused("--port", 0, "--workspace", tmp_path, "--host", "0.0.0.0")
    assert "anybody could use it" in line
    assert "STILLROOM_APP_PASSWORD" in said["mend"]
    line, _ = refused("--port", 0, "--workspace", tmp_path, "--host", "0.0.0.0", STILLROOM_APP_PASSWORD="too short")
    assert "12 to 1000 characters" in line


@POSIX
@pytest.mark.parametrize("words", [("--port", 70_000), ("--port", "x"), ("--nonsense",)])
def test_an_option_that_is_wrong_is_one_line(words: tuple[object, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
