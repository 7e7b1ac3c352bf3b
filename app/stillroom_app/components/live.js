// A stream as it comes: the browser asks for new rows four times a second and moves the picture; the page is not drawn
// again for it. Nothing is asked while nobody looks. Names come as text, never as HTML.

const LIVE_ASK_MS = 250, LIVE_SELDOM_MS = 2000, LIVE_SAY_MS = 4000, LIVE_JUMP_S = 6, LIVE_LATE_S = 3;
const LIVE_STILL = window.matchMedia("(prefers-reduced-motion: reduce)");
const lives = new WeakMap();

const put = (name, parent, className, text = "") => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  parent.appendChild(made);
  return made;
};

class Live {
  constructor(root, data, anew) {
    Object.assign(this, { root, data, anew, next: null, newest: null, at: null, took: [], saidAt: -1e9, told: "", over: false });
    this.find = (name) => root.querySelector(name);
    this.find(".whole").hidden = !data.head;
    this.find(".none").hidden = Boolean(data.head);
    this.find(".none").textContent = data.none;
    if (data.head) this.build();
    this.seen = () => this.wake();
    document.addEventListener("visibilitychange", this.seen);
    this.wake();
  }

  build() {
    const { data } = this, canvas = this.find("canvas");
    this.painter = new LivePainter(canvas, data.head, data.look);
    canvas.setAttribute("aria-label", data.alt);
    const gutter = this.find(".gutter");
    gutter.replaceChildren();
    this.laneRows = this.painter.lanes.all.map((lane) => {
      const row = put("div", gutter, "lane"), [site, kind] = lane.sensor.split(".");
      put("span", row, "name", `${site.replaceAll("_", " ")} ${kind}`);
      put("span", row, "unit", lane.unit === "1" ? "" : lane.unit.replace("s2", "s\u00b2"));
      return row;
    });
    this.answerRow = put("div", gutter, "lane said");
    put("span", this.answerRow, "name", "Student");
    put("span", this.answerRow, "unit", "as answered");
    this.endRow = put("div", gutter, "lane last");
    this.buildLegend();
    this.buildTiles();
    this.recolour(data.look);
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.find(".stage"));
    this.fit();
  }

  buildLegend() {
    const legend = this.find(".legend"), axes = this.data.head.channels.map((one) => one.name.split(".")[2] ?? "");
    legend.replaceChildren();
    this.axisMarks = [];
    for (const name of [...new Set(axes)].slice(0, 4)) {
      const item = put("span", legend, ""), mark = put("i", item, "line");
      item.append(name);
      this.axisMarks.push(mark);
    }
    for (const [mark, text] of [["", "as high as the probability of what is said"], ["gap", "no signal: a new stretch begins"]]) {
      put("i", put("span", legend, ""), mark).after(text);
    }
  }

  buildTiles() {
    const tiles = this.find(".tiles");
    tiles.replaceChildren();
    this.tiles = Object.fromEntries(this.data.tiles.map(([key, title, foot]) => {
      const tile = put("div", tiles, "tile");
      put("dt", tile, "", title);
      const value = put("dd", tile, "", "\u2013");
      put("dd", tile, "foot", foot);
      return [key, { tile, value }];
    }));
  }

  recolour(look) {
    this.data.look = look;
    this.find(".stage").style.setProperty("--own", look.student);
    this.axisMarks.forEach((mark, i) => mark.style.setProperty("--own", look.axes[i % look.axes.length]));
    if (this.painter.plan) this.painter.recolour(look);
    this.draw();
  }

  fit() {
    const wide = this.find(".stage").clientWidth - this.find(".gutter").offsetWidth;
    if (wide <= 0) return;
    const lanes = this.painter.lanes.all.length, narrow = wide < 420, high = lanes > 4 ? 56 : narrow ? 72 : 92;
    const sensors = this.painter.lanes.all.map((_, i) => [i * high, high]), said = [lanes * high, 48];
    const axis = [said[0] + said[1], 24];
    this.laneRows.forEach((row) => { row.style.height = `${high}px`; });
    this.answerRow.style.height = `${said[1]}px`;
    this.endRow.style.height = `${axis[1]}px`;
    this.painter.resize({ width: wide, height: axis[0] + axis[1], spanS: narrow ? 12 : 30, sensors, answer: said, axis, text: 16 });
    this.draw();
  }

  // --- asking

  wake() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    if (this.over || document.hidden) return;
    this.ask();
    this.before = performance.now();
    this.move();
  }

  async ask() {
    const began = performance.now();
    try {
      await (this.data.head ? this.hear() : this.look());
    } catch (error) {
      if (error.name !== "AbortError") this.say("late", "The server does not answer; it is asked again.");
    }
    if (this.over || document.hidden) return;
    const every = this.data.head && this.state !== "ended" ? LIVE_ASK_MS : LIVE_SELDOM_MS;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), Math.max(50, every - (performance.now() - began)));
  }

  async get(path) {
    this.abort = new AbortController();
    const headers = this.data.ticket ? { "x-stillroom-ticket": this.data.ticket } : {};
    const answer = await fetch(path, { headers, signal: this.abort.signal, cache: "no-store" });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  // Nothing to show yet: is there a stream now?
  async look() {
    const found = await this.get(this.data.route);
    if (found?.streams.length) this.change();
  }

  async hear() {
    const { head, route, names } = this.data;
    const told = await this.get(`${route}/${encodeURIComponent(head.name)}${this.next === null ? "" : `?after=${this.next}`}`);
    if (this.over) return;
    if (!told || told.began_s !== head.began_s || told.names.join() !== names.join()) this.change();
    if (!told || told.began_s !== head.began_s) return;
    this.next = told.next;
    this.take(told.rows);
    this.stand(told);
  }

  change() {
    if (this.changed) return;
    this.changed = true;
    this.anew();
  }

  take(rows) {
    for (const row of rows) {
      if (this.newest && row.n <= this.newest.n) continue;
      this.painter.add(row);
      this.newest = row;
      this.took = [...this.took.slice(-59), row.latency_ms];
    }
    if (!rows.length || !this.newest) return;
    if (this.at === null || LIVE_STILL.matches) this.at = this.newest.end_s;
    const { smoothed, share } = this.newest;
    this.find(".what").textContent = smoothed;
    this.find(".sure").textContent = `probability ${Math.round(100 * share)} %`;
    this.announce(smoothed);
    if (LIVE_STILL.matches) this.draw();
  }

  // What is said changes often; a voice tells it now and then.
  announce(said) {
    const now = performance.now();
    if (said === this.told || now - this.saidAt < LIVE_SAY_MS) return;
    Object.assign(this, { told: said, saidAt: now });
    this.find(".heard").textContent = said;
  }

  stand(told) {
    const { stride_s, window_s } = this.data.head, silent = told.heard_s, waits = told.waits_s;
    this.state = told.state;
    const late = told.state === "running" && waits > stride_s + LIVE_LATE_S, puzzled = told.state === "running" && told.beat.puzzle;
    const words = {
      running: waits === null ? `Waiting for the first samples. The first answer comes after a window of ${window_s} s.`
        : late ? `Nothing has come for ${Math.round(waits)} s` : puzzled ? `No answer: ${told.beat.puzzle}` : "Live",
      ended: `Ended ${this.ago(silent)} ago: ${this.why(told.ended?.why)}`,
      silent: `No sign of life for ${this.ago(silent)}: its process is gone`,
    };
    this.say(late || puzzled || told.state === "silent" ? "late" : told.state, words[told.state]);
    this.sayStrangers(told.beat);
    const { answered, behind, heard, windows } = this.tiles;
    if (this.newest) {
      answered.value.textContent = `${this.middle().toFixed(1)} ms`;
      behind.value.textContent = this.newest.behind_ms < 1000 ? `${Math.round(this.newest.behind_ms)} ms` : `${(this.newest.behind_ms / 1000).toFixed(1)} s`;
    }
    heard.value.textContent = waits === null ? "\u2013" : waits < 1.5 ? "now" : `${this.ago(waits)} ago`;
    heard.tile.classList.toggle("late", late);
    windows.value.textContent = String(told.beat.windows ?? 0);
  }

  // Who connected and brought no stream, perhaps the bridge itself with a wrong header.
  sayStrangers({ strangers, first_stranger }) {
    const line = this.find(".strangers"), closed = strangers === 1 ? "1 connection that brought no stream was closed"
      : `${strangers} connections that brought no stream were closed, the first`;
    line.hidden = !(strangers > 0);
    line.textContent = line.hidden ? "" : `${closed}: ${first_stranger}`;
  }

  why(said) {
    return { stopped: "stopped on request", idle: "nothing came any more", ended: "the stream ended" }[said] ?? said ?? "";
  }

  ago(seconds) {
    return seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
  }

  middle() {
    const sorted = [...this.took].sort((one, other) => one - other);
    return sorted[Math.floor(sorted.length / 2)];
  }

  say(state, words) {
    const line = this.find(".state");
    line.className = `state ${state}`;
    line.querySelector("span").textContent = words;
  }

  // --- moving

  // The picture runs a little behind the newest answer, so that it can move evenly; it never runs ahead of it.
  move() {
    this.frame = requestAnimationFrame((now) => {
      if (this.over || document.hidden) return;
      const passed = Math.min(0.2, (now - this.before) / 1000);
      this.before = now;
      if (this.newest && !LIVE_STILL.matches) {
        const lag = this.newest.end_s - this.at, wanted = this.data.head.stride_s / 2 + 0.4;
        if (lag > LIVE_JUMP_S + this.data.head.stride_s || lag < 0) this.at = this.newest.end_s - (lag < 0 ? 0 : wanted);
        else this.at = Math.min(this.newest.end_s, this.at + passed * Math.min(1.6, Math.max(0.5, 1 + 0.3 * (lag - wanted))));
        if (this.at !== this.drawn) this.draw();
      }
      this.move();
    });
  }

  draw() {
    if (!this.painter?.plan) return;
    this.drawn = this.at;
    this.painter.paint(this.at ?? this.painter.plan.spanS);
  }

  end() {
    this.over = true;
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.abort?.abort();
    this.watch?.disconnect();
    document.removeEventListener("visibilitychange", this.seen);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".live"), held = lives.get(parentElement);
  const which = JSON.stringify([data.head?.name, data.head?.began_s, data.names, data.none]);
  if (held && held.which === which && !held.over) {
    held.data.ticket = data.ticket;
    if (data.head && JSON.stringify(held.data.look) !== JSON.stringify(data.look)) held.recolour(data.look);
  } else {
    held?.end();
    const made = new Live(root, data, () => setTriggerValue("anew", Date.now()));
    lives.set(parentElement, Object.assign(made, { which }));
  }
  return () => { lives.get(parentElement)?.end(); };
}
