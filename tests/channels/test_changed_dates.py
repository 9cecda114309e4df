"""One date of a series cancelled, another moved: website, feeds, calendar, post and mail tell."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from django.utils import translation

from promo.channels.facebook_page.composing import compose as compose_post
from promo.channels.website.agenda import agenda
from promo.channels.website.facts import facts, notice
from promo.channels.website.feeds import ical, json_feed, rss
from promo.channels.website.jsonld import item_jsonld
from promo.channels.website.pages import item_context
from promo.planning.meetings import meetings_of, on_date
from promo.services import composing
from promo.values import ChangedDate, Draft, EventStatus, ItemFacts, PlaceFacts, Variant
from tests import validators
from tests.channels.website import programme

WARSAW = ZoneInfo("Europe/Warsaw")
INSTITUTION = programme.INSTITUTION
SECOND = datetime(2026, 10, 26, 17, tzinfo=WARSAW)
THIRD = datetime(2026, 11, 2, 17, tzinfo=WARSAW)
MOVED_TO = datetime(2026, 11, 3, 18, tzinfo=WARSAW)
ROOM = PlaceFacts(name="Sala kominkowa", branch="Filia nr 2", street="ul. Ogrodowa 1")
SERIES = dataclasses.replace(
    programme.SERIES,
    changed_dates=(ChangedDate(SECOND), ChangedDate(THIRD, MOVED_TO, place=ROOM)),
)
NOW = datetime(2026, 10, 20, 8, tzinfo=UTC)


def fact(item: ItemFacts) -> str:
    return {one.key: one.text for one in facts(item, INSTITUTION)}["changed_dates"]


def plain(text: str) -> str:
    return " ".join(text.replace("\N{WORD JOINER}", "").split())


def test_the_facts_name_each_changed_date() -> None:
    with translation.override("en"):
        english = dataclasses.replace(SERIES, language="en")
        told = plain(fact(english))
    assert "26 October 2026: cancelled" in told
    assert "2 November 2026: new date" in told
    assert "3 November 2026" in told
    assert "Sala kominkowa" in told


def test_a_series_without_changes_has_no_such_line() -> None:
    assert "changed_dates" not in {one.key for one in facts(programme.SERIES, INSTITUTION)}


def test_the_page_lists_the_dates_that_take_place_with_the_place_that_is_new() -> None:
    dates = item_context(SERIES, INSTITUTION, NOW)["dates"]
    assert [one.moment[:10] for one in dates] == ["2026-11-03", "2026-11-09"]
    assert "Sala kominkowa" in dates[0].text
    assert "Sala kominkowa" not in dates[1].text


def test_the_agenda_marks_the_cancelled_date_and_the_moved_one() -> None:
    with translation.override("en"):
        made = agenda([SERIES], INSTITUTION, today=date(2026, 10, 20), language="en")
    days = {day.moment: day.cards[0] for month in made.months for day in month.days}
    assert list(days) == ["2026-10-26", "2026-11-03", "2026-11-09"]
    assert (days["2026-10-26"].is_off, days["2026-10-26"].badge) == (True, "Cancelled")
    assert days["2026-11-03"].badge == "New date"
    assert days["2026-11-03"].place == "Sala kominkowa, Filia nr 2"
    assert days["2026-11-09"].badge == ""


def test_a_first_date_that_is_cancelled_gives_way_to_the_next_one() -> None:
    first = datetime(2026, 10, 19, 17, tzinfo=WARSAW)
    item = dataclasses.replace(programme.SERIES, changed_dates=(ChangedDate(first),))
    found = {one.key: one for one in facts(item, INSTITUTION)}
    assert found["when"].moment.startswith("2026-10-26T17:00")


@pytest.mark.parametrize("write", [rss.write, json_feed.write])
def test_the_feeds_tell_both(write: Any) -> None:
    told = write([programme.entry(SERIES)], programme.info("feed")).decode()
    assert "26 października" in plain(told)
    assert "Sala kominkowa" in told


def test_the_json_feed_tells_machines_too() -> None:
    content = json_feed.write([programme.entry(SERIES)], programme.info("json"))
    event = json.loads(content)["items"][0]["_event"]
    assert event["changed_dates"] == [
        {"planned": "2026-10-26T17:00:00+01:00", "status": "cancelled"},
        {
            "planned": "2026-11-02T17:00:00+01:00",
            "start": "2026-11-03T18:00:00+01:00",
            "end": "2026-11-03T19:00:00+01:00",
            "status": "rescheduled",
        },
    ]


def events(item: ItemFacts) -> list[Any]:
    content = ical.write([programme.entry(item)], programme.info("ics"))
    assert validators.libical_faults(content) == []
    return list(icalendar.Calendar.from_ical(content).walk("VEVENT"))


def test_the_calendar_has_the_rule_and_an_entry_for_each_date_that_differs() -> None:
    rule, off, moved = events(SERIES)
    assert "RRULE" in rule
    assert {event["UID"] for event in (rule, off, moved)} == {rule["UID"]}
    assert off["RECURRENCE-ID"].dt == SECOND
    assert (off["STATUS"], off["DTSTART"].dt) == ("CANCELLED", SECOND)
    assert moved["RECURRENCE-ID"].dt == THIRD
    assert (moved["STATUS"], moved["DTSTART"].dt) == ("CONFIRMED", MOVED_TO)
    assert moved["DTEND"].dt - moved["DTSTART"].dt == timedelta(hours=1)
    assert "Sala kominkowa" in moved["LOCATION"]
    assert all("RRULE" not in event for event in (off, moved))


def test_a_calendar_program_shows_the_dates_as_they_take_place() -> None:
    content = ical.write([programme.entry(SERIES)], programme.info("ics"))
    calendar = icalendar.Calendar.from_ical(content)
    found = recurring_ical_events.of(calendar).between((2026, 10, 1), (2026, 12, 1))
    shown = {
        f"{event['DTSTART'].dt.astimezone(WARSAW):%d.%m %H:%M}"
        for event in found
        if event["STATUS"] != "CANCELLED"
    }
    assert shown == {"19.10 17:00", "03.11 18:00", "09.11 17:00"}


def test_a_moved_first_date_leaves_the_rule_where_it_begins() -> None:
    first = datetime(2026, 10, 19, 17, tzinfo=WARSAW)
    to = first + timedelta(days=1)
    item = dataclasses.replace(programme.SERIES, changed_dates=(ChangedDate(first, to),))
    rule, moved = events(item)
    assert rule["DTSTART"].dt == first
    assert moved["RECURRENCE-ID"].dt == first


def test_whole_days_have_a_recurrence_id_that_is_a_day() -> None:
    item = dataclasses.replace(programme.SERIES, all_day=True, changed_dates=(ChangedDate(SECOND),))
    _rule, off = events(item)
    assert off["RECURRENCE-ID"].dt == date(2026, 10, 26)


def test_search_engines_hear_of_a_cancelled_and_a_moved_date() -> None:
    graph = item_jsonld(SERIES, INSTITUTION, now=NOW)["@graph"]
    told = {one["startDate"][:10]: one for one in graph}
    assert told["2026-10-26"]["eventStatus"].endswith("EventCancelled")
    assert told["2026-11-03"]["eventStatus"].endswith("EventRescheduled")
    assert told["2026-11-03"]["previousStartDate"].startswith("2026-11-02T17:00")
    assert told["2026-11-09"]["eventStatus"].endswith("EventScheduled")


def draft(item: ItemFacts, variant: Variant) -> Draft:
    return Draft(
        variant=variant,
        due_at=NOW,
        institution=INSTITUTION,
        marker="marker",
        link="https://biblioteka.example.org/w/marker",
        item=item,
    )


def as_of(at: datetime) -> ItemFacts:
    (one,) = [one for one in meetings_of(SERIES, WARSAW) if one.was_at == at]
    return on_date(SERIES, one)


def post(item: ItemFacts, variant: Variant) -> str:
    render = programme.render_in("en")
    english = dataclasses.replace(item, language="en")
    return plain(compose_post(draft(english, variant), render, channel="facebook_page").text)


def test_a_post_about_a_cancelled_date_says_that_the_others_stay() -> None:
    text = post(as_of(SECOND), Variant.CANCELLED)
    assert "Only this one date is cancelled. The others stay as they are." in text
    assert "26 October" in text
    assert "This event will not take place" not in text


def test_a_post_about_a_moved_date_says_both_times_and_that_the_others_stay() -> None:
    text = post(as_of(THIRD), Variant.CHANGED)
    assert "3 November" in text
    assert "2 November" in text
    assert "The other dates stay as they are." in text


def test_a_post_about_the_series_names_a_date_that_takes_place() -> None:
    text = post(SERIES, Variant.ANNOUNCE)
    assert "3 November" in text
    assert "26 October" not in text


def test_a_mail_about_the_series_tells_the_next_date_and_the_changed_ones() -> None:
    english = dataclasses.replace(SERIES, language="en")
    made = composing.compose_for("en", draft(english, Variant.ANNOUNCE), channel="newsletter_email")
    text = plain(made.text)
    assert "26 October: cancelled" in text
    assert "2 November: new date" in text
    assert "Sala kominkowa" in text


def test_a_mail_about_a_cancelled_date_says_that_the_others_stay() -> None:
    english = dataclasses.replace(as_of(SECOND), language="en")
    made = composing.compose_for(
        "en", draft(english, Variant.CANCELLED), channel="newsletter_email"
    )
    assert "Only this one date is cancelled." in plain(made.text)


def test_the_notice_of_one_date_does_not_call_the_series_off() -> None:
    with translation.override("en"):
        told = notice(dataclasses.replace(as_of(SECOND), language="en"), INSTITUTION)
    assert told is not None
    assert told.status == EventStatus.CANCELLED
    assert told.text == "Only this one date is cancelled. The others stay as they are."
