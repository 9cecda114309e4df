// Questions before what cannot be undone, and names for controls that Wagtail leaves unnamed
// (wagtail #14205 for rich text, #11179 for StreamField).
(() => {
  "use strict";
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  const unnamed =
    "[data-panel] [role=textbox]:not([aria-labelledby]), [data-panel] .w-panel__content input[type=text]:not([aria-labelledby])";
  function nameControls() {
    for (const control of document.querySelectorAll(unnamed)) {
      if (control.labels && control.labels.length) continue;
      const heading = control.closest("[data-panel]").querySelector("[data-panel-heading]");
      if (heading && heading.id) control.setAttribute("aria-labelledby", heading.id);
    }
    for (const session of document.querySelectorAll(".w-editing-sessions__session:not([aria-label])"))
      session.setAttribute("aria-label", session.textContent.trim() || "…");
  }
  document.addEventListener("DOMContentLoaded", () => {
    nameControls();
    new MutationObserver(nameControls).observe(document.documentElement, { childList: true, subtree: true });
  });
})();
