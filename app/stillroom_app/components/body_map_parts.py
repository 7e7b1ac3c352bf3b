"""What the body map is made of in the browser: a drawing of our own, its look, and what a click does.

Names come as text nodes, never as HTML. Every click is counted, so that an older answer of the server does not take
back a newer click.
"""

from __future__ import annotations

from stillroom.sensors.outline import HALF, HEAD, MIRROR

HTML = f"""
<div class="map" role="group" aria-label="Sensors, by where they are worn">
  <svg class="lines" aria-hidden="true"></svg>
  <div class="side right"></div>
  <svg class="body" viewBox="18 0 184 392" aria-hidden="true" focusable="false">
    <g class="skin">
      <path d="{HALF}"/>
      <path d="{HALF}" transform="{MIRROR}"/>
      <ellipse cx="{HEAD[0]}" cy="{HEAD[1]}" rx="{HEAD[2]}" ry="{HEAD[3]}"/>
    </g>
    <g class="marks"></g>
  </svg>
  <div class="side left"></div>
  <div class="elsewhere"></div>
</div>
"""

CSS = """
.map { position: relative; display: grid; grid-template-columns: minmax(0, 1fr) minmax(120px, 46%) minmax(0, 1fr);
  gap: 0 0.5rem; align-items: center; font-family: var(--st-font); color: var(--st-text-color); font-size: 0.9rem;
 }
.lines { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; overflow: visible; z-index: 1; }
.lines path { fill: none; stroke: var(--st-text-color); stroke-opacity: 0.35; stroke-width: 1; }
.body { width: 100%; max-height: 27rem; }
.skin path, .skin ellipse { fill: color-mix(in srgb, var(--st-text-color) 9%, var(--st-background-color));
  stroke: color-mix(in srgb, var(--st-text-color) 38%, var(--st-background-color)); stroke-width: 1.1;
  stroke-linejoin: round; stroke-linecap: round; }
.halo { fill: var(--st-primary-color); opacity: 0.2; transition: r 0.25s ease; }
.site { cursor: pointer; }
.site .dot { fill: var(--st-background-color); stroke: var(--st-text-color); stroke-width: 1.6;
  stroke-dasharray: 2.5 2; }
.site.some .dot { fill: color-mix(in srgb, var(--st-primary-color) 45%, var(--st-background-color));
  stroke: var(--st-primary-color); stroke-dasharray: none; }
.site.all .dot { fill: var(--st-primary-color); stroke: var(--st-background-color); stroke-dasharray: none; }
.side { display: flex; flex-direction: column; justify-content: space-evenly; gap: 0.75rem; align-self: stretch;
  z-index: 2; }
.card { border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 0.45rem 0.5rem;
  background: var(--st-background-color); margin: 0; min-width: 0; }
.card.none { border-style: dashed; }
label { display: flex; align-items: center; gap: 0.45rem; cursor: pointer; min-height: 26px; }
label > span { overflow-wrap: anywhere; }
.whole { font-weight: 600; }
.whole > span::first-letter { text-transform: uppercase; }
.kinds { display: flex; flex-direction: column; margin-top: 0.1rem; }
.card.none .whole > span, label:has(input:not(:checked):not(:indeterminate)) > span { opacity: 0.72; }
input { appearance: none; -webkit-appearance: none; flex: none; width: 18px; height: 18px; margin: 0; cursor: pointer;
  border: 1.5px solid color-mix(in srgb, var(--st-text-color) 60%, var(--st-background-color)); border-radius: 4px;
  background: var(--st-background-color); display: grid; place-content: center; }
.kinds input { border-radius: 9px; }
input:checked, input:indeterminate { background: var(--st-primary-color); border-color: var(--st-primary-color); }
input:checked::after { content: ""; width: 9px; height: 5px; margin-top: -3px; transform: rotate(-45deg);
  border: solid var(--st-background-color); border-width: 0 0 2px 2px; }
input:indeterminate::after { content: ""; width: 9px; height: 2px; background: var(--st-background-color); }
input:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.elsewhere { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0.6rem; margin-top: 0.4rem; }
.elsewhere p { flex-basis: 100%; margin: 0; }
.elsewhere:empty { display: none; }
.map.narrow { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0.6rem; }
.map.narrow .body { grid-column: 1 / -1; grid-row: 1; max-height: 19rem; }
.map.narrow .lines { display: none; }
.map.narrow .side { justify-content: flex-start; }
@media (prefers-reduced-motion: reduce) { .halo { transition: none; } }
"""

JS = """
const SVG = "http://www.w3.org/2000/svg", WIDE = 220, HIGH = 400, NARROW_PX = 350;
const kept = new WeakMap();

function make(name, parent, settings = {}, ns = null) {
  const made = ns ? document.createElementNS(ns, name) : document.createElement(name);
  for (const [key, value] of Object.entries(settings)) made.setAttribute(key, value);
  parent.appendChild(made);
  return made;
}

function box(parent, said, told, className) {
  const label = make("label", parent, { class: className, title: told });
  const input = make("input", label, { type: "checkbox" });
  make("span", label).textContent = said;
  return input;
}

function sides(places) {
  const known = places.filter((one) => one.x !== null);
  const right = known.filter((one) => one.x < 0.49), left = known.filter((one) => one.x > 0.51);
  const middle = known.filter((one) => !right.includes(one) && !left.includes(one));
  for (const one of middle) (right.length > left.length ? left : right).push(one);
  const down = (one, other) => one.y - other.y;
  return { right: right.sort(down), left: left.sort(down), elsewhere: places.filter((one) => one.x === null) };
}

function build(root, state) {
  const at = (name) => root.querySelector(name);
  for (const name of [".right", ".left", ".elsewhere", ".marks", ".lines"]) at(name).replaceChildren();
  state.cards = [];
  for (const [side, places] of Object.entries(sides(state.places))) {
    const where = at(`.${side}`);
    if (side === "elsewhere" && places.length) make("p", where).textContent = "Worn or placed elsewhere:";
    for (const place of places) state.cards.push(card(where, place, side, at(".marks"), state));
  }
}

function card(where, place, side, marks, state) {
  const own = make("div", where, { class: "card", role: "group", "aria-label": place.said });
  const whole = box(own, place.said, `All sensors at ${place.said}`, "whole");
  const kinds = make("div", own, { class: "kinds" });
  const boxes = place.sensors.map((one) => {
    const input = box(kinds, one.kind, one.told, "kind");
    input.setAttribute("aria-label", `${place.said} ${one.kind}`);
    input.dataset.sensor = one.name;
    input.addEventListener("change", () => state.choose([one.name], input.checked));
    return [one.name, input];
  });
  const names = place.sensors.map((one) => one.name);
  whole.dataset.site = place.name;
  whole.addEventListener("change", () => state.choose(names, whole.checked));
  const made = { own, whole, boxes, names, side, place, line: null, mark: null };
  if (side === "elsewhere") return made;
  const mark = make("g", marks, { class: "site" }, SVG), spot = { cx: place.x * WIDE, cy: place.y * HIGH };
  made.halo = make("circle", mark, { class: "halo", ...spot, r: 0 }, SVG);
  made.dot = make("circle", mark, { class: "dot", ...spot, r: 6 }, SVG);
  mark.addEventListener("click", () => state.choose(names, !names.every((name) => state.kept.has(name))));
  return { ...made, mark };
}

function show(root, state) {
  for (const one of state.cards) {
    const count = one.names.filter((name) => state.kept.has(name)).length;
    const how = count === 0 ? "none" : count === one.names.length ? "all" : "some";
    one.whole.checked = how === "all";
    one.whole.indeterminate = how === "some";
    one.own.className = `card ${how}`;
    for (const [name, input] of one.boxes) input.checked = state.kept.has(name);
    if (one.mark) {
      one.mark.setAttribute("class", `site ${how}`);
      const worth = state.worth[one.place.name];
      one.halo.setAttribute("r", worth === null || worth === undefined ? 0 : 6 + 20 * Math.sqrt(Math.max(0, worth)));
    }
  }
}

function draw(root, state) {
  const width = root.clientWidth;
  if (!width) return;
  root.classList.toggle("narrow", width < NARROW_PX);
  const lines = root.querySelector(".lines"), frame = root.getBoundingClientRect();
  lines.replaceChildren();
  if (width < NARROW_PX) return;
  for (const one of state.cards) {
    if (!one.mark) continue;
    const card = one.own.getBoundingClientRect(), dot = one.dot.getBoundingClientRect();
    const y = card.top + card.height / 2 - frame.top, right = one.side === "right";
    const x = (right ? card.right : card.left) - frame.left;
    const to = [dot.left + (right ? 0 : dot.width) - frame.left, dot.top + dot.height / 2 - frame.top];
    const bend = x + (to[0] - x) * 0.45;
    make("path", lines, { d: `M${x} ${y} C${bend} ${y} ${bend} ${to[1]} ${to[0]} ${to[1]}` }, SVG);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".map");
  let state = kept.get(parentElement);
  if (!state) {
    state = { times: 0, shape: "", cards: [], worth: {}, kept: new Set() };
    kept.set(parentElement, state);
  }
  state.choose = (names, on) => {
    for (const name of names) on ? state.kept.add(name) : state.kept.delete(name);
    state.times += 1;
    show(root, state);
    setTriggerValue("picked", { kept: [...state.kept], times: state.times });
  };
  const shape = JSON.stringify(data.places.map((one) => [one.name, one.sensors.map((sensor) => sensor.name)]));
  if (data.times >= state.times || shape !== state.shape) {
    state.times = data.times;
    state.kept = new Set(data.kept);
  }
  state.worth = Object.fromEntries(data.places.map((one) => [one.name, one.worth]));
  if (shape !== state.shape) {
    state.shape = shape;
    state.places = data.places;
    build(root, state);
  }
  show(root, state);
  const again = () => draw(root, state);
  const watched = new ResizeObserver(again);
  watched.observe(root);
  requestAnimationFrame(again);
  return () => watched.disconnect();
}
"""
