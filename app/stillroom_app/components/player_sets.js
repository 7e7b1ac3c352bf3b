// Which sensors are on, who answers then, and what that is worth: a student that was trained so, or an estimate by one
// net for any set, which is no student and is set against the same net with all sensors alone.

const NET = "one net for any set", TO = "\u2192", LESS = "\u2212";

// Whose the lane is that follows the sensors; an estimate has no model's colour.
function faceOf({ show, look, answer }) {
  if (answer && !answer.measured) return { title: "Estimate", note: NET, colour: look.muted };
  return { ...look.roles[show.switched], note: "" };
}

const goneOf = (show, kept) => new Set(show.sensors.map((one, i) => i).filter((i) => !kept.has(i)));

// What is gone where that is little; else what is there, by name or by number.
function whichSensors(show, kept) {
  const gone = goneOf(show, kept), there = wordsOf(show, kept).map(spoken);
  const few = `${kept.size} of ${show.sensors.length} sensors`;
  if (!gone.size) return "With all sensors";
  if (gone.size <= 2 && gone.size < kept.size) return `Without ${listed(wordsOf(show, gone).map(spoken))} (${few})`;
  return `With ${there.length > 2 ? few : listed(there)}`;
}

function setInWords({ show, answer, kept }) {
  const which = whichSensors(show, kept);
  if (!answer) return `${which}: nobody asked what is said then.`;
  if (!answer.measured) return `${which}: an estimate by ${NET}.`;
  if (keyOf(kept) !== keyOf(show.own)) return `${which}: a student trained so.`;
  return `The student has ${which.replace("With ", "")}, as it was trained.`;
}

// What the same net loses without these sensors; null where there is nothing to say it of.
function lostOf({ show, answer, kept }) {
  if (!known(answer?.score) || answer.measured || !known(show.withAll) || !goneOf(show, kept).size) return null;
  const before = Number(show.withAll.toFixed(2)), points = Math.round(100 * (Number(answer.score.toFixed(2)) - before));
  return { before: before.toFixed(2), points: `${points < 0 ? LESS : "+"}${Math.abs(points)} points` };
}

function sayWorth(screen) {
  const { answer } = screen, where = screen.at(".set .worth"), origin = originOf(answer), lost = lostOf(screen);
  where.replaceChildren();
  if (!origin) return;
  where.append(`Macro-F1 ${lost ? `${lost.before} ${TO} ` : ""}`);
  make("b", where, "", scoreText(answer));
  where.append(lost ? ` ${lost.points} ` : " ");
  make("span", where, `origin ${origin}`, origin);
}

// Everybody tested: each model's score, where it comes from, and its interval.
function sayScores(screen) {
  const { show, look, answer } = screen, { score } = screen.tiles, { teacher } = show.scores;
  if (teacher) {
    sayLine(score, "teacher", "Teacher", teacher.score, scoreText(teacher), look.roles.teacher?.colour);
    sayUnder(score, "teacher", ORIGINS.measured, between(teacher));
  }
  if (!show.switched) return sayFoot(score, "", over(show));
  const face = faceOf(screen);
  sayLine(score, "student", face.title, answer?.score, answer ? scoreText(answer) : "\u2013", face.colour);
  sayUnder(score, "student", originOf(answer), between(answer));
  return sayFoot(score, "", answer ? worthInWords(screen) : look.nobody);
}

const over = (show) => `Intervals over ${show.n} ${show.units}`;

function worthInWords(screen) {
  const { show, answer } = screen, lost = lostOf(screen);
  if (answer.measured) return `${answer.told}${answer.run ? `, run ${answer.run}` : ""}. ${over(show)}.`;
  const same = lost ? ` (with all of them: ${lost.before})` : "";
  return `${answer.told}${same}. ${over(show)} only, not over trainings. ${show.error}`;
}
