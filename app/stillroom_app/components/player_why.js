// Why: how much of what each model looks at is which sensor, at the explained window nearest to the playhead.

function buildWhy(root, show, look, choose) {
  const where = root.querySelector(".why");
  where.replaceChildren();
  if (!show.heat) {
    make("p", where, "none", look.whyNot);
    return null;
  }
  const roles = Object.keys(show.heat), head = make("div", where, "why-head");
  make("h3", head, "", "What the answer rests on");
  const when = make("span", head, "when"), bars = make("div", where, "bars");
  const made = { when, roles: {}, role: roles.includes("student") ? "student" : roles[0] };
  for (const role of roles) made.roles[role] = buildBars(bars, show, look.roles[role], role, made, choose);
  const method = show.why.method ? `By ${show.why.method.replaceAll("_", " ")}. ` : "";
  const foot = make("p", where, "foot", `${method}${look.trust} `);
  if (look.explain) make("a", foot, "", "The checks and all windows: Explain").href = look.explain;
  return made;
}

function buildBars(where, show, face, role, made, choose) {
  const side = make("div", where, "side"), label = make("label", side, "whose"), box = make("input", label);
  side.style.setProperty("--own", face.colour);
  Object.assign(box, { type: "radio", name: "heat", checked: role === made.role });
  make("span", label, "", face.title);
  const told = make("span", label, "told");
  box.addEventListener("change", () => { made.role = role; choose(); });
  const rows = show.sensors.map((one) => {
    const row = make("div", side, "line");
    make("span", row, "who", one.said);
    return { row, bar: make("i", make("span", row, "track")), text: make("b", row) };
  });
  return { told, rows, box };
}

// The student that is explained is the run's own, whichever sensors are switched on.
function sayWhy(made, show, window, answer) {
  const number = explainedNear(show, window), at = show.why.windows[number], start = show.starts[at];
  setText(made.when, `window from ${start.toFixed(1)} to ${(start + show.windowS).toFixed(1)}\u202fs`);
  for (const [role, side] of Object.entries(made.roles)) {
    const parts = show.heat[role].part, own = show.lanes[role];
    const other = role === show.switched && (!answer || keyOf(answer.sensors) !== keyOf(show.own));
    setText(side.told, own ? `${other ? "with its own sensors " : ""}says ${show.classes[own.said[at]]}` : "");
    side.rows.forEach((row, sensor) => {
      const part = parts[number * show.sensors.length + sensor] / 255;
      row.row.classList.toggle("none", part === 0);
      row.bar.style.transform = `scaleX(${part.toFixed(3)})`;
      setText(row.text, part ? percent(part) : "\u2013");
    });
  }
  return { window: at, role: made.role, number };
}
