// What the page is about at the moment: the camera, or files.

const tabs = [...document.querySelectorAll("[role=tab]")];

export function setUp() {
  const show = (shown) => {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", tab === shown);
      tab.tabIndex = tab === shown ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = tab !== shown;
    }
    document.body.dataset.tab = shown.dataset.tab;
    history.replaceState(null, "", `${location.pathname}#${shown.dataset.tab}`); // and the token does not stay there
  };
  for (const tab of tabs) {
    tab.addEventListener("click", () => show(tab));
    tab.addEventListener("keydown", ({ key }) => {
      if (key !== "ArrowLeft" && key !== "ArrowRight") return;
      const next = tabs[(tabs.indexOf(tab) + (key === "ArrowRight" ? 1 : tabs.length - 1)) % tabs.length];
      show(next);
      next.focus();
    });
  }
  show(tabs.find((tab) => `#${tab.dataset.tab}` === location.hash) ?? tabs[0]);
  return { show: (name) => show(tabs.find((tab) => tab.dataset.tab === name)), shown: () => document.body.dataset.tab };
}
