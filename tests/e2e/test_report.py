"""A report from the command line, opened from disk by a browser without a network, and printed on A4."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from tests.browser.finding import NO_BROWSER

from stillroom.data.splits import LEAK_WARNING
from stillroom.report.making import make
from stillroom.report.pdf import browser

from .kit import Call, distil_words, report_of, write_people
from .kit import table as recording

DEMO = Path(__file__).parents[2] / "app" / "stillroom_app" / "demo"
COLUMN_PX, PAGE_PX = 681, 1028  # 180 by 272 mm: what the margins leave of A4
EVIL = "a <img src=x onerror=alert(1)> $x$ </style>"
needs_browser = pytest.mark.skipif(not browser(), reason=NO_BROWSER)


def test_one_object_tells_what_was_written_and_the_file_is_the_functions_own(
    call: Call, done: Path, tmp_path: Path
) -> None:
    to = tmp_path / "r.html"
    told = call("report", done, "--to", to, "--json")
    assert told.code == 0 and told.answer["file"] == str(to) and told.answer["of"] == "run"
    assert to.read_text() == make(done).html
    assert call("report", done, "--to", tmp_path / "again.html").code == 0
    assert (tmp_path / "again.html").read_bytes() == to.read_bytes()
    assert told.answer["size_bytes"] == to.stat().st_size


def test_people_read_the_finding_and_what_was_not_tested(call: Call, done: Path, tmp_path: Path) -> None:
    told = call("report", done, "--to", tmp_path / "r.html")
    lines = told.out.splitlines()
    more = make(done).told["more"]
    assert f"{report_of(done)['student']['macro_f1']:.2f}" in lines[0] and more and lines[1 : 1 + len(more)] == more
    assert lines[1 + len(more)].startswith("Not tested: ")


def test_its_command_makes_the_very_run_again(call: Call, done: Path, tmp_path: Path) -> None:
    html = make(done).html
    command = re.search(r"<pre>(.*?)</pre>", html)
    assert command
    import html as entities

    words = shlex.split(entities.unescape(command[1]))
    assert words[:3] == ["stillroom", "distil", "tsak"]
    data = json.loads((done / "run.json").read_text())["asked"]["data"]
    assert data not in html and words[words.index("--data") + 1] == "PATH", "where recordings lie is nobody else's"
    words[words.index("PATH")] = data
    told = call(*words[1:], "--run", done, "--resume", "--json")  # asked for anything else, it would be refused
    assert told.code == 0 and told.answer["student"] == report_of(done)["student"]
    assert ">not recorded<" not in html.split("trained on")[1][:80]


@pytest.mark.parametrize(
    ("more", "said"),
    [(("--to", "r.txt"), "HTML or PDF"), (("--to", "r.html", "--device", "abacus"), "no figure of 'abacus'"),
     (("--to", "r.html", "--assume", "units=-1"), "units"),
     (("--to", "r.html", "--assume", "x=1"), "nothing is assumed")],
)  # fmt: skip
def test_a_wrong_option_is_one_error_and_no_file(
    refused: Call, done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in refused("report", done, *more).error
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_no_run_or_not_done_is_one_error(refused: Call, done: Path, tmp_path: Path) -> None:
    assert "neither a run nor a study" in refused("report", tmp_path, "--to", tmp_path / "r.html").error
    facts = json.loads((done / "run.json").read_text()) | {"state": "stopped"}
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "run.json").write_text(json.dumps(facts))
    assert "the run is stopped" in refused("report", tmp_path / "half", "--to", tmp_path / "r.html").error


def test_it_loads_neither_torch_nor_plotly(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom stillroom.cli.main import run\n"
        f"try:\n    run(['report', {str(DEMO / 'tsak')!r}, '--to', {str(tmp_path / 'r.html')!r}])\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "assert 'matplotlib' in sys.modules\n"
        "assert not {'torch', 'plotly', 'matplotlib.pyplot', 'streamlit'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-gpu"])
        yield one
        one.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of people and activities with names that are no words."""
    from stillroom.cli.main import run

    folder = tmp_path_factory.mktemp("hostile")
    tables = {f"p{n}": recording(n).replace({"activity": {"slow": EVIL}}) for n in range(1, 5)}
    data = write_people(folder / "own", tables, title=EVIL)
    with pytest.raises(SystemExit) as stopped:
        run(distil_words(data, folder / "run", "--folds", 1))
    assert not stopped.value.code
    return folder / "run"


def _opened(chromium: Browser, folder: Path, to: Path, device: str = "", **how: object) -> tuple[Page, list[str]]:
    """The file in a browser without a network, and whatever it asked for or said."""
    to.write_text(make(folder, device=device).html)
    context = chromium.new_context(offline=True, **how)  # type: ignore[arg-type]
    page, said = context.new_page(), []
    page.on("console", lambda one: said.append(one.text))
    page.on("pageerror", lambda one: said.append(str(one)))
    page.on("dialog", lambda one: said.append(one.message))
    page.on("request", lambda one: said.append(one.url) if one.url != to.as_uri() else None)
    page.goto(to.as_uri())
    return page, said


@needs_browser
@pytest.mark.parametrize("of", ["tsak", "sensors"])
def test_opened_from_disk_it_asks_for_nothing_and_nobody_is_shut_out(
    chromium: Browser, tmp_path: Path, of: str
) -> None:
    page, said = _opened(chromium, DEMO / of, tmp_path / "r.html")
    assert page.title().endswith(of) and page.locator("svg").count() >= 4
    found = Axe().run(page).response["violations"]
    assert [
        (one["id"], one["nodes"][0]["html"][:120]) for one in found if one["impact"] in ("serious", "critical")
    ] == []
    for width in (360, 1366):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    page.context.close()


@needs_browser
def test_a_hostile_name_runs_nothing_and_is_seen_as_it_is(chromium: Browser, hostile: Path, tmp_path: Path) -> None:
    page, said = _opened(chromium, hostile, tmp_path / "r.html")
    assert said == [] and EVIL in page.inner_text("body") and page.locator("main img").count() == 0
    page.context.close()


@pytest.fixture
def leaking(tmp_path: Path) -> Path:
    """A run whose front page has most to say: split at random."""
    folder = shutil.copytree(DEMO / "tsak", tmp_path / "leaking")
    told = json.loads((folder / "report.json").read_text())
    (folder / "report.json").write_text(json.dumps(told | {"protocol": "random:4", "warning": LEAK_WARNING}))
    return folder


@needs_browser
@pytest.mark.parametrize(
    ("of", "least"),
    [("tsak", 0), ("tsak:agx-xavier", 0), ("smldist", 0), ("tsak-both-acc", 0), ("sensors", 0), ("hostile", 4),
     ("leaking", 5)],
)  # fmt: skip
def test_of_what_was_not_tested_the_first_page_shows_all_that_finds_room_each_entry_whole(
    chromium: Browser, hostile: Path, leaking: Path, tmp_path: Path, of: str, least: int
) -> None:
    name, _, device = of.partition(":")
    folder = {"hostile": hostile, "leaking": leaking}.get(name, DEMO / name)
    page, _ = _opened(chromium, folder, tmp_path / "r.html", device, viewport={"width": COLUMN_PX, "height": PAGE_PX})
    page.emulate_media(media="print")
    shown, cut, planned = page.evaluate(
        """() => { const list = document.querySelector('.untested ul');
        const box = list.parentElement.getBoundingClientRect();
        const places = [...list.children].map(one => one.getBoundingClientRect());
        const inside = places.filter(one => one.left < box.right);
        return [inside.length, inside.filter(one => one.bottom > box.bottom + 1).length, places.length]; }"""
    )
    assert cut == 0 and shown >= (least or planned)
    assert page.locator(".untested .count").inner_text().startswith(f"{planned} things")
    page.context.close()


@needs_browser
@pytest.mark.parametrize(
    "of", ["tsak", "tsak:agx-xavier", "smldist", "tsak-both-acc", "sensors", "hostile", "leaking"]
)  # fmt: skip
def test_on_paper_the_first_page_is_one_page_and_nothing_is_cut_or_shrunk(
    chromium: Browser, hostile: Path, leaking: Path, tmp_path: Path, of: str
) -> None:
    name, _, device = of.partition(":")
    folder = {"hostile": hostile, "leaking": leaking}.get(name, DEMO / name)
    page, _ = _opened(chromium, folder, tmp_path / "r.html", device, viewport={"width": COLUMN_PX, "height": PAGE_PX})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= COLUMN_PX
    assert page.locator(".front").bounding_box()["height"] <= PAGE_PX  # type: ignore[index]
    assert page.evaluate("(one => one.scrollHeight - one.clientHeight)(document.querySelector('.front'))") <= 1
    assert page.locator(".evidence > :last-child").evaluate("one => one.tagName") == "SECTION", (
        "no page of a line alone"
    )
    wider = "[...document.querySelectorAll('.two > section, .tiles li, .badges, h1')]"
    assert page.evaluate(f"{wider}.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)") == []
    tallest = page.evaluate("Math.max(...[...document.querySelectorAll('tr, figure, pre')].map(e => e.offsetHeight))")
    assert tallest <= PAGE_PX
    styles = page.evaluate(
        "[...document.querySelectorAll('tr, thead, figure')].map(e => [e.tagName, getComputedStyle(e).breakInside,"
        " getComputedStyle(e).display])"
    )
    assert {inside for tag, inside, _ in styles if tag in ("TR", "FIGURE")} == {"avoid"}
    assert {display for tag, _, display in styles if tag == "THEAD"} == {"table-header-group"}
    page.context.close()


@needs_browser
def test_the_pdf_is_a4_numbered_and_holds_every_page(call: Call, tmp_path: Path) -> None:
    to = tmp_path / "r.pdf"
    told = call("report", DEMO / "tsak", "--to", to, "--json")
    assert told.code == 0 and told.answer["form"] == "pdf"
    content = to.read_bytes()
    boxes = {
        tuple(float(one) for one in found) for found in re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", content)
    }
    assert len(boxes) == 1 and boxes.pop() == pytest.approx((595.0, 842.0), abs=1)
    assert 8 <= len(re.findall(rb"/Type\s*/Page\b", content)) <= 24
    assert [one.name for one in tmp_path.iterdir()] == ["r.pdf"]
