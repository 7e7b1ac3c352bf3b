"""What a run costs is read as it was told last; what a board sent is checked here, whatever the browser says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.app.told import costed, exported, finished, sent

from stillroom.base.errors import InputError
from stillroom.export.bundle import Bundle, BundledModel
from stillroom.export.measured import keep_bundle
from stillroom_app.services import devices, exports, workspace


@pytest.fixture
def line(workspace: Path) -> Path:
    return costed(finished(workspace / "line"))


@pytest.fixture
def sha(line: Path) -> str:
    """Of the exported file that a bundle was made of."""
    data = exported(line)["model_fp32.onnx"]
    found = hashlib.sha256(data).hexdigest()
    model = BundledModel(name="model_fp32.onnx", precision="fp32", opset=17, sha256=found, size_bytes=len(data))
    made = Bundle(
        bundle_id="feed", channels=("x",), units=("m/s2",), rate_hz=25.0, width=8, classes=("a", "b"), windows=40,
        models=(model,), files={},
    )  # fmt: skip
    keep_bundle(line, made)
    return found


def _take(told: dict[str, Any]) -> str:
    return devices.take(workspace.entry("line"), "mine.json", json.dumps(told).encode())


@pytest.mark.usefixtures("line")
def test_every_line_of_the_comparison_says_where_it_comes_from() -> None:
    told = devices.cost_of(workspace.entry("line"))
    assert told is not None
    rows = devices.rows(told)
    assert {row.origin for row in rows} == {"counted", "measured"}
    assert all(row.more for row in rows if row.origin == "measured")
    by_name = {row.what: row for row in rows}
    assert by_name["Parameters"].saves == "6 x"
    assert by_name["Latency, ONNX Runtime, p50"].student == "0.5 ms"


@pytest.mark.usefixtures("line")
def test_flops_are_twice_the_macs_and_say_so() -> None:
    told = devices.cost_of(workspace.entry("line"))
    assert told is not None
    by_name = {row.what: row for row in devices.rows(told)}
    assert (by_name["MACs of one window"].student, by_name["FLOPs (2 x MACs)"].student) == ("20 k", "40 k")


@pytest.mark.usefixtures("line")
def test_real_time_is_judged_by_the_run_s_own_stride() -> None:
    told = devices.cost_of(workspace.entry("line"))
    assert told is not None and told["stride_s"] == 2.0
    row = next(row for row in devices.rows(told) if row.what == "Faster than real time")
    assert (row.teacher, row.student) == ("2,000 times", "4,000 times")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"teacher": {}}'])
def test_an_answer_that_is_damaged_is_as_if_it_was_never_asked(line: Path, text: str) -> None:
    (line / "cost.json").write_text(text)
    assert devices.cost_of(workspace.entry("line")) is None


@pytest.mark.usefixtures("line")
def test_figures_of_this_computer_and_of_boards_are_told_apart() -> None:
    told = devices.cost_of(workspace.entry("line"))
    assert told is not None
    assert {one["device"] for one in devices.only(told, here=True)["figures"]} == {"this computer"}
    assert {one["device"] for one in devices.only(told, here=False)["figures"]} == {"agx-xavier"}
    assert devices.asked_boards(told) == ["agx-xavier:MAXN"]


def test_every_board_has_a_mode_that_the_command_takes() -> None:
    from stillroom.cost.devices import device

    for name, board in devices.boards().items():
        assert board.modes
        assert all(device(name).mode(mode).name == mode for mode in board.modes)


def test_what_a_board_sent_outranks_nothing_but_stands_beside_with_its_mode(sha: str) -> None:
    assert _take(sent(sha)) == "agx-xavier"
    told = devices.cost_of(workspace.entry("line"))
    assert told is not None
    measured = [one for one in told["figures"] if one["provenance"].startswith("measured on")]
    assert [(one["value"], one["mode"], one["runtime"]) for one in measured] == [(0.5, "30W", "tensorrt")]
    listed = devices.sent(workspace.entry("line"))
    assert (listed[0]["mode"], listed[0]["clocks"], listed[0]["ways to run"]) == ("MODE_30W_ALL", "fixed", 1)


def test_a_figure_without_a_required_field_is_refused_and_says_which(sha: str, line: Path) -> None:
    told = sent(sha)
    del told["rows"][0]["p99_ms"]
    with pytest.raises(InputError, match="p99_ms"):
        _take(told)
    with pytest.raises(InputError, match="power mode"):
        _take(sent(sha, power_mode=None))
    assert not list((line / "devices").glob("*.json"))


@pytest.mark.usefixtures("sha")
def test_results_of_another_model_are_refused() -> None:
    with pytest.raises(InputError, match=r"changed after it was bundled|another model"):
        _take(sent("c" * 64))


@pytest.mark.parametrize("data", [b"", b"\x80\x04\x95pickle", b"[1]", b'{"kind": "something else"}', b"\xff\xfe"])
def test_what_is_no_result_is_refused_by_the_name_that_the_person_gave_it(sha: str, data: bytes) -> None:
    with pytest.raises(InputError) as refused:
        devices.take(workspace.entry("line"), "mine.json", data)
    assert "mine.json" in refused.value.sentence() and "/tmp" not in refused.value.sentence() and sha


@pytest.mark.usefixtures("line")
def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(InputError, match="at most"):
        devices.take(workspace.entry("line"), "large.json", b" " * (devices.LARGEST_BYTES + 1))


def test_the_demo_takes_no_measurement(line: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "DEMO", line.parent)
    with pytest.raises(InputError, match="only be read"):
        devices.take(workspace.entry("demo:line"), "mine.json", b"{}")
    assert exports.can_go_out(workspace.entry("demo:line")) and not exports.can_go_out(workspace.entry("line"))
