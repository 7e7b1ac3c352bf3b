/* Lesson 5: a feature of teacher and student over time, its bins, and what the stage term makes of both. */

const STAGES = ["first", "second"], HIGHEST = 3, MODEL_SAID = { before: "student, untrained", after: "student, after its stage", finished: "student, finished" };

/* What is compared: one channel of one window at one stage, the student's as the knobs have changed it. */
function compared(state, data, view) {
  const held = data.stages[Math.min(STAGES.indexOf(state.stage), data.stages.length - 1)];
  const channel = Math.min(held.channels.length, state.channel) - 1;
  const of = (model) => held.models[model][state.sample][channel];
  const teacher = of("teacher"), variance = held.variance[channel], bins = Math.floor(teacher.length / 2);
  const own = of(state.model), chosen = Math.min(state.edit, bins);
  const made = {
    late: () => Features.later(teacher, state.late),
    drag: () => (chosen ? Features.withAmplitude(own, chosen, state.height * Features.amplitude(own)[chosen]) : own),
    walk: () => Features.walked(own, teacher, variance, state.n, { time: state.pull !== "frequency" ? 1 : 0, frequency: state.pull !== "time" ? 1 : 0 }),
  };
  const student = made[view] ? made[view]() : own;
  return { teacher, student, own, variance, bins, chosen, title: held.title };
}

function drawCurves(stage, data, one, said) {
  const narrow = stage.narrow, pen = stage.picture("curves", narrow ? 160 : 190, said), left = 34, foot = pen.height - 30;
  const all = [...one.teacher, ...one.student], low = Math.min(0, ...all), high = Math.max(0, ...all), n = one.teacher.length;
  const x = linear([0, n - 1], [left, pen.width - 6]), y = linear([low, high], [foot - 6, 8]);
  for (const value of ticks(low, high, 5)) {
    pen.line(left, y(value), pen.width - 6, y(value), { class: value === 0 ? "rule" : "faint" });
    pen.text(left - 8, y(value) + 4, shown(value, 0), { "text-anchor": "end", class: "small" });
  }
  one.teacher.forEach((value, t) => pen.line(x(t), y(value), x(t), y(one.student[t]), { stroke: stage.paint.student, class: "", "stroke-opacity": 0.28, "stroke-width": 3 }));
  for (const [values, colour, dash] of [[one.teacher, stage.paint.teacher, ""], [one.student, stage.paint.student, "6 3"]]) {
    pen.path(values.map((value, t) => [x(t), y(value)]), { stroke: colour, "stroke-width": 2.4, "stroke-dasharray": dash });
  }
  const second = linear([0, data.window_s], [left, left + ((pen.width - 6 - left) * n) / (n - 1)]);
  pen.below(second, ticks(0, data.window_s * 0.99, 4), foot - 2);
  pen.text(pen.width - 6, pen.height - 1, "seconds", { "text-anchor": "end", class: "small" });
}

/* Stems of the bins' heights on a log scale; a student's bin can be pulled where `change` is given. The scale then leaves
   room for the highest that one can be pulled to, and so stands still under the pointer. */
function drawBins(stage, state, data, one, said, change = null) {
  const narrow = stage.narrow, pen = stage.picture("bins", narrow ? 180 : 210, said), left = 34, foot = pen.height - 34;
  const ours = Features.amplitude(one.student), theirs = Features.amplitude(one.teacher), own = Features.amplitude(one.own);
  const most = Math.log1p(1.08 * Math.max(...theirs.slice(1), ...ours.slice(1), ...(change ? own.slice(1).map((value) => HIGHEST * value) : [])));
  const y = linear([0, most], [foot, 12]), step = (pen.width - left - 6) / one.bins, at = (k) => left + step * (k - 0.5);
  for (const value of [0, 1, 3, 10, 30, 100, 300].filter((height) => Math.log1p(height) < most)) {
    pen.line(left, y(Math.log1p(value)), pen.width - 6, y(Math.log1p(value)), { class: value ? "faint" : "rule" });
    pen.text(left - 8, y(Math.log1p(value)) + 4, String(value), { "text-anchor": "end", class: "small" });
  }
  for (let k = 1; k <= one.bins; k += 1) {
    if (k === one.chosen && change) pen.rect(at(k) - step / 2 + 1, 4, step - 2, foot - 4, { class: "ground", rx: 4 });
    const stem = (height, dx, colour, whole) => {
      const top = y(Math.log1p(height));
      pen.add("line", { x1: at(k) + dx, y1: foot, x2: at(k) + dx, y2: top, stroke: colour, "stroke-width": 3 });
      if (whole) pen.rect(at(k) + dx - 4.5, top - 4.5, 9, 9, { fill: colour });
      else pen.circle(at(k) + dx, top, change && !narrow ? 7 : 5.5, { fill: colour, style: change ? "cursor: ns-resize" : "" });
    };
    stem(theirs[k], -Math.min(7, step / 4), stage.paint.teacher, true);
    stem(ours[k], Math.min(7, step / 4), stage.paint.student, false);
    if (!narrow || k % 2 || one.bins < 8) pen.text(at(k), foot + 15, shown(k / data.window_s, 2), { "text-anchor": "middle", class: "small" });
  }
  pen.text(pen.width - 6, pen.height - 2, "bin, in Hz", { "text-anchor": "end", class: "small" });
  if (!change) return stage.drags.delete("bins");
  const nearest = (px) => Math.min(one.bins, Math.max(1, Math.round((px - left) / step + 0.5)));
  const move = (px, py, kind) => {
    if (kind === "pointerdown") stage.held = nearest(px);  // the same one, however far and fast the pointer strays
    const times = Math.expm1(Math.max(0, y.back(py))) / Math.max(own[stage.held], 1e-9);
    change(stage.held, Math.min(HIGHEST, Math.max(0, Math.round(20 * times) / 20)));
  };
  return stage.drags.set("bins", { move, done: () => stage.change("edit", stage.held, true) });
}

function parts(one) {
  return { time: Features.stageTime([one.student], [one.teacher], [one.variance]), frequency: Features.stageFrequency([one.student], [one.teacher]),
    plain: Features.stageTime([one.student], [one.teacher]) };
}

function drawLoss(stage, view, weight, loss) {
  const released = { label: "Raw, as released", value: shown(loss.plain, 2), told: "squared difference over time" };
  const time = { label: "In time", value: shown(loss.time, 3), told: "raw / the channel's spread, our reading" };
  const frequency = { label: "In frequency", value: shown(loss.frequency, 4), told: "our reading" };
  const whole = { label: "Stage loss", value: shown(loss.time + weight * loss.frequency, 3), told: weight ? `time + ${shown(weight, 1)} × frequency` : `time alone; as released, raw: ${shown(loss.plain, 2)}` };
  stage.numbers("numbers", view === "time" ? [released, time] : view === "drag" ? [time, frequency, whole] : [time, frequency]);
}

function drawParseval(stage, one, loss) {
  const apart = one.student.map((value, t) => value - one.teacher[t]), energy = Features.energies(apart);
  const [squares, waves, taken] = stage.width < 440 ? ["Squares", "Whole waves", "In the loss"] : ["Squares of the difference", "Whole waves: equal", "What the loss takes of them"];
  stage.table("parseval", "The difference, counted in two ways", [squares, "over time", "over bins, / N"], [
    [waves, shown(energy.time, 3), shown(energy.bins, 3)], [taken, shown(loss.time, 4), shown(loss.frequency, 4)],
  ], 0);
}

const LESSON = {
  most(state, data) {
    const held = data.stages[Math.min(STAGES.indexOf(state.stage), data.stages.length - 1)], bins = Math.floor(held.models.teacher[0][0].length / 2);
    return { channel: held.channels.length, edit: bins, late: bins };
  },
  draw(stage, state, data, { view, open }) {
    const one = compared(state, data, view === "late" && !open ? "late" : view), loss = parts(one);
    const student = view === "late" ? "the same curve, late" : MODEL_SAID[state.model];
    const words = `In time the two differ by ${shown(loss.time, 3)}, in frequency by ${shown(loss.frequency, 4)}.`;
    stage.legend("legend", [[`teacher, ${one.title}`, stage.paint.teacher, "line"],
      [state.n && view === "walk" ? `${student}, ${state.n} steps on` : student, stage.paint.student, "dash"]]);
    drawCurves(stage, data, one, open ? words : "The teacher's curve, and the same curve two samples late.");
    if (!open) return "";
    if (view !== "time") {
      const change = view === "drag" ? (bin, times) => { state.edit = bin; stage.change("height", times, false); } : null;
      drawBins(stage, state, data, one, `Heights of ${one.bins} bins. ${words}`, change);
    }
    drawLoss(stage, view, state.weight, loss);
    if (view === "drag") {
      stage.note("formula", `L = ${shown(loss.time, 3)} + ${shown(state.weight, 1)} × ${shown(loss.frequency, 4)} = ${shown(loss.time + state.weight * loss.frequency, 3)}`, "formula");
      drawParseval(stage, one, loss);
    } else if (view === "time") {
      stage.note("formula", `(${shown(one.student[0])} − ${shown(one.teacher[0])})² + … over ${one.teacher.length} samples, / ${one.teacher.length} = ${shown(loss.plain, 2)}`, "formula");
    }
    return words;
  },
};
