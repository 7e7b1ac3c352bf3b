"""Bad input: exactly one `error:` line, exit code 2, the place named, and nothing left behind."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stillroom.cli.main import run

ROWS = 400
MAPPING: dict[str, Any] = {
    "time": {"column": "t", "unit": "s"},
    "rate_hz": 50.0,
    "channels": [
        {"column": "ax", "channel": "waist.acc.x", "unit": "m/s2"},
        {"column": "ay", "channel": "waist.acc.y", "unit": "m/s2"},
    ],
    "label": {"column": "activity"},
    "person": {"constant": "anna"},
}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"t": np.arange(ROWS) / 50, "ax": rng.normal(size=ROWS), "ay": rng.normal(size=ROWS)})
    return frame.assign(activity=np.where(np.arange(ROWS) < ROWS // 2, "walk", "sit"))


def mapping(folder: Path, **changes: Any) -> None:
    (folder / "stillroom.json").write_text(json.dumps({**MAPPING, **changes}))


def csv(folder: Path, frame: pd.DataFrame) -> None:
    frame.to_csv(folder / "a.csv", index=False)
    mapping(folder)


def changed(column: str, row: int, value: object) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        csv(folder, table())
        lines = (folder / "a.csv").read_text().splitlines()
        cells = lines[row - 1].split(",")
        cells[["t", "ax", "ay", "activity"].index(column)] = str(value)
        lines[row - 1] = ",".join(cells)
        (folder / "a.csv").write_text("\n".join(lines))

    return make


def with_mapping(**changes: Any) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        csv(folder, table())
        mapping(folder, **changes)

    return make


def content(raw: bytes, name: str = "a.csv") -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        mapping(folder)
        (folder / name).write_bytes(raw)

    return make


def missing_column(folder: Path) -> None:
    csv(folder, table().drop(columns="ay"))


def long_nan(folder: Path) -> None:
    frame = table()
    frame.loc[100:160, "ay"] = np.nan
    csv(folder, frame)


def all_nan(folder: Path) -> None:
    csv(folder, table().assign(ay=np.nan))


def two_rates(folder: Path) -> None:
    csv(folder, table().assign(t=np.cumsum(np.where(np.arange(ROWS) < ROWS // 2, 0.02, 0.04))))


def unlabelled(folder: Path) -> None:
    csv(folder, table().assign(activity=""))


def no_person(folder: Path) -> None:
    csv(folder, table().assign(who=["ben"] * 10 + [None] * (ROWS - 10)))
    mapping(folder, person={"column": "who"})


def doubled_columns(folder: Path) -> None:
    csv(folder, table())
    text = (folder / "a.csv").read_text()
    (folder / "a.csv").write_text(text.replace("t,ax,ay,", "t,ax,ax,", 1))


def not_utf8(folder: Path) -> None:
    csv(folder, table().assign(activity="walk"))
    text = (folder / "a.csv").read_text().replace("walk", "gehen für", 3).replace("gehen für", "walk", 2)
    (folder / "a.csv").write_bytes(text.encode("latin-1"))


def nothing(folder: Path) -> None:
    pass


def only_a_mapping(folder: Path) -> None:
    mapping(folder)


def no_mapping(folder: Path) -> None:
    table().to_csv(folder / "a.csv", index=False)


class Trap:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def object_arrays(folder: Path) -> None:
    trap = np.array([Trap(folder.parent / "sprung")] * ROWS, dtype=object)
    np.savez(folder / "a.npz", t=table()["t"], ax=trap, ay=table()["ay"])
    mapping(folder)


def windows_in_npz(folder: Path) -> None:
    np.savez(folder / "a.npz", t=table()["t"], ax=np.zeros((5, 3, 20)))
    mapping(folder)


def truncated_npz(folder: Path) -> None:
    np.savez(folder / "a.npz", **{name: table()[name] for name in ("t", "ax", "ay")})
    raw = (folder / "a.npz").read_bytes()
    (folder / "a.npz").write_bytes(raw[: len(raw) // 2])
    mapping(folder)


def truncated_parquet(folder: Path) -> None:
    table().to_parquet(folder / "a.parquet")
    raw = (folder / "a.parquet").read_bytes()
    (folder / "a.parquet").write_bytes(raw[:-100])
    mapping(folder)


def text_in_parquet(folder: Path) -> None:
    table().assign(ax=["1.0"] * 7 + ["oops"] * (ROWS - 7)).to_parquet(folder / "a.parquet")
    mapping(folder)


def zipped(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", frame.to_csv(index=False))
    return buffer.getvalue()


def truncated_zip(folder: Path) -> None:
    (folder / "x.zip").write_bytes(zipped(table())[:-40])
    mapping(folder)


def damaged_zip(folder: Path) -> None:
    raw = bytearray(zipped(table()))
    raw[len(raw) // 2] ^= 0xFF
    (folder / "x.zip").write_bytes(bytes(raw))
    mapping(folder)


CHANNEL = MAPPING["channels"][0]
CASES: list[tuple[str, Callable[[Path], None], list[str]]] = [
    ("a missing column", missing_column, ["column 'ay' is missing", "a.csv"]),
    ("text in a number", changed("ax", 17, "oops"), ["'oops' is no number", "a.csv, row 17, column ax"]),
    ("infinity", changed("ay", 9, "inf"), ["no finite number", "a.csv, row 9, column ay"]),
    ("text in the clock", changed("t", 5, "noon"), ["'noon' is no number", "row 5, column t"]),
    ("an empty stamp", changed("t", 5, ""), ["an empty cell is no time", "row 5, column t"]),
    ("long missing values", long_nan, ["waist.acc.y is missing for 1.22 s", "rows 102 to 162, column ay"]),
    ("a channel without any value", all_nan, ["waist.acc.y is missing", "rows 2 to 401, column ay"]),
    ("two rates", two_rates, ["two rates", "then 25.0 Hz", "a.csv, rows 2 to 401"]),
    ("time running backwards", changed("t", 50, "0.1"), ["time runs backwards", "a.csv, row 50"]),
    ("an empty folder", nothing, ["the folder is empty"]),
    ("no table", only_a_mapping, ["no CSV, Parquet or NPZ file"]),
    ("an empty file", content(b""), ["the file is empty", "a.csv"]),
    ("an empty Parquet file", content(b"", "a.parquet"), ["the file is empty", "a.parquet"]),
    ("blank lines", content(b"\n\n \n"), ["the file is empty", "a.csv"]),
    ("only a header", content(b"t,ax,ay,activity\n"), ["a header and no rows", "a.csv"]),
    ("one row", content(b"t,ax,ay,activity\n0,1,2,walk\n"), ["one row only", "a.csv"]),
    ("bytes that are no text", not_utf8, ["not UTF-8", "a.csv, row 4"]),
    ("bytes that are nothing", content(bytes(range(256)), "a.csv"), ["a.csv"]),
    ("two columns of one name", doubled_columns, ["two columns are called 'ax'", "a.csv, row 1"]),
    ("rows longer than the header", content(b"t,ax\n0,1,2\n1,2,3\n"), ["more cells than the header", "a.csv"]),
    ("a row longer than the others", content(b"t,ax,ay\n0,1,2\n0,1,2,3\n"), ["not a readable table", "a.csv"]),
    ("an empty label column", unlabelled, ["label column 'activity' is empty", "a.csv"]),
    ("rows of nobody", no_person, ["an empty cell is no person", "a.csv, row 12, column who"]),
    ("no mapping", no_mapping, ["no mapping", "stillroom data check"]),
    ("a truncated zip", truncated_zip, ["the zip is truncated", "x.zip"]),
    ("a damaged member", damaged_zip, ["the archive is damaged", "x/a.csv"]),
    ("objects in an NPZ", object_arrays, ["Python objects, which are never unpickled", "a.npz"]),
    ("windows in an NPZ", windows_in_npz, ["array 'ax' has 3 axes", "a.npz"]),
    ("a truncated NPZ", truncated_npz, ["not a whole NPZ file", "a.npz"]),
    ("a CSV called NPZ", content(b"t,ax\n1,2\n", "a.npz"), ["a.npz"]),
    ("a truncated Parquet file", truncated_parquet, ["not a whole Parquet file", "a.parquet"]),
    ("text in a Parquet column", text_in_parquet, ["'oops' is no number", "a.parquet, row 8, column ax"]),
    ("an unknown field", with_mapping(colour="red"), ["colour", "stillroom.json", "Fields:"]),
    ("an unknown unit", with_mapping(channels=[{**CHANNEL, "unit": "G"}]), ["unknown unit 'G'", "column ax"]),
    ("a unit of another quantity", with_mapping(channels=[{**CHANNEL, "unit": "deg/s"}]), ["different quantities"]),
    ("an unknown time unit", with_mapping(time={"column": "t", "unit": "min"}), ["time.unit", "stillroom.json"]),
    ("no clock", with_mapping(time={}), ["either a time column or a rate_hz", "stillroom.json"]),
    ("a channel named twice", with_mapping(channels=[CHANNEL, {**CHANNEL, "column": "ay"}]), ["x is named twice"]),
    ("a channel without site", with_mapping(channels=[{**CHANNEL, "channel": "acc.x"}]), ["must be site.kind.axis"]),
    ("a channel of no column", with_mapping(channels=[{**CHANNEL, "column": "az"}]), ["'az' is missing", "a.csv"]),
    ("a label of no column", with_mapping(label={"column": "what"}), ["column 'what' is missing", "a.csv"]),
    ("a clock of no column", with_mapping(time={"column": "when"}), ["column 'when' is missing", "a.csv"]),
    ("no channel", with_mapping(channels=[]), ["channels", "stillroom.json"]),
    ("a pattern without a group", with_mapping(person={"pattern": "a"}), ["needs one group", "stillroom.json"]),
    ("a pattern that is none", with_mapping(person={"pattern": "("}), ["no regular expression", "stillroom.json"]),
    ("a pattern that does not fit", with_mapping(person={"pattern": r"(s\d)"}), ["finds no person", "a.csv"]),
    ("a rate below zero", with_mapping(rate_hz=-1), ["rate_hz", "stillroom.json"]),
    ("a glob that fits nothing", with_mapping(files="b*"), ["no CSV, Parquet or NPZ file was found that fits 'b*'"]),
    ("a mapping that is no JSON", content(b"{", "stillroom.json"), ["not valid JSON"]),
    ("a mapping that is a list", content(b"[]", "stillroom.json"), ["one JSON object"]),
]  # fmt: skip


def outcome(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        run(list(words))
    return int(stopped.value.code or 0), *capsys.readouterr()


def refused(capsys: pytest.CaptureFixture[str], said: list[str], *words: str) -> None:
    code, out, err = outcome(capsys, *words)
    assert (code, out) == (2, ""), (out, err)
    assert err.startswith("error: ") and err.count("\n") == 1 and "Traceback" not in err
    for part in said:
        assert part in err
    code, out, _ = outcome(capsys, *words, "--json")
    assert code == 2 and out.count("\n") == 1
    assert set(json.loads(out)["error"]) == {"what", "where", "mend"}


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(("make", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_own_data_is_refused_with_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, make: Callable[[Path], None], said: list[str]
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    make(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*")}
    refused(capsys, said, "data", "inspect", str(folder))
    assert {path: path.read_bytes() for path in folder.rglob("*")} == before
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "sprung").exists()


CHECKED = {"no mapping"}


@pytest.mark.parametrize(
    ("make", "said"),
    [case[1:] for case in CASES if case[0] not in CHECKED],
    ids=[case[0] for case in CASES if case[0] not in CHECKED],
)
def test_check_says_the_same_of_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, make: Callable[[Path], None], said: list[str]
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    make(folder)
    before = sorted(folder.rglob("*"))
    code, _, err = outcome(capsys, "data", "check", str(folder))
    assert code == 2 and err.startswith("error: ") and err.count("\n") == 1
    assert sorted(folder.rglob("*")) == before
    assert not (tmp_path / "sprung").exists()


def test_the_traps_would_spring_and_the_good_table_would_pass(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    csv(tmp_path, table())
    assert outcome(capsys, "data", "inspect", str(tmp_path))[0] == 0
    function, arguments = Trap(tmp_path / "sprung").__reduce__()
    function(*arguments)
    assert (tmp_path / "sprung").exists()


def dsads(root: Path, people: int = 2) -> Path:
    """Two people, two activities, two segments each, in the publisher's form."""
    rng = np.random.default_rng(0)
    for activity in (1, 2):
        for person in range(1, people + 1):
            for segment in (1, 2):
                path = root / f"a{activity:02d}" / f"p{person}" / f"s{segment:02d}.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                np.savetxt(path, rng.normal(size=(125, 45)), delimiter=",", fmt="%.4f")
    return root


def replaced(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        path = root / name
        path.write_text(change(path.read_text()))

    return make


def zip_of(root: Path, spoil: Callable[[bytearray], bytes]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*.txt")):
            archive.write(path, path.relative_to(root).as_posix())
            path.unlink()
    (root / "dsads.zip").write_bytes(spoil(bytearray(buffer.getvalue())))


def _flip(raw: bytearray) -> bytes:
    raw[300] ^= 0xFF
    return bytes(raw)


def _third_cell(text: str) -> str:
    lines = text.splitlines()
    lines[6] = lines[6].replace(lines[6].split(",")[2], "oops", 1)
    return "\n".join(lines)


DSADS: list[tuple[str, Callable[[Path], None], list[str]]] = [
    ("text in a number", replaced("a01/p1/s02.txt", _third_cell), ["'oops' is no number", "a01/p1/s02.txt, row 7"]),
    ("a missing column", replaced("a01/p1/s01.txt", lambda t: t.replace(",", ";", 1).replace(";", "", 1)), ["s01.txt"]),
    ("a short file", replaced("a02/p2/s01.txt", lambda t: "\n".join(t.splitlines()[:60])), ["60 rows", "p2/s01.txt"]),
    ("an empty file", replaced("a02/p1/s01.txt", lambda _: ""), ["empty", "a02/p1/s01.txt"]),
    ("a truncated zip", lambda root: zip_of(root, lambda raw: bytes(raw[:-50])), ["truncated", "dsads.zip"]),
    ("a damaged member", lambda root: zip_of(root, _flip), ["the archive is damaged", "a01/p1/s01.txt"]),
    ("another publisher's files", lambda root: [p.rename(p.with_suffix(".dat")) for p in root.rglob("*.txt")] and None,
     ["no DSADS segment was found"]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "said"), [case[1:] for case in DSADS], ids=[case[0] for case in DSADS])
def test_dsads_is_refused_with_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, make: Callable[[Path], None], said: list[str]
) -> None:
    root = dsads(tmp_path / "dsads")
    make(root)
    refused(capsys, said, "data", "inspect", f"dsads:{root}")
    assert not list(tmp_path.rglob("*.part"))


def test_dsads_in_good_form_opens_and_a_climbing_path_does_no_harm(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    root = dsads(tmp_path / "deep" / "dsads")
    assert outcome(capsys, "data", "inspect", f"dsads:{root}")[0] == 0
    with zipfile.ZipFile(tmp_path / "deep" / "x.zip", "w") as archive:
        for path in sorted(root.rglob("*.txt")):
            archive.write(path, "../../" + path.relative_to(root).as_posix())
    before = sorted(path for path in tmp_path.rglob("*") if "cache" not in path.parts)
    assert outcome(capsys, "data", "inspect", f"dsads:{tmp_path / 'deep' / 'x.zip'}")[0] == 0
    assert sorted(path for path in tmp_path.rglob("*") if "cache" not in path.parts) == before


@pytest.mark.parametrize(
    ("source", "said"),
    [("dsasd", "neither a known data source"), ("dsads:", "a path must follow"), ("dsads", "needs a path"),
     ("own", "needs a path"), ("dsads:/no/where", "no such file or folder"), ("dsasd:x", "unknown data source")],
)  # fmt: skip
def test_a_source_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], source: str, said: str) -> None:
    refused(capsys, [said], "data", "inspect", source)
