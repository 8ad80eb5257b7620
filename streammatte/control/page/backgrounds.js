// A row of backgrounds: a list to choose from by mouse or arrow keys.

const RING_PX = 4; // around the current one

export class Backgrounds {
  constructor(list, { onChoose, onRemove }) {
    this.list = list;
    this.prefix = list.dataset.prefix ?? ""; // of ids, as there may be several lists
    this.drawn = "";
    this.moment = 0;
    this.choose = onChoose;
    this.remove = (option) => option.dataset.upload && onRemove(option.dataset.upload);
    list.addEventListener("click", ({ target }) => {
      const option = target.closest("[role=option]");
      if (target.matches(".remove")) this.remove(option);
      else if (option) this.choose([...list.children].indexOf(option));
    });
    list.addEventListener("keydown", (event) => this.move(event));
  }

  update(backgrounds, current) {
    const now = JSON.stringify([backgrounds, current]);
    if (now === this.drawn) return;
    this.drawn = now;
    const list = this.list;
    const options = [...list.children];
    const focused = options.indexOf(document.activeElement);
    backgrounds.forEach((background, index) => {
      const key = JSON.stringify(background);
      if (options[index]?.dataset.key === key) return;
      const fresh = tile(background, `${this.prefix}background-${index}`);
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
    else if (list.children[reached]) bringIntoList(list, list.children[reached]);
  }

  // Shows the person of this moment before each background that is in view, or, if nobody is to be seen, the backgrounds alone.
  refresh(live) {
    const outer = this.list.getBoundingClientRect();
    this.moment += 1;
    [...this.list.children].forEach((option, index) => {
      const inner = option.getBoundingClientRect();
      if (option.dataset.gone || inner.right < outer.left || inner.left > outer.right) return;
      draw(option, live ? `thumbnail/${index}?live=${this.moment}` : option.dataset.thumbnail);
    });
  }

  move(event) {
    const options = [...this.list.children];
    const here = options.indexOf(document.activeElement);
    const last = options.length - 1;
    const there = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: last }[event.key];
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (here >= 0) this.choose(here);
    } else if (event.key === "Delete") {
      if (here >= 0) this.remove(options[here]);
    } else if (there !== undefined) {
      event.preventDefault();
      const next = options[Math.min(last, Math.max(0, there))];
      options.forEach((option) => (option.tabIndex = option === next ? 0 : -1));
      next.focus();
    }
  }
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
function bringIntoList(list, option) {
  const [inner, outer] = [option, list].map((each) => each.getBoundingClientRect());
  list.scrollLeft += Math.max(0, inner.right - outer.right + RING_PX) + Math.min(0, inner.left - outer.left - RING_PX);
}

function tile({ kind, label, thumbnail, text, upload }, id) {
  const option = document.createElement("div");
  option.id = id;
  option.className = `tile ${kind}`;
  option.setAttribute("role", "option");
  option.title = text;
  option.tabIndex = -1;
  option.dataset.thumbnail = thumbnail ?? "";
  const name = document.createElement("span");
  name.textContent = label;
  option.append(name);
  draw(option, thumbnail);
  if (kind === "colour" && !thumbnail) option.firstElementChild.style.background = text;
  if (upload) {
    option.dataset.upload = upload;
    const cross = document.createElement("b"); // for the mouse; the key is Delete
    Object.assign(cross, { className: "remove", textContent: "×", title: `Remove ${label} (Delete)`, ariaHidden: "true" });
    option.append(cross);
  }
  return option;
}
