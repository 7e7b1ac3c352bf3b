/* The knobs of a lesson: sliders, choices, windows, and training steps with play, pause and one step. All are native
   controls with a name, so that the keyboard turns them; `turn(name, value, done)` hears each turn. */

const PLAY_MS = 220;
const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function knobText(knob, value) {
  const digits = (String(knob.step).split(".")[1] ?? "").length;
  return `${shown(Number(value), digits)}${knob.unit ? `\u202f${knob.unit}` : ""}`;
}

const KNOBS = {
  slider(box, knob, turn) {
    const label = node("label", box, { class: "slider" }),
      line = node("span", label, { class: "line" });
    node("span", line, {}, knob.title);
    const output = node("output", line);
    const input = node("input", label, {
      type: "range",
      min: knob.least,
      max: knob.most,
      step: knob.step,
      name: knob.name,
    });
    input.addEventListener("input", () => turn(knob.name, Number(input.value), false));
    input.addEventListener("change", () => turn(knob.name, Number(input.value), true));
    return (value, most = knob.most) => {
      if (Number(input.max) !== most) input.max = most;
      if (Number(input.value) !== value) input.value = value;
      output.textContent = knobText(knob, value);
      input.setAttribute("aria-valuetext", output.textContent);
    };
  },
  choice(box, knob, turn) {
    const group = node("fieldset", box),
      boxes = new Map();
    node("legend", group, {}, knob.title);
    const row = node("div", group, { class: "choices" });
    for (const [value, said] of knob.choices) {
      const label = node("label", row);
      const input = node("input", label, { type: "radio", name: knob.name, value });
      node("span", label, {}, said);
      input.addEventListener("change", () => turn(knob.name, value, true));
      boxes.set(value, input);
    }
    return (value) => {
      if (boxes.has(value)) boxes.get(value).checked = true;
    };
  },
  sample(box, knob, turn, samples) {
    const label = node("label", box, { class: "sample" });
    node("span", label, {}, knob.title);
    const select = node("select", label, { name: knob.name });
    samples.forEach((one, place) => node("option", select, { value: place }, one.name));
    select.addEventListener("change", () => turn(knob.name, Number(select.value), true));
    return (value) => {
      select.value = value;
    };
  },
  steps(box, knob, turn, samples, player) {
    const update = KNOBS.slider(box, knob, (name, value, done) => {
      player.pause();
      turn(name, value, done);
    });
    const row = node("div", box, { class: "buttons" });
    const button = (said, act) => {
      const one = node("button", row, { type: "button" }, said);
      one.addEventListener("click", act);
      return one;
    };
    button("One step", () => {
      player.pause();
      turn(knob.name, Math.min(knob.most, player.value(knob.name) + 1), true);
    });
    const play = button("Play", () => player.toggle(knob));
    button("Start again", () => {
      player.pause();
      turn(knob.name, knob.least, true);
    });
    player.said = (playing) => {
      play.textContent = playing ? "Pause" : "Play";
    };
    return update;
  },
};

/* Turns a count of steps by itself; who wants no motion sees its end at once. */
class Player {
  constructor(value, turn) {
    Object.assign(this, { value, turn, timer: 0, knob: null, said: () => {} });
  }
  get playing() {
    return this.knob !== null;
  }
  toggle(knob) {
    if (this.playing) {
      this.pause();
      return this.turn(knob.name, this.value(knob.name), true);
    }
    const at = this.value(knob.name) >= knob.most ? knob.least : this.value(knob.name);
    if (still()) return this.turn(knob.name, knob.most, true);
    this.turn(knob.name, at, false);
    this.knob = knob;
    this.said(true);
    return this.run();
  }
  run() {
    clearInterval(this.timer);
    if (this.playing) this.timer = setInterval(() => this.next(), PLAY_MS);
  }
  next() {
    const knob = this.knob,
      at = Math.min(knob.most, this.value(knob.name) + 1);
    if (at >= knob.most) this.pause();
    this.turn(knob.name, at, at >= knob.most);
  }
  pause() {
    clearInterval(this.timer);
    this.knob = null;
    this.said(false);
  }
}
