/* Lesson 6: a bank of patterns, what a window reminds it of, and where recall settles. */

const SETTLED = 40;

/* Numbers that look drawn at random and are always the same; near enough to a normal law. */
function noiseOf(count, seed) {
  let state = (seed + 1) >>> 0;
  const draw = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  return Array.from({ length: count }, () => draw() + draw() + draw() + draw() - 2).map((value) => value * Math.sqrt(3));
}

/* Who asks which patterns; `path` is every state on the way. */
function asked(state, data, view) {
  const one = data.samples[state.sample], held = data.banks[one.bank];
  const stored = view === "ask" ? held.patterns.slice(0, state.stored) : held.patterns;
  const spoilt = noiseOf(one.teacher.length, state.sample), query = one.teacher.map((value, f) => value + (view === "recall" ? state.noise * spoilt[f] : 0));
  const moves = view === "between" ? SETTLED : view === "guess" || view === "recall" ? state.n : 0, path = [query];
  for (let number = 0; number < moves; number += 1) path.push(Recall.moved(path[number], stored, state.beta));
  return { one, held, stored, path, now: path[path.length - 1], first: Recall.shares(query, stored, state.beta) };
}

/* A point of the bank's own plane. */
const flat = (held, x) => held.axes.map((axis) => maths.dot(axis, x.map((value, f) => value - held.centre[f])));

const boxAround = (cx, cy, r) => [cx - r, cy - r, cx + r, cy + r];
const meet = (one, other) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];

/* Where a name beside a spot is in nobody's way: its left end, its line, and the room that it takes. */
function roomFor(said, cx, cy, r, taken, pen) {
  const wide = 6.4 * said.length, places = [];
  for (const far of [0, 14, 28]) {
    places.push([cx - wide / 2, cy - r - 3 - far], [cx - wide / 2, cy + r + 12 + far], [cx + r + 3, cy + 4 - far], [cx + r + 3, cy + 4 + far],
      [cx - r - 3 - wide, cy + 4 - far], [cx - r - 3 - wide, cy + 4 + far]);
  }
  const boxes = places.map(([left, line]) => [left, line, [left, line - 10, left + wide, line + 3]]);
  const inside = boxes.filter(([left, line]) => left > 0 && left + wide < pen.width && line > 10 && line < pen.height);
  return inside.find(([, , box]) => !taken.some((one) => meet(one, box))) ?? inside[0] ?? boxes[0];
}

function drawMap(stage, state, data, it, said, reveal) {
  stage.legend("who", [["the window that asks", stage.paint.teacher], ["patterns, as large as their shares", stage.paint.activities[0]]]);
  const { held, stored } = it, pen = stage.picture("map", stage.narrow ? 270 : 310, said), pad = stage.narrow ? 46 : 70;
  const spots = stored.map((pattern) => flat(held, pattern)), way = it.path.map((x) => flat(held, x));
  const every = [...held.patterns.map((pattern) => flat(held, pattern)), ...way], range = (axis) => [Math.min(...every.map((p) => p[axis])), Math.max(...every.map((p) => p[axis]))];
  const x = linear(range(0), [pad, pen.width - pad]), y = linear(range(1), [pen.height - 26, 20]);
  const mix = reveal ? Recall.shares(it.now, stored, state.beta) : stored.map(() => 0);
  spots.forEach(([a, b], p) => {
    if (mix[p] > 0.005) pen.add("line", { x1: x(way[0][0]), y1: y(way[0][1]), x2: x(a), y2: y(b), stroke: stage.paint.activities[p], "stroke-width": 1 + 7 * mix[p], "stroke-opacity": 0.75, "stroke-linecap": "round" });
  });
  spots.forEach(([a, b], p) => pen.circle(x(a), y(b), 7 + 9 * mix[p], { fill: stage.paint.activities[p], stroke: "var(--st-text-color)", "stroke-width": 1 }));
  const taken = [...spots.map(([a, b], p) => boxAround(x(a), y(b), 7 + 9 * mix[p])), ...way.map(([a, b]) => boxAround(x(a), y(b), 6))];
  spots.forEach(([a, b], p) => {
    const [left, line, box] = roomFor(data.classes[p], x(a), y(b), 10 + 9 * mix[p], taken, pen);
    taken.push(box);
    pen.text(left, line, data.classes[p], { class: mix[p] > 0.3 ? "small strong" : "small" });
  });
  if (way.length > 1) pen.path(way.map(([a, b]) => [x(a), y(b)]), { stroke: "var(--st-text-color)", "stroke-width": 2, "stroke-dasharray": "4 3" });
  way.slice(0, -1).forEach(([a, b]) => pen.circle(x(a), y(b), 3.5, { fill: "var(--st-text-color)" }));
  const [a, b] = way[way.length - 1];
  pen.add("polygon", { points: [[0, -9], [9, 0], [0, 9], [-9, 0]].map(([dx, dy]) => `${x(a) + dx},${y(b) + dy}`).join(" "), fill: stage.paint.teacher, stroke: "var(--st-background-color)", "stroke-width": 1.5 });
}

/* One bar of shares for each of `rows`, { shares, colour }; each has its number at its end, in its colour where they are two. */
function drawShares(stage, data, rows, label, said) {
  const many = rows[0].shares.length, row = rows.length > 1 ? 34 : 24, pen = stage.picture("shares", row * many + 24, said);
  const left = stage.narrow ? 100 : 120, x = linear([0, 1], [left, pen.width - 48]), thick = rows.length > 1 ? 12 : 13;
  for (const value of [0, 0.5, 1]) {
    pen.line(x(value), 0, x(value), row * many, { class: "faint" });
    pen.text(x(value), row * many + 16, `${100 * value} %`, { "text-anchor": "middle", class: "small" });
  }
  for (let p = 0; p < many; p += 1) {
    const middle = row * p + row / 2;
    pen.text(left - 10, middle + 4.5, data.classes[p], { "text-anchor": "end", class: p === label ? "strong" : "" });
    rows.forEach(({ shares, colour }, which) => {
      const top = middle + (which - rows.length / 2) * (thick + 1), end = Math.max(left + 1, x(shares[p]));
      pen.rect(left, top, end - left, thick, { fill: colour ?? stage.paint.activities[p], rx: 2 });
      pen.text(end + 6, top + thick - 1.5, percent(shares[p], shares[p] < 0.095 ? 1 : 0), { class: "small", style: colour ? `fill: ${colour}` : "" });
    });
  }
}

const counted = new WeakMap();

/* How many patterns answer once recall has settled, for 50 values of the sharpness; the same for a window at every turn. */
function countOf(one, stored) {
  if (!counted.has(one)) {
    const sharpness = Array.from({ length: 50 }, (_, at) => 10 ** (-2 + (at / 49) * Math.log10(150)));
    counted.set(one, sharpness.map((beta) => {
      const settled = Recall.recalled(one.teacher, stored, beta, SETTLED);
      return { beta, many: Recall.answering(Recall.shares(settled, stored, beta)) };
    }));
  }
  return counted.get(one);
}

function drawCount(stage, state, data, it, now) {
  const pen = stage.picture("count", 190, `Patterns that answer, by sharpness; now ${shown(now, 1)}.`), left = 34, foot = pen.height - 36;
  const x = linear([Math.log10(0.01), Math.log10(1.5)], [left, pen.width - 10]), y = linear([0, it.stored.length], [foot, 10]);
  for (const value of ticks(0, it.stored.length, 5)) {
    pen.line(left, y(value), pen.width - 10, y(value), { class: value ? "faint" : "rule" });
    pen.text(left - 8, y(value) + 4, String(value), { "text-anchor": "end", class: "small" });
  }
  pen.path(countOf(it.one, it.stored).map(({ beta, many }) => [x(Math.log10(beta)), y(many)]), { stroke: stage.paint.teacher, "stroke-width": 2.4 });
  const usual = x(Math.log10(data.usual));
  pen.line(usual, 10, usual, foot, { "stroke-dasharray": "3 3" });
  pen.text(usual + 6, 20, "usual", { class: "small" });
  pen.circle(x(Math.log10(state.beta)), y(now), 6.5, { fill: stage.paint.student, stroke: "var(--st-background-color)", "stroke-width": 1.5 });
  for (const value of [0.01, 0.03, 0.1, 0.3, 1]) pen.text(x(Math.log10(value)), foot + 15, String(value), { "text-anchor": "middle", class: "small" });
  pen.text(pen.width - 10, pen.height - 2, "sharpness \u03b2", { "text-anchor": "end", class: "small" });
}

function drawAsk(stage, state, data, it) {
  const best = maths.argmax(it.first), known = it.one.label < it.stored.length;
  const words = `${data.classes[best]} gets ${percent(it.first[best], 1)} of the window's likeness.`;
  drawMap(stage, state, data, it, words, true);
  drawShares(stage, data, [{ shares: it.first }], known ? it.one.label : -1, words);
  const score = Recall.scores(it.path[0], it.stored, state.beta), all = maths.sum(score.map(Math.exp));
  stage.note("formula", `${data.classes[best]}: e^(${shown(state.beta)} × ${shown(score[best] / state.beta, 1)}) / Σ = ${all < 1e6 ? `${shown(Math.exp(score[best]), 1)} / ${shown(all, 1)}` : `1 / ${shown(1 / it.first[best], 3)}`} = ${shown(it.first[best], 3)}`, "formula");
  return words;
}

function drawRecall(stage, state, data, it) {
  const energies = it.path.map((x) => Recall.energy(x, it.stored, state.beta)), mix = Recall.shares(it.now, it.stored, state.beta);
  const best = maths.argmax(mix), like = (x) => maths.dot(x, it.stored[best]) / Math.sqrt(maths.dot(x, x) * maths.dot(it.stored[best], it.stored[best]));
  const words = `After ${state.n} moves the state is most like ${data.classes[best]}, by ${shown(like(it.now))}.`;
  drawMap(stage, state, data, it, words, true);
  stage.numbers("numbers", [
    { label: "Most like", value: data.classes[best], told: `likeness ${shown(like(it.now))} of at most 1` },
    { label: "Patterns that answer", value: shown(Recall.answering(mix), 1), told: `of ${it.stored.length}` },
    { label: "Energy", value: shown(energies[energies.length - 1], 2), told: state.n ? `was ${shown(energies[0], 2)}` : "before any move" },
  ]);
  stage.table("energy", "Energy after each move", ["Moves", ...energies.map((_, n) => String(n))], [["Energy", ...energies.map((value) => shown(value, 2))]]);
  return words;
}

function drawBetween(stage, state, data, it) {
  const mix = Recall.shares(it.now, it.stored, state.beta), now = Recall.answering(mix);
  const words = `It settles where ${shown(now, 1)} patterns answer.`;
  drawMap(stage, state, data, { ...it, path: [it.path[0], it.now] }, words, true);
  drawCount(stage, state, data, it, now);
  const order = mix.map((_, p) => p).sort((a, b) => mix[b] - mix[a]).slice(0, 3);
  stage.note("formula", order.map((p) => `${data.classes[p]} ${percent(mix[p], 1)}`).join(" · "), "formula");
  return words;
}

function drawTerm(stage, state, data, it) {
  const scores = Object.fromEntries(["teacher", "student"].map((role) => [role, Recall.scores(it.one[role], it.stored, state.beta)]));
  const shares = { teacher: maths.softmax(scores.teacher), student: maths.softmax(scores.student) }, apart = maths.hinton(scores.student, scores.teacher, 1);
  const words = `The memory term is ${shown(apart, 3)}.`;
  stage.legend("legend", [["teacher", stage.paint.teacher], ["student", stage.paint.student]]);
  drawShares(stage, data, ["teacher", "student"].map((role) => ({ shares: shares[role], colour: stage.paint[role] })), it.one.label, words);
  const [t, s] = ["teacher", "student"].map((role) => maths.argmax(shares[role]));
  stage.numbers("numbers", [
    { label: "Memory term", value: shown(apart, 3), told: "KL, at temperature 1" },
    { label: "Reminds the teacher of", value: data.classes[t], told: percent(shares.teacher[t]), colour: stage.paint.teacher },
    { label: "Reminds the student of", value: data.classes[s], told: percent(shares.student[s]), colour: stage.paint.student },
  ]);
  stage.note("formula", `${data.classes[t]}: ${shown(shares.teacher[t], 3)} × ln(${shown(shares.teacher[t], 3)} / ${shown(shares.student[t], 3)}) + … = ${shown(apart, 3)}`, "formula");
  return words;
}

const LESSON = {
  most: (state, data) => ({ stored: data.classes.length }),
  draw(stage, state, data, { view, open }) {
    const it = asked(state, data, view);
    if (!open) {
      drawMap(stage, state, data, { ...it, path: [it.path[0]] }, "The patterns, and the window that asks, before anything is recalled.", false);
      return "";
    }
    return { ask: drawAsk, guess: drawRecall, recall: drawRecall, between: drawBetween, term: drawTerm }[view](stage, state, data, it);
  },
};
