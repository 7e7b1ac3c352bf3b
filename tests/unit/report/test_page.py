"""The file itself: the same bytes each time, nothing outside it, nobody's words read as signs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.report.making import Report, form_of, make, write
from stillroom.report.money import from_options

from .conftest import Change
from .kit import Page

EVIL = "<script>alert(1)</script>&\"'$x_1$</style>{{7*7}}\u202eabc\ud83d\x00"


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(run: Path, report: Report, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "elsewhere" / run.name)
    shutil.copy(run.parent / "made.json", tmp_path / "elsewhere")
    assert make(tmp_path / "elsewhere" / run.name).html == report.html == make(run).html


def test_another_process_another_day_gives_the_same_bytes(run: Path, report: Report, tmp_path: Path) -> None:
    to = tmp_path / "r.html"
    other = {
        **os.environ,
        "PYTHONHASHSEED": "77",
        "TZ": "Pacific/Auckland",
        "LC_ALL": "C",
        "MPLCONFIGDIR": str(tmp_path),
    }
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nsavefig.bbox: tight\nsvg.fonttype: path\n")
    words = [sys.executable, "-m", "stillroom", "report", str(run), "--to", str(to)]
    subprocess.run(words, check=True, capture_output=True, env=other, cwd=tmp_path)
    assert to.read_bytes() == report.html.encode()


def test_a_figure_of_the_run_that_changes_changes_the_page(
    changed: Change, told: dict[str, Any], report: Report
) -> None:
    student = told["student"] | {"macro_f1": 0.5}
    assert make(changed(student=student)).html != report.html


def test_nothing_of_this_machine_or_of_a_clock_is_in_it(report: Report, run: Path, tmp_path: Path) -> None:
    html = report.html
    assert str(run.parent) not in html and str(Path.cwd()) not in html
    assert "matplotlib" not in html.lower() and "<metadata" not in html


def test_it_needs_nothing_beside_it(page: Page) -> None:
    assert not re.search(r"<script|<link|<img|<iframe|<object|@import|@font-face", page.html)
    assert not re.findall(r"(?:src|href)=\"(?!#)[^\"]*\"", page.html)
    assert re.findall(r"url\((?!#)", page.html) == []
    assert "default-src &#39;none&#39;" in page.html or "default-src 'none'" in page.html


def test_every_id_is_there_once_and_every_door_leads_somewhere(page: Page, study_page: Page) -> None:
    for one in (page, study_page):
        ids = re.findall(r'\bid="([^"]+)"', one.html)
        assert sorted(ids) == sorted(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', one.html)) <= set(ids)
        assert set(re.findall(r"url\(#([^)]+)\)", one.html)) <= set(ids)


def test_every_drawing_says_in_words_what_it_shows_and_has_its_numbers_in_a_table(page: Page) -> None:
    assert re.findall(r"<svg(?![^>]*aria-label=\"[^\"]{10,}\")[^>]*>", page.html) == []
    behind = page.html[page.html.index('<article class="sheet evidence">') :]
    assert behind.count("<figure") == behind.count('<div class="numbers')


def test_hostile_names_stay_words(changed: Change, told: dict[str, Any]) -> None:
    raw = json.dumps(told).replace('"p04"', json.dumps(f"{EVIL}p04")).replace('"carry box"', json.dumps(f"box {EVIL}"))
    other = json.loads(raw) | {"data_title": EVIL, "warning": f"Leak {EVIL}: {EVIL}", "title": EVIL, "data": EVIL}
    folder = changed(name=f"x {EVIL[:9]}", facts={"command": ["distil", EVIL], "commit": EVIL}, **other)
    html = make(folder).html
    assert not re.search(r"<script|onerror=|alert\(1\)</script>", html)
    assert "\u202e" not in html and "\x00" not in html and html.count("</style>") == 1
    page = Page(html)
    assert any("<script>alert(1)</script>&\"'$x_1$</style>{{7*7}} abc p04" in row[0]
               for row in page.table("Scores of each person"))  # fmt: skip
    assert page.drawings["people"].marks  # it can be read as XML still
    assert "{{7*7}}" in page.words
    html.encode()


def test_a_name_in_the_foot_of_a_page_cannot_end_it(changed: Change) -> None:
    html = make(changed(name='a"; } body { display: none')).html
    style = html[html.index("<style>") : html.index("</style>")]
    foot = style[style.rindex("@page") :]
    assert "display" in foot and '"; }' not in foot.replace('"; } }', "", 1)


def test_what_was_assumed_is_printed_as_the_readers_own(run: Path) -> None:
    page = Page(make(run, assumed=from_options(["units=7", "price.acc=2:1:3"])).html)
    rows = {row[5]: row for row in page.table("Assumptions")}
    assert rows["units"][1] == "7" and rows["units"][4] == "given by the reader's side"
    assert rows["price.acc"][1:3] == ["2", "1 to 3"] and rows["years"][4] == "our assumption"


def test_the_device_that_is_asked_for_stands_on_the_front(run: Path) -> None:
    page = Page(make(run, device="agx-xavier").html)
    assert {row[-1] for row in page.table("What teacher and student cost")} == {"counted", "estimated"}
    assert "Times and energies estimated, not measured for agx-xavier" in page.words
    assert "figures for agx-xavier are estimates, none was measured there" in page.words


def test_a_device_nobody_asked_about_is_refused_with_the_command_that_asks(run: Path) -> None:
    with pytest.raises(InputError, match=r"holds no figure of 'nano'.*stillroom cost RUN --device nano"):
        make(run, device="nano")


@pytest.mark.parametrize("name", ["r.txt", "r", "r.pdf.exe"])
def test_another_ending_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"HTML or PDF"):
        form_of(Path(name))


def test_a_folder_is_refused_and_what_lay_there_stays(report: Report, tmp_path: Path) -> None:
    (tmp_path / "x.html").mkdir()
    with pytest.raises(InputError, match="a folder lies there"):
        write(report, tmp_path / "x.html")
    told = write(report, tmp_path / "new" / "y.html")
    assert (tmp_path / "new" / "y.html").read_text() == report.html and told["size_bytes"] == len(report.html.encode())
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["y.html"]


def test_a_run_of_the_demo_says_so_and_ones_own_does_not(page: Page, changed: Change) -> None:
    assert ">demo</li>" in page.html and ">demo</li>" not in make(changed()).html


def test_every_class_of_the_page_has_a_look(page: Page, study_page: Page) -> None:
    """A class that the style does not know is a slip of a template, and its table is drawn otherwise than meant."""
    for one in (page, study_page):
        style = one.html[one.html.index("<style>") : one.html.index("</style>")]
        used = {word for found in re.findall(r'class="([^"]*)"', one.html) for word in found.split()}
        assert {word for word in used if not re.search(rf"\.{re.escape(word)}\b", style)} == set()
