"""The calendar: what libical, icalendar, vobject and ics.py say of it, and what people read."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import vobject
from ics import Calendar as IcsCalendar

from promo.channels.website.feeds import ical, upcoming
from promo.channels.website.recurrence import occurrences
from promo.values import EventStatus
from tests import validators
from tests.channels.website import programme

WARSAW = ZoneInfo("Europe/Warsaw")


def written(*items: Any, **changes: Any) -> bytes:
    return ical.write([programme.entry(item) for item in items], programme.info("ics", **changes))


def events(content: bytes) -> list[Any]:
    return list(icalendar.Calendar.from_ical(content).walk("VEVENT"))


def the_event(item: Any, **changes: Any) -> Any:
    (event,) = events(written(item, **changes))
    return event


PROGRAMME = written(*programme.ITEMS)


def test_libical_finds_nothing_wrong() -> None:
    assert validators.libical_faults(PROGRAMME) == []


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Asia/Kolkata", "UTC"])
def test_libical_finds_nothing_wrong_in_other_zones(zone: str) -> None:
    institution = dataclasses.replace(programme.INSTITUTION, zone=zone)
    content = written(*programme.ITEMS, institution=institution)
    assert validators.libical_faults(content) == []
    assert b"COMMENT" not in content


def test_the_judge_itself_sees_faults() -> None:
    broken = PROGRAMME.replace(b"CALSCALE:GREGORIAN", b"CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH")
    assert validators.libical_faults(broken) != []


def test_icalendar_reads_every_component_without_errors() -> None:
    calendar = icalendar.Calendar.from_ical(PROGRAMME)
    assert [component.errors for component in calendar.walk() if component.errors] == []
    assert len(calendar.walk("VEVENT")) == len(programme.ITEMS) - 1  # the news has no time


def test_vobject_validates_it() -> None:
    assert vobject.readOne(PROGRAMME.decode()).validate(raiseException=True)


def test_ics_py_reads_it() -> None:
    assert len(IcsCalendar(PROGRAMME.decode()).events) == len(programme.ITEMS) - 1


def test_lines_end_in_crlf_and_have_at_most_75_octets_of_whole_characters() -> None:
    lines = PROGRAMME.split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) <= 75 for line in lines)
    assert all(line.decode() for line in lines)
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)


def test_a_feed_to_subscribe_to_has_no_method() -> None:
    assert b"METHOD" not in PROGRAMME


def test_the_zone_of_poland_is_compact_and_left_out_where_no_hour_is_told() -> None:
    assert PROGRAMME.count(b"BEGIN:VTIMEZONE") == 1
    assert b"RDATE" not in PROGRAMME
    assert b"VTIMEZONE" not in written(programme.EXHIBITION, programme.CONTEST)


def test_a_weekly_series_stays_at_five_over_the_change_of_the_clocks() -> None:
    calendar = icalendar.Calendar.from_ical(written(programme.SERIES))
    found = recurring_ical_events.of(calendar).between(date(2026, 10, 1), date(2026, 12, 1))
    starts = [event["DTSTART"].dt for event in found]
    assert [start.strftime("%d.%m %H.%M") for start in starts] == [
        "19.10 17.00",
        "26.10 17.00",
        "02.11 17.00",
        "09.11 17.00",
    ]
    assert [start.utcoffset() for start in starts] == [timedelta(hours=h) for h in (2, 1, 1, 1)]


def test_until_is_in_utc_and_never_beside_count() -> None:
    until = dataclasses.replace(programme.SERIES, recurrence="FREQ=WEEKLY;UNTIL=20261109")
    both = dataclasses.replace(
        programme.SERIES, recurrence="RRULE:FREQ=WEEKLY;COUNT=4;UNTIL=20261109T170000"
    )
    assert b"RRULE:FREQ=WEEKLY;UNTIL=20261109T225959Z\r\n" in written(until)
    assert b"RRULE:FREQ=WEEKLY;COUNT=4\r\n" in written(both)
    assert validators.libical_faults(written(until, both)) == []


def test_an_all_day_event_ends_on_the_day_after_its_last() -> None:
    start = datetime(2026, 11, 1, tzinfo=WARSAW)
    event = the_event(programme.item(1, starts_at=start, ends_at=None, all_day=True))
    assert event["DTSTART"].dt == date(2026, 11, 1)
    assert event["DTEND"].dt == date(2026, 11, 2)


def test_an_exhibition_is_a_range_of_days_even_where_it_has_hours() -> None:
    hours = dataclasses.replace(programme.EXHIBITION, all_day=False)
    for item in (programme.EXHIBITION, hours):
        event = the_event(item)
        assert event["DTSTART"].dt == date(2026, 10, 10)
        assert event["DTEND"].dt == date(2026, 12, 1)


def test_a_night_in_the_library_keeps_its_hours() -> None:
    start = datetime(2026, 10, 10, 20, 0, tzinfo=WARSAW)
    event = the_event(programme.item(1, starts_at=start, ends_at=start + timedelta(hours=6)))
    assert event["DTSTART"].dt.hour == 20
    assert event["DTEND"].dt.hour == 2


def test_an_event_without_an_end_has_none() -> None:
    assert "DTEND" not in the_event(programme.item(1, ends_at=None))


def test_a_deadline_is_the_day_not_to_be_missed() -> None:
    event = the_event(programme.CONTEST)
    assert event["SUMMARY"] == "Ostatni dzień: Konkurs „Moja książka”"
    assert event["DTSTART"].dt == date(2026, 10, 30)
    started = dataclasses.replace(
        programme.CONTEST, starts_at=datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
    )
    assert the_event(started)["DTSTART"].dt == date(2026, 10, 30)


def test_a_cancelled_event_says_so_in_its_status_its_title_and_its_text() -> None:
    event = the_event(programme.CANCELLED)
    assert event["STATUS"] == "CANCELLED"
    assert event["SEQUENCE"] == 2
    assert event["SUMMARY"] == "ODWOŁANE: Wieczór z poezją"
    assert event["DESCRIPTION"].startswith("Odwołane. To wydarzenie się nie odbędzie.")


def test_a_postponed_event_stays_tentatively_where_it_was() -> None:
    event = the_event(programme.POSTPONED)
    assert event["STATUS"] == "TENTATIVE"
    assert event["DTSTART"].dt == datetime(2026, 10, 22, 10, 0, tzinfo=WARSAW)


def test_a_moved_event_stands_at_its_new_time_under_its_own_name() -> None:
    assert the_event(programme.MOVED)["SUMMARY"] == "Warsztaty ilustracji"


def test_the_identifier_never_changes_with_the_time_or_the_status() -> None:
    moved = dataclasses.replace(
        programme.MEETING,
        status=EventStatus.RESCHEDULED,
        starts_at=datetime(2026, 12, 1, 16, 0, tzinfo=UTC),
        ends_at=None,
    )
    uid = f"item-{programme.MEETING.uuid}@biblioteka.example.org"
    assert the_event(programme.MEETING)["UID"] == the_event(moved)["UID"] == uid


def test_special_characters_and_line_breaks_survive() -> None:
    text = "Góra; dół, ukośnik \\ i „cudzysłów”\nDruga linia: łąka 🐻‍❄️ " + "ż" * 80
    event = the_event(programme.item(1, title="Kot, pies; mysz \\ ryba", lead=text))
    assert event["SUMMARY"] == "Kot, pies; mysz \\ ryba"
    assert text.strip() in event["DESCRIPTION"]


def test_one_event_can_be_added_to_a_calendar() -> None:
    entry = programme.entry(programme.MEETING)
    content = ical.write_one(entry, programme.info("ics"))
    assert content == ical.write([entry], programme.info("ics"))
    assert len(events(content)) == 1


def test_the_calendar_forgets_what_is_over_and_remembers_a_cancellation_for_60_days() -> None:
    info = programme.info("ics")
    cancelled = programme.entry(programme.CANCELLED)
    meeting = programme.entry(programme.MEETING)
    entries = [cancelled, meeting]
    day_after = datetime(2026, 10, 21, 8, 0, tzinfo=UTC)
    assert upcoming(entries, now=day_after, info=info) == [cancelled]
    much_later = cancelled.updated_at + timedelta(days=60)
    assert upcoming(entries, now=much_later, info=info) == []
    before = cancelled.published_at - timedelta(hours=1)
    assert upcoming(entries, now=before, info=info) == []


def test_a_series_begins_on_its_first_date_not_on_the_day_from_which_it_counts() -> None:
    # Calendars show DTSTART whatever the rule says; the page shows the rule's dates only.
    tuesday_on_wednesdays = dataclasses.replace(
        programme.MEETING, recurrence="FREQ=WEEKLY;BYDAY=WE;COUNT=2"
    )
    content = written(tuesday_on_wednesdays)
    assert the_event(tuesday_on_wednesdays)["DTSTART"].dt == datetime(
        2026, 10, 21, 17, 0, tzinfo=WARSAW
    )
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(content)).between(
        date(2026, 10, 1), date(2026, 12, 1)
    )
    told = [each.starts_at for each in occurrences(tuesday_on_wednesdays, WARSAW)]
    assert [event["DTSTART"].dt for event in found] == told
    assert validators.libical_faults(content) == []


def test_the_end_of_a_series_of_long_events_is_a_date_like_its_start() -> None:
    start = datetime(2026, 10, 23, 16, 0, tzinfo=WARSAW)
    weekends = programme.item(
        1,
        starts_at=start,
        ends_at=start + timedelta(days=2),
        recurrence="FREQ=WEEKLY;UNTIL=20261106T200000",
    )
    event = the_event(weekends)
    assert event["DTSTART"].dt == date(2026, 10, 23)
    assert event["DTEND"].dt == date(2026, 10, 26)
    assert event["RRULE"].to_ical() == b"FREQ=WEEKLY;UNTIL=20261106"
    assert validators.libical_faults(written(weekends)) == []


@pytest.mark.parametrize("status", [EventStatus.CANCELLED, EventStatus.RESCHEDULED])
def test_a_series_that_is_cancelled_or_moved_stays_one_entry_with_its_rule(
    status: EventStatus,
) -> None:
    series = dataclasses.replace(programme.SERIES, status=status, sequence=3)
    event = the_event(series)
    assert event["SEQUENCE"] == 3
    assert event["STATUS"] == ("CANCELLED" if status is EventStatus.CANCELLED else "CONFIRMED")
    assert "RRULE" in event
    assert validators.libical_faults(written(series)) == []


def test_whole_days_over_the_change_of_the_clocks_and_new_year_end_on_the_day_after() -> None:
    ranges = [
        (datetime(2026, 10, 24, tzinfo=WARSAW), datetime(2026, 10, 25, 23, 59, tzinfo=WARSAW)),
        (datetime(2026, 12, 28, tzinfo=WARSAW), datetime(2027, 1, 3, 23, 59, tzinfo=WARSAW)),
    ]
    items = [
        programme.item(nth, starts_at=start, ends_at=end, all_day=True)
        for nth, (start, end) in enumerate(ranges, start=1)
    ]
    ends = {event["DTSTART"].dt: event["DTEND"].dt for event in events(written(*items))}
    assert ends == {
        date(2026, 10, 24): date(2026, 10, 26),
        date(2026, 12, 28): date(2027, 1, 4),
    }
    assert validators.libical_faults(written(*items)) == []
