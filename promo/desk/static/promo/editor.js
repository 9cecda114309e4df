// The editor: the computed plan follows what stands in the form, short fields count their characters,
// a series is chosen instead of written, a form too large for the server is stopped while its text is
// still here, and a button waits for an autosave under way: both at once would make a new item twice.
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
      const at = panel.contains(document.activeElement) ? nameOf(document.activeElement) : null;
      panel.innerHTML = html;
      for (const name of open) panel.querySelector(`[data-promo-keep="${name}"]`)?.setAttribute("open", "");
      // Whoever stood on a link or a summary stands there again, or at least in the plan.
      if (at === null) return;
      const again = [...panel.querySelectorAll("a, summary")].find((control) => nameOf(control) === at);
      (again || panel).focus({ preventScroll: true });
    }
    const nameOf = (control) => control.getAttribute("href") || control.tagName;
    async function ask() {
      const mine = ++asked;
      if (weight(form) > Number(script.most)) return void (panel.textContent = script.tooLarge);
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

  function waitForAutosave() {
    let saving = false;
    let held = null;
    let sent = false; // until something is written again: an answer may never come
    function release() {
      saving = false;
      if (!held) return;
      // A pressed button is disabled by now, and a disabled one is not sent: its name goes along.
      const { form, name, value } = held;
      held = null;
      const pressed = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      form.append(pressed);
      form.requestSubmit();
      pressed.remove();
    }
    document.addEventListener(
      "w-autosave:save",
      (event) => {
        if (!sent) return;
        event.preventDefault();
        event.stopImmediatePropagation();
      },
      true,
    );
    document.addEventListener("w-autosave:save", () => (saving = true)); // one too large does not come here
    document.addEventListener("input", () => (sent = false));
    document.addEventListener("submit", (event) => {
      if (!event.defaultPrevented && event.target.matches("[data-edit-form]")) sent = true;
    });
    for (const end of ["success", "error"])
      document.addEventListener(`w-autosave:${end}`, () => setTimeout(release));
    document.addEventListener(
      "submit",
      (event) => {
        if (!saving || !event.target.matches("[data-edit-form]")) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        const { name = "", value = "" } = event.submitter || {};
        held ||= { form: event.target, name, value };
      },
      true,
    );
  }

  // Wagtail holds for saved what stands in the form two seconds after it came, and whenever an autosave has
  // come back. What somebody wrote in between would be neither saved nor shown, and lost without a question.
  function missNoEdit(form) {
    let saved = null; // the form as it came, or as it was sent
    let edited = false;
    const watch = () => window.wagtail.app.getControllerForElementAndIdentifier(form, "w-unsaved");
    const asItCame = () => (saved ??= watch()?.formData ?? null);
    for (const kind of ["pointerdown", "keydown"]) form.addEventListener(kind, asItCame, true);
    form.addEventListener("input", (event) => (edited ||= event.isTrusted));
    form.addEventListener("w-autosave:save", () => {
      saved = watch().formData;
      edited = true;
    });
    document.addEventListener(
      "w-autosave:success", // before Wagtail's own listener on the form
      ({ detail }) => {
        const sent = new URLSearchParams(saved);
        for (const [name, value] of Object.entries(detail.response.field_updates || {}))
          if (sent.has(name)) sent.set(name, value);
        saved = sent.toString();
      },
      true,
    );
    form.addEventListener("w-unsaved:watch-edits", ({ detail }) => {
      if (!edited || saved === null || saved === detail.initialFormData) return;
      const at = watch();
      at.initialFormData = at.previousFormData = saved;
      setTimeout(at.check);
    });
  }

  function stopTooLarge(event) {
    if (weight(event.currentTarget) <= Number(script.most)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.dispatchEvent(
      new CustomEvent("w-messages:add", { detail: { clear: true, text: script.tooLarge, type: "error" } }),
    );
    document.querySelector(".messages")?.scrollIntoView();
  }

  // The rule of a series (RFC 5545) behind a choice and a number. What the choice cannot say is left alone.
  function chooseRepetition(box, form) {
    const choice = box.querySelector(".promo-repetition__choice");
    const pattern = choice.querySelector("select");
    const times = choice.querySelector("input");
    const own = box.querySelector("[data-promo-rule]");
    const rule = own.querySelector("input");
    const start = form.querySelector("[name=starts_at]");
    const often = "FREQ=MONTHLY;BYDAY={nth}{weekday}";

    function ofTheStart(text) {
      const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(start?.value || "") || [];
      if (!year) return "";
      const on = new Date(Date.UTC(year, month - 1, day));
      const weekday = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"][on.getUTCDay()];
      const nth = Math.ceil(day / 7);
      return text.replace("{nth}", nth > 4 ? -1 : nth).replace("{weekday}", weekday);
    }
    function read() {
      const [, plain, count] = /^(?:RRULE:)?(.*?)(?:;COUNT=(\d+))?$/i.exec(rule.value.trim());
      const known = [...pattern.options].find((option) => option.value === plain.toUpperCase());
      if (known) pattern.value = known.value;
      else pattern.value = plain && plain.toUpperCase() === ofTheStart(often) ? often : "own";
      times.value = count || "";
      show();
    }
    function show() {
      own.hidden = pattern.value !== "own";
      times.parentElement.hidden = own.hidden === false || pattern.value === "";
    }
    function write() {
      show();
      if (pattern.value === "own") return void rule.focus();
      const plain = pattern.value.includes("{") ? ofTheStart(pattern.value) : pattern.value;
      // Without a start there is no weekday yet: the month's day is a rule too, until there is one.
      const base = plain || (pattern.value && "FREQ=MONTHLY");
      const said = base && times.value ? `${base};COUNT=${times.value}` : base;
      if (said === rule.value) return;
      rule.value = said;
      rule.dispatchEvent(new Event("input", { bubbles: true }));
      rule.dispatchEvent(new Event("change", { bubbles: true }));
    }
    choice.addEventListener("input", (event) => {
      event.stopPropagation();
      write();
    });
    for (const kind of ["input", "change"]) start?.addEventListener(kind, () => pattern.value.includes("{") && write());
    read();
    choice.hidden = false;
  }

  // What only some kinds of items have is shown for these alone, and wherever something is wrong with it.
  function showForKind(form) {
    const kind = form.querySelector("select[name=kind]");
    const parts = [...form.querySelectorAll("[data-promo-kinds]")];
    function show() {
      for (const part of parts) {
        const meant = part.dataset.promoKinds.split(" ").includes(kind.value);
        part.hidden = !meant && !part.querySelector("[aria-invalid=true]");
      }
    }
    if (!kind) return;
    kind.addEventListener("change", show);
    show();
  }

  waitForAutosave(); // at once: a form that comes back with errors is saved before this page is ready
  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("[data-edit-form]");
    if (!form) return;
    missNoEdit(form);
    const panel = document.querySelector("[data-promo-plan]");
    if (panel) followPlan(panel, form);
    form.querySelectorAll("[data-promo-repetition]").forEach((box) => chooseRepetition(box, form));
    showForKind(form);
    form.addEventListener("submit", stopTooLarge, true);
    form.addEventListener("w-autosave:save", stopTooLarge);
    const countAll = () => form.querySelectorAll("input[type=text][maxlength], textarea[maxlength]").forEach(count);
    countAll();
    new MutationObserver(countAll).observe(form, { childList: true, subtree: true });
  });
})();
