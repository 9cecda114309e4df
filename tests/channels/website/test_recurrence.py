"""The dates of a series: local hours, bounded search, no trust in a rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from promo.channels.website.recurrence import ical_rule, last_day, occurrences
from promo.values import ItemFacts
from tests.channels.website import programme

TZ = programme.INSTITUTION.tz


def series(rule: str, **changes: object) -> ItemFacts:
    return programme.item(1, recurrence=rule, **changes)


def days(item: ItemFacts) -> list[str]:
    return [occurrence.starts_at.strftime("%d.%m") for occurrence in occurrences(item, TZ)]


def test_a_single_event_has_one_date_with_its_end() -> None:
    (only,) = occurrences(programme.MEETING, TZ)
    assert (only.starts_at.hour, only.ends_at and only.ends_at.hour) == (17, 18)


def test_news_has_no_date() -> None:
    assert list(occurrences(programme.NEWS, TZ)) == []
    assert last_day(programme.NEWS, TZ) is None


def test_a_weekly_series_keeps_its_hour_and_length_when_the_clocks_change() -> None:
    found = list(occurrences(programme.SERIES, TZ))
    assert [each.starts_at.strftime("%H.%M %z") for each in found] == [
        "17.00 +0200",
        "17.00 +0100",
        "17.00 +0100",
        "17.00 +0100",
    ]
    assert all(
        each.ends_at and each.ends_at - each.starts_at == timedelta(hours=1) for each in found
    )


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;COUNT=2", ["20.10", "27.10"]),
        ("RRULE:FREQ=WEEKLY;COUNT=2", ["20.10", "27.10"]),
        ("freq=weekly;count=2", ["20.10", "27.10"]),
        ("FREQ=WEEKLY;UNTIL=20261027", ["20.10", "27.10"]),
        ("FREQ=WEEKLY;UNTIL=20261027T160000Z", ["20.10", "27.10"]),
        ("FREQ=WEEKLY;UNTIL=20261027T155959Z", ["20.10"]),
        ("FREQ=WEEKLY;UNTIL=20261027T170000", ["20.10", "27.10"]),
        ("FREQ=MONTHLY;BYDAY=3TU;COUNT=2", ["20.10", "17.11"]),
        ("FREQ=WEEKLY;COUNT=2;UNTIL=20301027", ["20.10", "27.10"]),
    ],
)
def test_a_rule_gives_its_dates(rule: str, expected: list[str]) -> None:
    assert days(series(rule)) == expected


@pytest.mark.parametrize(
    "rule",
    [
        "co tydzień",
        "FREQ=HOURLY;COUNT=2",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;UNTIL=jutro",
        "FREQ=WEEKLY;COUNT=x",
        "FREQ=WEEKLY;X-KEY=1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=3",
        "FREQ=WEEKLY;UNTIL=20200101",
        "FREQ=WEEKLY\nEXDATE:20261027",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=WEEKLY;BYDAY=2TU",
        "FREQ=YEARLY;BYDAY=60MO",
        "FREQ=WEEKLY;UNTIL=20261399",
        "FREQ=WEEKLY;",
    ],
)
def test_a_rule_that_gives_nothing_leaves_the_first_date(rule: str) -> None:
    assert days(series(rule)) == ["20.10"]
    assert ical_rule(series(rule), TZ, whole_days=False) == ""


def test_an_endless_series_is_followed_for_three_years() -> None:
    found = days(series("FREQ=WEEKLY"))
    assert len(found) == 157
    assert ical_rule(series("FREQ=WEEKLY"), TZ, whole_days=False) == "FREQ=WEEKLY"


def test_the_last_day_of_a_whole_day_series_is_told_as_a_date() -> None:
    item = series("FREQ=DAILY;UNTIL=20261022", all_day=True)
    assert ical_rule(item, TZ, whole_days=True) == "FREQ=DAILY;UNTIL=20261022"
    assert last_day(item, TZ) == date(2026, 10, 22)


def test_a_deadline_after_the_event_counts_as_its_last_day() -> None:
    item = programme.item(1, deadline_at=datetime(2026, 12, 1, tzinfo=UTC))
    assert last_day(item, TZ) == date(2026, 12, 1)
