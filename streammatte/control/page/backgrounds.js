// The row of backgrounds: a list to choose from by mouse or arrow keys, and ways to add to it.

const list = document.getElementById("backgrounds");
const drop = document.getElementById("drop");

const RING_PX = 4; // around the current one

let drawn = "";
let moment = 0;
let choose = () => {};
let remove = () => {};

export function setUp({ pictures, mostBytes }, { onChoose, onRemove, onColour, onFile, onRefused }) {
  choose = onChoose;
  remove = (option) => option.dataset.upload && onRemove(option.dataset.upload);
  list.addEventListener("click", ({ target }) => {
    const option = target.closest("[role=option]");
    if (target.matches(".remove")) remove(option);
    else if (option) choose(indexOf(option));
  });
  list.addEventListener("keydown", move);

  const add = (files) => {
    for (const file of files) {
      if (file.size > mostBytes) {
        onRefused(`${file.name} has ${Math.round(file.size / 1e6)} MB; expected ${mostBytes / 1e6} MB at most: save it smaller`);
      } else onFile(file);
    }
  };
  const input = document.getElementById("files");
  input.accept = pictures.join(",");
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  document.getElementById("colour").addEventListener("change", ({ target }) => onColour(target.value));

  let depth = 0; // the pointer enters a child before it leaves the parent
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const show = (shown) => (drop.hidden = !shown);
  addEventListener("dragenter", (event) => holdsFiles(event) && show(++depth > 0));
  addEventListener("dragleave", (event) => holdsFiles(event) && show(--depth > 0));
  addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    show((depth = 0));
    add(event.dataTransfer.files);
  });
}

export function update(backgrounds, current) {
  const now = JSON.stringify([backgrounds, current]);
  if (now === drawn) return;
  drawn = now;
  const options = [...list.children];
  const focused = options.indexOf(document.activeElement);
  backgrounds.forEach((background, index) => {
    const key = JSON.stringify(background);
    if (options[index]?.dataset.key === key) return;
    const fresh = tile(background, index);
    fresh.dataset.key = key;
    if (options[index]) options[index].replaceWith(fresh);
    else list.append(fresh);
  });
  options.slice(backgrounds.length).forEach((option) => option.remove());
  const reached = focused < 0 ? (current ?? 0) : Math.min(focused, backgrounds.length - 1);
  [...list.children].forEach((option, index) => {
    option.setAttribute("aria-selected", index === current);
    option.tabIndex = index === reached ? 0 : -1;
  });
  if (focused >= 0) list.children[reached].focus(); // it may have been replaced
  else if (list.children[reached]) bringIntoList(list.children[reached]);
}

// Shows the person of this moment before each background that is in view, or, if nobody is to be seen, the backgrounds alone.
export function refresh(live) {
  const outer = list.getBoundingClientRect();
  moment += 1;
  [...list.children].forEach((option, index) => {
    const inner = option.getBoundingClientRect();
    if (option.dataset.gone || inner.right < outer.left || inner.left > outer.right) return;
    draw(option, live ? `thumbnail/${index}?live=${moment}` : option.dataset.thumbnail);
  });
}

// A tile's picture; without a source it is drawn by the style sheet alone.
function draw(option, source) {
  const present = option.querySelector("img");
  if (present && source) {
    if (present.getAttribute("src") !== source) present.src = source;
    return;
  }
  const picture = document.createElement(source ? "img" : "i");
  if (source) {
    Object.assign(picture, { src: source, alt: "", draggable: false });
    picture.addEventListener("error", () => {
      option.dataset.gone = "yes"; // as the file is
      picture.replaceWith(document.createElement("i"));
    });
  }
  option.firstElementChild?.matches("img, i") ? option.firstElementChild.replaceWith(picture) : option.prepend(picture);
}

// As scrollIntoView, but without moving the page.
function bringIntoList(option) {
  const [inner, outer] = [option, list].map((each) => each.getBoundingClientRect());
  list.scrollLeft += Math.max(0, inner.right - outer.right + RING_PX) + Math.min(0, inner.left - outer.left - RING_PX);
}

function tile({ kind, label, thumbnail, text, upload }, index) {
  const option = document.createElement("div");
  option.id = `background-${index}`;
  option.className = `tile ${kind}`;
  option.setAttribute("role", "option");
  option.title = text;
  option.tabIndex = -1;
  option.dataset.thumbnail = thumbnail ?? "";
  const name = document.createElement("span");
  name.textContent = label;
  option.append(name);
  draw(option, thumbnail);
  if (upload) {
    option.dataset.upload = upload;
    const cross = document.createElement("b"); // for the mouse; the key is Delete
    Object.assign(cross, { className: "remove", textContent: "×", title: `Remove ${label} (Delete)`, ariaHidden: "true" });
    option.append(cross);
  }
  return option;
}

function indexOf(option) {
  return [...list.children].indexOf(option);
}

function move(event) {
  const options = [...list.children];
  const here = options.indexOf(document.activeElement);
  const last = options.length - 1;
  const there = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: last }[event.key];
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    if (here >= 0) choose(here);
  } else if (event.key === "Delete") {
    if (here >= 0) remove(options[here]);
  } else if (there !== undefined) {
    event.preventDefault();
    const next = options[Math.min(last, Math.max(0, there))];
    options.forEach((option) => (option.tabIndex = option === next ? 0 : -1));
    next.focus();
  }
}
