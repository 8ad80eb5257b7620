// Small plots of the last minute, as SVG.

const KEPT = 170; // values: one minute of them
const AVERAGED = 6; // values that a point of an averaged series is the mean of: two seconds
const WIDTH = 320, HEIGHT = 72, LEFT = 30, RIGHT = 6, TOP = 6, BOTTOM = 6;
const SVG = "http://www.w3.org/2000/svg";

export class Plot {
  // `series` maps a name, as the reader sees it, to what is taken from a status. Counts over a third of a second are
  // coarse: they are to be averaged.
  constructor(svg, series, { unit, averaged }) {
    this.svg = svg;
    this.unit = unit;
    this.averaged = averaged;
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.top = this.text(LEFT - 5, TOP + 9);
    this.bottom = this.text(LEFT - 5, HEIGHT - BOTTOM);
    for (const y of [TOP, HEIGHT - BOTTOM]) this.add("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y, class: "grid" });
    this.legend = document.createElement("p");
    this.legend.className = "legend";
    svg.after(this.legend);
    this.series = Object.entries(series).map(([name, take], index) => {
      const label = document.createElement("span");
      label.className = `series-${index}`;
      this.legend.append(label);
      return { name, take, label, raw: [], values: [], line: this.add("polyline", { class: `line series-${index}` }) };
    });
  }

  clear() {
    for (const each of this.series) [each.raw, each.values] = [[], []];
  }

  push(status) {
    for (const each of this.series) {
      each.raw = [...each.raw, each.take(status)].slice(this.averaged ? -AVERAGED : -1);
      each.values.push(each.raw.includes(null) ? null : each.raw.reduce((sum, value) => sum + value) / each.raw.length);
      if (each.values.length > KEPT) each.values.shift();
    }
    const known = this.series.flatMap((each) => each.values).filter((value) => value !== null);
    const most = rounded(Math.max(1, ...known));
    this.top.textContent = most;
    this.bottom.textContent = 0;
    for (const { name, values, line, label } of this.series) {
      const last = values.at(-1);
      line.setAttribute("points", points(values, most));
      label.textContent = last === null ? `${name} –` : `${name} ${shown(last)}`;
    }
    const inWords = this.series.map(({ label }) => label.textContent).join(", ");
    this.svg.setAttribute("aria-label", `${inWords} ${this.unit}; the last minute, from 0 to ${most}`);
  }

  add(kind, attributes) {
    const element = document.createElementNS(SVG, kind);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    this.svg.append(element);
    return element;
  }

  text(x, y) {
    return this.add("text", { x, y, "text-anchor": "end" });
  }
}

function points(values, most) {
  const step = (WIDTH - LEFT - RIGHT) / (KEPT - 1);
  const first = KEPT - values.length;
  return values
    .map((value, index) => [LEFT + (first + index) * step, HEIGHT - BOTTOM - ((value ?? 0) / most) * (HEIGHT - TOP - BOTTOM)])
    .map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`)
    .join(" ");
}

// The next of 10, 20, 40, 50, 60, 80, 100 and so on.
function rounded(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 6, 8, 10].map((each) => each * unit).find((each) => each >= value);
}

export function shown(value) {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
