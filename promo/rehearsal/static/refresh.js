// Keeps the marked region as the server has it. Focus inside it is never lost: then it waits.
"use strict";
(() => {
  const region = document.querySelector("[data-refresh]");
  const said = document.querySelector("[data-refreshed]");
  if (!region) return;
  const look = async () => {
    if (document.hidden || region.contains(document.activeElement)) return;
    const answer = await fetch(location.href, { cache: "no-cache" });
    if (!answer.ok) return;
    const fresh = new DOMParser()
      .parseFromString(await answer.text(), "text/html")
      .querySelector("[data-refresh]");
    if (!fresh || fresh.innerHTML === region.innerHTML) return;
    region.innerHTML = fresh.innerHTML;
    said.textContent = said.dataset.refreshed;
  };
  const again = () => setTimeout(() => look().catch(() => {}).finally(again), 2000);
  again();
})();
