"""Draft in, message out; entries in, feed out: compared whole with what a person has read."""

from __future__ import annotations

import json

import pytest

from promo.channels.website.feeds import atom, ical, json_feed, rss
from promo.values import ItemFacts
from tests.channels.website import programme
from tests.channels.website.golden import assert_golden

MESSAGES = {
    "meeting": programme.MEETING,
    "cancelled": programme.CANCELLED,
    "moved": programme.MOVED,
    "series": programme.SERIES,
    "exhibition": programme.EXHIBITION,
    "contest": programme.CONTEST,
    "postponed": programme.POSTPONED,
    "full-english": programme.FULL,
    "news": programme.NEWS,
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_draft_gives_this_message(name: str) -> None:
    item: ItemFacts = MESSAGES[name]
    message = programme.message(item).to_json()
    html, text = message.pop("html"), message.pop("text")
    rest = json.dumps(message, ensure_ascii=False, indent=1, sort_keys=True)
    assert_golden(f"message-{name}.txt", f"{rest}\n\n{text}\n{html}\n".encode())


def test_the_programme_as_rss() -> None:
    info = programme.info("rss", logo_url="https://biblioteka.example.org/logo.png")
    assert_golden("feed.rss.xml", rss.write(programme.entries(), info))


def test_the_programme_as_atom() -> None:
    assert_golden("feed.atom.xml", atom.write(programme.entries(), programme.info("atom")))


def test_the_programme_as_json_feed() -> None:
    assert_golden("feed.json", json_feed.write(programme.entries(), programme.info("json")))


def test_the_programme_as_a_calendar() -> None:
    assert_golden("feed.ics", ical.write(programme.entries(), programme.info("ics")))
