// What stands around the picture: switches of sensors, what is said at this moment, tiles, and the keys. Names of the
// user's own come as text, never as markup.

const SPEEDS = [0.5, 1, 2, 4, 8];
const KEYS = [["Space", "play, pause"], ["\u2190 \u2192", "one window"], ["Shift \u2190 \u2192", "5 seconds"],
  ["n p", "next, previous disagreement"], ["1 \u2013 9", "a sensor"], ["+ \u2212", "speed"],
  ["Home End", "beginning, end"], ["w", "why"]];

function make(kind, where, className = "", text = "") {
  const made = document.createElement(kind);
  if (className) made.className = className;
  if (text) made.textContent = text;
  where?.append(made);
  return made;
}

// Whether the page's ground is dark: the theme may change without a word to the server.
function isDark(parent) {
  const probe = make("i", parent);
  probe.style.color = "var(--st-background-color)";
  const parts = getComputedStyle(probe).color.match(/[\d.]+/g) ?? [];
  probe.remove();
  return parts.slice(0, 3).reduce((sum, part) => sum + Number(part), 0) < 384;
}

// Colours for the ground, and words.
const lookOf = ({ light, dark, ...words }, isDark) => ({ ...words, ...(isDark ? dark : light) });

const percent = (share) => `${Math.round(100 * share)}\u202f%`;
const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

function buildSpeeds(root, choose) {
  const where = root.querySelector(".speed");
  for (const speed of SPEEDS) {
    const label = make("label", where), box = make("input", label);
    Object.assign(box, { type: "radio", name: "speed", value: String(speed) });
    make("span", label, "", `${speed === 0.5 ? "\u00bd" : speed}\u00d7`);
    box.setAttribute("aria-label", `${speed} times`);
    box.addEventListener("change", () => choose(speed));
  }
}

function buildKeys(root) {
  const list = root.querySelector(".keys dl");
  for (const [key, does] of KEYS) { make("dt", list, "", key); make("dd", list, "", does); }
}

// A row for each sensor, as high as its lane: the switch, its name, and its unit.
function buildSensors(root, show, toggle) {
  const where = root.querySelector(".gutter .sensors");
  where.replaceChildren();
  return show.sensors.map((one, i) => {
    const row = make("div", where, "sensor"), label = make(show.switches ? "label" : "div", row, "of");
    const box = show.switches ? make("input", label) : {};  // where one set was asked for, there is nothing to switch
    if (show.switches) box.type = "checkbox";
    const words = make("span", label);
    make("span", words, "name", one.said);
    make("span", words, "unit", unitsOf(show, i));
    label.title = `${one.said}${show.switches && i < 9 ? ` (key ${i + 1})` : ""}`;
    if (show.switches) box.addEventListener("change", () => toggle(i, box));
    return { row, box };
  });
}

function unitsOf(show, sensor) {
  const own = show.channels.filter((one) => one.sensor === sensor).map((one) => one.unit.replace("s2", "s\u00b2"));
  return [...new Set(own)].filter((unit) => unit && unit !== "1").join(", ");
}

// A row for each lane of answers: whose it is, and what it says at the playhead.
function buildAnswers(root, lanes) {
  const where = root.querySelector(".answers");
  where.replaceChildren();
  return lanes.map((lane) => {
    const row = make("div", where, "answer");
    row.style.setProperty("--own", lane.colour ?? "transparent");
    const who = make("div", row, "who"), title = make("span", who, "", lane.title), mark = make("span", who, "mark");
    const note = make("span", who, "note", lane.note ?? "");
    return { row, title, mark, note, what: make("div", row, "what"), sure: make("span", row, "sure") };
  });
}

function sayAnswer(row, name, share, mark) {
  setText(row.what, name);
  setText(row.sure, share === null ? "" : percent(share));
  setText(row.mark, mark);
  row.row.classList.toggle("off", Boolean(mark));
}

function setText(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

// A tile: a heading, lines of teacher and student as bars, and below where it comes from.
function buildTile(where, title) {
  const tile = make("section", where, "tile");
  make("h3", tile, "", title);
  return { tile, body: make("div", tile, "body"), foot: make("p", tile, "foot"), lines: new Map() };
}

function sayLine(tile, key, name, share, text, colour) {
  let line = tile.lines.get(key);
  if (!line) {
    const row = make("div", tile.body, "line");
    line = { row, name: make("span", row, "who"), bar: make("i", make("span", row, "track")),
      text: make("b", row) };
    tile.lines.set(key, line);
  }
  setText(line.name, name);
  setText(line.text, text);
  line.bar.style.background = colour;
  line.bar.style.transform = `scaleX(${Math.max(0, Math.min(1, share ?? 0)).toFixed(3)})`;
}

// Under a line, where its number comes from, and how far it may be off.
function sayUnder(tile, key, origin, range) {
  const line = tile.lines.get(key), told = `${origin}|${range}`;
  if (line.told === told) return;
  line.told = told;
  line.under ??= make("span", tile.body, "source");
  line.under.replaceChildren();
  if (origin) make("span", line.under, `origin ${origin.replace(/ .*/, "")}`, origin);
  line.under.append(` ${range}`);
}

function sayFoot(tile, origin, text) {
  const told = `${origin}|${text}`;
  if (tile.foot.dataset.told === told) return;
  tile.foot.dataset.told = told;
  tile.foot.replaceChildren();
  if (origin) make("span", tile.foot, `origin ${origin.replace(/ .*/, "")}`, origin);
  tile.foot.append(text);
}

function amountText(value, unit) {
  const of = unit.slice(1), steps = [[1000, 1e-3, of], [1, 1, `m${of}`], [0, 1e3, `\u00b5${of}`]];
  const [, times, word] = steps.find(([least]) => value >= least), scaled = value * times;
  const said = scaled >= 99.5 ? Math.round(scaled).toLocaleString("en") : scaled ? scaled.toPrecision(2) : "0";
  return `${said}\u202f${word}`;
}

const spanText = ([low, high], unit) =>
  (low === high ? amountText(low, unit) : `${amountText(low, unit)} to ${amountText(high, unit)}`);

// What has been spent so far, of time or of energy.
function sayCosts(tile, costs, unit, seen, { answer, look, show }) {
  const spent = (one) => (one ? one.map((each) => each * seen) : null);
  const own = answer ? costs.students[answer.place] : null, teacher = spent(costs.teacher), student = spent(own);
  const most = Math.max(teacher?.[1] ?? 0, student?.[1] ?? 0) || 1;
  const line = (role, name, one) => sayLine(
    tile, role, name, one ? one[1] / most : 0, one ? spanText(one, unit) : "not known", look.roles[role].colour);
  if (look.roles.teacher) line("teacher", "Teacher", teacher);
  if (show.switched) line(show.switched, "Student", student);
  sayFoot(tile, ORIGINS[costs.origin], `${costs.told}${own || !show.switched ? "" : ` ${look.unmeasured}`}`);
}

const ORIGINS = { measured: "measured", device: "measured on a device", estimated: "estimated" };
const known = (value) => value !== null && value !== undefined;
const originOf = (answer) => (known(answer?.score) ? ORIGINS[answer.measured ? "measured" : "estimated"] : "");
const scoreText = (one) => (known(one?.score) ? one.score.toFixed(2) : "unknown");
const between = (one) => (known(one?.low) && known(one?.high) ? `${one.low.toFixed(2)} to ${one.high.toFixed(2)}` : "");

function buildTiles(root, costs) {
  const where = root.querySelector(".tiles"), none = root.querySelector(".missing");
  const score = buildTile(where, "Macro-F1, everybody tested"), sofar = buildTile(where, "In this recording, up to here");
  const tiles = { score, sofar };
  for (const [name, title] of [["time", "Time spent, up to here"], ["energy", "Energy spent, up to here"]]) {
    if ("why" in costs[name]) none.append(`${costs[name].why} `); else tiles[name] = buildTile(where, title);
  }
  none.hidden = !none.textContent.trim();
  return tiles;
}

function buildPresets(root, show, look, keep) {
  const where = root.querySelector(".presets"), all = show.sensors.map((one, i) => i);
  const press = (words, set) => {
    const button = make("button", where, "", words);
    button.type = "button";
    button.addEventListener("click", () => keep(set));
  };
  if (show.switched && !show.switches && all.length > 1 && look.explain) {
    sayLack(make("span", where, "none"), look.lacks.sets, look.lacks.door);
  }
  if (!show.switches || show.own.length === all.length) return;
  press("All sensors", all);
  if (show.own.length) press("The student\u2019s own", show.own);
}

function buildLegend(root, show, look, taught, showAlone) {
  const where = root.querySelector(".legend");
  const item = (sign, words) => {
    const one = make("span", where, "item"), mark = make("i", one, sign);
    if (show.switched) mark.style.setProperty("--own", look.roles[show.switched].colour);
    one.append(words);
  };
  item("sure", "as high as it is sure");
  item("wrong", "wrong");
  if (taught && show.switched) item("apart", "not what the teacher says");
  const faded = show.switches ? "switched off" : "the student does not have it";
  if (show.switched && show.sensors.length > 1) make("span", where, "item", `Faded: ${faded}`);
  if (!show.lanes.alone || show.switched === "alone") return;
  const label = make("label", where, "item alone"), box = make("input", label);
  box.type = "checkbox";
  label.append("show the same student without a teacher");
  box.addEventListener("change", () => showAlone(box.checked));
}
