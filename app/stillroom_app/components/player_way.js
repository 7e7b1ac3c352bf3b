// A first visit's steps: see it play, take a sensor away, ask why, try one's own data. Each is ticked off once it was
// done, however it was done; the browser remembers it, and once all are done, or put away, they are shown no more.
// And what an arrival from another page needs: the place in sight, and the keys at hand.

const WAY_KEPT = "stillroom.first_steps", OWN_DATA = "datasets?datasets_tab=Import+your+own", ARRIVING_MS = 2000;

function stepsDone() {
  try { return new Set((localStorage.getItem(WAY_KEPT) ?? "").split(",")); } catch { return new Set(); }
}

function rememberSteps(done) {
  try { localStorage.setItem(WAY_KEPT, [...done].join()); } catch { /* a browser that keeps nothing asks again */ }
}

// All sensors but the one that is missed most, as far as these sets were scored; null where none was.
function withoutMostMissed(show) {
  const fewer = [...show.sets.values()].filter((one) => one.sensors.length === show.sensors.length - 1);
  const scored = fewer.filter((one) => known(one.score));
  const [least] = (scored.length ? scored : fewer).sort((one, other) => (one.score ?? 0) - (other.score ?? 0));
  return least?.sensors.length ? new Set(least.sensors) : null;
}

class Way {
  constructor(player) {
    const { show } = player, less = withoutMostMissed(show);
    Object.assign(this, { where: player.at(".way"), done: stepsDone(), rows: new Map() });
    this.list = make("ol", this.where);
    this.step("play", "Play", () => player.play());
    if (show.switches && less) this.step("less", "Take a sensor away", () => player.without(less));
    if (show.heat) this.step("why", "Ask why", () => player.ask(true));
    this.step("data", "Try my data", () => this.tick("data"), player.door(OWN_DATA));
    const away = make("button", this.where, "away", "\u00d7");
    away.setAttribute("aria-label", "Put these steps away");
    away.title = "Put these steps away";
    away.type = "button";
    away.addEventListener("click", () => { this.tick(...this.rows.keys()); this.where.hidden = true; player.focus(); });
    this.where.hidden = [...this.rows.keys()].every((name) => this.done.has(name));
    this.say();
  }

  step(name, words, does, href = "") {
    const row = make("li", this.list), button = make(href ? "a" : "button", row);
    if (href) button.href = href; else button.type = "button";
    const mark = make("span", button, "mark", String(this.rows.size + 1));
    mark.setAttribute("aria-hidden", "true");
    make("span", button, "words", words);
    button.addEventListener("click", does);
    this.rows.set(name, { row, mark, words, button, number: this.rows.size + 1 });
  }

  tick(...names) {
    const fresh = names.filter((name) => !this.done.has(name));
    if (!fresh.length) return;
    for (const name of fresh) this.done.add(name);
    rememberSteps(this.done);
    this.say();
  }

  say() {
    const next = [...this.rows.keys()].find((name) => !this.done.has(name));
    for (const [name, { row, mark, words, button, number }] of this.rows) {
      const done = this.done.has(name);
      row.className = done ? "done" : name === next ? "next" : "";
      setText(mark, done ? "\u2713" : String(number));
      button.setAttribute("aria-label", `${words}${done ? ", done" : ""}`);
      if (name === next) button.setAttribute("aria-current", "step"); else button.removeAttribute("aria-current");
    }
  }
}

// Whether the document was opened at another page than this: then somebody has walked here inside the app.
function cameFromAnotherPage() {
  const [opened] = performance.getEntriesByType("navigation");
  return Boolean(opened) && new URL(opened.name).pathname !== window.location.pathname;
}

// The page still grows around the player for a moment, and what led here is still going. Once that is over, the panel
// that the address asks for is in sight; where another page led here, the lanes are, and keys work if nothing else has
// the focus.
function arrive(player) {
  const led = cameFromAnotherPage(), until = performance.now() + ARRIVING_MS, { signal } = player.away;
  const again = setInterval(() => {
    if (performance.now() > until) clearInterval(again);
    if (player.asks || led) player.reveal(player.at(player.asks ? ".why" : ".stage"), "instant");
    if (led && document.activeElement === document.body) player.focus();
  }, ARRIVING_MS / 10);
  for (const kind of ["pointerdown", "keydown", "wheel"]) {
    const stop = () => clearInterval(again);
    window.addEventListener(kind, stop, { signal, capture: true, passive: true, once: true });
  }
  return again;
}
