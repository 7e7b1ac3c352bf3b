// The picture: signals on tiles that are drawn once and then moved, and lanes of what was done and said below them.
// Lengths are in pixels of the screen (`dpr` of them a CSS pixel), times in seconds of the stretch.

const TILE_PX = 1024, TILES = 10, HATCH_PX = 7;

class Painter {
  constructor(canvas, show, look) {
    Object.assign(this, { canvas, show, look, tiles: new Map(), widths: new Map(), bands: new WeakMap() });
    this.context = canvas.getContext("2d");
  }

  // plan: { width, spanS, head (share of the width), sensors: [[y, h], ..], lanes: [[y, h], ..], axis: [y, h], height,
  //   text (size of type) }, in CSS pixels
  resize(plan) {
    const dpr = Math.min(2, window.devicePixelRatio || 1);
    const scaled = (pairs) => pairs.map(([y, h]) => [Math.round(y * dpr), Math.round(h * dpr)]);
    this.dpr = dpr;
    this.plan = { ...plan, sensors: scaled(plan.sensors), lanes: scaled(plan.lanes), axis: scaled([plan.axis])[0] };
    this.canvas.width = Math.max(1, Math.round(plan.width * dpr));
    this.canvas.height = Math.max(1, Math.round(plan.height * dpr));
    this.canvas.style.height = `${plan.height}px`;
    this.aSecond = this.canvas.width / plan.spanS;
    this.head = Math.round(this.canvas.width * plan.head);
    this.font = (share, weight = 400) => `${weight} ${Math.round(plan.text * share * dpr)}px ${this.look.font}`;
    this.recolour(this.look);
  }

  recolour(look) {
    this.look = look;
    this.tiles.clear();
    this.widths.clear();
    this.hatch = this.context.createPattern(hatchOf(look.ink, HATCH_PX * this.dpr), "repeat");
  }

  xOf(seconds) {
    return Math.round(seconds * this.aSecond) - this.left;
  }

  // state: { at, kept: Set of sensors, lanes: [{ answer, teacher, colour, apart } or null, ..], heat or null, flash }
  paint(state) {
    const { context, canvas } = this;
    this.left = Math.round(state.at * this.aSecond) - this.head;
    context.clearRect(0, 0, canvas.width, canvas.height);
    this.ground();
    if (state.heat) this.heat(state.heat);
    this.signals(state.kept);
    state.lanes.forEach((lane, i) => this.lane(lane, this.plan.lanes[i]));
    this.axis();
    this.veil();
    this.playhead(state);
    this.ahead();
  }

  ground() {
    const { context, plan, show } = this, bottom = plan.sensors.at(-1);
    if (!bottom) return;
    const half = (show.windowS / 2) * this.aSecond, high = bottom[0] + bottom[1];
    context.fillStyle = this.look.faint;
    context.fillRect(this.head - half, 0, 2 * half, high);
    context.fillStyle = this.look.line;
    for (const [y, h] of plan.sensors) context.fillRect(0, y + h - 1, this.canvas.width, 1);
  }

  // Removed sensors fade; runs of lanes that are alike are moved in one go.
  signals(kept) {
    const { context, plan } = this, lanes = plan.sensors;
    for (let first = 0; first < lanes.length;) {
      let last = first;
      while (last + 1 < lanes.length && kept.has(last + 1) === kept.has(first)) last += 1;
      const y = lanes[first][0], h = lanes[last][0] + lanes[last][1] - y;
      context.globalAlpha = kept.has(first) ? 1 : 0.22;
      for (const number of this.inSight()) {
        context.drawImage(this.tile(number), 0, y, TILE_PX, h, number * TILE_PX - this.left, y, TILE_PX, h);
      }
      first = last + 1;
    }
    context.globalAlpha = 1;
  }

  inSight() {
    const end = Math.ceil((this.show.seconds * this.aSecond) / TILE_PX) - 1, found = [];
    const last = Math.min(end, Math.floor((this.left + this.canvas.width) / TILE_PX));
    for (let number = Math.max(0, Math.floor(this.left / TILE_PX)); number <= last; number += 1) found.push(number);
    return found;
  }

  // The next tile is drawn before it is needed, one a frame.
  ahead() {
    const last = this.inSight().at(-1), end = Math.ceil((this.show.seconds * this.aSecond) / TILE_PX) - 1;
    if (last !== undefined && last < end && !this.tiles.has(last + 1)) this.tile(last + 1);
  }

  tile(number) {
    const held = this.tiles.get(number);
    if (held) return held;
    const bottom = this.plan.sensors.at(-1), made = document.createElement("canvas");
    made.width = TILE_PX;
    made.height = bottom[0] + bottom[1];
    this.curves(made.getContext("2d"), number * TILE_PX);
    if (this.tiles.size >= TILES) {
      const far = [...this.tiles.keys()].sort((one, other) => Math.abs(other - number) - Math.abs(one - number))[0];
      this.tiles.delete(far);
    }
    this.tiles.set(number, made);
    return made;
  }

  curves(context, from) {
    const { show, aSecond } = this, first = Math.max(0, Math.floor((from / aSecond) * show.rateHz) - 1);
    const last = Math.min(show.points - 1, Math.ceil(((from + TILE_PX) / aSecond) * show.rateHz) + 1);
    const place = new Map();
    context.lineWidth = 1.25 * this.dpr;
    context.lineJoin = "round";
    show.channels.forEach((channel, row) => {
      const axis = place.get(channel.sensor) ?? 0;
      place.set(channel.sensor, axis + 1);
      const [y, h] = this.plan.sensors[channel.sensor], pad = 3 * this.dpr, room = h - 2 * pad;
      context.strokeStyle = this.look.axes[axis % this.look.axes.length];
      context.beginPath();
      for (let i = first; i <= last; i += 1) {
        const level = show.signal[row * show.points + i] / 65535;
        context.lineTo((i / show.rateHz) * aSecond - from, y + pad + (1 - level) * room);
      }
      context.stroke();
    });
  }

  // Where a model looked, on the window that was explained: strong is much.
  heat({ window, role, number }) {
    const { context, show } = this, one = show.heat[role], blocks = one.blocks;
    const start = show.starts[window], wide = show.windowS / blocks;
    this.plan.sensors.forEach(([y, h], sensor) => {
      for (let block = 0; block < blocks; block += 1) {
        const value = one.heat[(number * show.sensors.length + sensor) * blocks + block] / 32767;
        if (value <= 0.02) continue;
        context.globalAlpha = Math.min(0.75, 0.75 * value);
        context.fillStyle = this.look.roles[role].colour;
        const x = this.xOf(start + block * wide);
        context.fillRect(x, y, this.xOf(start + (block + 1) * wide) - x, h - 1);
      }
    });
    context.globalAlpha = 1;
    context.strokeStyle = this.look.roles[role].colour;
    context.lineWidth = 1.25 * this.dpr;
    context.setLineDash([4 * this.dpr, 3 * this.dpr]);
    const bottom = this.plan.sensors.at(-1), x = this.xOf(start);
    context.strokeRect(x + 0.5, 0.5, this.xOf(start + show.windowS) - x, bottom[0] + bottom[1] - 1);
    context.setLineDash([]);
  }

  lane(lane, [y, h]) {
    if (!lane) return this.unknown(y, h);
    const { show, canvas } = this, inset = Math.round(3 * this.dpr);
    const key = lane.answer;
    if (!this.bands.has(key)) this.bands.set(key, bandsOf(show, lane.answer, lane.teacher));
    const from = this.left / this.aSecond, to = (this.left + canvas.width) / this.aSecond;
    for (const band of this.bands.get(key)) {
      if (band.to > from && band.from < to) this.band(band, lane, y + inset, h - 2 * inset);
    }
    return undefined;
  }

  band(band, lane, y, h) {
    const { context, look } = this, x = this.xOf(band.from), wide = this.xOf(band.to) - x - Math.round(this.dpr);
    if (band.said === NOTHING) return this.unlabelled(x, y, wide, h);
    const colour = look.classes[band.said];
    context.fillStyle = colour;
    context.globalAlpha = lane.answer.share ? 0.34 : 1;
    context.fillRect(x, y, wide, h);
    context.globalAlpha = 1;
    if (lane.answer.share) this.sureness(band, lane.answer.share, y, h);
    if (band.wrong) this.hatched(x, y, wide, h);
    if (band.apart) {
      context.fillStyle = lane.colour;
      context.fillRect(x, y + h - 4 * this.dpr, wide, 4 * this.dpr);
    }
    const words = `${band.apart ? "\u2260 " : ""}${this.show.classes[band.said]}`;
    return this.label(words, x, y, wide, h, band.wrong && colour);
  }

  // How sure: as high as the probability of what is said.
  sureness(band, share, y, h) {
    const { context } = this, { low, high } = this.show.edges, gap = Math.round(this.dpr);
    context.beginPath();
    for (let i = band.first; i <= band.last; i += 1) {
      const x = this.xOf(low[i]), tall = Math.round((h * share[i]) / 255);
      context.rect(x, y + h - tall, this.xOf(high[i]) - x - (i === band.last ? gap : 0), tall);
    }
    context.fill();
  }

  hatched(x, y, wide, h) {
    const { context } = this;
    context.save();
    context.translate(x, y);
    context.fillStyle = this.hatch;
    context.fillRect(0, 0, wide, h);
    context.restore();
  }

  unlabelled(x, y, wide, h) {
    const { context, dpr } = this;
    context.strokeStyle = this.look.line;
    context.lineWidth = dpr;
    context.setLineDash([3 * dpr, 3 * dpr]);
    context.strokeRect(x + 0.5, y + 0.5, wide - 1, h - 1);
    context.setLineDash([]);
    this.label("not labelled", x, y, wide, h, null, this.look.muted);
  }

  unknown(y, h) {
    const { context } = this;
    context.font = this.font(0.8);
    context.fillStyle = this.look.muted;
    context.textBaseline = "middle";
    context.fillText("nobody asked with these sensors", 10 * this.dpr, y + h / 2);
  }

  // A name stays in sight for as long as its band is.
  label(text, x, y, wide, h, ground, ink = this.look.ink) {
    const { context, dpr } = this, pad = Math.round(7 * dpr), from = Math.max(x, 0) + pad;
    const room = Math.min(x + wide, this.canvas.width) - from - pad / 2;
    context.font = this.font(0.8, 500);
    const key = text;
    if (!this.widths.has(key)) this.widths.set(key, context.measureText(text).width);
    const length = this.widths.get(key);
    if (length > room) return;
    context.textBaseline = "middle";
    if (ground) {
      const tall = Math.round(17 * dpr * (this.plan.text / 16));
      context.fillStyle = ground;
      context.fillRect(from - pad / 2, y + (h - tall) / 2, length + pad, tall);
    }
    context.fillStyle = ink;
    context.fillText(text, from, y + h / 2 + dpr);
  }

  axis() {
    const { context, plan, dpr } = this, [y, h] = plan.axis;
    const every = plan.spanS > 8 ? 2 : 1, from = this.left / this.aSecond;
    context.font = this.font(0.72);
    context.fillStyle = this.look.muted;
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (let second = Math.ceil(from / every) * every; second < from + plan.spanS; second += every) {
      if (second < 0 || second > this.show.seconds) continue;
      context.fillRect(this.xOf(second), y, dpr, 4 * dpr);
      context.fillText(clockText(second), this.xOf(second), y + 4 * dpr + (h - 4 * dpr) / 2);
    }
    context.textAlign = "start";
  }

  // What is still to come is paler.
  veil() {
    const { context, canvas } = this;
    context.fillStyle = this.look.paper;
    context.globalAlpha = 0.42;
    context.fillRect(this.head, 0, canvas.width - this.head, canvas.height);
    context.globalAlpha = 1;
  }

  playhead(state) {
    const { context, plan, dpr, head } = this, bottom = plan.axis[0];
    state.lanes.forEach((lane, i) => {
      if (!lane?.apart) return;
      const [y, h] = plan.lanes[i];
      context.strokeStyle = lane.colour;
      context.lineWidth = 2.5 * dpr;
      if (state.flash > 0) {
        context.globalAlpha = 0.55 * state.flash;
        context.fillStyle = lane.colour;
        const reach = (26 + 30 * (1 - state.flash)) * dpr;
        context.fillRect(head - reach, y + 1, 2 * reach, h - 2);
        context.globalAlpha = 1;
      }
      context.strokeRect(head - 9 * dpr, y + 1.5 * dpr, 18 * dpr, h - 3 * dpr);
    });
    context.fillStyle = this.look.ink;
    context.fillRect(head - dpr, 0, Math.round(1.5 * dpr), bottom);
    context.beginPath();
    context.moveTo(head - 6 * dpr, 0);
    context.lineTo(head + 6 * dpr, 0);
    context.lineTo(head, 8 * dpr);
    context.fill();
  }
}

function hatchOf(ink, size) {
  const made = document.createElement("canvas"), context = made.getContext("2d");
  made.width = made.height = Math.max(2, Math.round(size));
  const wide = made.width;
  context.strokeStyle = ink;
  context.globalAlpha = 0.5;
  context.lineWidth = wide / 6;
  context.beginPath();
  for (const shift of [-wide, 0, wide]) { context.moveTo(shift, wide); context.lineTo(shift + wide, 0); }
  context.stroke();
  return made;
}

const clockText = (seconds) => {
  const whole = Math.floor(seconds + 1e-6);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};
