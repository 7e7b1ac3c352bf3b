// Why: what speaks for the answer of each model and what against it, at the explained window nearest to the playhead.
// The bars are the sums of what shades the signals. The student is explained as it was trained, with its own sensors:
// while others are switched on there is no why of what is said, and none is shown.

function buildWhy(root, show, look, choose) {
  const where = root.querySelector(".why");
  where.replaceChildren();
  if (!show.heat) {
    sayLack(make("p", where, "none"), look.lacks.why, look.lacks.door);
    return null;
  }
  const roles = Object.keys(show.heat), head = make("div", where, "why-head");
  make("h3", head, "", "What speaks for the answer and against it");
  const when = make("span", head, "when"), bars = make("div", where, "bars");
  const made = { when, roles: {}, role: roles.includes("student") ? "student" : roles[0] };
  for (const role of roles) made.roles[role] = buildBars(bars, show, look.roles[role], role, made, choose);
  const method = show.why.method ? `By ${show.why.method.replaceAll("_", " ")}. ` : "";
  const foot = make("p", where, "foot", `The shade on the signals is what speaks for it. ${method}${look.trust} `);
  if (look.explain) make("a", foot, "", "The checks and all windows: Explain").href = look.explain;
  return made;
}

function buildBars(where, show, face, role, made, choose) {
  const side = make("div", where, "side"), label = make("label", side, "whose"), box = make("input", label);
  const heat = show.heat[role], zero = (heat.worst / (heat.best + heat.worst)) * 100;
  side.style.setProperty("--own", face.colour);
  side.style.setProperty("--zero", `${zero.toFixed(2)}%`);
  Object.assign(box, { type: "radio", name: "heat", checked: role === made.role });
  make("span", label, "", face.title);
  const told = make("span", label, "told");
  box.addEventListener("change", () => { made.role = role; choose(); });
  make("span", side, "sums", heat.by === "axis" ? `${show.sensors[show.own[0]]?.said ?? "One sensor"}, by axis` : "");
  make("span", side, "sums bad", "against");
  make("span", side, "sums");
  make("span", side, "sums good", "for");
  const rows = heat.rows.map((name) => {
    const row = make("div", side, "line"), who = make("span", row, "who", name);
    who.title = name;
    const against = make("b", row, "bad"), track = make("span", row, "track");
    return { bad: make("i", track, "bad"), good: make("i", track, "good"), against, text: make("b", row, "good") };
  });
  return { side, told, rows, box };
}

function sayWhy(made, show, window, answer) {
  const number = explainedNear(show, window), at = show.why.windows[number], start = show.starts[at];
  const away = (role) => role === show.switched && (!answer || keyOf(answer.sensors) !== keyOf(show.own));
  const roles = Object.keys(made.roles), role = [made.role, ...roles].find((one) => !away(one)) ?? null;
  setText(made.when, `window from ${start.toFixed(1)} to ${(start + show.windowS).toFixed(1)}\u202fs`);
  for (const [one, side] of Object.entries(made.roles)) {
    const own = show.lanes[one], gone = away(one);
    side.side.classList.toggle("away", gone);
    Object.assign(side.box, { disabled: gone, checked: one === role });
    const asked = `asked why only as it was trained: with ${listed(wordsOf(show, new Set(show.own)).map(spoken))}`;
    setText(side.told, gone ? asked : own ? `says ${show.classes[own.said[at]]}` : "");
    side.rows.forEach((row, i) => sayBar(row, show.heat[one], number * side.rows.length + i));
  }
  return role && { window: at, role, number };
}

function sayBar(row, heat, place) {
  const good = heat.good[place] / 255, bad = heat.bad[place] / 255;
  row.good.style.transform = `scaleX(${(good / heat.best).toFixed(3)})`;
  row.bad.style.transform = `scaleX(${(bad / heat.worst).toFixed(3)})`;
  setText(row.text, percent(good));
  setText(row.against, bad ? percent(bad) : "");
}

// What was not asked, and where it can be had.
function sayLack(where, words, door) {
  where.append(`${words} `);
  if (door) make("a", where, "", door.label).href = door.href;
}
