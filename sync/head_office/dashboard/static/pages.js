// Small help on every page; each form works without it.
"use strict";

(() => {
  document.documentElement.classList.add("scripted");

  // Of several items that a typed text may mean, the one that is clicked takes its place in the line.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-take]");
    const area = button && button.closest("form").querySelector("textarea[name=lines]");
    if (!area) {
      return;
    }
    const rows = area.value.split("\n");
    const at = Number(button.dataset.line) - 1;
    rows[at] = rows[at].trimStart().replace(/^[^\s,，]+/, () => button.dataset.take);
    area.value = rows.join("\n");
    area.focus();
    htmx.trigger(area, "input");
  });
})();
