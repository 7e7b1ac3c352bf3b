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
RATE = """async (seconds) => {
  const { clock } = window.player, begun = performance.now(), frames = window.player.frames, at = clock.at;
  await new Promise((done) => setTimeout(done, seconds * 1000));
  const passed = performance.now() - begun;
  const gone = (clock.at - at) * 1000, loop = (clock.to - clock.from) * 1000;
  const drift = gone - passed + Math.round((passed - gone) / loop) * loop;
  return [(window.player.frames - frames) / passed * 1000, drift];
}"""
LANE = """() => {
  const { painter } = window.player, [y, h] = painter.plan.lanes[2];
  return painter.context.getImageData(0, y, painter.canvas.width, h).data.reduce((sum, one, i) =>
    (sum * 31 + one * (i % 7)) % 1000003, 7);
}"""
SWITCH = f"""async (key) => {{
  const lane = {LANE}, before = lane(), begun = performance.now();
  window.player.root.dispatchEvent(new KeyboardEvent('keydown', {{ key }}));
  while (lane() === before && performance.now() - begun < 3000) await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}}"""
