"""Trainings in a row, each with its length, what it learns from, and, while a job runs, how far it is.

It only shows; choosing is done with a widget beside it. Colours are the models' own, and a state is a sign and a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from stillroom.figures.palette import face_of
from stillroom_app.theme import look

_SAID = {"done": "done", "now": "under way", "todo": "to come", "": ""}
_CSS = """
ol { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.4rem, 1fr)); gap: 0.5rem 0.4rem;
     list-style: none; margin: 0; padding: 0; font-family: var(--st-font); color: var(--st-text-color); }
li { min-width: 0; border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
     background: var(--st-background-color); padding: 0 0.65rem 0.5rem; overflow: hidden; }
li.todo { border-style: dashed; }
li.now, li.chosen { border-color: var(--own); box-shadow: 0 0 0 1px var(--own); }
.bar { height: 4px; margin: 0 -0.65rem 0.45rem; background: var(--st-secondary-background-color); }
.bar i { display: block; height: 100%; background: var(--own); }
.title { font-size: 0.875rem; font-weight: 600; line-height: 1.25; }
.sign { color: var(--own); padding-right: 0.3rem; font-weight: 700; }
.line { font-size: 0.8rem; line-height: 1.35; margin-top: 0.15rem; overflow-wrap: anywhere; }
.terms { display: flex; flex-wrap: wrap; gap: 0.25rem; margin-top: 0.4rem; }
.terms span { font-size: 0.75rem; line-height: 1.5; padding: 0 0.4rem; border-radius: 0.6rem;
              background: var(--st-secondary-background-color); overflow-wrap: anywhere; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
"""
_JS = """
const SIGNS = { done: "\\u2713", now: "\\u25CF", todo: "\\u25CB", "": "" };
export default function ({ data, parentElement }) {
  const root = parentElement;
  let list = root.querySelector("ol");
  if (!list) { list = document.createElement("ol"); root.appendChild(list); }
  const told = JSON.stringify(data);
  if (list.dataset.told === told) return;
  list.dataset.told = told;
  list.setAttribute("aria-label", data.label);
  const make = (kind, name, text) => {
    const one = document.createElement(kind);
    if (name) one.className = name;
    if (text) one.textContent = text;
    return one;
  };
  list.replaceChildren(...data.steps.map((step) => {
    const item = make("li", [step.state, step.chosen ? "chosen" : ""].join(" ").trim());
    item.style.setProperty("--own", step.colour);
    if (step.state === "now") item.setAttribute("aria-current", "step");
    const bar = make("div", "bar"); const filled = make("i"); filled.style.width = `${100 * step.share}%`;
    bar.append(filled);
    const title = make("div", "title");
    if (SIGNS[step.state]) { const sign = make("span", "sign", SIGNS[step.state]); sign.ariaHidden = "true";
      title.append(sign); }
    title.append(step.title);
    if (step.said) title.append(make("span", "hidden", `, ${step.said}`));
    item.append(bar, title);
    if (step.line) item.append(make("div", "line", step.line));
    if (step.terms.length) {
      const terms = make("div", "terms");
      terms.append(...step.terms.map((term) => make("span", "", term)));
      item.append(terms);
    }
    return item;
  }));
}
"""
_timeline = st.components.v2.component("stillroom.timeline", css=_CSS, js=_JS)


@dataclass(frozen=True)
class Step:
    """One training as it is shown.

    Attributes:
        title: its name.
        role: whose colour it has.
        line: what is said below.
        terms: what it learns from.
        share: how much of it is done, from 0 to 1.
        state: `done`, `now`, `todo`, or empty where nothing runs.
        chosen: whether the page shows it in detail.
    """

    title: str
    role: str
    line: str = ""
    terms: tuple[str, ...] = ()
    share: float = 1.0
    state: str = ""
    chosen: bool = False


def timeline(steps: Sequence[Step], key: str, label: str = "Trainings in order") -> None:
    """Draws trainings in a row."""
    dark = look().dark
    shown = [{**asdict(one), "colour": _colour(one.role, dark), "said": _SAID[one.state]} for one in steps]
    _timeline(key=key, data={"label": label, "steps": shown}, height="content")


def _colour(role: str, dark: bool) -> str:
    base = role.partition("-")[0]
    family = "student" if base.startswith(("pruned_", "student", "optimised")) else base
    return face_of("teacher" if family == "semantic" else family).colour(dark)
