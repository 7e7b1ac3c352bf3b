"""Looking into the player of a page that is drawn: FIND makes it `window.player`, the others measure it.

Each is a function of JavaScript for `Page.evaluate`.
"""

from __future__ import annotations

FIND = """() => {
  const find = (root) => {
    for (const one of root.querySelectorAll('*')) {
      if (one.instruments) return one.instruments;
      const deeper = one.shadowRoot && find(one.shadowRoot);
      if (deeper) return deeper;
    }
    return null;
  };
  window.player = find(document);
  return Boolean(window.player?.painter.plan);
}"""
# Frames a second, and how many milliseconds the picture is off in the end: the places that the painter has drawn, read
# off its own left edge, against the time that has passed. The middle one of the last quarter: one late frame is none.
RATE = """async (seconds) => {
  const { clock, painter } = window.player, { paint } = painter, frames = window.player.frames;
  const begun = performance.now(), at = clock.at, loop = clock.to - clock.from;
  const offs = [];
  painter.paint = function drawn(state) {
    const since = (performance.now() - begun) / 1000;
    paint.call(this, state);
    const off = (this.left + this.head) / this.aSecond - at - since * clock.speed;
    offs.push(clock.loops ? off - Math.round(off / loop) * loop : off);
  };
  await new Promise((done) => setTimeout(done, seconds * 1000));
  painter.paint = paint;
  const passed = performance.now() - begun, last = offs.slice(-Math.ceil(offs.length / 4)).sort((a, b) => a - b);
  return [(window.player.frames - frames) / passed * 1000, last[last.length >> 1] * 1000];
}"""
LANE = """() => {
  const { painter } = window.player, [y, h] = painter.plan.lanes[2];
  return painter.context.getImageData(0, y, painter.canvas.width, h).data.reduce((sum, one, i) =>
    (sum * 31 + one * (i % 7)) % 1000003, 7);
}"""
# A key is pressed; milliseconds until the student's lane looks otherwise. One that never does is no time at all.
SWITCH = f"""async (key) => {{
  const lane = {LANE}, before = lane(), begun = performance.now();
  window.player.root.dispatchEvent(new KeyboardEvent('keydown', {{ key }}));
  while (lane() === before) {{
    if (performance.now() - begun > 3000) throw new Error(`sensor ${{key}} changed nothing in the lane`);
    await new Promise(requestAnimationFrame);
  }}
  return performance.now() - begun;
}}"""
