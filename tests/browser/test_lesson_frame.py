"""The frame of the lessons in a blank page: a window that is not there, a picture that fails, no change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.script import FOLDER, scripts

_PAGE = """<div id="root"><div class="lesson"><div class="knobs"></div><div class="pictures"></div>
<div class="heard" role="status"></div></div></div>"""
_DRAW = """([sample, samples]) => {
  window.asked = [];
  mount({ parentElement: document.getElementById('root'), setStateValue: () => {}, data: {
    where: ['x', 'run', Math.random()], view: 'one', open: true, knobs: [], state: { sample }, times: 0, paint: {},
    lesson: { samples: Array.from({ length: samples }, (_, place) => ({ name: String(place) })) } } });
  return [window.asked, document.querySelector('.pictures').innerText];
}"""
_LESSON = """const LESSON = { draw(stage, state, data) {
  window.asked.push(state.sample);
  stage.note('name', data.samples[state.sample].name);
  return 'drawn';
} };"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The frame with a lesson that names its window, and fails where there is none."""
    with scripts(chromium, "maths.js", "stage.js", "knobs.js") as one:
        main = (FOLDER / "main.js").read_text().replace("export default function", "function mount")
        one.add_script_tag(content=f"{_LESSON}\n{main}")
        one.evaluate("(html) => { document.body.innerHTML = html; }", _PAGE)
        yield one


@pytest.mark.parametrize(("sample", "wanted"), [(9, 2), (-4, 0), (1, 1), ("x", 0), (1.6, 1)])
def test_a_window_out_of_range_is_the_nearest_that_there_is(page: Page, sample: Any, wanted: int) -> None:
    assert page.evaluate(_DRAW, [sample, 3]) == [[wanted], str(wanted)]


def test_a_picture_that_cannot_be_drawn_is_a_sentence_and_not_a_traceback(page: Page) -> None:
    with page.expect_console_message(lambda one: one.type == "error"):  # who looks for the cause finds it
        _, told = page.evaluate(_DRAW, [0, 0])
    assert "does not fit this picture" in told
    assert page.evaluate(_DRAW, [0, 1]) == [[0], "0"]


@pytest.mark.parametrize(("spans", "told"), [
    ([[0, 50, 1], [50, 100, 0]], ""), ([[0, 100, 1]], "only one activity is labelled, pack"),
    ([[0, 50, 1], [50, 60, -1], [60, 100, 1]], "only one activity is labelled, pack"), ([[0, 100, -1]], "Nothing"),
])  # fmt: skip
def test_a_stretch_of_one_activity_says_so(chromium: Browser, spans: Any, told: str) -> None:
    with scripts(chromium, "maths.js", "signal_maths.js", "stage.js", "windows.js") as one:
        found = one.evaluate(
            """(spans) => { const said = [''];
            sayIfAlone({ note: (_, text) => said.push(text) }, { classes: ['scan', 'pack'] }, { spans });
            return said.at(-1); }""",
            spans,
        )
    assert found == "" if not told else told in found
