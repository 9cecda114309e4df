"""What happens by itself: scheduled posts are announced, webhooks sent, link previews made.

Nothing becomes public here: that follows from the clock alone. A round is only for telling others.
"""

from __future__ import annotations

import threading
from html.parser import HTMLParser
from urllib.parse import urlsplit

import requests

from promo.rehearsal import outbound
from promo.rehearsal.graph import webhooks
from promo.rehearsal.posts import Card
from promo.rehearsal.world import World

PAUSE = 0.5
TIMEOUT = (1.0, 3.0)
MAX_BYTES = 256 * 1024
# Previews are made of pages on this machine only: a rehearsal never calls out for a look.
OWN_HOSTS = ("127.0.0.1", "localhost", "::1")
SCRAPER = "facebookexternalhit/1.1 (rehearsal)"


class Rounds:
    """A thread that goes round until the world is stopping. A nudge makes it go at once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._thread = threading.Thread(target=self._run, name="rounds", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        while not self._world.stopping.is_set():
            self._world.nudge.wait(PAUSE)
            self._world.nudge.clear()
            go_round(self._world)


def go_round(world: World) -> None:
    """One round."""
    now = world.clock.now()
    webhooks.announce(world, now=now)
    webhooks.deliver(world, now=world.clock.now())
    for link in world.posts.links_without_card():
        world.posts.add_card(scrape(link))


def scrape(link: str) -> Card:
    """The link's preview from its Open Graph tags; an empty one where the page cannot be had."""
    host = urlsplit(link).hostname or ""
    empty = Card(link=link, title="")
    if host not in OWN_HOSTS:
        return empty
    try:
        with (
            outbound.session() as session,
            session.get(
                link, headers={"User-Agent": SCRAPER}, timeout=TIMEOUT, stream=True
            ) as answer,
        ):
            html = answer.raw.read(MAX_BYTES, decode_content=True) if answer.ok else b""
    except requests.RequestException:
        return empty
    reader = _OpenGraph()
    reader.feed(html.decode(errors="replace"))
    return Card(
        link=link,
        title=reader.found.get("og:title") or reader.title.strip(),
        description=reader.found.get("og:description") or reader.found.get("description", ""),
        image=reader.found.get("og:image", ""),
    )


class _OpenGraph(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.title = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        name = facts.get("property") or facts.get("name")
        if tag == "meta" and name:
            self.found.setdefault(name, facts.get("content") or "")
        self._in_title = tag == "title"

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
