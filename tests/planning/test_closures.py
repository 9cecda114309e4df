"""The institution's own closing days, and pages that are silent on days off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.utils import translation

from promo.planning import (
    DEFAULT_CHANNEL_RULES,
    Closure,
    ReasonCode,
    Rules,
    polish_holidays,
    reason_text,
)
from promo.planning.calendar import day_off
from promo.values import Variant

from .worlds import RULES, WARSAW, codes, dropped, event, planned, post, step, times

PAGE_RULES = DEFAULT_CHANNEL_RULES["facebook_page"]
CHRISTMAS = Closure(date(2026, 12, 24), date(2026, 12, 26), "święta", yearly=True)


def silent(*closures: Closure, sundays: bool = False) -> Rules:
    """Rules under which the page keeps closed days, with `sundays` all days off."""
    page = replace(PAGE_RULES, open_days_only=True, working_days_only=sundays)
    return replace(
        RULES, closures=closures, channel_rules={**DEFAULT_CHANNEL_RULES, page.channel: page}
    )


@pytest.mark.parametrize(
    ("day", "closed"),
    [
        (date(2026, 12, 23), False),
        (date(2026, 12, 24), True),
        (date(2026, 12, 26), True),
        (date(2026, 12, 27), False),
        (date(2031, 12, 25), True),
    ],
)
def test_a_yearly_closing_comes_back_every_year(day: date, *, closed: bool) -> None:
    assert CHRISTMAS.covers(day) is closed
    assert replace(CHRISTMAS, yearly=False).covers(day) is (closed and day.year == 2026)


@pytest.mark.parametrize("day", [date(2026, 12, 30), date(2027, 1, 1), date(2030, 1, 2)])
def test_a_yearly_closing_may_run_over_new_year(day: date) -> None:
    assert Closure(date(2026, 12, 30), date(2027, 1, 2), yearly=True).covers(day)


def test_a_leap_day_within_a_yearly_closing_is_closed() -> None:
    assert Closure(date(2026, 2, 20), date(2026, 3, 3), yearly=True).covers(date(2028, 2, 29))


def test_a_page_speaks_on_closed_days_unless_it_is_told_to_be_silent() -> None:
    closed = Closure(date(2026, 10, 13), date(2026, 10, 13))
    usual = replace(RULES, closures=(closed,))

    assert times(planned(event(), step("D-7 17:00", key="a"), rules=usual)) == {
        "a": "2026-10-13 17:00"
    }
    assert times(planned(event(), step("D-7 17:00", key="a"), rules=silent(closed))) == {
        "a": "2026-10-12 17:00"
    }


def test_a_page_with_quiet_days_moves_from_sunday_to_the_working_day_before() -> None:
    made = planned(event(), step("D-9 17:00", key="a"), rules=silent(sundays=True))

    assert times(made) == {"a": "2026-10-10 17:00"}
    assert codes(post(made, "a")) == [ReasonCode.MOVED_SUNDAY]


def test_a_today_post_on_a_closed_day_is_dropped_rather_than_told_the_day_before() -> None:
    closed = Closure(date(2026, 10, 20), date(2026, 10, 20))
    made = planned(event(), step("D 09:00", Variant.TODAY, key="t"), rules=silent(closed))

    assert dropped(made) == {"t": ReasonCode.NOT_THAT_DAY}


def test_urgent_news_goes_out_on_a_closed_day() -> None:
    closed = Closure(date(2026, 10, 20), date(2026, 10, 25))
    urgent = event(urgent=True, operational=True, starts_at=None, ends_at=None)
    made = planned(
        urgent,
        step("approval", key="a"),
        now="2026-10-20 23:00",
        rules=silent(closed, sundays=True),
    )

    assert times(made) == {"a": "2026-10-20 23:00"}


def test_a_house_that_is_closed_all_year_is_still_heard() -> None:
    always = (
        Closure(date(2026, 1, 1), date(2026, 6, 30), yearly=True),
        Closure(date(2026, 7, 1), date(2026, 12, 31), yearly=True),
    )
    assert times(planned(event(), step("D-7 17:00", key="a"), rules=silent(*always))) == {
        "a": "2026-10-13 17:00"
    }


@pytest.mark.parametrize(
    ("closure", "language", "text"),
    [
        (CHRISTMAS, "en", "moved: the library is closed 24–26 December (święta)"),
        (
            Closure(date(2026, 12, 30), date(2027, 1, 2)),
            "en",
            "moved: the library is closed 30 December – 2 January",
        ),
        (
            Closure(date(2026, 8, 3), date(2026, 8, 3)),
            "en",
            "moved: the library is closed 3 August",
        ),
    ],
)
def test_the_reason_names_the_days(closure: Closure, language: str, text: str) -> None:
    rules = Rules(zone=WARSAW, closures=(closure,), holidays=polish_holidays([2020]))
    reason = day_off(closure.last, rules, replace(PAGE_RULES, open_days_only=True))

    assert reason
    with translation.override(language):
        assert reason_text(reason) == text
