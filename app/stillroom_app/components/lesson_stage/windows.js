/* Lesson 1: a stretch of a recording with its labels, the windows that are cut out of it, and what one holds. */

const LANES = 5;

function spansInSight(pen, x, y, height, one, data, paint) {
  for (const [first, stop, code] of one.spans) {
    if (code < 0) continue;
    const from = x(first),
      wide = x(stop) - from,
      colour = paint.activities[code];
    pen.rect(from, y, wide, height, { fill: colour, rx: 3 });
    const fits = Math.floor((wide - 8) / 6.8);
    if (fits > 3) {
      pen.text(from + wide / 2, y + height / 2 + 4.5, cutShort(data.classes[code], fits), {
        "text-anchor": "middle",
        class: "small onband",
      });
    }
  }
}

function drawSignal(stage, data, one, x, windowAt) {
  const height = stage.narrow ? 120 : 150,
    pen = stage.picture(
      "signal",
      height,
      `${data.channels.join(", ")} over ${shown(one.count / data.rate, 0)} seconds`,
    );
  const all = one.signal.flat(),
    y = linear([Math.min(...all), Math.max(...all)], [height - 6, 6]);
  if (windowAt) pen.rect(x(windowAt[0]), 0, x(windowAt[1]) - x(windowAt[0]), height, { class: "ground", rx: 4 });
  one.signal.forEach((line, place) => {
    pen.path(
      line.map((value, at) => [x(at * one.step), y(value)]),
      { stroke: stage.paint.axes[place], "stroke-width": 1.3 },
    );
  });
}

function drawWindows(stage, data, one, x, found, chosen) {
  const lanes = found.windows.length ? Math.min(LANES, Math.max(1, Math.ceil(found.width / found.step))) : 0;
  const row = 20,
    height = 26 + (lanes ? 14 : 4) + lanes * row + 24;
  const pen = stage.picture("windows", height, "Activities that were done, and below them the windows");
  spansInSight(pen, x, 0, 26, one, data, stage.paint);
  found.windows.forEach((window, place) => {
    const y = 40 + (place % lanes) * row,
      from = x(window.start) + 1,
      wide = x(window.start + found.width) - from - 1;
    const ink = "var(--st-text-color)";
    const look = window.kept
      ? { fill: stage.paint.activities[window.label] }
      : { fill: "none", "stroke-dasharray": "3 3", stroke: ink, "stroke-opacity": 0.55 };
    pen.rect(from, y, wide, row - 5, {
      rx: 3,
      ...look,
      ...(place === chosen ? { stroke: ink, "stroke-width": 2, "stroke-opacity": 1, "stroke-dasharray": "none" } : {}),
    });
  });
  const seconds = linear([0, one.count / data.rate], [x(0), x(one.count)]);
  pen.below(seconds, ticks(0, one.count / data.rate, stage.narrow ? 4 : 8), height - 22);
  pen.text(x(one.count), height - 7, "s", { class: "small", "text-anchor": "start", dx: 8 });
}

function drawShares(stage, data, one, found, window) {
  const held = signals.shares(one.spans, window.start, found.width),
    rows = [...held].sort((a, b) => b[1] - a[1]);
  const name = (code) => (code < 0 ? "no label" : data.classes[code]);
  stage.table(
    "shares",
    "What the chosen window holds",
    ["In the chosen window", "samples", "share"],
    rows.map(([code, count]) => [name(code), String(count), percent(count / found.width, 1)]),
    rows.findIndex(([code]) => code === window.label),
  );
  return name(window.label);
}

function tiles(stage, found, data, state) {
  const kept = found.windows.filter((one) => one.kept).length,
    all = found.windows.length;
  const lapped = 1 - found.step / found.width;
  stage.numbers("numbers", [
    { label: "Windows", value: String(all), told: `${kept} kept, ${all - kept} left out` },
    {
      label: "Samples in a window",
      value: String(found.width),
      told: `${shown(state.length, 2)} s \u00d7 ${data.rate} a second`,
    },
    {
      label: lapped < 0 ? "Left out between two" : "Overlap",
      value: lapped < 0 ? `${found.step - found.width}` : percent(lapped),
      told: lapped < 0 ? "samples" : "of the next window",
    },
  ]);
  return `${all} windows, of which ${kept} are kept.`;
}

/* A stretch in which nothing changes has no impure window: said, so that nobody looks for one. */
function sayIfAlone(stage, data, one) {
  const codes = new Set(one.spans.map((span) => span[2]).filter((code) => code >= 0));
  if (codes.size > 1) return;
  const [code] = codes;
  const said = codes.size ? `In this stretch only one activity is labelled, ${data.classes[code]}` : "Nothing is labelled in this stretch";
  stage.note("alone", `${said}: no window of it crosses a change from one to another.`);
}

const LESSON = {
  most(state, data) {
    const one = data.samples[state.sample];
    return { w: Math.max(0, signals.cut(one.spans, one.count, { rate: data.rate, ...state }).windows.length - 1) };
  },
  draw(stage, state, data, { view, open }) {
    const one = data.samples[state.sample],
      x = linear([0, one.count], [2, stage.width - 22]);
    const found = signals.cut(one.spans, one.count, { rate: data.rate, ...state });
    const window = found.windows[state.w];
    const marked = view === "label" && window ? [window.start, window.start + found.width] : null;
    stage.legend(
      "legend",
      data.channels.map((name, place) => [`${name}, ${data.unit}`, stage.paint.axes[place], "line"]),
    );
    drawSignal(stage, data, one, x, marked);
    if (view === "recording" || !open) {
      drawWindows(stage, data, one, x, { windows: [], width: 1, step: 1 }, -1);
      sayIfAlone(stage, data, one);
      const labelled = one.spans.filter((span) => span[2] >= 0).length;
      return `${labelled} stretches of activity in ${shown(one.count / data.rate, 0)} seconds.`;
    }
    drawWindows(stage, data, one, x, found, view === "label" ? state.w : -1);
    if (view === "label") sayIfAlone(stage, data, one);
    const said = tiles(stage, found, data, state);
    if (view !== "label" || !window) return said;
    const label = drawShares(stage, data, one, found, window),
      verdict = window.kept ? "kept" : "left out";
    const agreeing = Math.round(window.purity * found.width);
    const as = window.kept ? ` as ${label}` : "";
    stage.note(
      "formula",
      `purity = ${agreeing} / ${found.width} = ${shown(window.purity, 3)}: ${verdict}${as}`,
      "formula",
    );
    return `${said} The chosen one is ${verdict}: purity ${shown(window.purity, 2)}.`;
  },
};
