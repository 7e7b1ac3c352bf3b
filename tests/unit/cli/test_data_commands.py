"""`stillroom data ...` as a person and a script use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stillroom.cli.main import run
from stillroom.data.publishers import CATALOGUE, Archive, Publication


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        run([str(word) for word in words])
    return int(stopped.value.code or 0), *capsys.readouterr()


def answer(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    code, out, err = call(capsys, *words, "--json")
    assert (code, err) == (0, ""), err
    assert out.count("\n") == 1
    return dict(json.loads(out))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    for number in range(2):
        rng = np.random.default_rng(number)
        frame = pd.DataFrame(rng.normal(loc=(0, 0, 9.8), size=(500, 3)), columns=["acc_x", "acc_y", "acc_z"])
        frame.insert(0, "time", np.arange(500) / 50)
        frame["label"] = np.where(np.arange(500) < 250, "[walk]", "sit")
        frame.loc[300:, "time"] += 2.0
        frame.to_csv(folder / f"s{number}.csv", index=False)
    return folder


def test_list_names_every_source_and_says_what_can_be_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    sources = {item["name"]: item for item in answer(capsys, "data", "list")["sources"]}
    assert {"dsads", "own"} <= set(sources)
    for item in sources.values():
        assert {"title", "licence", "simulated", "homepage", "fetch"} <= set(item)
        assert item["fetch"] == (item["name"] in CATALOGUE)
    code, out, err = call(capsys, "data", "list")
    assert (code, err) == (0, "") and all(name in out for name in sources)


def test_check_writes_a_mapping_and_inspect_opens_by_it(capsys: pytest.CaptureFixture[str], own: Path) -> None:
    proposed = answer(capsys, "data", "check", own)
    assert proposed["ok"] and proposed["proposed"] and proposed["written"] is None
    assert not (own / "stillroom.json").exists()
    written = answer(capsys, "data", "check", own, "--write")
    assert written["written"] == str(own / "stillroom.json")
    assert json.loads((own / "stillroom.json").read_text()) == written["mapping"]
    found = answer(capsys, "data", "inspect", own)
    assert (list(found["people"]), found["sessions"], found["rate_hz"]) == (["s0", "s1"], 2, 50.0)
    assert found["sensors"] == [{"sensor": "device.acc", "axes": ["x", "y", "z"], "unit": "m/s2"}]
    assert {item["name"]: item["people"] for item in found["classes"]} == {"[walk]": 2, "sit": 2}
    assert found["gaps"]["count"] == 2 and found["gaps"]["longest_s"] == pytest.approx(2.0, abs=0.05)
    assert not answer(capsys, "data", "check", own)["proposed"]


def test_check_draws_what_it_found(capsys: pytest.CaptureFixture[str], own: Path) -> None:
    code, out, err = call(capsys, "data", "check", own)
    assert (code, err) == (0, "")
    for part in ("acc_x", "device.acc.x", "m/s2", "[walk]", "note: 2 gaps", "Nothing was written", "s0, s1"):
        assert part in out
    code, out, _ = call(capsys, "data", "check", own, "--write")
    assert code == 0 and f"Written to {own / 'stillroom.json'}" in out
    code, out, err = call(capsys, "data", "check", own, "--write")
    assert (code, out) == (2, "") and err.startswith("error: a mapping stands there already")
    assert call(capsys, "data", "check", own, "--write", "--anew")[0] == 0


def test_inspect_draws_people_sensors_and_classes(capsys: pytest.CaptureFixture[str], own: Path) -> None:
    call(capsys, "data", "check", own, "--write")
    code, out, err = call(capsys, "data", "inspect", own)
    assert (code, err) == (0, "")
    for part in ("2 people", "device.acc", "x, y, z", "[walk]", "s0, s1"):
        assert part in out


def test_check_with_errors_reports_all_and_ends_with_two(capsys: pytest.CaptureFixture[str], own: Path) -> None:
    call(capsys, "data", "check", own, "--write")
    for number in range(2):
        path = own / f"s{number}.csv"
        path.write_text(path.read_text().replace("acc_x", "else"))
    code, out, err = call(capsys, "data", "check", own)
    assert code == 2 and err == "error: column 'acc_x' is missing (and 1 more) (s0.csv). " + (
        "Columns present: time, else, acc_y, acc_z, label\n"
    )
    assert out.count("error: column 'acc_x' is missing") == 2
    code, out, _ = call(capsys, "data", "check", own, "--json")
    found = json.loads(out)
    assert code == 2 and not found["ok"] and len(found["findings"]) >= 2 and found["error"]["where"] == "s0.csv"


def test_fetch_without_network_says_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(part="dsads", file="d.zip", url="http://127.0.0.1:9/d.zip")
    offer = Publication(name="dsads", page="https://publisher.example", archives=(archive,))
    monkeypatch.setitem(CATALOGUE, "dsads", offer)
    code, out, err = call(capsys, "data", "fetch", "dsads", "--to", tmp_path / "to", "--json")
    said = json.loads(out)["error"]
    assert code == 1 and err.count("\n") == 1
    assert "cannot be reached" in said["what"] and f"dsads:{tmp_path / 'to' / 'd.zip'}" in said["mend"]


def test_fetch_tells_where_the_archive_lies(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    archive = Archive(part="dsads", file="d.zip", url="http://127.0.0.1:9/d.zip")
    monkeypatch.setitem(CATALOGUE, "dsads", Publication(name="dsads", page="https://p.example", archives=(archive,)))
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as packed:
        packed.writestr("a", "b")
    found = answer(capsys, "data", "fetch", "dsads", "--to", tmp_path)
    assert found["source"] == f"dsads:{tmp_path / 'd.zip'}"
    assert found["files"][0]["checksum"] == "first seen now"
    code, out, _ = call(capsys, "data", "fetch", "dsads", "--to", tmp_path)
    assert code == 0 and "as first seen" in out and f"Open it as dsads:{tmp_path / 'd.zip'}" in out


def test_real_recordings_are_inspected(capsys: pytest.CaptureFixture[str], stillroom_data: Path) -> None:
    code, out, err = call(capsys, "data", "inspect", f"dsads:{stillroom_data / 'dsads'}", "--json")
    assert code == 0 and "error" not in err
    found = json.loads(out)
    assert (len(found["people"]), found["channels"], found["rate_hz"], len(found["classes"])) == (5, 45, 25.0, 19)
    assert {item["seconds"] for item in found["classes"]} == {1500.0}
