// What is chosen as it stands in the address. It is written there without a word to the server, and only while nothing
// plays; Streamlit keeps an address of its own and may put it back, so it is written again when that has happened.

const spoken = (name) => name.replaceAll("_", " ").replaceAll(".", " ");
const siteOf = (sensor) => sensor.name.split(".")[0];

// A set of sensors in words: whole sites by their name alone, as the Sensors page writes it.
function wordsOf(show, kept) {
  const sites = [...new Set(show.sensors.map(siteOf))];
  return sites.flatMap((site) => {
    const all = show.sensors.map((one, i) => [one, i]).filter(([one]) => siteOf(one) === site);
    const own = all.filter(([, i]) => kept.has(i));
    const whole = own.length === all.length && own.length && (own.length > 1 || sites.length > 1);
    return whole ? [site] : own.map(([one]) => one.name);
  });
}

// A set out of such words, or `all`; null where none of it is known.
function setOf(show, words) {
  if (!words) return null;
  const named = new Set(words.split(",").map((word) => word.trim())), all = show.sensors.map((one, i) => i);
  if (named.has("all")) return new Set(all);
  const found = all.filter((i) => named.has(show.sensors[i].name) || named.has(siteOf(show.sensors[i])));
  return found.length ? new Set(found) : null;
}

function fromAddress(show) {
  const asked = new URLSearchParams(window.location.search), speed = Number(asked.get("speed")), at = asked.get("at");
  return {
    kept: setOf(show, asked.get("keep")), speed: SPEEDS.includes(speed) ? speed : 1, why: asked.get("why") === "true",
    at: at !== null && at !== "" && Number.isFinite(Number(at)) ? Number(at) : null,
  };
}

function intoAddress(player) {
  const { show, kept, speed, clock } = player, url = new URL(window.location.href), asked = url.searchParams;
  const wanted = {
    keep: keyOf(player.ownSet()) === keyOf(kept) ? "" : wordsOf(show, kept).join(","),
    speed: speed === 1 ? "" : String(speed), why: player.asks ? "true" : "",
    at: clock.running || clock.at === show.from ? "" : String(Math.round(clock.at * 100) / 100),
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (value) asked.set(name, value); else asked.delete(name);
  }
  if (url.href !== window.location.href) window.history.replaceState(window.history.state, "", url);
}

function withoutKiosk() {
  const url = new URL(window.location.href);
  url.searchParams.delete("demo");
  window.location.assign(url);
}
