"""That what is looked for on every page would be found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import looking

GOOD = """<!doctype html><html lang="en"><title>Good</title><main><h1>Good</h1>
<button>One</button> <button>Two</button> <input aria-label="Three"></main></html>"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of 360 px that holds whatever is put on it."""
    with chromium.new_context(viewport={"width": 360, "height": 700}) as context:
        yield context.new_page()


def test_a_good_page_has_no_findings(page: Page) -> None:
    page.set_content(GOOD)
    assert looking.axe(page) == looking.sideways(page) == looking.charts_without_words(page) == []
    assert looking.by_keyboard(page) == (['button  "One"', 'button  "Two"', 'input  "Three"'], [])


@pytest.mark.parametrize(
    ("put", "said"),
    [
        ('<div role="button">Only by mouse</div>', "not reached"),
        ('<button tabindex="-1">Only by mouse</button>', "not reached"),
        ('<button style="outline: none">Where am I</button>', "focus not seen"),
        ('<button onkeydown="event.preventDefault()">No way out</button>', "caught at button"),
    ],
)
def test_what_the_keyboard_misses_is_found(page: Page, put: str, said: str) -> None:
    page.set_content(GOOD.replace("<h1>", f"{put}<h1>"))
    _, found = looking.by_keyboard(page)
    assert len(found) == 1 and said in found[0]


def test_a_control_in_a_shadow_root_is_looked_at_too(page: Page) -> None:
    page.set_content(GOOD)
    page.evaluate("""() => {
      const root = document.body.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
      root.innerHTML = '<button>Within</button><div role="checkbox">Missed</div>';
    }""")
    stops, found = looking.by_keyboard(page)
    assert 'button  "Within"' in stops and len(found) == 1 and "Missed" in found[0]


def test_a_chart_without_words_is_found(page: Page) -> None:
    chart = '<div data-testid="stPlotlyChart" style="height: 9px" {}><svg></svg></div>'
    page.set_content(GOOD + chart.format("") + chart.format('role="img" aria-label="The student is nearly as good"'))
    assert len(looking.charts_without_words(page)) == 1


def test_what_is_wider_than_a_telephone_is_found_but_not_a_table_that_scrolls_by_itself(page: Page) -> None:
    wide = '<div style="width: 900px">wide</div>'
    page.set_content(f"{GOOD}<div style='overflow-x: auto'>{wide}</div>")
    assert looking.sideways(page) == []
    page.set_content(GOOD + wide)
    assert looking.sideways(page) != []


def test_pale_words_are_found_by_axe(page: Page) -> None:
    page.set_content(GOOD.replace("<h1>", '<p style="color: #bbb">pale</p><h1>'))
    assert len(looking.axe(page)) == 1
