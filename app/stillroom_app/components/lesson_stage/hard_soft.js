/* Lesson 4: label and teacher pull on one student: the loss along the line between their answers, and steps down it. */

const SURE = 0.99, // what the label gets; a label of 100 % would ask for endless scores
  BESIDE = 0.15,
  POINTS = 121;

/* The smoothing that gives the label its share among so many classes. */
const smoothingOf = (classes) => ((1 - SURE) * classes) / (classes - 1);

/* The line of scores from the label's answer, 99 %, to the teacher's own; each end is where its own loss is least. */
function lineOf(one) {
  const classes = one.teacher.length,
    apart = Math.log((SURE * (classes - 1)) / (1 - SURE));
  const label = maths.centred(maths.onehot(one.label, classes).map((value) => value * apart));
  const way = one.teacher.map((score, place) => score - label[place]),
    long = maths.dot(way, way) || 1;
  const at = (place) => label.map((score, number) => score + place * way[number]);
  const student =
    maths.dot(
      one.student.map((score, number) => score - label[number]),
      way,
    ) / long;
  return { at, way, long, student, from: Math.min(0, student) - BESIDE, to: Math.max(1, student) + BESIDE };
}

const hard = (scores, one) => maths.crossEntropy(scores, one.label, smoothingOf(scores.length));
const soft = (scores, one, T) => maths.hinton(scores, one.teacher, T);
const mixed = (scores, one, { alpha, T }) => (1 - alpha) * hard(scores, one) + alpha * soft(scores, one, T);
function mixedGradient(scores, one, { alpha, T }) {
  const label = maths.crossEntropyGradient(scores, one.label, smoothingOf(scores.length)),
    teacher = maths.hintonGradient(scores, one.teacher, T);
  return label.map((value, place) => (1 - alpha) * value + alpha * teacher[place]);
}

/* Places on the line after each of some steps of size 1 in scores; no loss here bends so much that one leaps too far. */
function descent(one, line, state, steps) {
  const found = [line.student];
  for (let step = 0; step < steps; step += 1) {
    const slope = maths.dot(mixedGradient(line.at(found[step]), one, state), line.way);
    found.push(found[step] - slope / line.long);
  }
  return found;
}

/* Where the loss along the line is least: it is convex and both ends' lowest places are 0 and 1, so thirds close in. */
function lowest(one, line, state) {
  let [low, high] = [0, 1];
  for (let turn = 0; turn < 60; turn += 1) {
    const third = (high - low) / 3,
      [left, right] = [low + third, high - third];
    if (mixed(line.at(left), one, state) <= mixed(line.at(right), one, state)) high = right;
    else low = left;
  }
  return (low + high) / 2;
}

function drawStrip(stage, state, data, one, line, rolling) {
  const height = stage.narrow ? 220 : 260,
    pen = stage.picture("strip", height, "The loss between the label's answer and the teacher's");
  const places = Array.from({ length: POINTS }, (_, at) => line.from + ((line.to - line.from) * at) / (POINTS - 1));
  const curves = {
    hard: places.map((at) => hard(line.at(at), one)),
    soft: places.map((at) => soft(line.at(at), one, state.T)),
  };
  const weighed = curves.hard.map((value, at) => (1 - state.alpha) * value + state.alpha * curves.soft[at]);
  const most = Math.max(...weighed),
    x = linear([line.from, line.to], [36, pen.width - 10]),
    y = linear([0, most * 1.05], [height - 44, 8]);
  for (const value of ticks(0, most, 4)) {
    pen.line(36, y(value), pen.width - 10, y(value), { class: "faint" });
    pen.text(30, y(value) + 4, String(Number(value.toPrecision(3))), { "text-anchor": "end", class: "small" });
  }
  for (const [at, said] of [
    [0, "label only"],
    [1, "teacher only"],
  ]) {
    pen.line(x(at), 8, x(at), height - 40, { class: "rule" });
    pen.text(x(at), height - 24, said, { "text-anchor": at ? "end" : "start", dx: at ? 24 : -24, class: "small" });
  }
  const draw = (values, settings) =>
    pen.path(
      values.map((value, at) => [x(places[at]), y(value)]),
      settings,
    );
  draw(
    curves.hard.map((value) => (1 - state.alpha) * value),
    { stroke: "var(--st-text-color)", "stroke-opacity": 0.6, "stroke-width": 1.6, "stroke-dasharray": "5 4" },
  );
  draw(
    curves.soft.map((value) => state.alpha * value),
    { stroke: stage.paint.teacher, "stroke-width": 1.8 },
  );
  draw(weighed, { stroke: stage.paint.student, "stroke-width": 3 });
  const least = lowest(one, line, state),
    value = mixed(line.at(least), one, state);
  pen.add("polygon", {
    points: [
      [0, 5],
      [-6, 15],
      [6, 15],
    ]
      .map(([dx, dy]) => `${x(least) + dx},${y(value) + dy}`)
      .join(" "),
    fill: stage.paint.student,
  });
  if (!rolling) return { least, value, place: least };
  const steps = descent(one, line, state, state.n),
    place = steps[steps.length - 1];
  steps
    .slice(0, -1)
    .forEach((at) =>
      pen.circle(x(at), y(mixed(line.at(at), one, state)), 2.6, { fill: stage.paint.student, "fill-opacity": 0.45 }),
    );
  pen.circle(x(place), y(mixed(line.at(place), one, state)), 8, {
    fill: stage.paint.student,
    stroke: "var(--st-background-color)",
    "stroke-width": 2,
  });
  return { least, value, place };
}

const way = (place) => `${percent(place)} of the way`; // below 0 before the label, above 100 past the teacher

function drawLoss(stage, state, data, one, rolling) {
  const line = lineOf(one),
    { classes } = data,
    { alpha, T } = state;
  stage.legend("strip_legend", [
    ["(1 \u2212 \u03b1) \u00b7 cross-entropy, label 99 %", "var(--st-text-color)", "dash"],
    ["\u03b1 \u00b7 T\u00b2 KL", stage.paint.teacher, "line"],
    ["their sum; the mark is its lowest place", stage.paint.student, "line"],
  ]);
  const { least, place } = drawStrip(stage, state, data, one, line, rolling);
  const scores = line.at(place),
    answer = maths.softmax(scores),
    first = maths.argmax(answer);
  const [label, teacher] = [hard(scores, one), soft(scores, one, T)],
    loss = mixed(scores, one, state);
  stage.numbers("numbers", [
    {
      label: rolling ? `After ${state.n} steps` : "Lowest place",
      value: way(place),
      told: "from label to teacher",
      colour: stage.paint.student,
    },
    {
      label: "Loss there",
      value: shown(loss, 3),
      told: rolling ? `least: ${shown(mixed(line.at(least), one, state), 3)}` : "the sum",
    },
    {
      label: "A student there says",
      value: percent(answer[first]),
      told: `${classes[first]}, ${first === one.label ? "right" : "wrong"}`,
      colour: stage.paint.student,
    },
  ]);
  stage.note(
    "formula",
    `${shown(1 - alpha)} \u00d7 ${shown(label, 3)} + ${shown(alpha)} \u00d7 ${shown(teacher, 3)} = ${shown(loss, 3)}`,
    "formula",
  );
  const who = rolling ? "after these steps a student" : "a student there";
  const where = `at ${way(least)} from label to teacher`;
  return `With alpha ${shown(alpha)} the loss is least ${where}; ${who} says ${classes[first]}.`;
}

const LESSON = {
  draw(stage, state, data, { view, open }) {
    const one = data.samples[state.sample],
      { classes } = data;
    if (view !== "ends" && open) return drawLoss(stage, state, data, one, view === "roll");
    const teacher = maths.softmax(one.teacher),
      first = maths.argmax(teacher);
    stage.legend("legend", [
      ["label", "var(--st-text-color)"],
      ["teacher", stage.paint.teacher],
    ]);
    const taught = `the teacher gives ${classes[first]} ${percent(teacher[first])}`;
    const said = `The label says ${classes[one.label]}; ${taught}.`;
    answerBars(stage, "ends", {
      classes,
      label: one.label,
      said,
      bars: [
        { shares: teacher, colour: stage.paint.teacher },
        { shares: maths.onehot(one.label, classes.length), colour: "var(--st-text-color)" },
      ],
    });
    return said;
  },
};
