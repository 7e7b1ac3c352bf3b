// What the player shows at a moment: the picture, what is said beside it, the tiles, and the whole stretch in small.
// It is told what is chosen and where the playhead is (`player.js`), and changes neither.

const STILL = window.matchMedia("(prefers-reduced-motion: reduce)");
const FLASH_MS = 600, SAY_MS = 4000, SOON_MS = 500, HEAD_PX = 360;

class Screen {
  constructor(root, data, dark) {
    Object.assign(this, { root, data, show: decoded(data.show), look: lookOf(data.look, dark) });
    Object.assign(this, { frames: 0, apartSince: -FLASH_MS });
    this.at = (name) => root.querySelector(name);
    this.tallies = new WeakMap();
    this.done = { said: this.show.truth };
    this.painter = new Painter(this.at(".picture"), this.show, this.look);
  }

  get teacher() { return this.show.lanes.teacher ?? null; }

  lanesOf(alone) {
    const { show, look } = this, lanes = [{ role: "done", title: "Done" }];
    if (this.teacher) lanes.push({ role: "teacher", ...look.roles.teacher });
    if (show.switched) lanes.push({ role: show.switched, ...faceOf(this), follows: true });
    if (alone) lanes.push({ role: "alone", ...look.roles.alone });
    return lanes;
  }

  lanesNow(window) {
    return this.laneList.map((lane) => {
      const answer = lane.role === "done" ? this.done : lane.follows ? this.answer : this.show.lanes[lane.role];
      const teacher = lane.role === "done" || lane.role === "teacher" ? null : this.teacher;
      const apart = window >= 0 && differs(answer, teacher, window);
      return answer && { answer, teacher, colour: lane.colour, apart };
    });
  }

  // With reduced motion it goes from window to window, and nothing glides.
  seenAt() {
    const { at } = this.clock, window = STILL.matches ? windowAt(this.show, at) : -1;
    return window < 0 ? at : this.show.edges.middles[window];
  }

  draw() {
    if (!this.painter.plan || this.failed) return;
    try { this.drawNow(); } catch (error) { this.fail(error); }
  }

  drawNow() {
    const at = this.seenAt(), window = windowAt(this.show, at);
    if (window !== this.window) this.turn(window);
    const since = performance.now() - this.apartSince;
    const flash = STILL.matches || !this.clock.running ? 0 : Math.max(0, 1 - since / FLASH_MS);
    this.painter.paint({ at, kept: this.kept, lanes: this.lanesNow(window), heat: this.heat, flash });
    this.frames += 1;
    this.sayTime(at);
  }

  // Another window is at the playhead: what is said, counted and explained changes with it.
  turn(window) {
    this.window = window;
    const lanes = this.lanesNow(window), apart = lanes.some((lane) => lane?.apart);
    lanes.forEach((lane, i) => this.sayLane(lane, this.answerRows[i], window));
    if (apart && !this.wasApart) this.apartSince = performance.now();
    this.wasApart = apart;
    this.saySoFar(window + 1);
    this.heat = this.asks && this.why && window >= 0 ? sayWhy(this.why, this.show, window, this.answer) : null;
    this.tellAloud();
  }

  sayTime(at) {
    const tenth = Math.round(at * 10);
    if (tenth === this.tenth) return;
    this.tenth = tenth;
    setText(this.at(".time"), `${clockText(at)} / ${clockText(this.show.seconds)}`);
    const range = this.at(".scrub input");
    range.value = String(at);
    range.setAttribute("aria-valuetext", `${at.toFixed(1)} seconds`);
  }

  sayLane(now, row, window) {
    if (!now || window < 0) return sayAnswer(row, now ? "\u2026" : "not known", null, "");
    const { said, share } = now.answer, code = said[window], sure = share ? share[window] / 255 : null;
    const marks = [now.apart ? "\u2260 teacher" : "", share && isWrong(this.show, now.answer, window) ? "wrong" : ""];
    const name = code === NOTHING ? "not labelled" : this.show.classes[code];
    return sayAnswer(row, name, sure, marks.filter(Boolean).join(", "));
  }

  tallyFor(answer) {
    if (!this.tallies.has(answer)) this.tallies.set(answer, tallyOf(this.show, answer, this.teacher));
    return this.tallies.get(answer);
  }

  saySoFar(seen) {
    const { show, look, answer, teacher } = this, { sofar, time, energy } = this.tiles, { costs } = this.data;
    const face = faceOf(this);
    const line = (key, name, share, of, colour) =>
      sayLine(sofar, key, name, share, of ? percent(share) : "\u2013", colour);
    const right = (key, name, one, colour) => {
      const tally = one && this.tallyFor(one), of = tally ? tally.labelled[seen] : 0;
      line(key, name, of ? tally.right[seen] / of : 0, of, colour);
    };
    if (teacher) right("teacher", "Teacher right", teacher, look.roles.teacher.colour);
    if (show.switched) right(show.switched, `${face.title} right`, answer, face.colour);
    if (show.switched && teacher) {
      const same = answer && seen ? this.tallyFor(answer).same[seen] / seen : 0;
      line("same", "The same answer", same, answer && seen, look.muted);
    }
    sayFoot(sofar, "", `${seen} of ${show.starts.length} windows up to here, ${show.unit}.`);
    if (time) sayCosts(time, costs.time, "ms", seen, this);
    if (energy) sayCosts(energy, costs.energy, "mJ", seen, this);
  }

  // Which sensors are on, who answers then, and what that is worth.
  saySet() {
    this.nameLane();
    if (this.show.switched) setText(this.at(".set .said"), setInWords(this));
    sayScores(this);
    sayWorth(this);
  }

  // An estimate is no student: its lane has another name and colour.
  nameLane() {
    const face = faceOf(this);
    this.laneList.forEach((lane, i) => {
      if (!lane.follows) return;
      Object.assign(lane, face);
      const { row, title, note } = this.answerRows[i];
      setText(title, face.title);
      setText(note, face.note);
      row.style.setProperty("--own", face.colour);
    });
    for (const mark of this.root.querySelectorAll(".legend i")) mark.style.setProperty("--own", face.colour);
  }

  sayOnce(words) {
    setText(this.at(".set .said"), words);
    clearTimeout(this.saying);
    this.saying = setTimeout(() => this.saySet(), SAY_MS);
  }

  // In few words, and not more often than can be listened to.
  tellAloud() {
    if (this.telling || this.data.kiosk) return;
    this.telling = setTimeout(() => {
      this.telling = null;
      const said = this.answerRows.map(({ what, mark }) => what.textContent
        + (mark.textContent ? `, ${mark.textContent.replace("\u2260", "not as")}` : ""));
      setText(this.at(".heard"), this.laneList.map((lane, i) => `${lane.title}: ${said[i]}`).join(". "));
    }, this.clock.running ? SAY_MS : SOON_MS);
  }

  showPlaying() {
    const button = this.at(".play"), on = this.clock.running;
    button.classList.toggle("playing", on);
    setText(button.querySelector("span"), on ? "Pause" : this.clock.over ? "Again" : "Play");
  }

  // Only where there is other room than before: what is said may wrap while it plays.
  fit() {
    const room = [this.root.clientWidth, window.innerHeight, window.devicePixelRatio, this.asks].join();
    if (room !== this.room) this.measure();
    this.room = room;
  }

  measure() {
    const { root, laneList, show } = this, text = parseFloat(getComputedStyle(root).fontSize);
    const width = this.at(".stage").clientWidth - this.at(".gutter").offsetWidth;
    if (width < 20) return;
    const gap = Math.round(0.5 * text), answer = Math.round(3 * text), axis = Math.round(1.5 * text);
    const room = this.data.kiosk ? this.freeHeight(text) : this.seenHeight(text);
    const most = (this.data.kiosk ? 9 : 5.2) * text;
    const count = show.sensors.length, narrow = width < 30 * text;
    const tall = Math.round(Math.max(2 * text, Math.min(most, room / (count || 1))));
    const top = count * tall + gap, height = top + laneList.length * answer + axis;
    this.sensorRows.forEach(({ row }) => { row.style.height = `${tall}px`; });
    this.answerRows.forEach(({ row }) => { row.style.height = `${answer}px`; });
    this.at(".answers").style.marginTop = `${gap}px`;
    this.painter.resize({
      width, height, head: 0.42, spanS: narrow ? 5 : 12, text: narrow ? 14 : text, axis: [height - axis, axis],
      sensors: show.sensors.map((one, i) => [i * tall, tall]),
      lanes: laneList.map((one, i) => [top + i * answer, answer]),
    });
    this.window = undefined;
    this.overview();
    this.draw();
  }

  // On a page the lanes are seen without scrolling, below its head, where that is possible.
  seenHeight(text) {
    const left = window.innerHeight - HEAD_PX - this.at(".way").offsetHeight - (3 * this.laneList.length + 2.5) * text;
    return Math.max(12 * text, Math.min(20 * text, left));
  }

  freeHeight(text) {
    const others = this.root.scrollHeight - this.at(".stage").offsetHeight;
    return window.innerHeight - others - (3 * this.laneList.length + 3.5) * text;
  }

  // The whole stretch in small: done, teacher, student, and where the two differ.
  overview() {
    const canvas = this.at(".scrub canvas"), { show, look } = this, dpr = this.painter.dpr ?? 1;
    canvas.width = Math.max(1, canvas.clientWidth * dpr);
    canvas.height = Math.max(1, canvas.clientHeight * dpr);
    const context = canvas.getContext("2d"), rows = this.lanesNow(-1), tall = canvas.height / rows.length;
    const xOf = (at) => ((at - show.from) / (show.to - show.from || 1)) * canvas.width;
    rows.forEach((lane, i) => {
      for (const band of lane ? bandsOf(show, lane.answer, lane.teacher) : []) {
        context.fillStyle = band.apart ? lane.colour : band.said === NOTHING ? look.line : look.classes[band.said];
        context.fillRect(xOf(band.from), i * tall, xOf(band.to) - xOf(band.from), tall - dpr);
      }
    });
  }

  fail(error) {
    this.failed = true;
    this.clock.pause();
    this.showPlaying();
    console.warn(error);
    if (this.data.kiosk) {
      this.kiosk?.end();
      this.unstill = standStill(this.root.getRootNode(), this.data.kiosk);
      return;
    }
    this.at(".broken").hidden = false;
    setText(this.at(".broken"), "The picture could not be drawn. Load the page again.");
  }
}
