// The editor of a segment counts while one works.
// Without this script every button posts its form: nothing here is needed.
(() => {
  "use strict";
  const quiet = 500; // ms without a change

  function edit(form) {
    const result = form.querySelector(".promo-segment__who");
    let timer = 0;
    let asked = 0;

    async function post(part, name, value) {
      const data = new FormData(form);
      data.append(name, value);
      const headers = { "X-Promo-Part": part };
      const answer = await fetch(location.href, { method: "POST", body: data, headers }).catch(() => null);
      if (!answer || !answer.ok || answer.redirected) return null;
      const box = document.createElement("div");
      box.innerHTML = await answer.text();
      return box;
    }
    async function count() {
      const mine = ++asked;
      const said = form.querySelector("[data-part=count]");
      said.classList.add("is-old");
      const box = await post("result", "count", "1");
      if (mine !== asked) return;
      said.classList.remove("is-old");
      if (!box) return void (said.textContent = result.dataset.failed);
      for (const part of box.querySelectorAll("[data-part]")) {
        const shown = form.querySelector(`[data-part=${part.dataset.part}]`);
        if (shown.innerHTML !== part.innerHTML) shown.innerHTML = part.innerHTML;
      }
    }
    function soon() {
      clearTimeout(timer);
      timer = setTimeout(count, quiet);
    }
    async function change(button) {
      const box = await post("conditions", button.name, button.value);
      if (!box) throw new Error("no answer");
      const place = form.querySelector("[data-part=conditions]");
      place.replaceChildren(...box.childNodes);
      const rows = place.querySelectorAll(".promo-condition");
      const fresh = button.name === "add" && rows.length ? rows[rows.length - 1] : null;
      (fresh?.querySelector("input:not([type=hidden]), select") || place.querySelector("#new-condition")).focus();
      soon();
    }
    form.addEventListener("input", (event) => event.target.matches("[name^=row-]") && soon());
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!button || button.name === "save" || button.dataset.plain) return;
      event.preventDefault();
      if (button.name === "count") count();
      else change(button).catch(() => {
        button.dataset.plain = "yes";
        form.requestSubmit(button);
      });
    });
    count();
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("form[data-segment]").forEach(edit);
  });
})();
