// The list of filters: add, remove, reorder, and a control for each parameter.

const list = document.getElementById("filters");
const adding = document.getElementById("filter-new");

let catalogue = [];
let files = []; // backgrounds that are files, for parameters that are paths
let items = []; // what is shown: {name, values}
let sent = null; // what was asked for and is not there yet
let sentAt = 0;
let apply = () => {};

export function setUp(filters, send) {
  catalogue = filters;
  apply = send;
  adding.append(new Option("choose a filter…", ""));
  for (const { name, summary, problem } of filters) {
    const option = new Option(name, name);
    option.title = problem || summary;
    option.disabled = Boolean(problem);
    adding.append(option);
  }
  adding.addEventListener("change", () => {
    if (adding.value) change(() => items.push({ name: adding.value, values: beginning(adding.value) }));
    adding.value = "";
  });
}

// Take over what the session has, unless what was asked for is still on its way or a value is being typed.
export function update(filters, backgrounds) {
  files = backgrounds.filter(({ kind }) => kind === "picture" || kind === "video");
  const there = JSON.stringify(filters);
  if (sent !== null && there !== sent && performance.now() - sentAt < 3000) return;
  sent = null;
  if (items.some((item) => lacking(item)) || there === JSON.stringify(items.map(told))) return;
  items = filters.map(({ name, values }) => ({ name, values: { ...values } }));
  draw();
}

function change(edit) {
  edit();
  draw();
  tell();
}

function tell() {
  if (items.some((item) => lacking(item))) return; // until its parameters are filled in
  const filters = items.map(told);
  sent = JSON.stringify(filters);
  sentAt = performance.now();
  apply(filters);
}

function described(name) {
  return catalogue.find((each) => each.name === name)?.parameters ?? [];
}

function lacking({ name, values }) {
  return described(name).find((each) => each.required && !values[each.name]);
}

function beginning(name) {
  const paths = described(name).filter(({ kind, required }) => kind === "path" && required && files.length);
  return Object.fromEntries(paths.map((each) => [each.name, files[0].text]));
}

// What is sent: without the values that are left empty.
function told({ name, values }) {
  return { name, values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "")) };
}

function draw() {
  const focused = list.contains(document.activeElement) ? document.activeElement.id : null;
  list.replaceChildren(...items.map(card));
  if (focused) document.getElementById(focused)?.focus();
}

function card(item, index) {
  const element = document.createElement("li");
  const head = document.createElement("div");
  head.className = "head";
  const name = document.createElement("strong");
  name.textContent = item.name;
  name.title = catalogue.find((each) => each.name === item.name)?.summary ?? "";
  const last = items.length - 1;
  head.append(
    name,
    button(`up-${index}`, "↑", `Move ${item.name} up`, index === 0, () => move(index, -1)),
    button(`down-${index}`, "↓", `Move ${item.name} down`, index === last, () => move(index, 1)),
    button(`remove-${index}`, "×", `Remove ${item.name}`, false, () => change(() => items.splice(index, 1))),
  );
  element.append(head, ...described(item.name).map((parameter) => row(item, index, parameter)));
  return element;
}

function move(index, step) {
  change(() => items.splice(index + step, 0, ...items.splice(index, 1)));
}

function button(id, text, label, disabled, act) {
  const element = document.createElement("button");
  Object.assign(element, { id, type: "button", textContent: text, title: label, disabled });
  element.setAttribute("aria-label", label);
  element.addEventListener("click", act);
  return element;
}

function row(item, index, parameter) {
  const element = document.createElement("div");
  element.className = "row";
  const label = document.createElement("label");
  const control = controlFor(parameter, item.values[parameter.name]);
  control.id = `filter-${index}-${parameter.name}`;
  control.title = parameter.doc;
  control.required = parameter.required;
  label.htmlFor = control.id;
  label.textContent = parameter.name;
  label.title = parameter.doc;
  control.addEventListener("change", () => {
    item.values[parameter.name] = control.type === "checkbox" ? (control.checked ? "yes" : "no") : control.value;
    tell();
  });
  element.append(label, control);
  return element;
}

function controlFor({ kind, choices, default: usual, required }, value) {
  if (kind === "choice" || kind === "path") {
    const select = document.createElement("select");
    const options = kind === "choice" ? choices.map((each) => [each, each]) : files.map(({ label, text }) => [label, text]);
    if (value && !options.some(([, each]) => each === value)) options.unshift([value, value]);
    if (kind === "path" && (!required || !value)) options.unshift(["none", ""]);
    select.append(...options.map(([label, each]) => new Option(label, each)));
    select.value = value ?? (kind === "choice" ? usual : "");
    return select;
  }
  const input = document.createElement("input");
  if (kind === "switch") {
    input.type = "checkbox";
    input.checked = ["yes", "true", "on", "1"].includes((value ?? usual).toLowerCase());
    return input;
  }
  input.type = kind === "number" ? "number" : "text";
  if (kind === "number") input.step = "any";
  input.value = value ?? usual;
  input.placeholder = required ? "needed" : "none";
  return input;
}
