"""Lessons in a browser: a knob answers within a frame and without the server, an address restores all, and everybody
can follow: by keyboard, light and dark, on a telephone, without motion."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser import looking
from tests.browser.kit import Server, Tab

from stillroom_app.services.lessons.frame import Lesson
from stillroom_app.services.lessons.shelf import LESSONS

_FRAME_MS = 16.0
_TURN = """async (input) => {
  const root = input.getRootNode().querySelector('.lesson'), spent = [];
  const values = Array.from({ length: 40 }, (_, at) => Number(input.min)
    + ((at * 7) % 40) / 39 * (Number(input.max) - Number(input.min)));
  for (const value of values) {
    const before = Number(root.dataset.drawn);
    input.value = value;
    input.dispatchEvent(new Event('input'));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    if (Number(root.dataset.drawn) === before) throw new Error('not drawn by the next frame');
    spent.push(Number(root.dataset.ms));
  }
  return spent;
}"""
_CUT = """() => [...document.querySelectorAll('.katex-display')].filter((one) => one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.textContent)"""
_TOLD = b'"told"'  # beside it, the page asks every two seconds how its jobs stand
_SLIDERS = ("slider", "steps")
every_lesson = pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))
sliding = [one for one in LESSONS.values() if any(knob.kind in _SLIDERS for knob in one.knobs)]
every_slider = pytest.mark.parametrize("lesson", sliding, ids=[one.slug for one in sliding])


def at_step(one: Tab, lesson: Lesson, step: int, **more: Any) -> Page:
    """A lesson's step with its guess made, drawn."""
    page = one.open("lessons", lesson=lesson.slug, step=step, guess=1, **more)
    if step <= len(lesson.steps):
        expect(page.locator(".lesson[data-drawn]")).to_be_visible()
    return page


def with_slider(lesson: Lesson) -> tuple[int, str]:
    """A step that has a slider, and the slider's name."""
    sliders = {knob.name for knob in lesson.knobs if knob.kind in _SLIDERS}
    return next((at + 1, name) for at, step in enumerate(lesson.steps) for name in step.knobs if name in sliders)


@every_slider
def test_a_slider_answers_within_a_frame_and_asks_nobody(wide: Tab, lesson: Lesson) -> None:
    step, name = with_slider(lesson)
    asked: list[Any] = []
    wide.page.once("websocket", lambda socket: socket.on("framesent", lambda frame: asked.append(frame)))
    page = at_step(wide, lesson, step)
    wide.settle()
    asked.clear()
    spent = page.locator(f'.lesson input[name="{name}"]').evaluate(_TURN)
    assert [one for one in asked if _TOLD in one] == []
    page.locator(f'.lesson input[name="{name}"]').dispatch_event("change")
    wide.settle()
    assert [one for one in asked if _TOLD in one]  # once it is let go
    assert statistics.median(spent) < _FRAME_MS, spent


@every_slider
def test_an_address_restores_all_that_was_turned(wide: Tab, lesson: Lesson) -> None:
    step, name = with_slider(lesson)
    page = at_step(wide, lesson, step)
    slider = page.locator(f'.lesson input[name="{name}"]')
    slider.focus()
    for key in ("End", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    sample = page.locator(".lesson select")
    if sample.count() and sample.locator("option").count() > 1:
        sample.select_option(index=1)
    wide.settle()
    expect(page).to_have_url(re.compile(rf"[&?]{name}="))
    turned, said = slider.input_value(), page.locator(".lesson .pictures").inner_text()
    page.goto(page.url)
    wide.idle()
    expect(page.locator(".lesson[data-drawn]")).to_be_visible()
    assert page.locator(f'.lesson input[name="{name}"]').input_value() == turned
    assert page.locator(".lesson .pictures").inner_text() == said


@every_lesson
def test_every_step_can_be_read_on_a_telephone(narrow: Tab, lesson: Lesson) -> None:
    page, views, found = at_step(narrow, lesson, 1), set[str](), list[str]()
    for step in lesson.steps:
        expect(page.get_by_role("heading", name=step.title, exact=True)).to_be_visible()
        narrow.idle()
        seen = looking.sideways(page) + (looking.axe(page) if step.view not in views else [])
        views.add(step.view)
        found += [f"{step.title}: {one}" for one in seen]
        narrow.key("lesson_next").get_by_role("button").click()
    expect(page.get_by_text(lesson.checks[0].choices[0])).to_be_visible()
    narrow.idle()
    found += [f"checks: {one}" for one in (*looking.axe(page), *looking.sideways(page))]
    assert found == [] and narrow.said == [] and narrow.outside == []


@every_lesson
def test_no_formula_is_cut_off(wide: Tab, lesson: Lesson) -> None:
    page, cut = at_step(wide, lesson, 1), list[str]()
    for step in lesson.steps:
        expect(page.get_by_role("heading", name=step.title, exact=True)).to_be_visible()
        wide.idle()
        cut += page.evaluate(_CUT)
        wide.key("lesson_next").get_by_role("button").click()
    assert cut == []


@pytest.mark.parametrize("slug", ["temperature", "fewer"])  # every kind of control that the frame has, and switches
def test_a_lesson_can_be_gone_through_by_keyboard_and_read_in_the_dark(
    shipped: Server, look_at: Callable[..., Tab], slug: str
) -> None:
    one = look_at(shipped, reduced_motion="reduce")
    page = at_step(one, LESSONS[slug], 5)
    one.settle()
    _, missed = looking.by_keyboard(page)
    page.emulate_media(color_scheme="dark")
    page.reload()
    one.settle()
    expect(page.locator(".lesson[data-drawn]")).to_be_visible()
    assert missed == [] and looking.axe(page) == []


def test_a_guess_hides_the_answer_until_it_is_made(wide: Tab) -> None:
    page = wide.open("lessons", lesson="temperature", step=2)
    expect(page.locator(".lesson[data-drawn]")).to_be_visible()
    assert page.locator(".lesson input, .lesson select").count() == 0
    page.get_by_role("radio", name="They come nearer, in the same order").check(force=True)
    wide.settle()
    wide.key("lesson_show").get_by_role("button").click()
    expect(page.locator('.lesson input[name="T"]')).to_be_visible()
    expect(page).to_have_url(re.compile(r"[&?]guess=2(&|$)"))


def test_training_plays_pauses_and_takes_one_step_by_keyboard(shipped: Server, look_at: Callable[..., Tab]) -> None:
    one = look_at(shipped)
    page = at_step(one, LESSONS["temperature"], 4)
    count = page.locator('.lesson input[name="n"]')
    page.get_by_role("button", name="One step").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"[&?]n=1(&|$)"))
    assert count.input_value() == "1"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(count).to_have_value(re.compile(r"[3-9]"))
    page.keyboard.press("Enter")
    stood = count.input_value()
    expect(page).to_have_url(re.compile(rf"[&?]n={stood}(&|$)"))
    page.get_by_role("button", name="Start again").click()
    expect(page).to_have_url(re.compile(r"[&?]n=0(&|$)"))


def test_who_wants_no_motion_sees_the_end_of_a_training_at_once(wide: Tab) -> None:
    page = at_step(wide, LESSONS["temperature"], 4)
    page.get_by_role("button", name="Play").click()
    expect(page.locator('.lesson input[name="n"]')).to_have_value("60", timeout=6_000)  # playing takes 13 s


def test_the_way_through_a_lesson_ends_with_a_mark_on_its_card(shipped: Server, look_at: Callable[..., Tab]) -> None:
    one, lesson = look_at(shipped), LESSONS["windows"]
    page = one.open("lessons")
    page.get_by_role("button", name="Lesson 1, 4 minutes").click()
    for _ in lesson.steps:
        one.settle()
        one.key("lesson_next").get_by_role("button").click()
    one.settle()
    for question in lesson.checks:
        page.get_by_role("radio", name=question.choices[question.right], exact=True).check(force=True)
        one.settle()
    expect(page.get_by_text("That was the lesson")).to_be_visible()
    page.get_by_role("button", name="All lessons").click()
    expect(page.get_by_role("button", name="Lesson 1, done")).to_be_visible()
    assert "step=" not in page.url
