/* Lesson 7: what models with fewer sensors mix up, which pairs merge, and what teaching added. */

const PHONE_PX = 440, TITLE = { teacher: "teacher, all sensors", student: "student, taught", alone: "student, alone" };

const points = (value) => `${value < 0 ? "\u2212" : "+"}${shown(100 * Math.abs(value), 0)}`;
const peopleOf = (data, one, who) => (who === "teacher" ? data.teacher : one[who]);
const countsOf = (data, one, who) => Counts.added(peopleOf(data, one, who));

/* Which sensors are worn: switches; a set that nobody trained on gives way to the nearest one. */
function drawSensors(stage, state, data, one) {
  const box = stage.part("sensors", () => {
    const made = node("fieldset", document.createDocumentFragment(), { class: "sensors" });
    node("legend", made, {}, "Sensors of the student");
    const row = node("div", made, { class: "buttons" });
    for (const sensor of data.sensors) {
      const label = node("label", row, { class: "switch" }), input = node("input", label, { type: "checkbox", value: sensor.name });
      node("span", label, {}, sensor.said);
      input.addEventListener("change", () => stage.toggle(sensor.name, input.checked));
    }
    return made;
  });
  stage.toggle = (name, on) => {
    const wanted = new Set(one.sensors);
    if (on) wanted.add(name); else wanted.delete(name);
    const far = (set) => data.sensors.filter((sensor) => set.sensors.includes(sensor.name) !== wanted.has(sensor.name)).length;
    const nearest = data.samples.map((set, place) => ({ place, far: far(set), as: set.sensors.includes(name) === on })).filter((set) => set.as).sort((a, b) => a.far - b.far)[0];
    const asked = data.sensors.filter((sensor) => wanted.has(sensor.name)).map((sensor) => sensor.said).join(", ");
    const place = nearest ? nearest.place : state.sample;
    stage.nearest = { place, said: !nearest ? `No student was trained ${on ? "with" : "without"} it.` : nearest.far ? `No student was trained on just ${asked}; the nearest set is shown.` : "" };
    stage.change("sample", place, true);
  };
  for (const input of box.querySelectorAll("input")) input.checked = one.sensors.includes(input.value);
  if (stage.nearest?.said && stage.nearest.place === state.sample) stage.note("nearest", stage.nearest.said);
}

function drawCounts(stage, state, data, one) {
  const counts = countsOf(data, one, state.who), found = Counts.scored(counts), many = counts.length, colour = stage.paint[state.who];
  const pairs = Counts.pairs(counts), top = pairs[0], words = `${data.classes[top.a]} and ${data.classes[top.b]} are mixed up most: ${percent(top.share)} of their windows.`;
  const left = stage.narrow ? 112 : 132, side = Math.min(46, (stage.width - left - 4) / many), high = Math.min(side, 34), head = 20;
  stage.legend("legend", [[TITLE[state.who], colour]]);
  const pen = stage.picture("counts", head + high * many + 4, `${TITLE[state.who]}: ${words}`);
  counts.forEach((row, a) => {
    pen.text(left - 8, head + high * (a + 0.5) + 4.5, `${cutShort(data.classes[a], 14)} ${a + 1}`, { "text-anchor": "end", class: stage.narrow ? "small" : "" });
    pen.text(left + side * (a + 0.5), 13, String(a + 1), { "text-anchor": "middle", class: "small" });
    row.forEach((value, b) => {
      const share = found.each[a].support ? value / found.each[a].support : 0;
      pen.rect(left + side * b + 1, head + high * a + 1, side - 2, high - 2, { rx: 3, class: share ? "" : "ground", fill: share ? colour : "", "fill-opacity": share ? 0.08 + 0.92 * share : "" });
      if (share >= 0.045) pen.text(left + side * (b + 0.5), head + high * (a + 0.5) + 4.5, shown(100 * share, 0), { "text-anchor": "middle", class: "small", style: share > 0.5 ? "fill: var(--st-background-color)" : "fill: var(--st-text-color)" });
    });
  });
  stage.note("unit", "Rows: what was done. Columns: what was said, by number. Per cent of a row; below 5 left blank.");
  const phone = stage.width < PHONE_PX, both = (pair) => String(found.each[pair.a].support + found.each[pair.b].support);
  stage.table("pairs", "Pairs that are mixed up most", phone ? ["Taken for each other", "share"] : ["Most mixed up", "windows of both", "taken for the other"],
    pairs.slice(0, 3).map((pair) => [`${data.classes[pair.a]}, ${data.classes[pair.b]}`, ...(phone ? [] : [both(pair)]), percent(pair.share, 1)]));
  return words;
}

/* Each window of the two activities as a dot between them, one lane a model. */
function drawPair(stage, state, data, one, roles) {
  const pair = one.pair, lane = stage.narrow ? 84 : 92, colours = [stage.paint.activities[pair.a], stage.paint.activities[pair.b]];
  stage.legend("legend", [[data.classes[pair.a], colours[0]], [data.classes[pair.b], colours[1]]]);
  const pen = stage.picture("pair", lane * roles.length + 36, `${data.classes[pair.a]} and ${data.classes[pair.b]}, window by window.`);
  const x = linear([0, 1], [10, pen.width - 10]);
  const right = (role) => pair[role].filter((value, at) => (value > state.border) === (pair.second[at] === 1)).length / pair.second.length;
  roles.forEach((role, which) => {
    const top = lane * which + 20, foot = lane * (which + 1) - 8;
    pen.text(10, top - 6, `${TITLE[role]}: ${percent(right(role))} on the right side`, { class: "strong" });
    pen.rect(4, top, pen.width - 8, foot - top, { class: "ground", rx: 6 });
    pen.line(x(state.border), top, x(state.border), foot, { "stroke-dasharray": "4 3", class: "ink" });
    pair[role].forEach((value, at) => {
      const spread = ((at * 0.61803) % 1) * 0.8 + 0.1, row = pair.second[at] ? 0.5 + spread / 2 : spread / 2;
      pen.circle(x(value), top + (foot - top) * row, 3.4, { fill: colours[pair.second[at]], stroke: "var(--st-text-color)", "stroke-width": 0.6, "stroke-opacity": 0.7 });
    });
  });
  const foot = lane * roles.length + 12;
  pen.text(10, foot, `surely ${data.classes[pair.a]}`, { class: "small" });
  pen.text(pen.width - 10, foot, `surely ${data.classes[pair.b]}`, { "text-anchor": "end", class: "small" });
  return `Of these windows the teacher has ${percent(right("teacher"))} on the right side, the student ${percent(right("student"))}.`;
}

/* For each activity how many of its windows two models find, and by how many points they differ. */
function drawFinds(stage, data, both, colours, strong, said) {
  const row = 33, many = data.classes.length, pen = stage.picture("recall", row * many + 24, said);
  const left = stage.narrow ? 100 : 124, x = linear([0, 1], [left, pen.width - 46]);
  for (const value of [0, 0.5, 1]) {
    pen.line(x(value), 0, x(value), row * many, { class: "faint" });
    pen.text(x(value), row * many + 17, `${100 * value} %`, { "text-anchor": "middle", class: "small" });
  }
  for (let k = 0; k < many; k += 1) {
    const middle = row * k + row / 2;
    if (k === strong) pen.rect(0, row * k + 1, pen.width, row - 2, { class: "ground", rx: 4 });
    pen.text(left - 10, middle + 4.5, cutShort(data.classes[k], 15), { "text-anchor": "end", class: k === strong ? "strong" : "" });
    both.forEach((finds, which) => pen.rect(left, middle - 11 + 11 * which, Math.max(1, x(finds[k]) - left), 10, { fill: colours[which], rx: 2 }));
    pen.text(pen.width, middle + 4.5, points(both[1][k] - both[0][k]), { "text-anchor": "end", class: k === strong ? "strong" : "small" });
  }
}

function drawRecall(stage, state, data, one) {
  const finds = (who) => Counts.scored(countsOf(data, one, who)).each.map((each) => each.recall ?? 0);
  const both = [finds("teacher"), finds(state.by)], change = both[1].map((value, k) => value - both[0][k]);
  const low = change.indexOf(Math.min(...change)), high = maths.argmax(change);
  const words = `${data.classes[low]} changes most for the worse against the teacher: ${points(change[low])} points.`;
  drawSensors(stage, state, data, one);
  stage.legend("legend", [[TITLE.teacher, stage.paint.teacher], [TITLE[state.by], stage.paint[state.by]], ["difference in points, at the right", "var(--st-text-color)", "line"]]);
  drawFinds(stage, data, both, [stage.paint.teacher, stage.paint[state.by]], low, words);
  stage.numbers("numbers", [
    { label: "Sensors left", value: `${one.sensors.length} of ${data.sensors.length}`, told: one.name },
    { label: "Loses most", value: data.classes[low], told: `${points(change[low])} points`, colour: stage.paint[state.by] },
    { label: change[high] > 0 ? "Found more often" : "Loses least", value: data.classes[high], told: `${points(change[high])} points`, colour: stage.paint[state.by] },
  ]);
  return words;
}

function drawScore(stage, state, data, one) {
  const tables = peopleOf(data, one, state.who), counts = Counts.added(tables), found = Counts.scored(counts), mean = Counts.overPeople(tables);
  const rows = data.people.map((who, p) => ({ who, value: Counts.scored(tables[p]).macroF1 })), colour = stage.paint[state.who];
  const words = `Macro-F1 is ${shown(mean, 3)}, the mean over ${rows.length}.`;
  stage.legend("legend", [[TITLE[state.who], colour]]);
  const pen = stage.picture("people", 26 * rows.length + 26, words), left = 60, x = linear([0, 1], [left, pen.width - 50]);
  for (const value of [0, 0.25, 0.5, 0.75, 1]) {
    pen.line(x(value), 0, x(value), 26 * rows.length, { class: "faint" });
    pen.text(x(value), 26 * rows.length + 17, String(value), { "text-anchor": "middle", class: "small" });
  }
  rows.forEach(({ who, value }, at) => {
    pen.text(left - 10, 26 * at + 17, cutShort(who, 8), { "text-anchor": "end" });
    pen.rect(left, 26 * at + 6, x(value) - left, 14, { fill: colour, rx: 2 });
    pen.text(x(value) + 6, 26 * at + 17, shown(value, 3), { class: "small" });
  });
  pen.line(x(mean), 0, x(mean), 26 * rows.length, { "stroke-dasharray": "3 3", class: "ink" });
  stage.numbers("numbers", [
    { label: `Macro-F1, mean over ${data.units}`, value: shown(mean, 3), told: `the report prints ${shown(one.printed[state.who], 3)}`, colour },
    { label: "All windows as one", value: shown(found.macroF1, 3), told: data.units === "people" ? "windows of one person are alike" : "neighbouring windows are alike" },
    { label: "Accuracy", value: percent(found.accuracy, 1), told: "a rare activity hardly counts" },
  ]);
  const k = maths.argmax(found.each.map((each) => -(each.f1 ?? 1))), said = counts.reduce((all, row) => all + row[k], 0);
  stage.note("formula", `${data.classes[k]}: 2 × ${counts[k][k]} / (${found.each[k].support} + ${said}) = ${shown(found.each[k].f1, 3)}`, "formula");
  return words;
}

function drawGain(stage, state, data) {
  const rows = data.samples.map((one) => ({ one, student: Counts.overPeople(one.student), alone: Counts.overPeople(one.alone), gain: one.gain }));
  const edge = Math.max(0.05, ...rows.flatMap(({ gain }) => [gain.low, gain.high, gain.mean].filter((value) => value !== null).map(Math.abs))) * 1.1;
  const clear = rows.filter(({ gain }) => gain.low !== null && (gain.low > 0 || gain.high < 0)).length;
  const words = clear ? `In ${clear} of ${rows.length} sets the interval leaves 0 out.` : `In none of ${rows.length} sets does the interval leave 0 out.`;
  const row = 50, phone = stage.width < PHONE_PX, pen = stage.picture("gain", row * rows.length + 42, words), x = linear([-edge, edge], [8, pen.width - 8]);
  for (const value of ticks(-edge, edge, 5)) pen.line(x(value), 4, x(value), row * rows.length, { class: Math.abs(value) < 1e-9 ? "ink" : "faint", "stroke-width": 1 });
  rows.forEach(({ one, gain }, at) => {
    const y = row * at + 34;
    pen.text(8, y - 16, phone ? `${at + 1}  ${cutShort(one.name, 36)}` : cutShort(one.name, 64), {});
    if (gain.low !== null) pen.line(x(gain.low), y, x(gain.high), y, { class: "", stroke: stage.paint.student, "stroke-width": 3, "stroke-linecap": "round" });
    pen.circle(x(gain.mean), y, 5.5, { fill: stage.paint.student, stroke: "var(--st-background-color)", "stroke-width": 1.5 });
  });
  pen.below(x, ticks(-edge, edge, 5), row * rows.length, "macro-F1, student taught less student alone", 2);
  stage.table("scores", "Macro-F1 of each set of sensors", [phone ? "Set" : "Sensors", "alone", "taught", phone ? "more" : "difference", "p"], rows.map(({ one, student, alone, gain }, at) =>
    [phone ? `${at + 1}` : one.name, shown(alone, 3), shown(student, 3), `${gain.mean < 0 ? "" : "+"}${shown(gain.mean, 3)}`, gain.p === null ? "" : shown(gain.p, 2)]));
  stage.note("told", `Over ${rows[0].gain.n} ${data.units}, one seed, exact sign-flip p, not corrected for ${rows.length} comparisons. ${words}`);
  return words;
}

const LESSON = {
  draw(stage, state, data, { view, open }) {
    const one = data.samples[state.sample];
    if (!open) { drawPair(stage, state, data, one, ["teacher"]); return ""; }
    if (view === "pair") return drawPair(stage, state, data, one, ["teacher", "student", "alone"]);
    return { counts: drawCounts, recall: drawRecall, score: drawScore, gain: drawGain }[view](stage, state, data, one);
  },
};
