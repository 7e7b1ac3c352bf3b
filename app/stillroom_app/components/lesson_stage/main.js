/* Joins a lesson, its knobs and the page. The browser's state is the newest; the server is told when a knob is let go,
   and what it answers counts only if it has heard of the last turn (`times`). */

const standing = new WeakMap(),
  UNDRAWN = "What this run keeps does not fit this picture. Choose another run below.";

function fresh(root) {
  const one = { state: {}, shape: "", times: 0, held: false, updates: new Map(), frame: 0, drawn: 0 };
  one.turn = (name, value, done) => {
    one.state[name] = value;
    one.held = !done;
    cancelAnimationFrame(one.frame);
    one.frame = requestAnimationFrame(() => draw(one));
    if (done) tell(one);
  };
  one.player = new Player((name) => Number(one.state[name]), one.turn);
  one.stage = new Stage(root.querySelector(".pictures"), {}, one.turn);
  one.root = root;
  return one;
}

function tell(one) {
  one.times += 1;
  one.send("told", { times: one.times, state: { ...one.state } });
  one.root.querySelector(".heard").textContent = one.said ?? "";
}

/* A place that there is, whatever was asked for. */
const within = (place, count) => Math.max(0, Math.min(count - 1, Math.trunc(Number(place)) || 0));

/* What a run keeps may not be what a picture needs: then a sentence stands in its place. */
function pictured(one) {
  try {
    return LESSON.draw(one.stage, one.state, one.data.lesson, { view: one.data.view, open: one.data.open });
  } catch (error) {
    console.error(error);
    one.stage.begin();
    one.stage.note("failed", UNDRAWN);
    return UNDRAWN;
  }
}

function draw(one) {
  const begun = performance.now();
  if ("sample" in one.state) one.state.sample = within(one.state.sample, one.data.lesson.samples.length);
  const most = LESSON.most?.(one.state, one.data.lesson) ?? {};
  for (const [name, value] of Object.entries(most)) one.state[name] = Math.min(one.state[name], value);
  for (const [name, update] of one.updates) update(one.state[name], most[name]);
  one.stage.begin();
  one.said = pictured(one);
  one.stage.end();
  one.drawn += 1;
  one.root.dataset.drawn = one.drawn;
  one.root.dataset.ms = performance.now() - begun;
}

function build(one) {
  const box = one.root.querySelector(".knobs");
  one.player.pause();
  one.updates.clear();
  box.replaceChildren();
  for (const knob of one.data.knobs) {
    const place = node("div", box, { class: `knob ${knob.kind}` });
    one.updates.set(knob.name, KNOBS[knob.kind](place, knob, one.turn, one.data.lesson.samples, one.player));
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".lesson");
  if (!standing.has(root)) standing.set(root, fresh(root));
  const one = standing.get(root);
  one.send = setStateValue;
  const shape = JSON.stringify([data.where, data.open, data.knobs.map((knob) => knob.name)]);
  const busy = one.held || one.player.playing;
  if (shape !== one.shape || (data.times >= one.times && !busy)) {
    one.state = { ...data.state };
    one.times = Math.max(one.times, data.times);
    one.held = false;
  }
  one.data = data;
  one.stage.paint = data.paint;
  if (shape !== one.shape) {
    one.shape = shape;
    build(one);
  }
  const again = () => draw(one);
  let width = one.stage.width;
  again();
  const watched = new ResizeObserver(() => {
    if (one.stage.width !== width) {
      width = one.stage.width;
      again();
    }
  });
  watched.observe(root);
  one.player.run();
  return () => {
    watched.disconnect();
    clearInterval(one.player.timer);
  };
}
