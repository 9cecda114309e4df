"""Whatever people paste, every feed stays well-formed and harmless."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from html.entities import name2codepoint
from typing import Any

import feedparser
import html5lib
import icalendar
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from promo.channels.website import Channel
from promo.channels.website.feeds import Entry, atom, ical, json_feed, rss
from promo.channels.website.jsonld import dumps, item_jsonld
from promo.planning.kinds import KINDS
from promo.values import EventStatus, ItemFacts, Picture, PlaceFacts
from tests import validators
from tests.channels.website import programme, public_pages

NASTY = (
    "]]>",
    "</script><script>alert(1)</script>",
    "<!--",
    "<b>",
    "</b>",
    "&amp;",
    "&nbsp;",
    "&#0;",
    "<![CDATA[",
    "\x00",
    "\x0b",
    "\x1b",
    "\x85",
    "\r\n",
    "\r",
    "\u2028",
    "\ud800",
    "\ufffe",
    "\ufffd",
    "\u202eodwrotnie\u202c",
    "שלום עולם",
    "👩‍👩‍👧‍👦🇵🇱",
    "zażółć gęślą jaźń ",
    '"cytat" „i” «drugi»',
    "\\,;:",
    "BEGIN:VEVENT\n",
    "https://e.org/?a=1&b=<2>",
    "x" * 90,
)
WORDS = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=12)), max_size=4).map("".join)
MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001  (hypothesis adds the zone)
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))
ADDRESSES = st.one_of(st.just(""), st.just("https://biblioteka.example.org/ł ą.jpg"), WORDS)
PICTURES = st.builds(
    Picture,
    url=ADDRESSES,
    alt=WORDS,
    width=st.integers(0, 5000),
    height=st.integers(0, 5000),
    size=st.integers(0, 10**7),
)
PLACES = st.builds(PlaceFacts, name=WORDS, branch=WORDS, street=WORDS, locality=WORDS)
RULES = st.sampled_from(["", "", "FREQ=WEEKLY;COUNT=3", "FREQ=DAILY;UNTIL=20350101", "co tydzień"])


@st.composite
def items(draw: st.DrawFn) -> ItemFacts:
    number = draw(st.integers(1, 10**9))
    fields: dict[str, Any] = {
        "kind": draw(st.sampled_from(sorted(KINDS))),
        "kind_label": draw(WORDS),
        "title": draw(WORDS),
        "lead": draw(WORDS),
        "body_html": draw(WORDS.map(lambda text: f"<p>{text}</p>")),
        "language": draw(st.sampled_from(["pl", "en"])),
        "starts_at": draw(st.none() | MOMENTS),
        "ends_at": draw(st.none() | MOMENTS),
        "deadline_at": draw(st.none() | MOMENTS),
        "previous_starts_at": draw(st.none() | MOMENTS),
        "sign_up_until_at": draw(st.none() | MOMENTS),
        "all_day": draw(st.booleans()),
        "recurrence": draw(RULES),
        "status": draw(st.sampled_from(EventStatus)),
        "place": draw(PLACES),
        "audiences": tuple(draw(st.lists(WORDS, max_size=2))),
        "partners": tuple(draw(st.lists(WORDS, max_size=2))),
        "price": draw(WORDS),
        "sign_up": draw(WORDS),
        "sign_up_url": draw(ADDRESSES),
        "contact": draw(WORDS),
        "accessibility": draw(WORDS),
        "funding_note": draw(WORDS),
        "more_url": draw(ADDRESSES),
        "pictures": tuple(draw(st.lists(PICTURES, max_size=2))),
        "sequence": draw(st.integers(0, 99)),
    }
    return programme.item(number, **fields)


@st.composite
def feeds(draw: st.DrawFn) -> list[Entry]:
    chosen = draw(st.lists(items(), max_size=3, unique_by=lambda item: item.uuid))
    return [
        Entry(
            item=item,
            html=programme.message(item).html,
            published_at=draw(MOMENTS),
            changed_at=draw(MOMENTS),
        )
        for item in chosen
    ]


FUZZED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def could_be_html(text: str) -> bool:
    """What a strict feed validator takes for markup in a text (its rule ContainsHTML)."""
    words = re.findall(r"&(#?\w+)", text)
    named = any(word in name2codepoint or word == "apos" or not word.isalpha() for word in words)
    return named or bool(re.search(r"<[/a-zA-Z!?]", text))


@FUZZED
@given(feeds())
def test_rss_is_well_formed_and_its_texts_are_no_markup(entries: list[Entry]) -> None:
    content = rss.write(entries, programme.info())
    root = etree.fromstring(content)
    headers = {"content-type": rss.CONTENT_TYPE}
    parsed = feedparser.parse(io.BytesIO(content), response_headers=headers)
    assert (parsed.bozo, len(parsed.entries)) == (0, len(entries))
    for tag in ("title", "category"):
        assert not any(could_be_html(node.text or "") for node in root.iter(tag))
    assert all((node.text or "").strip() for node in root.iter("title"))
    for node in root.iter("{http://purl.org/rss/1.0/modules/content/}encoded", "description"):
        html5lib.HTMLParser(strict=True).parseFragment(node.text or "")


@FUZZED
@given(feeds())
def test_atom_is_well_formed_and_its_texts_are_no_markup(entries: list[Entry]) -> None:
    content = atom.write(entries, programme.info("atom"))
    root = etree.fromstring(content)
    headers = {"content-type": atom.CONTENT_TYPE}
    parsed = feedparser.parse(io.BytesIO(content), response_headers=headers)
    assert (parsed.bozo, len(parsed.entries)) == (0, len(entries))
    for tag in ("title", "summary", "subtitle", "name"):
        nodes = root.iter(f"{{http://www.w3.org/2005/Atom}}{tag}")
        assert not any(could_be_html(node.text or "") for node in nodes)


@FUZZED
@given(feeds())
def test_json_feed_keeps_to_its_schema(entries: list[Entry]) -> None:
    feed = json.loads(json_feed.write(entries, programme.info("json")))
    assert [item["id"] for item in feed["items"]] == list(
        dict.fromkeys(item["id"] for item in feed["items"])
    )
    assert all(item["title"].strip() and item["content_html"] for item in feed["items"])


def test_json_feed_keeps_to_the_official_schema() -> None:
    schema = validators.json_feed_schema()
    judge = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())

    @FUZZED
    @given(feeds())
    def judged(entries: list[Entry]) -> None:
        feed = json.loads(json_feed.write(entries, programme.info("json")))
        assert [error.message for error in judge.iter_errors(feed)] == []

    judged()


@FUZZED
@given(feeds())
def test_the_calendar_can_be_read_and_nobody_smuggles_lines_into_it(entries: list[Entry]) -> None:
    content = ical.write(entries, programme.info("ics"))
    calendar = icalendar.Calendar.from_ical(content)
    assert [part.errors for part in calendar.walk() if part.errors] == []
    assert len(calendar.walk("VEVENT")) <= len(entries)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    for event in calendar.walk("VEVENT"):
        assert "DTEND" not in event or event["DTEND"].dt > event["DTSTART"].dt


def test_libical_takes_every_calendar() -> None:
    validators.libical_faults(ical.write([], programme.info("ics")))  # skips where it is missing

    @FUZZED
    @given(feeds())
    def judged(entries: list[Entry]) -> None:
        assert validators.libical_faults(ical.write(entries, programme.info("ics"))) == []

    judged()


@FUZZED
@given(items())
def test_the_page_of_an_item_is_strict_html_with_one_script_of_data(item: ItemFacts) -> None:
    page = public_pages.item_page(item)
    html5lib.HTMLParser(strict=True).parse(page)
    assert page.count("<script") == page.count("</script>") == 1
    data = item_jsonld(item, programme.INSTITUTION, now=public_pages.NOW)
    assert json.loads(dumps(data)) == data


@FUZZED
@given(items())
def test_looking_for_problems_never_fails(item: ItemFacts) -> None:
    for problem in Channel.problems(programme.message(item)):
        assert problem.text


@pytest.mark.parametrize("language", ["pl", "en"])
def test_the_agenda_takes_everything(language: str) -> None:
    @FUZZED
    @given(st.lists(items(), max_size=4))
    def shown(given_items: list[ItemFacts]) -> None:
        public_pages.agenda_page(language=language, items=given_items)

    shown()
