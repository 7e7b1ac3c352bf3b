/* Lesson 8: what a small net went by, as four methods tell it, and whether that can be believed. */

const ORDERS = 20, UNITS = { integrated: "of the score", times_input: "of the score", occlusion: "of the score", gradient: "of the score, per unit" };

/* The net, the window and the baseline, as the knobs have changed them. */
function askedOf(state, data, view) {
  const one = data.samples[state.sample], fresh = data.untrained[Number(state.weights)];
  let net = state.weights === "trained" || view !== "check" ? data.net : { ...data.net, ...fresh };
  let x = one.x, baseline = data.baselines[state.base], inputs = data.inputs;
  if (view === "same") {
    const scaled = (values) => values.map((value, i) => (i === data.hum ? value * state.unit : value));
    net = Blame.inUnit(net, data.hum, state.unit);
    [x, baseline] = [scaled(x), scaled(baseline)];
    if (state.share > 0) {
      net = Blame.withTwin(net, data.twin, state.share);
      [x, baseline] = [[...x, x[data.twin]], [...baseline, baseline[data.twin]]];
      inputs = [...inputs, { name: "its twin", unit: inputs[data.twin].unit }];
    }
  }
  const of = one.label, values = Blame.METHODS[state.method](net, x, baseline, of);
  return { one, net, x, baseline, inputs, of, values, gained: Blame.score(net, x, of) - Blame.score(net, baseline, of), share: Blame.probabilities(net, x)[of] };
}

/* In the order of the sensors, a twin behind its own. */
function rowsOf(data, it) {
  const rows = it.inputs.map((_, i) => i);
  if (rows.length > data.inputs.length) rows.splice(data.twin + 1, 0, rows.pop());
  return rows;
}

const inputColour = (stage, data, it, i) => (i === data.pressure ? stage.paint.axes[2] : it.inputs[i].name.endsWith("fast") ? stage.paint.axes[1] : stage.paint.axes[0]);

function drawBars(stage, data, it, said, { hide = false, marked = [] } = {}) {
  stage.legend("legend", [["slow", stage.paint.axes[0]], ["fast", stage.paint.axes[1]], ["air pressure", stage.paint.axes[2]]]);
  const rows = rowsOf(data, it), row = 23, pen = stage.picture("bars", row * rows.length + 8, said);
  const left = stage.narrow ? 132 : 176, edge = Math.max(...it.values.map(Math.abs)) || 1, x = linear([-edge, edge], [left, pen.width - 52]);
  rows.forEach((i, at) => {
    const y = row * at + 4, name = it.inputs[i].name.replace("right wrist", "right").replace("left wrist", "left");
    if (marked.includes(i)) pen.rect(0, y, pen.width, row - 1, { class: "ground", rx: 4 });
    pen.text(left - 10, y + 16, name, { "text-anchor": "end", class: stage.narrow ? "small" : "" });
    if (hide) return;
    const to = x(it.values[i]);
    pen.rect(Math.min(x(0), to), y + 4, Math.max(1, Math.abs(to - x(0))), row - 9, { fill: inputColour(stage, data, it, i), rx: 2 });
    pen.text(pen.width, y + 16, shown(it.values[i], Math.abs(it.values[i]) < 100 ? 2 : 0), { "text-anchor": "end", class: "small" });
  });
  pen.line(x(0), 0, x(0), pen.height);
}

function drawNumbers(stage, state, data, it) {
  const first = Blame.order(it.values.map(Math.abs))[0], sum = maths.sum(it.values), whole = state.method === "integrated";
  stage.numbers("numbers", [
    { label: "The net says", value: percent(it.share), told: data.classes[it.of] },
    { label: "Longest bar", value: shown(it.values[first]), told: it.inputs[first].name },
    state.method === "gradient" ? { label: "The hum's slope", value: shown(it.values[data.hum], 2), told: `per unit of ${it.inputs[data.hum].name}` }
      : { label: "Sum of bars", value: shown(sum), told: whole ? `the score gained ${shown(it.gained)}` : `but the score gained ${shown(it.gained)}` },
  ]);
}

function drawFormula(stage, state, it, first) {
  const name = it.inputs[first].name, a = shown(it.values[first]), x = shown(it.x[first], 3), b = shown(it.baseline[first], 3), slope = (by) => shown(it.values[first] / by, 3);
  const apart = it.x[first] - it.baseline[first];
  stage.note("formula", {
    integrated: `${name}: (${x} − ${b}) × mean slope ${apart ? slope(apart) : "0"} = ${a}`,
    times_input: `${name}: ${x} × slope ${slope(it.x[first])} = ${a}`,
    gradient: `${name}: the score rises by ${a} for each unit`,
    occlusion: `${name}: the score falls by ${a} when ${x} is replaced by ${b}`,
  }[state.method], "formula");
}

function drawSame(stage, state, data, it) {
  const told = { label: "The net says", value: percent(it.share, 1), told: `${data.classes[it.of]}, whatever you turn` };
  const twin = state.share > 0 ? it.values[it.values.length - 1] : 0;
  stage.numbers("numbers", [
    told,
    { label: it.inputs[data.hum].name, value: shown(it.values[data.hum]), told: state.unit === 1 ? UNITS[state.method] : `in a unit that makes numbers ${shown(state.unit, 1)} times as large` },
    { label: it.inputs[data.twin].name, value: shown(it.values[data.twin]), told: state.share > 0 ? `its twin ${shown(twin)}, both ${shown(twin + it.values[data.twin])}` : "without a twin" },
  ]);
}

function drawCheck(stage, state, data, it) {
  const mine = Blame.deletion(it.net, it.x, it.baseline, it.of, Blame.order(it.values));
  const random = Blame.randomOrders(it.x.length, ORDERS).map((order) => Blame.deletion(it.net, it.x, it.baseline, it.of, order));
  const other = maths.mean(random.map((one) => one.area)), average = mine.line.map((_, n) => maths.mean(random.map((one) => one.line[n])));
  const fitted = Blame.METHODS[state.method](data.net, it.x, it.baseline, it.of).map(Math.abs);
  const alike = data.untrained.map((fresh) => Blame.rankCorrelation(fitted, Blame.METHODS[state.method]({ ...data.net, ...fresh }, it.x, it.baseline, it.of).map(Math.abs)));
  const words = `Deleted by this order the answer's mean height is ${shown(mine.area)}, in random order ${shown(other)}: ${mine.area < other ? "better than chance" : "no better than chance"}.`;
  stage.legend("lines", [["what speaks most for the answer first", "var(--st-text-color)", "line"], [`random order, mean of ${ORDERS}`, stage.paint.axes[1], "dash"]]);
  const pen = stage.picture("deletion", 180, words), left = 42, foot = pen.height - 36, x = linear([0, it.x.length], [left, pen.width - 8]), y = linear([0, 1], [foot, 8]);
  for (const value of [0, 0.5, 1]) {
    pen.line(left, y(value), pen.width - 8, y(value), { class: value ? "faint" : "rule" });
    pen.text(left - 8, y(value) + 4, `${100 * value} %`, { "text-anchor": "end", class: "small" });
  }
  const way = (line) => line.map((value, n) => [x(n), y(value)]);
  for (const one of random) pen.path(way(one.line), { stroke: stage.paint.axes[1], "stroke-width": 1, "stroke-opacity": 0.22 });
  pen.path(way(average), { stroke: stage.paint.axes[1], "stroke-width": 2.4, "stroke-dasharray": "6 4" });
  pen.path(way(mine.line), { style: "stroke: var(--st-text-color)", "stroke-width": 2.6 });
  pen.below(x, [0, 3, 6, 9, 12], foot, "inputs laid at the baseline");
  stage.numbers("numbers", [
    { label: "Mean height, this order", value: shown(mine.area), told: mine.area < other ? "lower than random: it found something" : "not lower than random" },
    { label: "Mean height, random", value: shown(other), told: `${ORDERS} orders` },
    { label: "Like untrained bars", value: shown(maths.mean(alike)), told: `rank correlation of sizes, ${shown(Math.min(...alike))} to ${shown(Math.max(...alike))} over ${alike.length} nets` },
  ]);
  return words;
}

/* The words beside are of the first window, whose activity has the hum. */
function humOf(state, data, it) {
  const told = data.classes[data.samples[0].label], held = "Shaded: the input that holds the driver's hum";
  return it.of === data.samples[0].label ? `${held}.` : `${held}. This is ${data.classes[it.of]}, without it: the words are about ${told}.`;
}

const LESSON = {
  draw(stage, state, data, { view, open }) {
    const it = askedOf(state, data, view), first = Blame.order(it.values.map(Math.abs))[0];
    const words = `The longest bar is at ${it.inputs[first].name}: ${shown(it.values[first])}.`;
    if (!open) {
      drawBars(stage, data, it, "The inputs; their bars come after your guess.", { hide: true });
      return "";
    }
    drawBars(stage, data, it, words, { marked: { base: [data.hum], same: [data.hum, data.twin, data.inputs.length] }[view] });
    if (view === "check") return drawCheck(stage, state, data, it);
    if (view === "same") drawSame(stage, state, data, it);
    else drawNumbers(stage, state, data, it);
    if (view === "base") stage.note("hum", humOf(state, data, it));
    drawFormula(stage, state, it, view === "same" ? data.hum : first);
    return words;
  },
};
