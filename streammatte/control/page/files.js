// Videos and photos: the look for those that are added, and how each of them does.

import { Backgrounds } from "./backgrounds.js";
import { Compare } from "./compare.js";
import { by, say } from "./dom.js";
import { hasKind, inWords, onChoice, tooLarge } from "./drop.js";
import { Filters } from "./filters.js";

const SUFFIXES = { ".mp4": "with the background", ".mov": "transparent, .mov for editing", ".webm": "transparent, .webm for the web" };
const UNFINISHED = ["coming", "waiting", "working"];

const cards = new Map(); // by the entry's number
let look = { background: null, blur: 0, filters: [], smoothing: "motion", quality: "normal", suffix: ".mp4" };
let listed = []; // the backgrounds to choose from
let kinds = [];
let most = Infinity; // bytes of a file that there is room for
let scarce = false; // whether that is for want of room alone
let keeping = false;
let sending = Promise.resolve(); // one file after the other
let unsent = 0;
let page = {}; // what the page does for this part of it: request, toast
let backgrounds, filters;

export function setUp(catalogue, { request, toast, upload }) {
  page = { request, toast };
  kinds = catalogue.files.kinds;
  look = { ...look, ...catalogue.look };
  backgrounds = new Backgrounds(by("file-backgrounds"), {
    onChoose: (index) => choose({ background: listed[index].text, blur: listed[index].blur }),
    onRemove: (name) => request(`upload?name=${encodeURIComponent(name)}`, { method: "DELETE" }),
  });
  filters = new Filters(by("file-filters"), by("file-filter-new"), catalogue.filters, (value) => choose({ filters: value }));
  onChoice(by("file-pictures"), catalogue.pictures, (file) => upload(file, "&show=no"));
  onChoice(by("file-new"), kinds, take);
  by("file-colour").addEventListener("change", ({ target }) => choose({ background: target.value, blur: 0 }));
  by("file-blur").addEventListener("input", ({ target }) => choose({ blur: Number(target.value) }));
  const choices = { suffix: catalogue.files.suffixes, smoothing: catalogue.smoothers, quality: catalogue.qualities };
  for (const [name, offered] of Object.entries(choices)) {
    by(`file-${name}`).append(...offered.map((each) => new Option(SUFFIXES[each] ?? each, each)));
    by(`file-${name}`).addEventListener("change", ({ target }) => choose({ [name]: target.value }));
  }
  addEventListener("beforeunload", (event) => unsent && event.preventDefault());
}

// Takes a file into the queue, with the look that is chosen now.
export function take(file) {
  if (!hasKind(file, kinds)) return page.toast(`${file.name} is no video or photo by its name`);
  if (file.size > most) return page.toast(tooLarge(file, most) + (scarce ? ", for which the disk has room" : ""));
  const query = `name=${encodeURIComponent(file.name)}&look=${chosen()}`;
  unsent += 1;
  sending = sending.then(async () => {
    await page.request(`files?${query}`, { body: file });
    unsent -= 1;
  });
}

export function update(state) {
  const { entries, room, mostBytes, videos, pictures } = state.files;
  most = room;
  scarce = room < mostBytes;
  listed = state.backgrounds;
  showLook();
  const limit = scarce ? `The disk has room for ${inWords(room)}` : `Up to ${inWords(room)} each`;
  say(by("room"), `${limit}. Results go to ${videos} and ${pictures}; what is added here is copied, and the copy removed with it.`);
  for (const [number, card] of cards) {
    if (entries.some((each) => each.number === number)) continue;
    card.element.remove();
    cards.delete(number);
  }
  for (const entry of entries) {
    if (!cards.has(entry.number)) {
      cards.set(entry.number, new Card(entry));
      by("entries").prepend(cards.get(entry.number).element); // the newest first
    }
    cards.get(entry.number).update(entry);
  }
  const unfinished = entries.filter((each) => UNFINISHED.includes(each.state)).length;
  by("unfinished").hidden = by("end-files").hidden = unfinished === 0;
  say(by("unfinished"), String(unfinished));
}

function choose(change) {
  look = { ...look, ...change };
  showLook();
  keep();
}

// Has the look there the next time; of many changes at once, the last.
async function keep() {
  if (keeping) return;
  keeping = true;
  for (let kept = null; kept !== look; ) {
    kept = look;
    await page.request(`files/look?look=${chosen()}`);
  }
  keeping = false;
}

function chosen() {
  return encodeURIComponent(JSON.stringify(look));
}

function showLook() {
  let index = listed.findIndex(({ text }) => text === look.background);
  if (index < 0 && look.background?.startsWith("#")) {
    index = listed.length; // a colour of the user's own
    listed = [...listed, { text: look.background, kind: "colour", blur: 0, label: look.background, thumbnail: null, upload: null }];
  } else if (index < 0 && listed.length) {
    look = { ...look, background: listed[0].text, blur: listed[0].blur };
    index = 0;
  }
  const transparent = look.suffix !== ".mp4";
  by("file-choice").hidden = by("file-blur-row").hidden = transparent;
  backgrounds.update(listed, index);
  filters.update(look.filters, listed);
  by("file-blur").value = by("file-blur-value").value = Math.round(look.blur);
  for (const name of ["suffix", "smoothing", "quality"]) {
    if (by(`file-${name}`).value !== look[name]) by(`file-${name}`).value = look[name]; // it may be open
  }
}

// An entry of the queue.
class Card {
  constructor({ number, name }) {
    this.number = number;
    this.state = null;
    this.glimpse = 0;
    this.element = document.createElement("li");
    this.element.dataset.number = number;
    this.compare = new Compare(name);
    this.name = part("strong", { textContent: name, title: name });
    this.bar = part("progress", { max: 1, ariaLabel: `Progress of ${name}` });
    this.how = part("p", { className: "how" });
    this.notices = part("ul", { className: "notices" });
    this.stop = this.button("Stop", `Stop ${name}`, "stop");
    this.again = this.button("Again with this look", `Again with this look: ${name}`, "again");
    this.save = part("a", { className: "button", href: `files/${number}/result`, download: "", textContent: "Download", ariaLabel: `Download the result of ${name}` });
    this.remove = part("button", { type: "button", className: "cross", textContent: "×", title: "Remove", ariaLabel: `Remove ${name}` });
    this.remove.addEventListener("click", () => page.request(`files/${number}`, { method: "DELETE" }));
    const head = part("div", { className: "head" });
    head.append(this.name, this.remove);
    const acts = part("div", { className: "acts" });
    acts.append(this.save, this.stop, this.again);
    const about = part("div", { className: "about" });
    about.append(head, this.bar, this.how, this.notices, acts);
    this.element.append(this.compare.element, about);
  }

  button(text, label, act) {
    const element = part("button", { type: "button", textContent: text, ariaLabel: label });
    const query = () => (act === "again" ? `?look=${chosen()}` : "");
    element.addEventListener("click", () => page.request(`files/${this.number}/${act}${query()}`));
    return element;
  }

  update(entry) {
    const { state, result, glimpse } = entry;
    if (this.state !== null && this.state !== state && !UNFINISHED.includes(state)) page.toast(`${entry.name}: ${state}`);
    this.state = this.element.dataset.state = state;
    const unfinished = UNFINISHED.includes(state);
    this.stop.hidden = !unfinished || state === "coming";
    this.again.hidden = unfinished;
    this.save.hidden = result === null;
    this.bar.hidden = !unfinished;
    const share = shareDone(entry);
    if (share !== null) this.bar.value = share;
    else this.bar.removeAttribute("value");
    say(this.how, inShort(entry, share));
    const told = JSON.stringify(entry.notices);
    if (this.told !== told) {
      this.told = told;
      this.notices.replaceChildren(...entry.notices.map((text) => part("li", { textContent: text })));
    }
    if (glimpse !== this.glimpse && this.element.getClientRects().length) this.look(glimpse);
  }

  async look(glimpse) {
    this.glimpse = glimpse;
    if (glimpse === 0) return;
    const response = await fetch(`files/${this.number}/glimpse?${glimpse}`);
    if (response.ok) await this.compare.show(await response.blob());
  }
}

// From 0 to 1; null where it is not known.
function shareDone({ state, came, size, frames, total }) {
  if (state === "waiting") return 0;
  const [done, all] = state === "coming" ? [came, size] : [frames, total];
  return all ? Math.min(1, done / all) : null;
}

function inShort({ state, frames, rate, left, result, error, picture }, share) {
  const percent = share === null ? null : `${Math.floor(100 * share)} %`;
  if (state === "coming") return ["copying", percent].filter(Boolean).join(", ");
  if (state === "waiting") return "waiting";
  if (state === "working") {
    if (picture || frames === 0) return "beginning";
    const speed = rate === null ? null : `${rate.toFixed(1)} frames a second`;
    return [percent ?? `${frames} frames`, speed, left === null ? null : `${clock(left)} left`].filter(Boolean).join(", ");
  }
  if (state === "done") return `done: ${result}`;
  if (state === "stopped") return "stopped";
  return result ? `${error}: ${result}` : error;
}

function clock(seconds) {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, "0")];
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function part(kind, attributes) {
  return Object.assign(document.createElement(kind), attributes);
}
