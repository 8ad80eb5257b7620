// A list of filters: add, remove, reorder, and a control for each parameter.

export class Filters {
  // `list` and `adding` are the list and the menu that adds to it; `send` is called with what is chosen.
  constructor(list, adding, catalogue, send) {
    this.list = list;
    this.prefix = list.dataset.prefix ?? ""; // of ids, as there may be several lists
    this.catalogue = catalogue;
    this.send = send;
    this.files = []; // backgrounds that are files, for parameters that are paths
    this.items = []; // what is shown: {name, values}
    this.sent = null; // what was asked for and is not there yet
    this.sentAt = 0;
    adding.append(new Option("choose a filter…", ""));
    for (const { name, summary, problem } of catalogue) {
      const option = new Option(name, name);
      option.title = problem || summary;
      option.disabled = Boolean(problem);
      adding.append(option);
    }
    adding.addEventListener("change", () => {
      const name = adding.value;
      if (name) this.change(() => this.items.push({ name, values: this.beginning(name) }));
      adding.value = "";
    });
  }

  // Take over what is in use, unless what was asked for is still on its way or a value is being typed.
  update(filters, backgrounds) {
    this.files = backgrounds.filter(({ kind }) => kind === "picture" || kind === "video");
    const there = JSON.stringify(filters);
    if (this.sent !== null && there !== this.sent && performance.now() - this.sentAt < 3000) return;
    this.sent = null;
    if (this.lacking() || there === JSON.stringify(this.items.map(told))) return;
    this.items = filters.map(({ name, values }) => ({ name, values: { ...values } }));
    this.draw();
  }

  change(edit) {
    edit();
    this.draw();
    this.tell();
  }

  tell() {
    if (this.lacking()) return; // until its parameters are filled in
    const filters = this.items.map(told);
    this.sent = JSON.stringify(filters);
    this.sentAt = performance.now();
    this.send(filters);
  }

  described(name) {
    return this.catalogue.find((each) => each.name === name)?.parameters ?? [];
  }

  lacking() {
    return this.items.some(({ name, values }) => this.described(name).some((each) => each.required && !values[each.name]));
  }

  beginning(name) {
    const paths = this.described(name).filter(({ kind, required }) => kind === "path" && required && this.files.length);
    return Object.fromEntries(paths.map((each) => [each.name, this.files[0].text]));
  }

  draw() {
    const focused = this.list.contains(document.activeElement) ? document.activeElement.id : null;
    this.list.replaceChildren(...this.items.map((item, index) => this.card(item, index)));
    if (focused) document.getElementById(focused)?.focus();
  }

  card(item, index) {
    const element = document.createElement("li");
    const head = document.createElement("div");
    head.className = "head";
    const name = document.createElement("strong");
    name.textContent = item.name;
    name.title = this.catalogue.find((each) => each.name === item.name)?.summary ?? "";
    const last = this.items.length - 1;
    const move = (step) => this.change(() => this.items.splice(index + step, 0, ...this.items.splice(index, 1)));
    const remove = () => this.change(() => this.items.splice(index, 1));
    head.append(
      name,
      button(`${this.prefix}up-${index}`, "↑", `Move ${item.name} up`, index === 0, () => move(-1)),
      button(`${this.prefix}down-${index}`, "↓", `Move ${item.name} down`, index === last, () => move(1)),
      button(`${this.prefix}remove-${index}`, "×", `Remove ${item.name}`, false, remove),
    );
    element.append(head, ...this.described(item.name).map((parameter) => this.row(item, index, parameter)));
    return element;
  }

  row(item, index, parameter) {
    const element = document.createElement("div");
    element.className = "row";
    const label = document.createElement("label");
    const control = controlFor(parameter, item.values[parameter.name], this.files);
    control.id = `${this.prefix}filter-${index}-${parameter.name}`;
    control.title = parameter.doc;
    control.required = parameter.required;
    label.htmlFor = control.id;
    label.textContent = parameter.name;
    label.title = parameter.doc;
    control.addEventListener("change", () => {
      item.values[parameter.name] = control.type === "checkbox" ? (control.checked ? "yes" : "no") : control.value;
      this.tell();
    });
    element.append(label, control);
    return element;
  }
}

// What is sent: without the values that are left empty.
function told({ name, values }) {
  return { name, values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "")) };
}

function button(id, text, label, disabled, act) {
  const element = document.createElement("button");
  Object.assign(element, { id, type: "button", textContent: text, title: label, disabled });
  element.setAttribute("aria-label", label);
  element.addEventListener("click", act);
  return element;
}

function controlFor({ kind, choices, default: usual, required }, value, files) {
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
