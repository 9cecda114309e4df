// The computed plan follows what stands in the form.
(() => {
  "use strict";
  const base = document.currentScript.dataset.planUrl;
  const quiet = 600; // ms without a keystroke

  function start() {
    const panel = document.querySelector("[data-promo-plan]");
    const form = document.querySelector("[data-edit-form]");
    if (!panel || !form) return;
    const url = panel.dataset.pk ? `${base}${panel.dataset.pk}/` : base;
    let timer = 0;
    let asked = 0;

    async function ask() {
      const mine = ++asked;
      const answer = await fetch(url, { method: "POST", body: new FormData(form) });
      if (!answer.ok) return;
      const text = await answer.text();
      if (mine === asked && panel.innerHTML !== text) panel.innerHTML = text;
    }
    function soon() {
      clearTimeout(timer);
      timer = setTimeout(ask, quiet);
    }
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);

    ask();
  }
  document.addEventListener("DOMContentLoaded", start);
})();
