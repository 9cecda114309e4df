// The calendar that can be worked in: it follows what happens, shows a message beside it, and moves
// publications by mouse, finger and keyboard. What is possible where, the server says before the drop.
(() => {
  "use strict";
  const find = (name) => document.querySelector(`[data-${name}]`);

  find("print")?.addEventListener("click", () => window.print());
  const filters = document.querySelector(".promo-filters:not([data-chosen])");
  if (filters && matchMedia("(max-width: 60rem)").matches) filters.open = false;
  const board = find("board");
  if (!board) return;
  const [panel, ask, mover, toast, status] = ["panel", "ask", "mover", "toast", "status"].map(find);

  const EVERY = 5000; // ms between two looks at what has changed
  const LONG_PRESS = 400; // ms after which a finger lifts what it lies on
  const FAR = 6; // px that a press may stray before it is a drag (or, of a finger, a scroll)
  const MARGIN = 7; // days before and after the view that the keyboard may reach
  let moving = null; // what is on its way: its entry, from where, to where, and the verdicts
  let pressed = null;
  let dragged = false;
  let last = {}; // what was moved last: its number, and how to put it back while that is possible

  // Days and hours. A place is { day: "2026-11-24", hour: 17 }: wall time, as the board shows it.
  const utc = (day) => new Date(`${day}T00:00:00Z`);
  const dayOf = (date) => date.toISOString().slice(0, 10);
  function later(place, hours) {
    const date = new Date(utc(place.day).getTime() + (place.hour + hours) * 3600e3);
    return { day: dayOf(date), hour: date.getUTCHours() };
  }
  const spoken = new Intl.DateTimeFormat(document.documentElement.lang, {
    weekday: "long", day: "numeric", month: "long", timeZone: "UTC",
  });
  const clock = (place) => `${String(place.hour).padStart(2, "0")}:${moving.minute}`;
  const named = (place) => `${spoken.format(utc(place.day))}, ${clock(place)}`;
  const same = (one, other) => one.day === other.day && one.hour === other.hour;

  function say(text) {
    status.textContent = text;
  }
  function tell(text, pk, undo) {
    last = { pk: pk || last.pk, undo };
    toast.hidden = false;
    toast.querySelector("span").textContent = text;
    toast.querySelector("[data-undo]").hidden = !undo;
    say(undo ? `${text} ${toast.dataset.keys}` : text);
  }
  toast.querySelector("[data-undo]").addEventListener("click", () => last.undo());
  toast.querySelector("[data-hide]").addEventListener("click", () => {
    toast.hidden = true;
    focusOn(last.pk);
  });

  // A week that is wider than the screen begins at today.
  const wide = board.querySelector(".promo-scroll");
  const today = wide?.querySelector("#today");
  if (today) wide.scrollLeft = today.offsetLeft - wide.querySelector("tbody th").offsetWidth;

  // Following what happens
  const entry = (pk) => board.querySelector(`[data-pk="${pk}"]`);
  function focusOn(pk) {
    (entry(pk)?.querySelector("a") || board).focus({ preventScroll: true });
  }
  async function refresh() {
    const answer = await fetch(board.dataset.liveUrl, { headers: { "If-None-Match": board.dataset.tag } }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const html = await answer.text();
    if (moving) return;
    const active = board.contains(document.activeElement) ? document.activeElement : null;
    const pk = active?.closest("[data-pk]")?.dataset.pk;
    const address = active?.getAttribute("href");
    const scrolled = board.querySelector(".promo-scroll")?.scrollLeft;
    board.innerHTML = html;
    board.dataset.tag = answer.headers.get("ETag") || "";
    if (scrolled) board.querySelector(".promo-scroll").scrollLeft = scrolled;
    if (pk) focusOn(pk);
    else if (address) [...board.querySelectorAll("a")].find((link) => link.getAttribute("href") === address)?.focus({ preventScroll: true });
  }
  async function follow() {
    if (!document.hidden && !moving) await refresh();
    setTimeout(follow, EVERY);
  }
  setTimeout(follow, EVERY);

  // The message beside the board
  async function show(pk) {
    const answer = await fetch(board.dataset.panels.replace("/0/", `/${pk}/`)).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return tell(mover.dataset.failed);
    panel.dataset.of = pk;
    panel.querySelector("[data-content]").innerHTML = await answer.text();
    for (const back of panel.querySelectorAll("[name=back]")) back.value = location.pathname + location.search;
    panel.showModal();
  }
  panel.addEventListener("click", (event) => {
    const move = event.target.closest("[data-move-pk]");
    if (!move && !event.target.closest("[data-close]") && event.target !== panel) return;
    panel.close();
    if (move) byKeyboard(entry(move.dataset.movePk));
  });
  panel.addEventListener("close", () => moving || focusOn(panel.dataset.of));
  board.addEventListener("click", (event) => {
    const link = event.target.closest("[data-pk] a");
    if (!link) return;
    if (dragged || moving) return event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(link.closest("[data-pk]").dataset.pk);
  });

  // Moving: lift, see what is possible, drop
  function lift(item) {
    const at = item.querySelector("time").getAttribute("datetime");
    const from = { day: at.slice(0, 10), hour: Number(at.slice(11, 13)) };
    moving = {
      item, from, pk: item.dataset.pk, to: from, minute: at.slice(14, 16),
      what: item.querySelector(".promo-entry__subject").textContent,
    };
    item.classList.add("is-lifted");
    board.classList.add("is-moving");
    toast.hidden = true;
    moving.ready = ready(moving);
  }
  async function ready(move) {
    const asked = new URLSearchParams({
      first: later({ day: board.dataset.first, hour: 0 }, -24 * MARGIN).day,
      last: later({ day: board.dataset.last, hour: 0 }, 24 * MARGIN).day,
    });
    const answer = await fetch(`${board.dataset.moves.replace("/0/", `/${move.pk}/`)}verdicts/?${asked}`).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) {
      if (moving === move) stop();
      return tell(mover.dataset.failed);
    }
    move.known = await answer.json();
    if (moving !== move) return;
    for (const cell of board.querySelectorAll("[data-day]")) {
      const tone = verdict(placeOf(cell))?.tone;
      if (tone) cell.dataset.verdict = tone;
    }
    aim(move.to);
  }
  const placeOf = (cell) => ({ day: cell.dataset.day, hour: Number(cell.dataset.hour ?? moving.from.hour) });
  function verdict(place) {
    if (!moving.known) return null;
    const number = moving.known.days[place.day]?.[place.hour];
    return number === undefined ? null : moving.known.verdicts[number];
  }
  function judged(place) {
    if (!moving.known) return mover.dataset.wait;
    const found = verdict(place);
    return found ? `${mover.dataset[found.tone]} ${found.why}`.trim() : "";
  }
  function aim(place) {
    moving.to = place;
    board.querySelector(".is-target")?.classList.remove("is-target");
    const hours = [`[data-day="${place.day}"][data-hour="${place.hour}"]`, `[data-day="${place.day}"]:not([data-hour])`];
    const cell = board.querySelector(hours.join());
    cell?.classList.add("is-target");
    const [where, said] = [mover.querySelector("[data-where]"), mover.querySelector("[data-said]")];
    where.textContent = named(place);
    said.textContent = judged(place);
    mover.dataset.verdict = verdict(place)?.tone || "";
    if (moving.ghost) {
      moving.ghost.querySelector("p").textContent = `${named(place)} – ${judged(place)}`;
      moving.ghost.dataset.verdict = mover.dataset.verdict;
    } else {
      cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
      say(`${named(place)}. ${judged(place)}`);
    }
  }
  function stop() {
    moving.ghost?.remove();
    moving.item.classList.remove("is-lifted");
    board.classList.remove("is-moving");
    board.querySelector(".is-target")?.classList.remove("is-target");
    for (const cell of board.querySelectorAll("[data-verdict]")) delete cell.dataset.verdict;
    mover.hidden = true;
    moving = null;
  }
  function leave() {
    const { pk } = moving;
    stop();
    focusOn(pk);
    say(mover.dataset.stays);
  }
  async function drop() {
    const move = moving;
    await move.ready;
    if (moving !== move) return;
    if (same(move.to, move.from)) return leave();
    const found = verdict(move.to);
    if (found?.tone === "refused") return refuse(found.why);
    if (found?.tone === "asks" && !(await sure([found.why]))) return backToMover();
    await send(move.to, found?.tone === "asks");
  }
  function refuse(why) {
    const text = `${mover.dataset.refused} ${why}`;
    if (!moving.ghost) return say(text);
    leave();
    tell(text);
  }
  function backToMover() {
    if (moving.ghost) return leave();
    mover.focus();
  }
  function sure(reasons) {
    ask.querySelector("[data-when]").textContent = named(moving.to);
    ask.querySelector("[data-why]").replaceChildren(
      ...reasons.map((reason) => Object.assign(document.createElement("li"), { textContent: reason })),
    );
    ask.returnValue = "no";
    ask.showModal();
    return new Promise((answer) => ask.addEventListener("close", () => answer(ask.returnValue === "yes"), { once: true }));
  }
  const post = (pk, to, isSure) => {
    const body = new URLSearchParams({ to, ...(isSure ? { sure: "yes" } : {}) });
    const headers = { "X-CSRFToken": board.dataset.csrf };
    return fetch(board.dataset.moves.replace("/0/", `/${pk}/`), { method: "POST", body, headers }).catch(() => null);
  };
  async function send(place, isSure) {
    const { pk, from, minute } = moving;
    const wall = (where) => `${where.day}T${String(where.hour).padStart(2, "0")}:${minute}`;
    const answer = await post(pk, wall(place), isSure);
    if (answer?.status === 409 && !isSure) {
      if (await sure((await answer.json()).ask)) return send(place, true);
      return backToMover();
    }
    if (answer?.status === 422) {
      const { why } = await answer.json();
      leave();
      return tell(why);
    }
    if (!answer || !answer.ok || answer.redirected) {
      leave();
      return tell(mover.dataset.failed);
    }
    const { said } = await answer.json();
    stop();
    await refresh();
    focusOn(pk);
    tell(said, pk, async () => {
      const undone = await post(pk, wall(from), true);
      const heard = await undone?.json().catch(() => null);
      await refresh();
      focusOn(pk);
      tell(heard?.said || heard?.why || mover.dataset.failed);
    });
  }

  // By keyboard
  function byKeyboard(item) {
    if (!item || !("movable" in item.dataset) || moving) return;
    lift(item);
    mover.hidden = false;
    mover.querySelector("[data-what]").textContent = moving.what;
    mover.setAttribute("aria-label", `${mover.dataset.moving} ${moving.what}`);
    aim(moving.to);
    mover.focus();
  }
  function step(hours) {
    const place = later(moving.to, hours);
    if (moving.known && !(place.day in moving.known.days)) return say(mover.dataset.edge);
    aim(place);
  }
  board.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && last.undo && !toast.hidden) {
      event.preventDefault();
      return last.undo();
    }
    const item = event.target.closest("[data-movable]");
    if (!item || event.key.toLowerCase() !== "m" || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    byKeyboard(item);
  });
  mover.addEventListener("keydown", (event) => {
    if (!moving) return;
    const monthly = board.dataset.view === "month" && !event.shiftKey;
    const steps = { ArrowLeft: -24, ArrowRight: 24, ArrowUp: monthly ? -168 : -1, ArrowDown: monthly ? 168 : 1 };
    const [first, end] = [mover, mover.querySelector("[data-cancel]")];
    if (event.key in steps) step(steps[event.key]);
    else if (event.key === "Enter" && event.target === mover) drop();
    else if (event.key === "Escape") leave();
    // Outside of it nothing would hear the keys: from its end Tab leads to its beginning.
    else if (event.key === "Tab" && event.target === (event.shiftKey ? first : end)) (event.shiftKey ? end : first).focus();
    else return;
    event.preventDefault();
  });
  mover.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || !moving) return;
    if (button.dataset.step) step(Number(button.dataset.step));
    else if ("drop" in button.dataset) drop();
    else leave();
  });

  // By mouse and finger
  function drag(event) {
    lift(pressed.item);
    moving.ghost = document.createElement("div");
    moving.ghost.className = "promo-ghost";
    moving.ghost.setAttribute("aria-hidden", "true");
    moving.ghost.append(Object.assign(document.createElement("strong"), { textContent: moving.what }), document.createElement("p"));
    document.body.append(moving.ghost);
    aim(moving.from);
    follows(event);
  }
  function follows(event) {
    const { ghost } = moving;
    const room = window.innerWidth - ghost.offsetWidth - 8;
    const below = event.clientY + 16 + ghost.offsetHeight < window.innerHeight;
    const top = below ? event.clientY + 16 : event.clientY - ghost.offsetHeight - 12;
    ghost.style.translate = `${Math.max(8, Math.min(event.clientX + 12, room))}px ${top}px`;
    if (event.clientY < 110) scroller().scrollBy(0, -14);
    if (event.clientY > window.innerHeight - 50) scroller().scrollBy(0, 14);
    const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-board] [data-day]");
    moving.outside = !cell;
    if (cell && !same(placeOf(cell), moving.to)) aim(placeOf(cell));
  }
  // The frame scrolls inside the window.
  function scroller() {
    let box = board.parentElement;
    while (box && !(box.scrollHeight > box.clientHeight && /auto|scroll/.test(getComputedStyle(box).overflowY))) box = box.parentElement;
    return box || document.scrollingElement;
  }
  board.addEventListener("dragstart", (event) => event.preventDefault());
  board.addEventListener("contextmenu", (event) => pressed?.finger && event.preventDefault());
  board.addEventListener("pointerdown", (event) => {
    const item = event.target.closest("[data-movable]");
    dragged = false;
    if (!item || event.button || moving) return;
    pressed = { item, x: event.clientX, y: event.clientY, finger: event.pointerType !== "mouse" };
    if (pressed.finger) pressed.timer = setTimeout(() => drag(event), LONG_PRESS);
  });
  document.addEventListener("pointermove", (event) => {
    if (moving?.ghost) return follows(event);
    if (!pressed || Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < FAR) return;
    if (pressed.finger) release();
    else drag(event);
  });
  document.addEventListener("touchmove", (event) => moving?.ghost && event.preventDefault(), { passive: false });
  function release() {
    clearTimeout(pressed?.timer);
    pressed = null;
  }
  document.addEventListener("pointerup", () => {
    release();
    if (!moving?.ghost || ask.open) return;
    dragged = true; // the click that may follow opens nothing
    setTimeout(() => (dragged = false));
    moving.ghost.hidden = true;
    if (moving.outside) leave();
    else drop();
  });
  document.addEventListener("pointercancel", () => {
    release();
    if (moving?.ghost) leave();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && moving?.ghost && !ask.open) leave();
  });
})();
