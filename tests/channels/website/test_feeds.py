"""RSS, Atom and JSON Feed: valid for strict judges, stable for readers."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import html5lib
import jsonschema
import pytest
from lxml import etree

from promo.channels.website.feeds import (
    Entry,
    atom,
    etag,
    json_feed,
    newest,
    rss,
)
from promo.channels.website.feeds.xml import CONTENT
from promo.values import EventStatus
from tests import validators
from tests.channels.website import programme

WRITERS = {"rss": rss.write, "atom": atom.write, "json": json_feed.write}


def parsed(ending: str, entries: list[Entry] | None = None, **changes: Any) -> Any:
    content = WRITERS[ending](
        programme.entries() if entries is None else entries, programme.info(ending, **changes)
    )
    headers = {"content-type": {"rss": rss, "atom": atom}[ending].CONTENT_TYPE}
    return feedparser.parse(io.BytesIO(content), response_headers=headers)


def item_of(content: bytes, tag: str) -> etree._Element:
    found = etree.fromstring(content).find(f".//item/{tag}")
    assert found is not None
    return found


@pytest.mark.parametrize("ending", ["rss", "atom"])
def test_feedparser_finds_nothing_wrong(ending: str) -> None:
    feed = parsed(ending)
    assert feed.bozo == 0
    assert len(feed.entries) == len(programme.ITEMS)
    assert feed.feed.title == programme.info().title
    assert feed.feed.link == programme.info().home_url


@pytest.mark.parametrize("ending", ["rss", "atom"])
def test_an_empty_feed_is_a_feed(ending: str) -> None:
    feed = parsed(ending, [])
    assert feed.bozo == 0
    assert feed.entries == []


def test_the_json_feed_keeps_to_its_schema() -> None:
    schema = validators.json_feed_schema()
    judge = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    for entries in (programme.entries(), []):
        feed = json.loads(json_feed.write(entries, programme.info("json")))
        assert [error.message for error in judge.iter_errors(feed)] == []


@pytest.mark.parametrize("ending", ["rss", "atom"])
def test_every_entry_has_its_own_identifier_that_no_edit_changes(ending: str) -> None:
    before = {entry.link: entry.id for entry in parsed(ending).entries}
    edited = [
        dataclasses.replace(
            entry,
            item=dataclasses.replace(entry.item, title="Inny tytuł", status=EventStatus.CANCELLED),
            changed_at=entry.changed_at + timedelta(days=3),
        )
        for entry in programme.entries()
    ]
    after = parsed(ending, edited, home_url="https://nowa.example.org/").entries
    assert {entry.link: entry.id for entry in after} == before
    assert len(set(before.values())) == len(before)
    assert all(each.startswith("tag:biblioteka.example.org,2026:item/") for each in before.values())


@pytest.mark.parametrize("ending", ["rss", "atom"])
def test_a_change_moves_updated_and_not_published(ending: str) -> None:
    (entry,) = programme.entries([programme.MEETING])
    later = dataclasses.replace(entry, changed_at=entry.changed_at + timedelta(days=3))
    before, after = (parsed(ending, [each]).entries[0] for each in (entry, later))
    assert before.published_parsed == after.published_parsed
    assert after.updated_parsed > before.updated_parsed


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_the_order_in_which_entries_come_changes_nothing(writer: Callable[..., bytes]) -> None:
    entries = programme.entries()
    forwards, backwards = (writer(each, programme.info()) for each in (entries, entries[::-1]))
    assert forwards == backwards
    assert etag(forwards) == etag(backwards)


def test_an_etag_is_strong_and_differs_with_the_content() -> None:
    assert etag(b"a").startswith('"')
    assert etag(b"a") != etag(b"b")


def test_titles_say_first_what_must_not_be_missed() -> None:
    titles = [entry.title for entry in parsed("rss").entries]
    assert "ODWOŁANE: Wieczór z poezją" in titles
    assert "PRZEŁOŻONE: Spacer po starym mieście" in titles
    assert "NOWY TERMIN: Warsztaty ilustracji" in titles


def test_the_prefix_is_in_the_language_of_the_item() -> None:
    item = programme.item(1, language="en", status=EventStatus.CANCELLED, title="Story time")
    (entry,) = parsed("rss", [programme.entry(item)]).entries
    assert entry.title == "CANCELLED: Story time"


def test_description_comes_before_the_content_and_is_escaped_for_html() -> None:
    item = programme.item(1, lead="Ile to jest 2 < 3 & 4?")
    content = rss.write([programme.entry(item)], programme.info())
    tags = [child.tag for child in etree.fromstring(content).iterfind(".//item/*")]
    assert tags.index("description") < tags.index(f"{{{CONTENT}}}encoded")
    assert item_of(content, "description").text == "Ile to jest 2 &lt; 3 &amp; 4?"


def test_a_title_with_markup_is_shown_and_not_obeyed() -> None:
    item = programme.item(1, title="Kurs HTML: <b>pogrubienie</b> i &amp; oraz R&B, 2 < 3")
    content = rss.write([programme.entry(item)], programme.info())
    expected = "Kurs HTML: ‹b›pogrubienie‹/b› i & amp; oraz R&B, 2 < 3"
    assert item_of(content, "title").text == expected


def test_one_picture_is_enclosed_with_its_length_and_all_are_told_with_their_alternative() -> None:
    pictures = (programme.PICTURE, dataclasses.replace(programme.PICTURE, alt="Okładka", size=0))
    (entry,) = parsed("rss", [programme.entry(programme.item(1, pictures=pictures))]).entries
    (enclosure,) = entry.enclosures
    assert (enclosure.length, enclosure.type) == ("90000", "image/jpeg")
    assert enclosure.href == "https://biblioteka.example.org/media/%C5%82%C4%85ka.jpg"
    assert len(entry.media_content) == 2


def test_a_picture_of_unknown_size_is_not_enclosed() -> None:
    picture = dataclasses.replace(programme.PICTURE, size=0)
    (entry,) = parsed("rss", [programme.entry(programme.item(1, pictures=(picture,)))]).entries
    assert entry.enclosures == []


def test_the_hub_and_the_style_sheet_are_told_where_there_are_some() -> None:
    info = programme.info(
        hub_url="https://hub.example.org/", stylesheet_url="https://e.org/public.css"
    )
    content = rss.write(programme.entries(), info)
    assert b'<?xml-stylesheet type="text/css" href="https://e.org/public.css"?>' in content
    assert b'rel="hub" href="https://hub.example.org/"' in content


def test_the_content_is_html_that_a_strict_parser_takes() -> None:
    for entry in parsed("rss").entries:
        html5lib.HTMLParser(strict=True).parseFragment(entry.content[0].value)


def test_only_what_is_published_is_listed_the_newest_first() -> None:
    now = programme.PUBLISHED + timedelta(hours=3, minutes=30)
    listed = newest(programme.entries(), now=now, limit=3)
    assert [entry.published_at.hour for entry in listed] == [11, 10, 9]


def test_the_date_of_the_feed_is_that_of_its_last_change() -> None:
    content = rss.write(programme.entries(), programme.info())
    built = etree.fromstring(content).findtext("channel/lastBuildDate")
    assert built == "Fri, 02 Oct 2026 11:30:00 +0200"


def test_an_entry_changed_before_it_was_published_is_updated_when_it_is_published() -> None:
    early = dataclasses.replace(
        programme.entry(programme.NEWS), changed_at=datetime(2026, 9, 1, tzinfo=UTC)
    )
    assert early.updated_at == early.published_at
