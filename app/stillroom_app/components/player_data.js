// What is played, decoded, and what can be read off it: which window is at the playhead, what each model says there,
// where two differ, and how often a model was right so far. Nothing here draws.

const NOTHING = -1;

function bytesOf(text) {
  const raw = atob(text), found = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) found[i] = raw.charCodeAt(i);
  return found.buffer;
}

const keyOf = (sensors) => [...sensors].sort((one, other) => one - other).join();

function decoded(packed) {
  const windows = packed.starts.length, show = { ...packed };
  show.signal = new Uint16Array(bytesOf(packed.signal));
  show.points = packed.channels.length ? show.signal.length / packed.channels.length : 0;
  show.truth = new Int16Array(bytesOf(packed.truth));
  show.lanes = Object.fromEntries(Object.entries(packed.answers).map(([role, one]) => [role, {
    said: new Int16Array(bytesOf(one.said)), share: new Uint8Array(bytesOf(one.share)) }]));
  const said = new Int16Array(bytesOf(packed.said)), share = new Uint8Array(bytesOf(packed.share));
  show.sets = new Map(packed.sets.map((one, place) => [keyOf(one.sensors), { ...one, place,
    said: said.subarray(place * windows, (place + 1) * windows),
    share: share.subarray(place * windows, (place + 1) * windows) }]));
  show.edges = edgesOf(packed.starts, packed.windowS);
  show.from = windows ? show.edges.low[0] : 0;
  show.to = windows ? show.edges.high[windows - 1] : packed.seconds;
  show.heat = packed.why ? heatOf(packed.why) : null;
  return show;
}

// Each window speaks for the time around its middle, half-way to the next one's, as the figures draw it.
function edgesOf(starts, windowS) {
  const middles = starts.map((start) => start + windowS / 2), low = [], high = [];
  const halves = middles.slice(1).map((middle, i) => Math.min((middle - middles[i]) / 2, windowS / 2));
  const usual = halves.length ? [...halves].sort((one, other) => one - other)[halves.length >> 1] : windowS / 2;
  middles.forEach((middle, i) => {
    low.push(middle - (i ? halves[i - 1] : usual));
    high.push(middle + (halves[i] ?? usual));
  });
  return { low, high, middles };
}

// The bars of a model share a scale: the most that speaks for one of its answers, and the most that speaks against one.
function heatOf(why) {
  const most = (shares) => Math.max(1, ...shares) / 255;
  return Object.fromEntries(Object.entries(why.of).map(([role, one]) => {
    const good = new Uint8Array(bytesOf(one.good)), bad = new Uint8Array(bytesOf(one.bad));
    return [role, { ...one, heat: new Int16Array(bytesOf(one.heat)), good, bad, best: most(good), worst: most(bad) }];
  }));
}

// The window whose time the playhead is in, or the last before it; -1 before the first.
function windowAt(show, at) {
  const { low } = show.edges;
  let first = 0, last = low.length;
  while (first < last) {
    const middle = (first + last) >> 1;
    if (low[middle] <= at + 1e-9) first = middle + 1; else last = middle;
  }
  return first - 1;
}

// The explained window that is nearest to one.
function explainedNear(show, window) {
  const { windows } = show.why;
  let best = 0;
  windows.forEach((one, i) => { if (Math.abs(one - window) < Math.abs(windows[best] - window)) best = i; });
  return best;
}

// What the lane that follows the sensors says with these ones: an answer, or null where nobody asked.
function answerOf(show, kept) {
  const found = show.sets.get(keyOf(kept));
  return found ?? null;
}

const differs = (one, other, i) => Boolean(one && other) && one.said[i] !== other.said[i];
const isWrong = (show, one, i) => show.truth[i] !== NOTHING && one.said[i] !== show.truth[i];

// Neighbours that are alike become one band.
function bandsOf(show, one, teacher) {
  const found = [], { low, high } = show.edges;
  for (let i = 0; i < low.length; i += 1) {
    const band = { from: low[i], to: high[i], first: i, last: i, said: one.said[i],
      wrong: isWrong(show, one, i), apart: differs(one, teacher, i) };
    const before = found[found.length - 1];
    const alike = before && before.said === band.said && before.wrong === band.wrong && before.apart === band.apart;
    if (alike && band.from - before.to < 1e-6) { before.to = band.to; before.last = i; } else found.push(band);
  }
  return found;
}

// How many windows up to each one were right, of those that are labelled; and where it says what the other says.
function tallyOf(show, one, other) {
  const right = [0], same = [0], labelled = [0];
  for (let i = 0; i < show.starts.length; i += 1) {
    labelled.push(labelled[i] + (show.truth[i] === NOTHING ? 0 : 1));
    right.push(right[i] + (show.truth[i] !== NOTHING && one.said[i] === show.truth[i] ? 1 : 0));
    same.push(same[i] + (other && one.said[i] === other.said[i] ? 1 : 0));
  }
  return { right, same, labelled };
}

// The middles of the first windows of every stretch in which the two differ.
function momentsApart(show, one, teacher) {
  if (!one || !teacher) return [];
  const found = [];
  for (let i = 0; i < show.starts.length; i += 1) {
    const now = one.said[i] !== teacher.said[i];
    const before = i > 0 && one.said[i - 1] !== teacher.said[i - 1];
    if (now && !before) found.push(show.edges.middles[i]);
  }
  return found;
}
