// Files that come to the page: by dropping them anywhere, or by a button.

const overlay = document.getElementById("drop");

// `say` tells what happens to what is dropped now, `take` takes each file.
export function onDrop(say, take) {
  let depth = 0; // the pointer enters a child before it leaves the parent
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const show = (shown) => {
    if (shown) overlay.firstElementChild.textContent = say();
    overlay.hidden = !shown;
  };
  addEventListener("dragenter", (event) => holdsFiles(event) && show(++depth > 0));
  addEventListener("dragleave", (event) => holdsFiles(event) && show(--depth > 0));
  addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    show((depth = 0));
    for (const file of event.dataTransfer.files) take(file);
  });
}

// A button that opens the system's own way to choose files of some kinds, such as .png.
export function onChoice(input, kinds, take) {
  input.accept = kinds.join(",");
  input.addEventListener("change", () => {
    for (const file of input.files) take(file);
    input.value = "";
  });
}

export function hasKind(file, kinds) {
  return kinds.some((kind) => file.name.toLowerCase().endsWith(kind));
}

// Why a file is refused that is larger than `most` bytes.
export function tooLarge(file, most) {
  return `${file.name} has ${inWords(file.size)}; expected ${inWords(most)} at most`;
}

export function inWords(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(bytes >= 1e10 ? 0 : 1)} GB`;
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
