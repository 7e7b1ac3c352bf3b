// Assumptions as a table: each with a low end, a value and a high end that can be written over, and a way back to ours.
// Names come as text nodes, never as HTML. What is typed is sent when the box is left or Enter is pressed; the server
// answers with what holds, and a box that is being typed into is left alone meanwhile.

const PARTS = [["low", "Low"], ["value", "Assumed"], ["high", "High"]];
const kept = new WeakMap();

function make(name, parent, settings = {}, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(settings)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  parent.appendChild(made);
  return made;
}

function written(number) {
  return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(6)));
}

function box(cell, line, part, said, send) {
  const input = make("input", cell, {
    type: "number", min: "0", step: "any", inputmode: "decimal", class: part,
    "aria-label": `${line.name}, ${line.unit}: ${said.toLowerCase()}`,
  });
  input.dataset.field = `${line.key} ${part}`;
  const give = () => {
    if (input.value === "" || !Number.isFinite(input.valueAsNumber)) input.value = input.dataset.held;
    else if (input.value !== input.dataset.held) {
      input.dataset.held = input.value;
      send({ key: line.key, part, text: input.value });
    }
  };
  input.addEventListener("change", give);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") give(); });
  input.addEventListener("wheel", () => input.blur(), { passive: true }); // scrolling the page changes no number
  return input;
}

function row(body, line, send) {
  const own = make("tr", body);
  const head = make("th", own, { scope: "row" });
  make("span", head, { class: "name" }, line.name);
  const below = make("span", head, { class: "below" });
  make("span", below, {}, `${line.unit} \u00b7 `);
  const mark = make("span", below, { class: "mark" });
  const back = make("button", head, { type: "button", class: "back", title: "Back to our assumption" }, "\u21ba");
  const boxes = {};
  for (const [part, said] of PARTS) boxes[part] = box(make("td", own, { "data-said": said }), line, part, said, send);
  back.setAttribute("aria-label", `${line.name}: back to our assumption`);
  back.addEventListener("click", () => { boxes.value.focus(); send({ key: line.key, part: "ours", text: "" }); });
  return { own, boxes, mark, back };
}

function build(root, lines, state) {
  root.replaceChildren();
  const table = make("table", root);
  make("caption", table, {}, "What is assumed; every number can be changed");
  const heads = make("tr", make("thead", table));
  make("th", heads, { scope: "col" }, "Assumption");
  for (const [, said] of PARTS) make("th", heads, { scope: "col", class: "number" }, said);
  const body = make("tbody", table);
  state.rows = lines.map((line) => row(body, line, (told) => state.send(told)));
}

function show(root, lines, state) {
  const busy = root.getRootNode().activeElement;
  lines.forEach((line, place) => {
    const own = state.rows[place];
    for (const [part] of PARTS) {
      const input = own.boxes[part], text = written(line[part]);
      if (input === busy && input.value !== input.dataset.held) continue;
      input.dataset.held = text;
      input.value = text;
    }
    own.own.classList.toggle("yours", !line.ours);
    own.mark.textContent = line.ours ? "ours" : "yours";
    own.back.hidden = line.ours;
  });
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".assumed");
  const state = kept.get(parentElement) ?? { shape: "", rows: [] };
  kept.set(parentElement, state);
  let times = data.times;
  state.send = (told) => setTriggerValue("given", { ...told, times: ++times });
  const shape = JSON.stringify(data.lines.map((line) => [line.key, line.name, line.unit]));
  if (shape !== state.shape) {
    state.shape = shape;
    build(root, data.lines, state);
  }
  show(root, data.lines, state);
}
