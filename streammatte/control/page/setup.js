// What the app adds to a session: what it is opened of, and what is amiss while it cannot be.

import { by } from "./dom.js";

const PARTS = ["camera", "size", "output", "profile"];
const COPIED_MS = 1500;

let drawn = "";
let ran = null;

export function setUp(command) {
  for (const part of PARTS) {
    by(`choose-${part}`).addEventListener("change", ({ target }) => command("choose", { part, text: target.value }));
  }
  by("save").addEventListener("submit", (event) => {
    event.preventDefault();
    command("save-profile", by("save-name").value);
    by("save").reset();
  });
  by("try").addEventListener("click", () => command("try"));
  by("forget").addEventListener("click", () => command("forget-choices"));
  by("turn-on").addEventListener("click", () => command("turn", true));
  by("turn-off").addEventListener("click", () => command("turn", false));
}

// `setup` is null where the session is opened by the command line.
export function update(setup, running) {
  const now = JSON.stringify([setup, running]);
  if (now === drawn) return;
  drawn = now;
  by("setup").hidden = setup === null;
  by("mending").hidden = setup === null || (running && setup.findings.length === 0);
  if (setup === null) return;
  for (const part of PARTS) list(by(`choose-${part}`), setup.offers[part], setup.chosen[part]);
  by("mending-title").textContent = title(setup, running);
  if (running !== ran) by("mending").open = !(ran = running); // what does not keep it from working is folded up
  by("try").hidden = by("forget").hidden = running || !setup.on || setup.problem === null;
  by("turn-on").hidden = setup.on;
  by("findings").replaceChildren(...(setup.on ? shownFindings(setup, running) : []).map(row));
}

function title({ on, problem }, running) {
  if (running) return "It works, but not as well as it could";
  if (!on) return "It is turned off; camera and virtual camera are free";
  return problem ? "Something is missing; it goes on by itself when that is mended" : "Opening the camera";
}

// The doctor's findings; what kept the session from being opened comes first, unless one of them says as much.
function shownFindings({ findings, problem }, running) {
  const asMuch = ({ status, detail, remedy }) => status === "problem" && (remedy === problem.remedy || detail === problem.detail);
  if (running || !problem || findings.some(asMuch)) return findings;
  return [{ status: "problem", name: "", ...problem }, ...findings];
}

function list(select, offers, chosen) {
  select.replaceChildren(...offers.map(([text, label]) => new Option(label, text)));
  select.value = chosen;
}

function row({ status, name, detail, remedy, mends }) {
  const item = document.createElement("li");
  item.className = status;
  item.append(paragraph([name, detail].filter(Boolean).join(": ")));
  if (remedy) item.append(mends ? command(remedy) : paragraph(remedy));
  return item;
}

function paragraph(text) {
  return Object.assign(document.createElement("p"), { textContent: text });
}

function command(text) {
  const line = document.createElement("div");
  const code = Object.assign(document.createElement("code"), { textContent: text });
  const copy = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
  copy.setAttribute("aria-label", `Copy: ${text}`);
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = "Copy"), COPIED_MS);
  });
  line.append(code, copy);
  return line;
}
