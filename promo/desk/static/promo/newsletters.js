// Newsletters: the next dates follow the form of a rhythm; an issue's checks and the
// number of its readers follow its editor, and its test mails tell what became of them.
(() => {
  "use strict";
  const quiet = 600; // ms without a keystroke
  const every = 2000; // ms between two looks at test mails on their way

  function follow(form, box, url) {
    let timer = 0;
    let asked = 0;
    async function ask() {
      const mine = ++asked;
      const data = new FormData(form);
      for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
      const answer = await fetch(url, { method: "POST", body: data }).catch(() => null);
      if (mine !== asked) return;
      if (answer && answer.ok && !answer.redirected) box.innerHTML = await answer.text();
      else if (box.dataset.failed) box.textContent = box.dataset.failed;
    }
    function soon() {
      clearTimeout(timer);
      timer = setTimeout(ask, quiet);
    }
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    return ask;
  }

  function chooseRhythm(form) {
    const show = () => {
      for (const part of form.querySelectorAll("[data-for]"))
        part.hidden = !part.dataset.for.split(" ").includes(form.elements.every.value);
    };
    form.elements.every.addEventListener("change", show);
    show();
    follow(form, form.querySelector("[data-promo-dates]"), form.dataset.promoRhythm);
  }

  function testMails(row, box, form) {
    const buttons = [...row.querySelectorAll("button:not([disabled])")];
    async function show(answer) {
      if (!answer || !answer.ok || answer.redirected) return void (box.textContent = row.dataset.failed);
      box.innerHTML = await answer.text();
      const going = Boolean(box.querySelector("[data-going]"));
      for (const button of buttons) button.toggleAttribute("disabled", going);
      if (going) setTimeout(look, every);
    }
    async function look() {
      show(await fetch(box.dataset.promoTests).catch(() => null));
    }
    for (const button of buttons)
      button.addEventListener("click", async () => {
        const data = new FormData();
        data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
        data.set("to", button.dataset.to);
        data.set("readers", document.querySelector("[data-promo-test-readers]")?.value || "");
        await show(await fetch(row.dataset.promoTest, { method: "POST", body: data }).catch(() => null));
      });
    if (box.querySelector("[data-going]")) look();
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-promo-rhythm]").forEach(chooseRhythm);
    const form = document.querySelector("[data-edit-form]");
    const checks = document.querySelector("[data-promo-checks]");
    if (form && checks) follow(form, checks, checks.dataset.promoChecks)();
    const readers = document.querySelector("[data-promo-readers]");
    if (form && readers) follow(form, readers, readers.dataset.promoReaders);
    const row = document.querySelector("[data-promo-test]");
    if (form && row) testMails(row, document.querySelector("[data-promo-tests]"), form);
  });
})();
