// The editor: the computed plan follows what stands in the form, short fields count their
// characters, and a form too large for the server is stopped while its text is still here.
(() => {
  "use strict";
  const script = document.currentScript.dataset;
  const quiet = 600; // ms without a keystroke
  const counted = 300; // fields of up to so many characters have a counter
  const near = 0.8; // from here on it shows also while one writes elsewhere

  function followPlan(panel, form) {
    const url = panel.dataset.pk ? `${script.planUrl}${panel.dataset.pk}/` : script.planUrl;
    let timer = 0;
    let asked = 0;

    function show(html) {
      const open = [...panel.querySelectorAll("details[open]")].map((box) => box.dataset.promoKeep);
      panel.innerHTML = html;
      for (const name of open) panel.querySelector(`[data-promo-keep="${name}"]`)?.setAttribute("open", "");
    }
    async function ask() {
      const mine = ++asked;
      const data = new FormData(form);
      for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
      const answer = await fetch(url, { method: "POST", body: data }).catch(() => null);
      if (mine !== asked) return;
      if (answer && answer.ok && !answer.redirected) show(await answer.text());
      else panel.textContent = panel.dataset.failed;
    }
    function soon() {
      clearTimeout(timer);
      timer = setTimeout(ask, quiet);
    }
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    ask();
  }

  function count(field) {
    const most = field.maxLength;
    if (most < 1 || most > counted || field.dataset.promoCounted) return;
    field.dataset.promoCounted = "yes";
    const counter = document.createElement("span");
    counter.className = "promo-counter";
    counter.setAttribute("aria-hidden", "true");
    field.after(counter);
    const show = () => {
      counter.textContent = `${field.value.length} / ${most}`;
      counter.classList.toggle("is-near", field.value.length >= most * near);
      counter.classList.toggle("is-full", field.value.length >= most);
    };
    field.addEventListener("input", show);
    show();
  }

  function weight(form) {
    let bytes = 0;
    for (const [name, value] of new FormData(form))
      if (typeof value === "string") bytes += name.length + new Blob([value]).size;
    return bytes;
  }

  function stopTooLarge(event) {
    if (weight(event.target) <= Number(script.most)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.dispatchEvent(
      new CustomEvent("w-messages:add", { detail: { clear: true, text: script.tooLarge, type: "error" } }),
    );
    document.querySelector(".messages")?.scrollIntoView();
  }

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("[data-edit-form]");
    if (!form) return;
    const panel = document.querySelector("[data-promo-plan]");
    if (panel) followPlan(panel, form);
    form.addEventListener("submit", stopTooLarge, true);
    const countAll = () => form.querySelectorAll("input[type=text][maxlength], textarea[maxlength]").forEach(count);
    countAll();
    new MutationObserver(countAll).observe(form, { childList: true, subtree: true });
  });
})();
