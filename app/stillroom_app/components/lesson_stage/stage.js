/* What every lesson draws with: a pen for pictures, tiles and tables of numbers. No lesson is known here.
   A picture is drawn anew from the state at every change; drags are heard on the picture as a whole. Words come as text
   nodes, never as HTML. */

const SVG = "http://www.w3.org/2000/svg",
  NARROW_PX = 520;

function node(name, parent, settings = {}, text = null) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(settings)) made.setAttribute(key, value);
  if (text !== null) made.textContent = text;
  parent.appendChild(made);
  return made;
}

/* A number for people: fixed digits, a true minus sign. */
function shown(value, digits = 2) {
  const said = Math.abs(value) < 0.5 * 10 ** -digits ? (0).toFixed(digits) : value.toFixed(digits);
  return said.replace("-", "\u2212");
}
const cutShort = (said, most) => (said.length > most ? `${said.slice(0, most - 1)}\u2026` : said);
const percent = (share, digits = 0) => `${shown(100 * share, digits)} %`;

/* From one range to another, straight; `.back` is the way back. */
function linear([low, high], [from, to]) {
  const wide = high - low || 1,
    scale = (value) => from + ((value - low) / wide) * (to - from);
  scale.back = (place) => low + ((place - from) / (to - from || 1)) * wide;
  return scale;
}

/* Round values inside a range, about as many as are asked for. */
function ticks(low, high, about = 5) {
  const rough = (high - low) / Math.max(1, about),
    power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? power;
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at += 1) found.push(at * step);
  return found;
}

/* Draws into one picture, in pixels. */
class Pen {
  constructor(svg, width, height) {
    Object.assign(this, { svg, width, height, into: svg });
  }
  add(name, settings = {}, text = null) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(settings)) {
      if (key === "style") made.style.cssText = value;
      else made.setAttribute(key, value);
    }
    if (text !== null) made.textContent = text;
    this.into.appendChild(made);
    return made;
  }
  rect(x, y, width, height, settings = {}) {
    return this.add("rect", { x, y, width: Math.max(0, width), height: Math.max(0, height), ...settings });
  }
  line(x1, y1, x2, y2, settings = {}) {
    return this.add("line", { x1, y1, x2, y2, class: "rule", ...settings });
  }
  circle(cx, cy, r, settings = {}) {
    return this.add("circle", { cx, cy, r, ...settings });
  }
  text(x, y, said, settings = {}) {
    return this.add("text", { x, y, ...settings }, said);
  }
  path(points, settings = {}) {
    const d = points.map(([x, y], place) => `${place ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");
    return this.add("path", { d, fill: "none", "stroke-linejoin": "round", ...settings });
  }
  /* A straight arrow; one too short for a head is a dot. */
  arrow(x1, y1, x2, y2, colour, width = 2.5) {
    const long = Math.hypot(x2 - x1, y2 - y1);
    if (long < 2.5) return this.circle(x1, y1, 1.8, { fill: colour });
    const head = Math.min(8, long),
      dx = (x2 - x1) / long,
      dy = (y2 - y1) / long;
    const [bx, by] = [x2 - dx * head, y2 - dy * head],
      half = head * 0.55;
    if (long > head) this.add("line", { x1, y1, x2: bx, y2: by, stroke: colour, "stroke-width": width });
    const corners = [
      [x2, y2],
      [bx - dy * half, by + dx * half],
      [bx + dy * half, by - dx * half],
    ];
    return this.add("polygon", { points: corners.map((one) => one.join()).join(" "), fill: colour });
  }
  /* A scale below a picture, with its values and what they are. */
  below(scale, values, y, said = "", digits = null) {
    for (const value of values) {
      const text = digits === null ? String(Number(value.toPrecision(6))).replace("-", "\u2212") : shown(value, digits);
      this.text(scale(value), y + 15, text, { "text-anchor": "middle", class: "small" });
    }
    if (said) this.text(this.width / 2, y + 31, said, { "text-anchor": "middle", class: "small" });
  }
}

/* The surface of a lesson: pictures, tiles, tables and notes by name, in the order in which they are asked for. */
class Stage {
  constructor(root, paint, change) {
    Object.assign(this, { root, paint, change, parts: new Map(), asked: new Set(), drags: new Map() });
  }
  get width() {
    return Math.max(260, this.root.clientWidth);
  }
  get narrow() {
    return this.width < NARROW_PX;
  }
  begin() {
    this.asked.clear();
  }
  end() {
    for (const [name, part] of this.parts) {
      if (!this.asked.has(name)) {
        part.remove();
        this.parts.delete(name);
      }
    }
  }
  part(name, make) {
    this.asked.add(name);
    if (!this.parts.has(name)) this.parts.set(name, make());
    const part = this.parts.get(name),
      before = [...this.asked];
    if (this.root.children[before.length - 1] !== part) {
      this.root.insertBefore(part, this.root.children[before.length - 1] ?? null);
    }
    return part;
  }
  /* A picture of this height; `label` says what it shows to who cannot see it. Gives a pen. */
  picture(name, height, label) {
    const svg = this.part(name, () => {
      const made = document.createElementNS(SVG, "svg");
      made.setAttribute("role", "img");
      this.listen(name, made);
      return made;
    });
    svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    svg.setAttribute("height", height);
    svg.setAttribute("aria-label", label);
    svg.replaceChildren();
    return new Pen(svg, this.width, height);
  }
  /* A few numbers, large; `told` stands small below, and `colour` is of whom it is. */
  numbers(name, items) {
    const list = this.part(name, () => node("dl", document.createDocumentFragment(), { class: "numbers" }));
    list.replaceChildren();
    for (const item of items) {
      const tile = node("div", list);
      node("dt", tile, {}, item.label);
      const value = node("dd", tile, {}, item.value);
      if (item.colour) value.style.color = item.colour;
      if (item.told) node("dd", tile, { class: "told" }, item.told);
    }
  }
  /* A table: columns' names, and rows of texts; the first cell of a row is its name. `strong`: the row that matters. */
  table(name, label, columns, rows, strong = -1) {
    const box = this.part(name, () =>
      node("div", document.createDocumentFragment(), { class: "scroll", tabindex: "0", role: "region" }),
    );
    box.setAttribute("aria-label", label);
    const table = document.createElement("table"),
      head = node("tr", node("thead", table));
    for (const said of columns) node("th", head, { scope: "col" }, said);
    const body = node("tbody", table);
    rows.forEach((row, place) => {
      const line = node("tr", body, place === strong ? { class: "strong" } : {});
      row.forEach((said, at) => node(at ? "td" : "th", line, at ? {} : { scope: "row" }, said));
    });
    box.replaceChildren(table);
  }
  /* A sentence; `kind` is note or formula. */
  note(name, said, kind = "note") {
    this.part(name, () => node("p", document.createDocumentFragment())).className = kind;
    this.parts.get(name).textContent = said;
  }
  /* Names with their colours, above a picture. Each is [text, colour, "box" | "line" | "dash" | "arrow"]. */
  legend(name, entries) {
    const box = this.part(name, () => node("p", document.createDocumentFragment(), { class: "legend" }));
    box.replaceChildren();
    for (const [said, colour, kind = "box"] of entries) {
      const one = node("span", box);
      node("i", one, { class: kind, "aria-hidden": "true" }).style.color = colour;
      one.append(said);
    }
  }
  /* Hears a drag on a picture: move(x, y) in its pixels, while a pointer is down, and `done` when it is let go. */
  drag(name, move, done) {
    this.drags.set(name, { move, done });
  }
  listen(name, svg) {
    let down = false;
    const tell = (event) => {
      const box = svg.getBoundingClientRect(),
        one = this.drags.get(name);
      if (one) one.move(((event.clientX - box.left) * this.width) / box.width, event.clientY - box.top, event.type);
    };
    svg.addEventListener("pointerdown", (event) => {
      if (!this.drags.has(name)) return;
      down = true;
      svg.setPointerCapture(event.pointerId);
      svg.style.touchAction = "none";
      tell(event);
      event.preventDefault();
    });
    svg.addEventListener("pointermove", (event) => {
      if (down) tell(event);
    });
    for (const kind of ["pointerup", "pointercancel"]) {
      svg.addEventListener(kind, () => {
        if (down) {
          down = false;
          this.drags.get(name)?.done?.();
        }
      });
    }
  }
}
