// Elements of the page.

export const by = (id) => document.getElementById(id);

// Changes the text only where it differs, so that it is read out once.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
