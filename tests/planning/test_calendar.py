"""Public holidays, days off and the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from promo.planning import ReasonCode, polish_holidays
from promo.planning.calendar import day_off, end_of_day, next_minute, wall_clock

from .worlds import RULES, WARSAW


def test_christmas_eve_is_a_working_day_in_2024_and_a_holiday_from_2025_on() -> None:
    days = polish_holidays([2024, 2025, 2026])

    assert date(2024, 12, 24) not in days
    assert days[date(2025, 12, 24)] == "Wigilia Bożego Narodzenia"
    assert date(2026, 12, 24) in days


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 1, 6), "Święto Trzech Króli"),
        (date(2026, 4, 6), "Poniedziałek Wielkanocny"),
        (date(2026, 6, 4), "Dzień Bożego Ciała"),
        (date(2027, 5, 27), "Dzień Bożego Ciała"),
        (date(2026, 11, 11), "Narodowe Święto Niepodległości"),
    ],
)
def test_holidays_have_polish_names(day: date, name: str) -> None:
    assert polish_holidays([day.year])[day] == name


def test_a_day_off_says_why() -> None:
    sunday = day_off(date(2026, 10, 18), RULES)
    holiday = day_off(date(2026, 11, 11), RULES)

    assert sunday
    assert sunday.code is ReasonCode.MOVED_SUNDAY
    assert holiday
    assert holiday.code is ReasonCode.MOVED_HOLIDAY
    assert dict(holiday.params) == {"name": "Narodowe Święto Niepodległości"}
    assert day_off(date(2026, 10, 17), RULES) is None


@pytest.mark.parametrize(
    ("day", "instant", "code"),
    [
        # the clock jumps from 2:00 to 3:00
        (date(2026, 3, 29), datetime(2026, 3, 29, 1, 30, tzinfo=UTC), ReasonCode.CLOCK_GAP),
        (date(2027, 3, 28), datetime(2027, 3, 28, 1, 30, tzinfo=UTC), ReasonCode.CLOCK_GAP),
        # it shows 2:00 to 3:00 twice
        (date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ReasonCode.CLOCK_REPEATED),
        (date(2027, 10, 31), datetime(2027, 10, 31, 0, 30, tzinfo=UTC), ReasonCode.CLOCK_REPEATED),
    ],
)
def test_half_past_two_exists_once_in_every_night(
    day: date, instant: datetime, code: ReasonCode
) -> None:
    found, (reason,) = wall_clock(day, time(2, 30), WARSAW)

    assert found == instant
    assert reason.code is code


def test_the_skipped_time_is_named_with_the_one_that_takes_its_place() -> None:
    _, (reason,) = wall_clock(date(2026, 3, 29), time(2, 30), WARSAW)

    assert dict(reason.params) == {"wanted": "02:30", "actual": "03:30"}


def test_an_ordinary_night_needs_no_reason() -> None:
    assert wall_clock(date(2026, 3, 28), time(2, 30), WARSAW)[1] == ()


def test_the_day_of_a_clock_change_is_an_hour_shorter_or_longer() -> None:
    spring = end_of_day(date(2026, 3, 29), WARSAW) - end_of_day(date(2026, 3, 28), WARSAW)
    autumn = end_of_day(date(2026, 10, 25), WARSAW) - end_of_day(date(2026, 10, 24), WARSAW)

    assert spring.total_seconds() == 23 * 3600
    assert autumn.total_seconds() == 25 * 3600


def test_a_whole_minute_is_its_own_next_minute() -> None:
    whole = datetime(2026, 10, 20, 10, 0, tzinfo=UTC)

    assert next_minute(whole) == whole
    assert next_minute(whole.replace(second=1)) == whole.replace(minute=1)
