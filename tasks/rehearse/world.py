"""The rehearsal world as seen from outside: its clock, its troubles, its page and its mailboxes."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from PIL import Image

TIMEOUT = 30
WIDEST = 640
"""Pixels of a kept picture."""


@dataclass(frozen=True, slots=True)
class World:
    """A running world, on the loopback. `mail` is host and port of its mail server."""

    url: str
    mail: str

    def set_clock(self, at: datetime) -> None:
        """Let its clock show this instant, and go on from there."""
        ahead = at - datetime.now(UTC)
        self._ask("POST", "/api/clock", {"offset_seconds": ahead.total_seconds()})

    def make_page(self, name: str) -> Mapping[str, Mapping[str, str]]:
        """A page of this name; gives the `config` and the `secrets` that open it."""
        made: Mapping[str, Mapping[str, str]] = self._ask("POST", "/api/pages", {"name": name})
        return made

    def set_fault(self, rule: Mapping[str, Any]) -> None:
        self._ask("POST", "/api/faults", dict(rule))

    def let_happen(self, event: str) -> None:
        self._ask("POST", "/api/events", {"event": event})

    def posts(self) -> list[dict[str, Any]]:
        """What followers see now, newest first."""
        return list(self._ask("GET", "/api/posts"))

    def pages(self) -> dict[str, str]:
        """The names of the pages by their ids."""
        return dict(self._ask("GET", "/api/pages"))

    def mails(self, *, after: int) -> list[dict[str, Any]]:
        """Mails that came after this one, oldest first."""
        return list(reversed(self._ask("GET", f"/api/mails?after_id={after}")))

    def picture(self, address: str) -> str:
        """A picture of a post as a `data:` address, small enough to keep."""
        with _session() as http:
            body = http.get(address, timeout=TIMEOUT).content
        with Image.open(io.BytesIO(body)) as opened:
            small = opened.convert("RGB")
        small.thumbnail((WIDEST, WIDEST))
        kept = io.BytesIO()
        small.save(kept, "JPEG", quality=80)
        return f"data:image/jpeg;base64,{base64.b64encode(kept.getvalue()).decode()}"

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        with _session() as http:
            answer = http.request(method, self.url + path, json=body, timeout=TIMEOUT)
            answer.raise_for_status()
            return answer.json()


def _session() -> requests.Session:
    """Without the environment's proxies: it is on this machine."""
    session = requests.Session()
    session.trust_env = False
    return session
