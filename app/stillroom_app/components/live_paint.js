// The picture of a stream: signals on tiles to which each row adds its samples, and the lane of answers below them.
// Lengths are in pixels of the screen (`dpr` of them a CSS pixel), times in seconds of the stream.

const LIVE_TILE_PX = 512, LIVE_TILES = 12, LIVE_PAD = 4;

class LivePainter {
  constructor(canvas, head, look) {
    Object.assign(this, { canvas, head, look, tiles: new Map(), last: null, rows: [] });
    this.context = canvas.getContext("2d");
    this.place = new Map(head.classes.map((name, i) => [name, i]));
    this.lanes = lanesOf(head.channels);
  }

  // plan: { width, height, spanS, sensors: [[y, h], ..], answer: [y, h], axis: [y, h], text }, in CSS pixels
  resize(plan) {
    const dpr = Math.min(2, window.devicePixelRatio || 1), scaled = ([y, h]) => [Math.round(y * dpr), Math.round(h * dpr)];
    Object.assign(this, { dpr, plan, sensors: plan.sensors.map(scaled), answer: scaled(plan.answer), axis: scaled(plan.axis) });
    this.canvas.width = Math.max(1, Math.round(plan.width * dpr));
    this.canvas.height = Math.max(1, Math.round(plan.height * dpr));
    this.canvas.style.height = `${plan.height}px`;
    this.aSecond = this.canvas.width / plan.spanS;
    this.again();
  }

  recolour(look) {
    this.look = look;
    this.again();
  }

  again() {
    this.tiles.clear();
    this.last = null;
    for (const row of this.rows) this.trace(row);
  }

  // Rows that are far out of sight are forgotten.
  add(row) {
    this.rows.push(row);
    const seen = row.end_s - 3 * this.plan.spanS;
    while (this.rows[0].end_s < seen) this.rows.shift();
    this.trace(row);
  }

  begins(row) {
    return row.end_s - (row.signal[0]?.length ?? 0) / this.head.signal_hz;
  }

  trace(row) {
    const { aSecond, last } = this, count = row.signal[0]?.length ?? 0, from = this.begins(row);
    const goesOn = last && last.stretch === row.stretch && Math.abs(last.end - from) < 1.5 / this.head.signal_hz;
    const low = (goesOn ? last.end - 1 / this.head.signal_hz : from) * aSecond, high = row.end_s * aSecond;
    for (let number = Math.floor(low / LIVE_TILE_PX); number <= Math.floor(high / LIVE_TILE_PX); number += 1) {
      const context = this.tile(number).getContext("2d");
      context.lineWidth = 1.25 * this.dpr;
      context.lineJoin = "round";
      row.signal.forEach((values, channel) => {
        context.strokeStyle = this.look.axes[this.lanes.axis[channel] % this.look.axes.length];
        context.beginPath();
        if (goesOn) context.lineTo(low - number * LIVE_TILE_PX, this.yOf(channel, last.values[channel]));
        for (let i = 0; i < count; i += 1) {
          const x = (from + i / this.head.signal_hz) * aSecond - number * LIVE_TILE_PX;
          context.lineTo(x, this.yOf(channel, values[i]));
        }
        context.stroke();
      });
    }
    this.last = { stretch: row.stretch, end: row.end_s, values: row.signal.map((values) => values[count - 1]) };
  }

  yOf(channel, value) {
    const lane = this.lanes.of[channel], [y, h] = this.sensors[lane], { low, high } = this.lanes.all[lane];
    const pad = LIVE_PAD * this.dpr, level = Math.min(1, Math.max(0, (value - low) / (high - low)));
    return y + pad + (1 - level) * (h - 2 * pad);
  }

  tile(number) {
    const held = this.tiles.get(number);
    if (held) return held;
    const made = document.createElement("canvas"), bottom = this.sensors.at(-1);
    Object.assign(made, { width: LIVE_TILE_PX, height: bottom[0] + bottom[1] });
    if (this.tiles.size >= LIVE_TILES) this.tiles.delete(Math.min(...this.tiles.keys()));
    this.tiles.set(number, made);
    return made;
  }

  // `at`: the time at the right edge.
  paint(at) {
    const { context, canvas } = this;
    this.left = Math.round(at * this.aSecond) - canvas.width;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = this.look.line;
    for (const [y, h] of this.sensors) context.fillRect(0, y + h - 1, canvas.width, 1);
    for (const [number, tile] of this.tiles) {
      const x = number * LIVE_TILE_PX - this.left;
      if (x > -LIVE_TILE_PX && x < canvas.width) context.drawImage(tile, x, 0);
    }
    let before = null;
    for (const run of this.runs()) {
      if (before && run.stretch !== before.stretch) this.gap(before.to, run.rows[0][1].start_s);
      this.band(run);
      before = run;
    }
    this.times();
  }

  // Neighbours that say the same, as one.
  runs() {
    const found = [];
    for (const row of this.rows) {
      const last = found.at(-1), goesOn = last && last.stretch === row.stretch;
      const from = goesOn ? last.to : row.end_s - Math.min(this.head.stride_s, row.end_s - row.start_s);
      if (goesOn && last.said === row.smoothed) {
        last.to = row.end_s;
        last.rows.push([from, row]);
      } else found.push({ said: row.smoothed, stretch: row.stretch, from, to: row.end_s, rows: [[from, row]] });
    }
    return found;
  }

  xOf(seconds) {
    return Math.round(seconds * this.aSecond) - this.left;
  }

  band(run) {
    const { context, look } = this, [y, h] = this.answer, inset = Math.round(3 * this.dpr), tall = h - 2 * inset;
    const x = this.xOf(run.from), wide = this.xOf(run.to) - x - Math.round(this.dpr);
    if (x > this.canvas.width || x + wide < 0) return;
    context.fillStyle = look.classes[this.place.get(run.said)] ?? look.muted;
    context.globalAlpha = 0.34;
    context.fillRect(x, y + inset, wide, tall);
    context.globalAlpha = 1;
    for (const [from, row] of run.rows) {
      const high = Math.round(tall * row.share), low = this.xOf(from);
      context.fillRect(low, y + inset + tall - high, Math.min(this.xOf(row.end_s), x + wide) - low, high);
    }
    this.label(run.said, x, wide, y + h / 2);
  }

  // A name stays in sight for as long as its band is.
  label(text, x, wide, middle) {
    const { context, dpr } = this, pad = Math.round(7 * dpr), from = Math.max(x, 0) + pad;
    context.font = `500 ${Math.round(0.8 * this.plan.text * dpr)}px ${this.look.font}`;
    if (context.measureText(text).width > Math.min(x + wide, this.canvas.width) - from - pad / 2) return;
    context.fillStyle = this.look.ink;
    context.textBaseline = "middle";
    context.fillText(text, from, middle + dpr);
  }

  // Between two stretches nothing is known.
  gap(from, to) {
    const { context, dpr } = this, x = this.xOf(from), wide = this.xOf(to) - x, bottom = this.answer[0] + this.answer[1];
    if (wide <= 0 || x > this.canvas.width || x + wide < 0) return;
    context.save();
    context.beginPath();
    context.rect(x, 0, wide, bottom);
    context.clip();
    context.strokeStyle = this.look.line;
    context.lineWidth = dpr;
    for (let at = x - bottom; at < x + wide; at += 9 * dpr) {
      context.beginPath();
      context.moveTo(at, bottom);
      context.lineTo(at + bottom, 0);
      context.stroke();
    }
    context.restore();
  }

  times() {
    const { context, plan, dpr } = this, [y, h] = this.axis, every = plan.spanS > 15 ? 5 : 2, from = this.left / this.aSecond;
    context.font = `400 ${Math.round(0.72 * plan.text * dpr)}px ${this.look.font}`;
    context.fillStyle = this.look.muted;
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (let second = Math.max(0, Math.ceil(from / every) * every); second < from + plan.spanS; second += every) {
      const x = this.xOf(second), text = liveClock(second);
      context.fillRect(x, y, dpr, 4 * dpr);
      if (x + 18 * dpr < this.canvas.width && x > 18 * dpr) context.fillText(text, x, y + 4 * dpr + (h - 4 * dpr) / 2);
    }
    context.textAlign = "start";
  }
}

// One lane a sensor; its range is what its channels spread over where the student learnt.
function lanesOf(channels) {
  const all = [], of = [], axis = [], place = new Map();
  for (const one of channels) {
    const sensor = one.name.split(".").slice(0, 2).join(".");
    if (!place.has(sensor)) {
      place.set(sensor, all.length);
      all.push({ sensor, unit: one.unit, low: Infinity, high: -Infinity, channels: 0 });
    }
    const lane = all[place.get(sensor)];
    of.push(place.get(sensor));
    axis.push(lane.channels);
    lane.channels += 1;
    lane.low = Math.min(lane.low, one.mean - 3.5 * one.sd);
    lane.high = Math.max(lane.high, one.mean + 3.5 * one.sd);
  }
  for (const lane of all) if (!(lane.high > lane.low)) Object.assign(lane, { low: lane.low - 1, high: lane.low + 1 });
  return { all, of, axis };
}

const liveClock = (seconds) => {
  const whole = Math.floor(seconds + 1e-6), hours = Math.floor(whole / 3600);
  const rest = `${String(Math.floor(whole / 60) % 60).padStart(hours ? 2 : 1, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return hours ? `${hours}:${rest}` : rest;
};
