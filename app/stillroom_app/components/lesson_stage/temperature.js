/* Lesson 3: the teacher's softened answer, the push that it gives each of the student's scores, and training steps. */

const softly = (T) => (T === 1 ? "at T = 1" : `softened, T = ${T}`);

const SMOOTHING = 0.1,
  HARDNESS = 1,
  RULES = {
    hinton: {
      target: (one, T) => maths.softmax(one.teacher, T),
      loss: (z, one, T) => maths.hinton(z, one.teacher, T),
      gradient: (z, one, T) => maths.hintonGradient(z, one.teacher, T),
      said: (z, T) => maths.softmax(z, T),
      formula: (T) => `T\u00b2 KL, T = ${T}`,
      how: softly,
    },
    conditional: {
      target: (one, T) => maths.conditionalTarget(one.teacher, one.label, T, SMOOTHING),
      loss: (z, one, T) => maths.conditional(z, one.teacher, one.label, T, SMOOTHING),
      gradient: (z, one, T) => maths.conditionalGradient(z, one.teacher, one.label, T, SMOOTHING),
      said: (z, T) => maths.softmax(z, T),
      formula: (T) => `T\u00b2 KL to the target, T = ${T}`,
      how: softly,
    },
    released: {
      target: (one) => maths.releasedTarget(one.teacher, one.label, HARDNESS),
      loss: (z, one) => maths.released(z, one.teacher, one.label, HARDNESS),
      gradient: (z, one) => maths.releasedGradient(z, one.teacher, one.label, HARDNESS),
      said: (z) => maths.softmax(maths.softmax(maths.unit(z))),
      formula: () => "with its hard part",
      how: () => "softened twice",
    },
    standardised: {
      target: (one, T) => maths.softmax(maths.standardised(one.teacher), T / 2),
      loss: (z, one, T) => maths.logitStd(z, one.teacher, T / 2),
      gradient: (z, one, T) => maths.logitStdGradient(z, one.teacher, T / 2),
      said: (z, T) => maths.softmax(maths.standardised(z), T / 2),
      formula: (T) => `T\u00b2 KL of z-scores, T = ${T / 2}`,
      how: (T) => `z-scores, ${softly(T / 2)}`,
    },
  };

/* The student's scores after some steps of size 1. */
function walked(one, rule, T, steps, factor = 1) {
  let scores = one.student;
  for (let step = 0; step < steps; step += 1) {
    const push = rule.gradient(scores, one, T);
    scores = scores.map((score, place) => score - factor * push[place]);
  }
  return scores;
}

/* The longest arrow that any temperature gives, so that arrows can be compared while T is turned. */
function longest(one, rule, temperatures = [1, 2, 4, 8, 20]) {
  const found = temperatures.map((T) => Math.max(...rule.gradient(one.student, one, T).map(Math.abs)));
  return Math.max(...found) || 1;
}

function drawAnswer(stage, state, data, one, open) {
  const T = state.T,
    shares = maths.softmax(one.teacher, T),
    bits = maths.entropyBits(shares),
    { classes } = data;
  const first = maths.argmax(shares),
    second = maths.argmax(shares.map((share, place) => (place === first ? -1 : share)));
  stage.legend("legend", [["teacher", stage.paint.teacher]]);
  const gives = (place) => `${classes[place]} ${percent(shares[place], 1)}`;
  const said = `At temperature ${T} the teacher gives ${gives(first)} and ${gives(second)}.`;
  answerBars(stage, "answer", { classes, label: one.label, bars: [{ shares, colour: stage.paint.teacher }], said });
  if (!open) return said;
  stage.numbers("numbers", [
    { label: "First answer", value: percent(shares[first], 1), told: classes[first], colour: stage.paint.teacher },
    { label: "Second answer", value: percent(shares[second], 1), told: classes[second], colour: stage.paint.teacher },
    { label: "Entropy", value: `${shown(bits)} bits`, told: `of at most ${shown(Math.log2(classes.length))}` },
  ]);
  const whole = maths.sum(one.teacher.map((score) => Math.exp(score / T)));
  const power = Math.exp(one.teacher[first] / T);
  const divided = T === 1 ? shown(one.teacher[first]) : `${shown(one.teacher[first])} / ${T}`;
  stage.note(
    "formula",
    `${classes[first]}: e^(${divided}) / \u03a3 = ${shown(power)} / ${shown(whole)} = ${shown(shares[first], 3)}`,
    "formula",
  );
  return said;
}

function drawPush(stage, state, data, one, view) {
  const rule = RULES[view === "rule" ? state.rule : "hinton"],
    T = state.T,
    { classes } = data;
  const factor = state.factor === "without" ? 1 / T ** 2 : 1,
    scores = walked(one, rule, T, state.n, factor);
  const target = rule.target(one, T),
    said = rule.said(scores, T),
    loss = factor * rule.loss(scores, one, T);
  const pushes = rule.gradient(scores, one, T).map((value) => -factor * value),
    up = maths.argmax(pushes);
  const replaced = view === "rule" && state.rule !== "hinton" && maths.argmax(one.teacher) !== one.label;
  stage.legend("legend", [
    [
      replaced && state.rule !== "standardised"
        ? "target: the label, for the teacher is wrong"
        : `teacher, ${rule.how(T)}`,
      stage.paint.teacher,
    ],
    [`student${state.n ? ` after ${state.n} steps` : ""}, ${rule.how(T)}`, stage.paint.student],
    ["push on its score", stage.paint.student, "arrow"],
  ]);
  const words = `The longest push up is at ${classes[up]}, ${shown(pushes[up], 3)}; the loss is ${shown(loss, 3)}.`;
  answerBars(stage, "push", {
    classes,
    label: one.label,
    pushes,
    said: words,
    most:
      view === "rule"
        ? Math.max(...[RULES.hinton, RULES.conditional].map((other) => longest(one, other, [T])))
        : longest(one, rule),
    bars: [
      { shares: target, colour: stage.paint.teacher },
      { shares: said, colour: stage.paint.student },
    ],
  });
  const answer = maths.softmax(scores),
    first = maths.argmax(answer);
  stage.numbers("numbers", [
    { label: "Loss", value: shown(loss, 3), told: rule.formula(T) },
    { label: "Longest push", value: shown(pushes[up], 3), told: `${classes[up]}, up`, colour: stage.paint.student },
    {
      label: "The student says",
      value: percent(answer[first]),
      told: `at T = 1: ${classes[first]}, ${first === one.label ? "right" : "wrong"}`,
      colour: stage.paint.student,
    },
  ]);
  if (view === "push") {
    const scale = factor === 1 ? shown(T, 1) : `1/${shown(T, 1)}`;
    const apart = `${shown(target[up], 3)} \u2212 ${shown(said[up], 3)}`;
    stage.note("formula", `${classes[up]}: ${scale} \u00d7 (${apart}) = ${shown(pushes[up], 3)}`, "formula");
  }
  return words;
}

const LESSON = {
  draw(stage, state, data, { view, open }) {
    const one = data.samples[state.sample];
    if (view === "answer") return drawAnswer(stage, { ...state, T: 1 }, data, one, true);
    if (view === "soft") return drawAnswer(stage, state, data, one, open);
    return drawPush(stage, state, data, one, view);
  },
};
