// What the desk's screens need on every page: numbers that follow a running mailing, and names for
// controls that Wagtail leaves unnamed (wagtail #14205 for rich text, #11179 for StreamField).
(() => {
  "use strict";
  // ms between two looks at what runs
  const every = (section) => 1000 * (section.dataset.every || 2);

  async function follow(section) {
    if (document.hidden) return void setTimeout(follow, every(section), section);
    const known = section.dataset.tag ? { "If-None-Match": section.dataset.tag } : {};
    const answer = await fetch(section.dataset.live, { headers: known }).catch(() => null);
    if (answer && answer.status === 304) return void setTimeout(follow, every(section), section);
    if (!answer || !answer.ok || answer.redirected) return;
    const box = document.createElement("div");
    box.innerHTML = await answer.text();
    const fresh = box.firstElementChild;
    if (!section.contains(document.activeElement)) section.replaceWith(fresh);
    const shown = fresh.isConnected ? fresh : section;
    if (fresh.isConnected && answer.headers.get("ETag")) fresh.dataset.tag = answer.headers.get("ETag");
    if (shown.dataset.live) setTimeout(follow, every(shown), shown);
  }

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
    // The drop area for pictures: its button is a picture of one, the file field has no name.
    const drop = document.querySelector("#fileupload:not([aria-labelledby])");
    const title = document.querySelector("h1, h2");
    if (drop && title) {
      title.id ||= "promo-title";
      drop.setAttribute("aria-labelledby", title.id);
    }
    // A link at the form's end that opens the next tab: a tab outside a tab list is no tab.
    for (const link of document.querySelectorAll("section [role=tab]:not([role=tablist] *)"))
      link.removeAttribute("role");
  }
  // The picker of dates opens a tenth of a second after its field is entered, even if the field has been
  // left by then, and does not know the Escape key.
  const picker = ".xdsoft_datetimepicker";
  function closeLeftPicker(event) {
    const opened = window.jQuery(event.currentTarget);
    if (opened.data("input")[0] !== document.activeElement) opened.trigger("close.xdsoft");
  }
  function closePickers(event) {
    if (event.key === "Escape") window.jQuery(picker).trigger("close.xdsoft");
  }
  // A button that copies a field. A desk without https has no clipboard but by the old command; where that
  // does not help either the text stays selected, and nobody is told that it was copied.
  async function copy(event) {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    field.select();
    const written = await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
    const done = written || document.execCommand("copy");
    if (done) button.focus();
    button.parentElement.querySelector("[role=status]").textContent = done ? button.dataset.copied : button.dataset.byHand;
  }
  document.addEventListener("DOMContentLoaded", () => {
    document.addEventListener("click", copy);
    window.jQuery?.(document).on("open.xdsoft", picker, closeLeftPicker).on("keydown", closePickers);
    // On a phone the calendar is a list: it opens where people are.
    if (!location.hash && matchMedia("(max-width: 60rem)").matches)
      document.querySelector(".promo-calendar #today")?.scrollIntoView();
    document.querySelectorAll("[data-live]").forEach((section) => setTimeout(follow, every(section), section));
    for (const all of document.querySelectorAll("[data-ticks]")) {
      all.parentElement.hidden = false;
      all.addEventListener("change", () => {
        for (const one of all.form.querySelectorAll(`[name="${all.dataset.ticks}"]`)) one.checked = all.checked;
      });
    }
    nameControls();
    new MutationObserver(nameControls).observe(document.documentElement, { childList: true, subtree: true });
  });
})();
