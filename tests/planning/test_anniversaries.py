"""Which anniversaries come up on a day, and which of them are round."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promo.planning.anniversaries import coming_up, day_in, is_round


def test_a_leap_day_is_remembered_on_the_28th_in_common_years() -> None:
    assert day_in(2027, "02-29") == date(2027, 2, 28)
    assert day_in(2028, "02-29") == date(2028, 2, 29)
    assert dict(coming_up(today=date(2027, 2, 28), days_ahead=0)) == {2027: {"02-28", "02-29"}}
    assert dict(coming_up(today=date(2028, 2, 28), days_ahead=0)) == {2028: {"02-28"}}


def test_around_new_year_the_days_of_both_years_come_up() -> None:
    found = dict(coming_up(today=date(2026, 12, 31), days_ahead=1))
    assert found == {2026: {"12-31"}, 2027: {"01-01"}}


@given(st.dates(date(1999, 1, 1), date(2033, 1, 1)), st.integers(0, 90), st.dates())
def test_a_day_comes_up_exactly_when_its_day_of_some_year_is_near(
    today: date, days_ahead: int, happened: date
) -> None:
    on = f"{happened:%m-%d}"
    last = today + timedelta(days=days_ahead)
    near = {year for year in (today.year, last.year) if today <= day_in(year, on) <= last}
    found = {year for year, days in coming_up(today=today, days_ahead=days_ahead) if on in days}
    assert found == near


@pytest.mark.parametrize("years", [10, 20, 25, 50, 75, 100, 125, 770])
def test_tens_and_quarters_of_a_century_are_round(years: int) -> None:
    assert is_round(years)


@pytest.mark.parametrize("years", [-10, 0, 1, 5, 15, 26, 99, 101])
def test_others_are_not(years: int) -> None:
    assert not is_round(years)
