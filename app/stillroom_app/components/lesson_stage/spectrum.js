/* Lesson 2: a window of one channel, its spectrum, the wave of one bin, and the signal built from the strongest. */

const spectra = new WeakMap(); // of a sample: worked out once

function spectrumOf(one) {
  if (!spectra.has(one)) {
    const transform = signals.rfft(one.signal),
      held = signals.held(transform);
    spectra.set(one, { transform, held, amplitude: signals.amplitudes(transform), order: signals.strongest(held) });
  }
  return spectra.get(one);
}

function drawTime(stage, data, one, over) {
  const height = stage.narrow ? 140 : 170,
    seconds = one.signal.length / data.rate;
  const pen = stage.picture("time", height, `${one.channel} over ${shown(seconds, 1)} seconds`),
    low = Math.min(...one.signal),
    high = Math.max(...one.signal);
  const x = linear([0, seconds], [34, pen.width - 20]),
    y = linear([low - 0.05 * (high - low), high + 0.05 * (high - low)], [height - 22, 6]);
  for (const value of ticks(low, high, 3)) {
    pen.line(34, y(value), pen.width - 20, y(value), { class: "faint" });
    pen.text(28, y(value) + 4, String(Number(value.toPrecision(4))).replace("-", "\u2212"), {
      "text-anchor": "end",
      class: "small",
    });
  }
  const points = (values) => values.map((value, at) => [x(at / data.rate), y(value)]);
  pen.path(points(one.signal), {
    stroke: stage.paint.axes[0],
    "stroke-width": over ? 1.2 : 1.8,
    "stroke-opacity": over ? 0.55 : 1,
  });
  if (over) pen.path(points(over), { stroke: stage.paint.student, "stroke-width": 2.2 });
  pen.below(x, ticks(0, seconds, 5), height - 20);
  pen.text(x(seconds) + 8, height - 5, "s", { class: "small" });
}

function drawBins(stage, data, one, { amplitude }, chosen, pick) {
  const height = stage.narrow ? 150 : 185,
    half = data.rate / 2,
    width = data.rate / one.signal.length;
  const pen = stage.picture("bins", height, "Amplitude of each frequency");
  const x = linear([0, half], [34, pen.width - 20]),
    most = Math.max(...amplitude.slice(1)) || 1,
    y = linear([0, most * 1.06], [height - 36, 6]);
  for (const value of ticks(0, most, 3)) {
    pen.line(34, y(value), pen.width - 20, y(value), { class: "faint" });
    pen.text(28, y(value) + 4, String(Number(value.toPrecision(3))), { "text-anchor": "end", class: "small" });
  }
  const thick = Math.max(1, Math.min(5, (x(width) - x(0)) * 0.6));
  amplitude.forEach((value, bin) => {
    if (!bin) return;
    const on = chosen.has(bin),
      colour = on ? stage.paint.student : "color-mix(in srgb, var(--st-text-color) 42%, var(--st-background-color))";
    pen.add("line", {
      x1: x(bin * width),
      x2: x(bin * width),
      y1: y(0),
      y2: y(value),
      stroke: colour,
      "stroke-width": on ? thick + 1 : thick,
    });
    if (on) pen.circle(x(bin * width), y(value), 3.2, { fill: stage.paint.student });
  });
  pen.below(x, ticks(0, half, stage.narrow ? 5 : 8), height - 36, "frequency, Hz");
  if (!pick) {
    stage.drags.delete("bins");
    return;
  }
  pen.svg.style.cursor = "pointer";
  const at = (place) => Math.max(1, Math.min(amplitude.length - 1, Math.round(x.back(place) / width)));
  stage.drag(
    "bins",
    (place) => pick(at(place), false),
    () => pick(null, true),
  );
}

const LESSON = {
  most(state, data) {
    const bins = Math.floor(data.samples[state.sample].signal.length / 2);
    return { bin: bins, k: bins };
  },
  draw(stage, state, data, { view, open }) {
    const one = data.samples[state.sample],
      found = spectrumOf(one),
      width = data.rate / one.signal.length;
    const line = [`${one.channel}, ${one.unit}`, stage.paint.axes[0], "line"];
    if (view === "signal" || !open) {
      stage.legend("legend", [line]);
      drawTime(stage, data, one, null);
      if (view === "signal") drawBins(stage, data, one, found, new Set(), null);
      return `${one.name}: ${one.signal.length} samples of ${one.channel}.`;
    }
    if (view === "bin") return drawOne(stage, state, data, one, found, width, line);
    return drawSome(stage, state, data, one, found, width, line);
  },
};

function drawOne(stage, state, data, one, found, width, line) {
  const bin = state.bin,
    mean = found.transform.re[0] / one.signal.length;
  const wave = signals.rebuilt(found.transform, [bin]).map((value) => value + mean),
    hz = bin * width;
  stage.legend("legend", [line, [`wave at ${shown(hz)} Hz`, stage.paint.student, "line"]]);
  drawTime(stage, data, one, wave);
  drawBins(stage, data, one, found, new Set([bin]), (picked, done) => stage.change("bin", picked ?? state.bin, done));
  stage.numbers("numbers", [
    { label: "Frequency", value: `${shown(hz)} Hz`, told: `${bin} times in the window` },
    { label: "Amplitude", value: shown(found.amplitude[bin], 3), told: "how far the wave swings" },
    {
      label: "Share of the variance",
      value: percent(found.held[bin], 1),
      told: `rank ${found.order.indexOf(bin) + 1} of ${found.order.length}`,
    },
  ]);
  const long = one.signal.length,
    size = Math.hypot(found.transform.re[bin], found.transform.im[bin]),
    twice = 2 * bin === long ? 1 : 2;
  stage.note(
    "formula",
    `${twice} \u00d7 |X| / N = ${twice} \u00d7 ${shown(size, 2)} / ${long} = ${shown(found.amplitude[bin], 3)}`,
    "formula",
  );
  const share = `${percent(found.held[bin], 1)} of the variance`;
  return `The wave at ${shown(hz)} Hz has amplitude ${shown(found.amplitude[bin], 3)} and ${share}.`;
}

function drawSome(stage, state, data, one, found, width, line) {
  const bins = found.order.slice(0, state.k),
    told = bins
      .slice(0, 3)
      .map((bin) => `${shown(bin * width)} Hz`)
      .join(", ");
  stage.legend("legend", [
    line,
    [`built from ${bins.length} frequenc${bins.length === 1 ? "y" : "ies"}`, stage.paint.student, "line"],
  ]);
  drawTime(stage, data, one, signals.rebuilt(found.transform, [0, ...bins]));
  drawBins(stage, data, one, found, new Set(bins), null);
  const kept = bins.reduce((sum, bin) => sum + found.held[bin], 0);
  stage.numbers("numbers", [
    { label: "Frequencies used", value: `${bins.length} of ${found.order.length}`, told: "beside the mean" },
    { label: "Variance kept", value: percent(kept, 1), told: `of ${one.channel}` },
    { label: "Strongest", value: `${shown(bins[0] * width)} Hz`, told: told },
  ]);
  return `${bins.length} of ${found.order.length} frequencies keep ${percent(kept, 1)} of the variance.`;
}
