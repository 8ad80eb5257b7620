// Wires the page to the session: state comes as events, commands go as requests.

import { Backgrounds } from "./backgrounds.js";
import { by, say } from "./dom.js";
import { hasKind, onChoice, onDrop, tooLarge } from "./drop.js";
import * as files from "./files.js";
import { Filters } from "./filters.js";
import { Plot, shown } from "./plots.js";
import { watch } from "./preview.js";
import * as setup from "./setup.js";
import * as tabs from "./tabs.js";

const STATES = {
  live: "live",
  bare: "the room is shown",
  opening: "opening the camera",
  idle: "idle: nobody watches",
  lost: "camera lost",
};
const THUMBNAILS_MS = 1500;
const HELD_MS = 700; // how long what the user set stands before the session's own value is shown again

let backgrounds, filters, tab;
let notices = null;
let seen = false; // whether the camera shows somebody before a background
let blurSetAt = -HELD_MS;

const plots = [
  new Plot(
    by("plot-fps"),
    { camera: (status) => status.fps_in, output: (status) => status.fps_out, network: (status) => status.matte_fps },
    { unit: "frames a second", averaged: true },
  ),
  new Plot(
    by("plot-latency"),
    { median: (status) => status.latency_median_ms, "95 of 100 below": (status) => status.latency_p95_ms },
    { unit: "milliseconds", averaged: false },
  ),
];

// Requests

async function request(path, options) {
  try {
    const response = await fetch(path, { method: "POST", ...options });
    if (response.ok) show(await response.json());
    else toast(await response.text());
  } catch {
    gone(true);
  }
}

function command(name, value) {
  return request("command", { headers: { "Content-Type": "application/json" }, body: JSON.stringify({ do: name, value }) });
}

// `how` is empty where the picture is to be shown at once.
async function upload(file, how = "") {
  const text = `adding ${file.name}`;
  toast(text);
  await request(`upload?name=${encodeURIComponent(file.name)}${how}`, { body: file });
  if (by("toast").textContent === text) by("toast").hidden = true;
}

// What is shown

function show(state) {
  setup.update(state.setup, state.running);
  document.body.classList.toggle("waiting", !state.running);
  watch(state.running && tab.shown() === "camera");
  files.update(state);
  seen = state.running && state.look.on && !state.look.covered && state.status.state === "live";
  if (state.running) showSession(state);
  else showWaiting(state.setup);
}

function showWaiting({ on, problem }) {
  by("state").dataset.state = on && problem ? "lost" : on ? "opening" : "idle";
  by("state").title = "";
  say(by("state"), on && problem ? "waiting" : on ? "opening" : "off");
  say(by("where"), "");
}

function showSession({ look, backgrounds: listed, status, notices: told, ended }) {
  for (const button of document.querySelectorAll("[data-switch]")) {
    button.setAttribute("aria-pressed", look[button.dataset.switch]);
  }
  if (performance.now() - blurSetAt > HELD_MS) by("blur").value = look.blur;
  by("blur-value").value = Math.round(by("blur").value);
  for (const name of ["smoothing", "quality"]) {
    if (document.activeElement !== by(name)) by(name).value = look[name];
  }
  by("quality").parentElement.hidden = look.quality === null;
  backgrounds.update(listed, look.background);
  filters.update(look.filters, listed);
  const bare = !look.on && status.state === "live";
  const state = ended ? "ended" : look.covered ? "covered" : bare ? "bare" : status.state;
  by("state").dataset.state = state;
  by("state").title = status.problem;
  say(by("state"), STATES[state] ?? state);
  say(by("where"), [status.camera, status.output].filter(Boolean).join(" → "));
  showStatus(status);
  showNotices(told);
}

function showStatus(status) {
  const stages = status.stages ?? {};
  const stage = (name) => (name in stages ? shown(stages[name]) : "–");
  const rows = {
    State: status.problem || STATES[status.state],
    Picture: `${status.size[0]} × ${status.size[1]}`,
    Network: [status.engine, status.device].filter(Boolean).join(" on "),
    "Stages, ms": `matte ${stage("matte_ms")}, smooth ${stage("smooth_ms")}, filters ${stage("filter_ms")}, write ${stage("write_ms")}`,
    CPU: `${status.cpu_percent.toFixed(0)} % of one core`,
    Frames: `${status.received} in, ${status.shown} out`,
    Dropped: status.dropped,
    Repeated: status.repeated,
    Alphas: `${status.found} found, ${status.carried} carried, ${status.rested} kept, ${status.failed} failed`,
    Readers: status.readers ?? "not known",
    Reconnects: status.reconnects,
  };
  const list = by("status");
  for (const [index, [name, value]] of Object.entries(rows).entries()) {
    if (!list.children[index]) {
      const row = document.createElement("div");
      row.append(document.createElement("dt"), document.createElement("dd"));
      list.append(row);
    }
    const [term, text] = list.children[index].children;
    say(term, name);
    say(text, String(value));
  }
}

function showNotices(told) {
  const now = JSON.stringify(told);
  if (now === notices) return;
  if (notices !== null && told.length) toast(told.at(-1));
  notices = now;
  by("notices-box").hidden = told.length === 0;
  by("notices").replaceChildren(
    ...told.toReversed().slice(0, 6).map((text) => Object.assign(document.createElement("li"), { textContent: text })),
  );
}

let fading = 0;

function toast(text) {
  const box = by("toast");
  box.hidden = false;
  box.textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => (box.hidden = true), 7000);
}

function gone(is) {
  by("gone").hidden = !is;
  document.body.classList.toggle("gone", is);
  if (is) {
    by("state").dataset.state = "ended";
    say(by("state"), "not connected");
  }
}

let events = null;

// Not while the page is hidden: a browser has six connections to one address, and each page takes one.
function listen() {
  events?.close();
  if (document.hidden) return;
  for (const plot of plots) plot.clear();
  events = new EventSource("events");
  events.addEventListener("message", ({ data }) => {
    gone(false);
    const state = JSON.parse(data);
    show(state);
    if (state.running) for (const plot of plots) plot.push(state.status);
  });
  events.addEventListener("error", () => gone(true));
}

// Keys and dialogs

function setUpKeys(keys) {
  const own = [
    ["arrows", "go along the backgrounds"],
    ["Enter", "choose the one that has the focus"],
    ["Delete", "remove it, if it was added here"],
    ["?", "show these keys"],
  ];
  for (const [key, text] of [...keys, ...own]) {
    const row = by("keys").insertRow();
    row.insertCell().append(Object.assign(document.createElement("kbd"), { textContent: key }));
    row.insertCell().textContent = text;
  }
  const known = new Set(keys.map(([key]) => key));
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=range]):not([type=checkbox]), select, textarea");
    const chord = (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph");
    if (typing || chord || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase(); // whatever Caps Lock says
    if (key === "?") by("help-dialog").showModal();
    else if (key === "q") by("end-dialog").showModal();
    else if (known.has(key) && tab.shown() === "camera") {
      const button = document.querySelector(`[data-switch][aria-keyshortcuts="${key}"]`);
      if (!button) command("press", key);
      else if (!event.repeat) button.click();
    } else if (!(event.repeat && key === "enter" && event.target.closest?.("[data-switch]"))) return;
    event.preventDefault();
  });
}

function setUpDialogs() {
  by("help").addEventListener("click", () => by("help-dialog").showModal());
  by("end").addEventListener("click", () => by("end-dialog").showModal());
  by("end-dialog").addEventListener("close", ({ target }) => {
    if (target.returnValue === "end") command("quit");
    target.returnValue = "";
  });
}

// The blur follows the slider, one request at a time.
function setUpBlur() {
  const slider = by("blur");
  let busy = false;
  const send = async () => {
    blurSetAt = performance.now();
    by("blur-value").value = slider.value;
    if (busy) return;
    busy = true;
    for (let last = null; last !== slider.value; ) {
      last = slider.value;
      await command("blur", Number(last));
    }
    busy = false;
  };
  slider.addEventListener("input", send);
}

async function begin() {
  tab = tabs.setUp(); // first: it takes the token out of the address
  setUpDialogs();
  setUpBlur();
  const catalogue = await (await fetch("catalogue")).json();
  for (const [name, choices] of [["smoothing", catalogue.smoothers], ["quality", catalogue.qualities]]) {
    by(name).append(...choices.map((choice) => new Option(choice, choice)));
    by(name).addEventListener("change", ({ target }) => command(name, target.value));
  }
  for (const button of document.querySelectorAll("[data-switch]")) {
    // What it shall be, and not that it shall turn, so that two clicks in haste ask for the same.
    const wanted = () => ({ name: button.dataset.switch, on: button.getAttribute("aria-pressed") !== "true" });
    button.addEventListener("click", () => command("switch", wanted()));
  }
  setUpKeys(catalogue.keys);
  setup.setUp(command);
  filters = new Filters(by("filters"), by("filter-new"), catalogue.filters, (value) => command("filters", value));
  backgrounds = new Backgrounds(by("backgrounds"), {
    onChoose: (index) => command("background", index),
    onRemove: (name) => request(`upload?name=${encodeURIComponent(name)}`, { method: "DELETE" }),
  });
  by("colour").addEventListener("change", ({ target }) => command("background", target.value));
  const add = (file, how) => {
    if (file.size <= catalogue.mostBytes) upload(file, how);
    else toast(`${tooLarge(file, catalogue.mostBytes)}: save it smaller`);
  };
  onChoice(by("files"), catalogue.pictures, (file) => add(file));
  files.setUp(catalogue, { request, toast, upload: add });
  onDrop(
    () => (tab.shown() === "files" ? "Drop videos or photos to matte them" : "Drop pictures to put them behind you, videos to matte them"),
    (file) => {
      if (tab.shown() === "camera" && hasKind(file, catalogue.pictures)) return add(file);
      tab.show("files");
      return files.take(file);
    },
  );
  listen();
  document.addEventListener("visibilitychange", () => {
    listen();
    watch();
  });
  setInterval(() => document.hidden || backgrounds.refresh(seen), THUMBNAILS_MS);
}

begin().catch(() => gone(true));
