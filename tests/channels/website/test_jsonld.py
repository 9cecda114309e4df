"""Structured data: the rules of an own shape, and the safety of the script element."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from promo.channels.website.jsonld import dumps, event_jsonld, item_jsonld
from promo.channels.website.opengraph import item_meta
from promo.channels.website.places import address_line
from promo.values import EventStatus, ItemFacts, PlaceFacts
from tests.channels.website import programme

NOW = datetime(2026, 10, 12, tzinfo=UTC)
INSTITUTION = programme.INSTITUTION
_START = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?([+-]\d{2}:\d{2}|Z))?")
_STATUSES = {
    f"https://schema.org/Event{name}"
    for name in ("Scheduled", "Cancelled", "Postponed", "Rescheduled", "MovedOnline")
}


def faults(event: Mapping[str, Any]) -> list[str]:
    """What an event lacks of what search engines require (feeds of events, section 8)."""
    place = event.get("location")
    checks = {
        "name": bool(str(event.get("name", "")).strip()),
        "startDate": bool(_START.fullmatch(str(event.get("startDate")))),
        "location": isinstance(place, dict),
        "address": isinstance(place, dict) and bool(place.get("address")),
        "eventStatus": event.get("eventStatus") in _STATUSES,
    }
    return [name for name, good in checks.items() if not good]


def event(item: ItemFacts) -> dict[str, Any]:
    return event_jsonld(item, INSTITUTION)


@pytest.mark.parametrize("item", [i for i in programme.ITEMS if i.starts_at], ids=lambda i: i.title)
def test_every_event_keeps_to_the_shape(item: ItemFacts) -> None:
    data = item_jsonld(item, INSTITUTION, now=NOW)
    for each in data.get("@graph", [data]):
        assert faults(each) == []


def test_times_carry_the_offset_of_their_date_and_whole_days_are_dates() -> None:
    assert event(programme.MEETING)["startDate"] == "2026-10-20T17:00:00+02:00"
    winter = programme.item(1, starts_at=datetime(2026, 12, 1, 16, 0, tzinfo=UTC), ends_at=None)
    assert event(winter)["startDate"] == "2026-12-01T17:00:00+01:00"
    assert event(programme.EXHIBITION)["startDate"] == "2026-10-10"
    assert event(programme.EXHIBITION)["endDate"] == "2026-11-30"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (EventStatus.SCHEDULED, "EventScheduled"),
        (EventStatus.RESCHEDULED, "EventRescheduled"),
        (EventStatus.POSTPONED, "EventPostponed"),
        (EventStatus.CANCELLED, "EventCancelled"),
        (EventStatus.SOLD_OUT, "EventScheduled"),
    ],
)
def test_the_status_is_told_in_the_words_of_schema_org(status: EventStatus, expected: str) -> None:
    assert event(programme.item(1, status=status))["eventStatus"].endswith(f"/{expected}")


def test_a_moved_event_tells_its_previous_date() -> None:
    assert event(programme.MOVED)["previousStartDate"] == "2026-10-13T17:00:00+02:00"
    assert "previousStartDate" not in event(programme.MEETING)


def test_free_admission_is_an_offer_of_zero_and_a_full_event_is_sold_out() -> None:
    offer = event(programme.MEETING)["offers"]
    assert (offer["price"], offer["priceCurrency"]) == ("0", "PLN")
    assert event(programme.FULL)["offers"]["availability"].endswith("/SoldOut")
    assert event(programme.MOVED)["isAccessibleForFree"] is False
    assert "offers" not in event(programme.MOVED)


def test_an_event_without_a_place_is_at_the_institution() -> None:
    place = event(programme.item(1, place=PlaceFacts()))["location"]
    assert place["name"] == INSTITUTION.name
    assert place["address"]["addressCountry"] == "PL"
    assert place["address"]["streetAddress"] == INSTITUTION.address


def test_an_event_elsewhere_is_not_at_the_institution() -> None:
    venue = "Dom Kultury „Pod Lipami”, ul. Lipowa 3, Kluczbork"
    item = programme.item(1, place=PlaceFacts(name=venue, elsewhere=True))
    place = event(item)["location"]
    assert place["@type"] == "Place"
    assert place["name"] == "Dom Kultury „Pod Lipami”"
    assert place["address"] == {
        "@type": "PostalAddress",
        "streetAddress": "ul. Lipowa 3, Kluczbork",
        "addressCountry": "PL",
    }
    assert address_line(item, INSTITUTION) == venue
    park = programme.item(1, place=PlaceFacts(name="Park Miejski", elsewhere=True))
    assert event(park)["location"]["address"]["streetAddress"] == "Park Miejski"


def test_a_series_gives_an_event_for_each_coming_date() -> None:
    later = datetime(2026, 10, 27, tzinfo=UTC)
    graph = item_jsonld(programme.SERIES, INSTITUTION, now=later)["@graph"]
    assert [each["startDate"][:10] for each in graph] == ["2026-11-02", "2026-11-09"]


def test_a_series_that_is_over_tells_its_last_date() -> None:
    later = datetime(2027, 10, 27, tzinfo=UTC)
    graph = item_jsonld(programme.SERIES, INSTITUTION, now=later)["@graph"]
    assert [each["startDate"][:10] for each in graph] == ["2026-11-09"]


def test_the_kind_decides_the_type() -> None:
    assert event(programme.SERIES)["@type"] == "ChildrensEvent"
    assert event(programme.EXHIBITION)["@type"] == "ExhibitionEvent"
    assert event(programme.item(1, kind="unknown"))["@type"] == "Event"
    assert item_jsonld(programme.NEWS, INSTITUTION, now=NOW)["@type"] == "NewsArticle"
    assert (
        item_jsonld(programme.news(1, kind="partner_news"), INSTITUTION, now=NOW)["@type"]
        == "Article"
    )


def test_no_string_can_leave_the_script_element() -> None:
    nasty = "</script><script>alert(1)</script><!-- \u2028 ]]> & 'quotes\""
    data = event(programme.item(1, title=nasty, lead=nasty))
    text = dumps(data)
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text)["name"] == nasty.replace(" \u2028 ", " ")


def test_a_shared_link_shows_the_picture_with_its_alternative() -> None:
    meta = {tag.name: tag.content for tag in item_meta(programme.MEETING, INSTITUTION)}
    assert meta["og:image"] == "https://biblioteka.example.org/media/%C5%82%C4%85ka.jpg"
    assert meta["og:image:alt"] == "Autorka z książką w dłoni"
    assert meta["og:locale"] == "pl_PL"
    assert meta["twitter:card"] == "summary_large_image"
    assert meta["og:url"] == programme.MEETING.link


def test_a_shared_link_to_a_cancelled_event_says_so() -> None:
    meta = {tag.name: tag.content for tag in item_meta(programme.CANCELLED, INSTITUTION)}
    assert meta["og:title"] == "ODWOŁANE: Wieczór z poezją"
    assert "og:image" not in meta
    assert meta["twitter:card"] == "summary"
