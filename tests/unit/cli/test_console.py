"""What every command shares: one error line, the right exit code, one JSON object, and no traceback for a user."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

import stillroom
from stillroom.base.errors import InputError, StillroomError, StoppedError
from stillroom.base.events import Event
from stillroom.cli import console
from stillroom.cli.console import Listener, clean, guarded, print_json, table
from stillroom.cli.main import run


def body(error: BaseException | None, as_json: bool, value: dict[str, Any] | None = None) -> int:
    """The exit code of a command that shows a value and then fails."""
    try:
        with guarded(as_json) as output:
            if value is not None:
                output.show(value, lambda to: to.print("drawn"))
            if error is not None:
                raise error
    except typer.Exit as stopped:
        return stopped.exit_code
    return 0


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (
            InputError("bad\nthing", where="a.csv, row 3", mend="Mend it"),
            2,
            "error: bad thing (a.csv, row 3). Mend it\n",
        ),
        (StillroomError("no luck"), 1, "error: no luck\n"),
        (StoppedError("stopped", mend="Resume"), 130, "error: stopped. Resume\n"),
        (KeyboardInterrupt(), 130, "error: stopped\n"),
    ],
)
def test_a_failure_is_one_line_and_its_exit_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, line: str, as_json: bool
) -> None:
    assert body(error, as_json) == code
    out, err = capsys.readouterr()
    assert err == line
    if not as_json:
        assert out == ""
        return
    said = json.loads(out)["error"]
    assert set(said) == {"what", "where", "mend"}
    if isinstance(error, StillroomError):
        assert said == error.as_dict()


def test_what_was_found_before_a_failure_stays_in_the_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert body(InputError("bad"), True, {"ok": False}) == 2
    out = capsys.readouterr().out
    assert json.loads(out) == {"ok": False, "error": {"what": "bad", "where": "", "mend": ""}}
    assert out.count("\n") == 1


def test_a_result_is_one_object_with_json_and_drawn_without(capsys: pytest.CaptureFixture[str]) -> None:
    assert body(None, True, {"a": None, "b": "ü"}) == 0
    assert capsys.readouterr() == ('{"a": null, "b": "ü"}\n', "")
    assert body(None, False, {"a": 1}) == 0
    assert capsys.readouterr() == ("drawn\n", "")


def test_a_defect_is_one_line_and_its_traceback_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STILLROOM_CACHE", str(tmp_path))
    monkeypatch.delenv("STILLROOM_DEBUG", raising=False)
    assert body(ZeroDivisionError("oh\x1b[31m"), False) == 1
    err = capsys.readouterr().err
    (kept,) = tmp_path.rglob("traceback-*.txt")
    assert err.count("\n") == 1 and str(kept) in err and "Traceback" not in err and "\x1b" not in err
    assert "ZeroDivisionError" in kept.read_text()
    monkeypatch.setenv("STILLROOM_DEBUG", "1")
    assert body(ZeroDivisionError("oh"), False) == 1
    assert "Traceback" in capsys.readouterr().err


def test_numbers_that_are_not_finite_never_reach_a_script() -> None:
    with pytest.raises(ValueError, match="JSON"):
        print_json({"a": float("nan")})


def test_names_from_files_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert clean("a\x1b]0;title\x07\nb") == "a ]0;title  b"
    console.stdout().print(table("", ("name", "n>"), [("[red]x[/red]\x1b[2J", 1), (None, 22)]))
    out = capsys.readouterr().out
    assert "[red]x[/red]" in out and "\x1b" not in out


def test_where_nobody_looks_progress_is_a_plain_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_PLAIN_EVERY_S", 0.0)
    listen = Listener()
    listen(Event("note", "not cached"))
    listen(Event("data.part", data={"part": "p1", "done": 3, "of": 9}))
    monkeypatch.setattr(console, "_PLAIN_EVERY_S", 60.0)
    listen(Event("data.part", data={"part": "p2", "done": 4, "of": 9}))
    listen.close()
    assert capsys.readouterr() == ("", "not cached\ndata.part: 3 of 9 (p1)\n")


def test_where_a_person_looks_progress_is_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    listen = Listener()
    listen(Event("fetch.bytes", data={"part": "[b]x.zip", "done": 10, "of": 100, "unit": "bytes"}))
    listen(Event("fetch.bytes", data={"part": "[b]x.zip", "done": 100, "of": 100, "unit": "bytes"}))
    listen.close()
    assert "[b]x.zip" in screen.getvalue() and "100" in screen.getvalue()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data", "lits"], "no such command"),
        (["data", "inspect"], "missing argument"),
        (["data", "list", "--nope"], "no such option"),
        (["nothing"], "no such command"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_a_usage_error_is_one_line_too(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str, as_json: bool
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run([*words, *["--json"] * as_json])
    out, err = capsys.readouterr()
    assert stopped.value.code == 2
    assert err.startswith("error: ") and err.count("\n") == 1 and said in err and "--help" in err
    assert (said in json.loads(out)["error"]["what"]) if as_json else out == ""


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(["--version"])
    assert (stopped.value.code, capsys.readouterr().out) == (0, f"stillroom {stillroom.__version__}\n")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom stillroom.cli.main import run\n"
        "try:\n    run(['data', '--help'])\nfinally:\n"
        "    print(sorted({'pandas', 'pyarrow', 'numpy', 'torch', 'scipy'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "inspect" in done.stdout
    assert done.stderr == "[]\n"


@pytest.mark.skipif(os.name == "nt", reason="pipes break differently there")
def test_a_reader_that_leaves_early_sees_no_traceback() -> None:
    command = [sys.executable, "-m", "stillroom", "data", "list", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), err) == (1, "")
