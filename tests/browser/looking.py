"""What a page owes everybody: findings of axe, a walk by keyboard, charts with words, nothing that scrolls sideways.

Each function looks at a page that is drawn and gives sentences; none is as it should be. Canvases, and what stands
inside a table that scrolls by itself, are not looked into.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
_MOST_STOPS, _MOST_CELLS = 300, 40
_DEEP = """
  const deep = (root, found = []) => {
    for (const one of root.querySelectorAll('*')) { found.push(one); if (one.shadowRoot) deep(one.shadowRoot, found); }
    return found;
  };
  const shown = (one) => {
    const box = one.getBoundingClientRect(), style = getComputedStyle(one);
    if (!box.width || !box.height || style.visibility === 'hidden' || style.display === 'none') return false;
    return !one.closest('[aria-hidden="true"], [inert], [hidden]');
  };
  const told = (one) => {
    const keyed = one.closest('[class*="st-key-"]');
    const key = keyed ? [...keyed.classList].find((name) => name.startsWith('st-key-')) : '';
    const said = one.getAttribute('aria-label') || one.textContent || one.getAttribute('title') || '';
    return `${one.tagName.toLowerCase()} ${key} "${said.trim().slice(0, 40)}"`;
  };
"""
_WALK_BEGINS = f"""() => {{
  {_DEEP}
  const still = document.createElement('style');
  still.textContent = '*, *::before, *::after {{ transition: none !important; animation: none !important }}';
  document.head.append(still);
  document.activeElement.blur();
  window.scrollTo(0, 0);
  const style = (part) => [null, '::before', '::after'].map((pseudo) => {{
    const s = getComputedStyle(part, pseudo);
    return [s.outline, s.boxShadow, s.borderColor, s.backgroundColor, s.color, s.textDecoration, s.opacity].join();
  }}).join('|');
  const look = (one) => {{
    const near = [one];
    for (let up = one.parentElement; up && near.length < 8; up = up.parentElement) near.push(up);
    near.push(...(one.parentElement?.children ?? []), ...one.querySelectorAll('*'));
    return near.slice(0, 40).map((part) => [part, style(part)]);
  }};
  // what holds the focus now looks otherwise for that reason alone
  const changed = (before, last, now) => before.some(([part, then]) =>
    (part === last || !now || !(part.contains(now) || now.contains(part))) && part.isConnected && style(part) !== then);
  // a canvas draws its own focus, and where one types there is the caret
  const drawn = 'canvas, canvas td, canvas th, textarea,'
    + ' input:not([type="checkbox"], [type="radio"], [type="range"], [type="file"])';
  window.walk = {{ reached: new Set(), last: null, lastLook: [], unseen: [], step() {{
    let one = document.activeElement;
    while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
    const {{ last, lastLook }} = this;
    const plain = last && last !== one && last.isConnected && !last.matches(drawn);
    if (plain && !changed(lastLook, last, one)) this.unseen.push(told(last));
    const over = !one || one === document.body || one === document.documentElement;
    const again = !over && this.reached.has(one);
    if (!over) this.reached.add(one);
    this.last = over ? null : one;
    this.lastLook = over ? [] : look(one);
    return [over, again, over ? '' : told(one), one === last];
  }} }};
}}"""
_NOT_REACHED = f"""() => {{
  {_DEEP}
  const kinds = 'a[href], button, input, select, textarea, summary, [tabindex="0"], [role="button"], [role="checkbox"],'
    + '[role="switch"], [role="link"], [role="slider"], [role="combobox"], [role="textbox"]';
  const roving = '[role="tab"], [role="radio"], input[type="radio"], [role="option"], [role="menuitem"], [role="row"]';
  const apart = '[data-testid="stDataFrame"], [data-testid="stToolbar"], [data-testid="stElementToolbar"], .modebar';
  return deep(document).filter((one) => {{
    if (!one.matches(kinds) || one.matches(roving) || one.disabled || one.closest(apart)) return false;
    if (one.getAttribute('aria-disabled') === 'true' || one.type === 'file') return false;
    const within = '[tabindex="0"], [data-baseweb], [role="radiogroup"], [role="tablist"]';
    const bar = one.closest('[role="toolbar"]');  // arrows go on from the one that Tab reaches
    if (bar && [...window.walk.reached].some((other) => bar.contains(other))) return false;
    if (one.getAttribute('tabindex') === '-1' && (one.tagName !== 'BUTTON' || one.closest(within))) return false;
    return shown(one) && !window.walk.reached.has(one) && !one.contains(window.walk.last);
  }}).map(told);
}}"""
_CHARTS = f"""() => {{
  {_DEEP}
  const charts = '[data-testid$="Chart"], [data-testid="stDataFrame"], [data-testid="stImage"] img';
  return deep(document).filter((one) => one.matches(charts) && shown(one)).map((one) => {{
    const said = [one, ...one.querySelectorAll('[aria-label], [alt]'), one.parentElement].map(
      (part) => part.getAttribute('aria-label') || part.getAttribute('alt') || '');
    return [told(one), said.sort((a, b) => b.length - a.length)[0].trim()];
  }});
}}"""
_SIDEWAYS = """() => {
  const places = [document.documentElement, document.body, ...document.querySelectorAll(
    '[data-testid="stApp"], [data-testid="stAppViewContainer"], [data-testid="stMain"]')];
  const wide = places.filter((one) => one.scrollWidth > one.clientWidth + 1);
  if (!wide.length) return [];
  const scrolls = (one) => one && one !== document.body && !one.matches('[data-testid="stMain"]')
    && (getComputedStyle(one).overflowX !== 'visible' || scrolls(one.parentElement));
  const out = [...document.querySelectorAll('[data-testid="stMain"] *')].filter(
    (one) => one.getBoundingClientRect().right > window.innerWidth + 1 && !scrolls(one.parentElement));
  return out.slice(0, 5).map((one) => `${one.tagName} ${one.dataset.testid ?? one.className}: reaches `
    + `${Math.round(one.getBoundingClientRect().right)} of ${window.innerWidth}`).concat(
    wide.map((one) => `${one.dataset.testid ?? one.tagName}: ${one.scrollWidth} in ${one.clientWidth}`));
}"""


def axe(page: Page) -> list[str]:
    """The serious and critical findings."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['html'][:160]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"][:3]
    ]


def by_keyboard(page: Page) -> tuple[list[str], list[str]]:
    """A walk with the Tab key over a page that was just opened.

    Returns:
        The stops in their order; and what was not reached, where it was caught, and where the focus could not be seen.
    """
    page.evaluate(_WALK_BEGINS)
    stops: list[str] = []
    stayed = 0
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        over, again, told, stays = page.evaluate("window.walk.step()")
        stayed = stayed + 1 if stays else 0
        if stayed > (_MOST_CELLS if told.startswith(("canvas", "td", "th")) else 0):
            return stops, [f"the focus is caught at {told}"]
        if stays:  # in a grid, from cell to cell
            continue
        if over or again:
            break
        stops.append(told)
    else:
        return stops, [f"the walk does not end within {_MOST_STOPS} stops"]
    missed: list[str] = page.evaluate(_NOT_REACHED)
    unseen: list[str] = page.evaluate("window.walk.unseen")
    return stops, [f"not reached: {one}" for one in missed] + [f"focus not seen: {one}" for one in unseen]


def charts_without_words(page: Page, least: int = 8) -> list[str]:
    """Charts, tables and pictures that say nothing to somebody who cannot see them."""
    found: list[tuple[str, str]] = page.evaluate(_CHARTS)
    return [f"says only {said!r}: {told}" for told, said in found if len(said) < least]


def sideways(page: Page) -> list[str]:
    """What is wider than the window."""
    found: list[str] = page.evaluate(_SIDEWAYS)
    return found
