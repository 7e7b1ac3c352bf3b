// The player: one clock, one picture, and what stands around it, all in the browser. The server is asked nothing while
// it plays. Keys work while the focus is in the player.

const LEAP_S = 5, GUARD_MS = 1000, DRAG_PX = 3;

class Player extends Screen {
  constructor(root, data, dark, anew) {
    super(root, data, dark);
    this.clock = new Clock(this.show.from, this.show.to, Boolean(data.kiosk));
    this.path = window.location.pathname;
    this.build();
    const asked = fromAddress(this.show);
    this.setSpeed(asked.speed, false);
    this.kept = (this.show.switches && asked.kept) || this.ownSet();
    if (asked.at !== null && !anew) this.clock.seek(asked.at);
    this.opensStill = asked.at !== null && !anew;
    if (!data.kiosk) this.way = new Way(this);
    if (asked.kept) this.way?.tick("less");
    if (asked.why) this.ask(true, false);
    this.listen();
    this.keep(this.kept);
  }

  ownSet() {
    return new Set(this.show.own.length ? this.show.own : this.show.sensors.map((one, i) => i));
  }

  build() {
    const { root, show, look } = this, range = this.at(".scrub input");
    buildSpeeds(root, (speed) => this.setSpeed(speed));
    buildKeys(root);
    this.sensorRows = buildSensors(root, show, (i) => this.toggle(i));
    this.laneList = this.lanesOf(false);
    this.answerRows = buildAnswers(root, this.laneList);
    this.why = buildWhy(root, show, { ...look, explain: this.explain() }, () => this.redraw());
    this.tiles = buildTiles(root, this.data.costs);
    buildPresets(root, show, look, (set) => this.keep(new Set(set)));
    buildLegend(root, show, look, Boolean(this.teacher), (on) => this.showAlone(on));
    for (const [name, does] of Object.entries(this.buttons())) this.at(name).addEventListener("click", does);
    Object.assign(range, { min: show.from, max: show.to, step: show.stepS });
    range.addEventListener("input", () => this.seek(Number(range.value)));
    this.at(".picture").setAttribute("aria-label", look.alt);
  }

  // Where the checks of this run stand; the Teach switch goes along.
  explain() {
    return this.look.explain ? this.door(`${this.look.explain}?${new URLSearchParams({ run: this.data.run })}`) : "";
  }

  door(address) {
    const teach = new URLSearchParams(window.location.search).get("teach") === "true";
    return `${address}${teach ? "&teach=true" : ""}`;
  }

  buttons() {
    return {
      ".restart": () => this.seek(this.show.from), ".apart-before": () => this.leap(-1), ".back": () => this.step(-1),
      ".play": () => this.toggleplay(), ".on": () => this.step(1), ".apart-next": () => this.leap(1),
      ".ask": () => this.ask(!this.asks),
    };
  }

  // --- what is chosen

  writeAddress() {
    const here = this.root.isConnected && window.location.pathname === this.path;
    if (here && !this.data.kiosk) intoAddress(this);
  }

  keep(kept) {
    if (!kept.size) {
      this.sensorRows.forEach(({ box }, i) => { box.checked = this.kept.has(i); });
      return this.sayOnce("At least one sensor must stay: without any there is nothing to answer from.");
    }
    if ([...this.kept].some((i) => !kept.has(i))) this.way?.tick("less");
    this.kept = kept;
    this.answer = this.show.switched ? answerOf(this.show, kept) : null;
    this.marks = momentsApart(this.show, this.answer, this.teacher);
    this.sensorRows.forEach(({ row, box }, i) => {
      box.checked = kept.has(i);
      row.classList.toggle("gone", !kept.has(i));
    });
    clearTimeout(this.saying);
    this.saySet();
    this.overview();
    this.writeAddress();
    return this.redraw();
  }

  toggle(i) {
    const kept = new Set(this.kept);
    if (kept.has(i)) kept.delete(i); else kept.add(i);
    this.keep(kept);
  }

  setSpeed(speed, write = true) {
    this.speed = speed;
    this.clock.setSpeed(speed);
    for (const box of this.root.querySelectorAll(".speed input")) box.checked = Number(box.value) === speed;
    if (write) this.writeAddress();
  }

  faster(by) {
    const speed = SPEEDS[SPEEDS.indexOf(this.speed) + by];
    if (speed) this.setSpeed(speed);
  }

  // Also where the playhead is in the same window as before.
  redraw() {
    this.window = undefined;
    this.draw();
  }

  ask(open, write = true) {
    this.asks = open;
    this.at(".why").hidden = !open;
    this.at(".ask").setAttribute("aria-expanded", String(open));
    if (write) this.writeAddress();
    this.redraw();
    if (!open) return;
    this.way?.tick("why");
    if (write) this.reveal(this.at(".why"));
  }

  // Into sight, as far as it is not; what stands around it stays.
  reveal(where, behavior = STILL.matches ? "instant" : "smooth") {
    where.scrollIntoView({ block: "nearest", behavior });
  }

  without(kept) {
    this.keep(new Set(kept));
    this.way?.tick("less");
    this.reveal(this.at(".stage"));
  }

  showAlone(on) {
    this.laneList = this.lanesOf(on);
    this.answerRows = buildAnswers(this.root, this.laneList);
    this.measure();
  }

  // --- moving

  // As if nobody had ever touched it.
  begin() {
    this.setSpeed(1, false);
    this.ask(false, false);
    const alone = this.at(".legend .alone input");
    if (alone?.checked) {
      alone.checked = false;
      this.showAlone(false);
    }
    this.clock.seek(this.show.from);
    this.keep(this.ownSet());
    this.play();
  }

  play() {
    this.clock.play();
    this.showPlaying();
    this.way?.tick("play");
    if (!this.looping) this.loop();
  }

  pause() {
    this.clock.pause();
    this.showPlaying();
    this.writeAddress();
    this.draw();
  }

  toggleplay() { if (this.clock.running) this.pause(); else this.play(); }

  seek(at) {
    this.clock.seek(at);
    this.showPlaying();
    this.writeAddress();
    this.draw();
  }

  step(by) {
    if (this.clock.running) this.pause();
    const { middles } = this.show.edges, next = windowAt(this.show, this.clock.at) + by;
    this.seek(middles[Math.max(0, Math.min(middles.length - 1, next))] ?? this.show.from);
  }

  leap(by) {
    const { at } = this.clock, marks = by > 0 ? this.marks : [...this.marks].reverse();
    const found = marks.find((mark) => (by > 0 ? mark > at + 0.01 : mark < at - 0.01));
    const which = by > 0 ? "further" : "earlier";
    if (found === undefined) return this.sayOnce(`No ${which} disagreement with these sensors.`);
    if (this.clock.running) this.pause();
    return this.seek(found);
  }

  loop() {
    const next = () => {
      this.looping = this.clock.running && !this.ended;
      if (!this.looping) return;
      this.draw();
      if (this.clock.over) this.pause();
      requestAnimationFrame(next);
    };
    this.looping = true;
    requestAnimationFrame(next);
  }

  // --- hearing

  listen() {
    this.away = new AbortController();
    const { signal } = this.away;
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.root);
    this.root.addEventListener("keydown", (event) => this.press(event), { signal });
    document.addEventListener("visibilitychange", () => this.seen(), { signal });
    STILL.addEventListener("change", () => this.draw(), { signal });
    document.fonts?.ready.then(() => { this.painter.widths.clear(); this.draw(); });
    this.drag(signal);
    this.guard = setInterval(() => { if (!this.clock.running) this.writeAddress(); }, GUARD_MS);
  }

  // The picture can be taken and moved.
  drag(signal) {
    const picture = this.at(".picture");
    let held = null;
    picture.addEventListener("pointerdown", (event) => {
      held = { x: event.clientX, at: this.clock.at };
      picture.setPointerCapture(event.pointerId);
    }, { signal });
    picture.addEventListener("pointermove", (event) => {
      const moved = held && ((event.clientX - held.x) * this.painter.dpr) / this.painter.aSecond;
      if (held && Math.abs(event.clientX - held.x) > DRAG_PX) this.seek(held.at - moved);
    }, { signal });
    for (const over of ["pointerup", "pointercancel"]) {
      picture.addEventListener(over, () => { held = null; }, { signal });
    }
  }

  // Nobody looks at a hidden tab: it waits there, and goes on.
  seen() {
    if (document.hidden && this.clock.running) {
      this.pause();
      this.waits = true;
    } else if (!document.hidden && this.waits) {
      this.waits = false;
      this.play();
    }
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target, key } = event, kind = target.type ?? target.tagName;
    const theirs = key === " " ? ["button", "checkbox", "radio", "SUMMARY"] : key.startsWith("Arrow") ? ["radio"] : [];
    const does = theirs.includes(kind) ? null : this.keys(event.shiftKey)[key] ?? this.sensorKey(key);
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  }

  keys(shift) {
    const by = (sign) => () => (shift ? this.seek(this.clock.at + sign * LEAP_S) : this.step(sign));
    return {
      " ": () => this.toggleplay(), ArrowRight: by(1), ArrowLeft: by(-1), n: () => this.leap(1), p: () => this.leap(-1),
      "+": () => this.faster(1), "=": () => this.faster(1), "-": () => this.faster(-1), w: () => this.ask(!this.asks),
      Home: () => this.seek(this.show.from), End: () => this.seek(this.show.to),
    };
  }

  sensorKey(key) {
    return this.show.switches && /^[1-9]$/.test(key) && this.sensorRows[key - 1] ? () => this.toggle(key - 1) : null;
  }

  // --- beginning and end

  start() {
    this.measure();
    if (this.data.kiosk) this.kiosk = new Kiosk(this, this.data.kiosk);
    if (this.data.kiosk || !(this.opensStill || STILL.matches)) this.play(); else this.showPlaying();
    if (!this.data.kiosk) this.arriving = arrive(this);
  }

  focus() { this.root.focus({ preventScroll: true }); }

  // The same playback, drawn anew: in another theme, or out of a newer file.
  goOnFrom(old) {
    this.setSpeed(old.speed, false);
    this.clock.seek(old.clock.base);
    this.measure();
    this.keep(keyOf(old.kept) && old.show.sensors.length === this.show.sensors.length ? old.kept : this.kept);
    if (this.data.kiosk) this.kiosk = new Kiosk(this, this.data.kiosk);
    if (old.wasRunning) this.play(); else this.showPlaying();
  }

  end() {
    this.ended = true;
    this.wasRunning = this.clock.running;
    this.clock.pause();
    this.away.abort();
    this.watch.disconnect();
    for (const timer of [this.guard, this.arriving, this.saying, this.telling]) clearTimeout(timer);
    this.kiosk?.end();
    this.unstill?.();
  }
}

const players = new WeakMap();

function begun(parent, data, dark, before) {
  const root = before ? before.blank.cloneNode(true) : parent.querySelector(".player");
  const blank = before ? before.blank : root.cloneNode(true);
  if (before) before.player.root.replaceWith(root);
  const old = before?.player, same = old?.data.run === data.run, player = new Player(root, data, dark, old && !same);
  if (same) player.goOnFrom(old); else player.start();
  root.instruments = player;  // for measuring
  return { player, blank };
}

export default function ({ data, parentElement }) {
  const held = players.get(parentElement);
  if (data.still) return standStill(parentElement, data.kiosk);
  const dark = isDark(parentElement), told = JSON.stringify([data.run, data.version, dark, Boolean(data.kiosk)]);
  if (held?.told === told) return held.end;
  held?.player.end();
  let made;
  try {
    made = begun(parentElement, data, dark, held);
  } catch (error) {
    if (!data.kiosk) throw error;
    console.warn(error);
    return standStill(parentElement, data.kiosk);
  }
  const end = () => { made.player.end(); players.delete(parentElement); };
  players.set(parentElement, { ...made, told, end });
  return end;
}
