"""The vectors of dates and hours."""

from datetime import UTC, date, datetime, time

import pytest

from promo.rendering import (
    format_date,
    format_hours,
    format_range,
    format_time,
    typeset,
    weekday,
    year_is_needed,
)
from promo.rendering.dates import DateStyle, RangeStyle, TimeStyle, local
from tests.rendering import nb

TUESDAY = date(2026, 10, 20)
NEVER = ["20 październik,", "20. października", "02 listopada", "01.02", "1.2."]


@pytest.mark.parametrize(
    ("day", "style", "expected"),
    [
        (TUESDAY, "long", "20~października 2026~r."),
        (TUESDAY, "full", "wtorek, 20~października 2026~r."),
        (TUESDAY, "sentence", "we~wtorek, 20~października 2026~r."),
        (TUESDAY, "short", "20.10.2026"),
        (TUESDAY, "easy", "wtorek, 20 października 2026 roku"),
        (TUESDAY, "month", "październik 2026"),
        (date(2027, 2, 1), "short", "1.02.2027"),
        (date(2027, 2, 1), "roman", "1 II 2027"),
        (date(2026, 11, 2), "long", "2~listopada 2026~r."),
    ],
)
def test_a_day_in_polish(day: date, style: DateStyle, expected: str) -> None:
    assert format_date(day, style=style) == nb(expected)


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("long", "20~października"),
        ("full", "wtorek, 20~października"),
        ("short", "20.10"),
        ("roman", "20 X"),
        ("easy", "wtorek, 20 października"),
        ("month", "październik"),
    ],
)
def test_a_day_without_its_year(style: DateStyle, expected: str) -> None:
    assert format_date(TUESDAY, style=style, year=False) == nb(expected)


def test_a_short_day_has_no_full_stop_at_its_end() -> None:
    assert format_date(date(2026, 5, 11), style="short", year=False) == "11.05"


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("long", "20 October 2026"),
        ("full", "Tuesday, 20 October 2026"),
        ("sentence", "on Tuesday, 20 October 2026"),
        ("short", "20/10/2026"),
        ("roman", "20 October 2026"),
        ("month", "October 2026"),
        ("easy", "Tuesday, 20 October 2026"),
    ],
)
def test_a_day_in_english(style: DateStyle, expected: str) -> None:
    assert format_date(TUESDAY, style=style, language="en") == expected


def test_weekdays_in_a_sentence_have_the_right_preposition() -> None:
    week = [weekday(date(2026, 10, 19 + nth), case="accusative") for nth in range(7)]
    assert week == [
        nb("w~poniedziałek"),
        nb("we~wtorek"),
        nb("w~środę"),
        nb("w~czwartek"),
        nb("w~piątek"),
        nb("w~sobotę"),
        nb("w~niedzielę"),
    ]


def test_weekdays_in_a_list_are_nominative() -> None:
    assert weekday(date(2026, 10, 21)) == "środa"
    assert weekday(date(2026, 10, 21), language="en") == "Wednesday"
    assert weekday(date(2026, 10, 21), language="en", case="accusative") == "on Wednesday"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (date(2026, 10, 20), date(2026, 10, 24), "20–24~października 2026~r."),
        (date(2026, 10, 30), date(2026, 11, 2), "30~października – 2~listopada 2026~r."),
        (date(2026, 12, 30), date(2027, 1, 2), "30~grudnia 2026~r. – 2~stycznia 2027~r."),
        (date(2026, 10, 20), date(2026, 10, 20), "20~października 2026~r."),
    ],
)
def test_some_days_in_polish(start: date, end: date, expected: str) -> None:
    assert format_range(start, end) == nb(expected)


def test_some_days_in_words() -> None:
    days = date(2026, 10, 20), date(2026, 10, 24)
    assert format_range(*days, style="words", year=False) == nb("od 20 do 24~października")
    assert format_range(*days, style="words", language="en") == "from 20 to 24 October 2026"
    months = date(2026, 10, 30), date(2026, 11, 2)
    assert format_range(*months, style="words") == nb("od 30~października do 2~listopada 2026~r.")


def test_some_days_in_english() -> None:
    assert format_range(TUESDAY, date(2026, 10, 24), language="en") == "20–24 October 2026"
    over_new_year = format_range(date(2026, 12, 30), date(2027, 1, 2), language="en")
    assert over_new_year == "30 December 2026 – 2 January 2027"


@pytest.mark.parametrize(
    ("hour", "style", "expected"),
    [
        (time(17), "bare", "17.00"),
        (time(8, 25), "bare", "8.25"),
        (time(8), "bare", "8.00"),
        (time(17), "clock", "godz.~17.00"),
        (time(17), "at", "o~godz.~17.00"),
        (time(17), "brief", "o~17"),
        (time(17, 30), "brief", "o~17.30"),
        (time(12), "bare", "12.00"),
        (time(0), "clock", "północ"),
        (time(0), "at", "o~północy"),
        (time(23, 59), "bare", "23.59"),
    ],
)
def test_an_hour_in_polish(hour: time, style: TimeStyle, expected: str) -> None:
    assert format_time(hour, style=style) == nb(expected)


def test_an_institution_may_write_hours_with_a_colon() -> None:
    assert format_time(time(17), clock_style="colon", style="at") == nb("o~godz.~17:00")
    assert format_hours(time(8), time(9, 30), clock_style="colon", style="bare") == "8:00–9:30"


def test_an_hour_in_english_has_a_colon() -> None:
    assert format_time(time(17), language="en") == "17:00"
    assert format_time(time(8), language="en", style="at") == "at 08:00"
    assert format_time(time(0), language="en", style="at") == "at midnight"


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("bare", "10.00–12.00"),
        ("clock", "godz.~10.00–12.00"),
        ("at", "w~godz.~10.00–12.00"),
    ],
)
def test_from_hour_to_hour(style: TimeStyle, expected: str) -> None:
    assert format_hours(time(10), time(12), style=style) == nb(expected)


def test_midnight_as_an_end_is_said_in_words() -> None:
    assert format_hours(time(20), time(0)) == nb("od~godz.~20.00 do~północy")
    assert format_hours(time(0), time(4)) == nb("od~północy do~godz.~4.00")
    assert format_hours(time(20), time(0), language="en", style="at") == "from 20:00 to midnight"


@pytest.mark.parametrize(
    ("day", "needed"),
    [
        (date(2026, 10, 20), False),
        (date(2027, 3, 1), True),
        (date(2026, 12, 20), True),
        (date(2026, 1, 20), True),
        (date(2026, 2, 1), False),
    ],
)
def test_the_year_may_be_left_out_only_far_from_new_year(day: date, *, needed: bool) -> None:
    assert year_is_needed(day, date(2026, 9, 1)) is needed


@pytest.mark.parametrize("month", range(1, 13))
def test_forms_a_good_editor_strikes_out_never_appear(month: int) -> None:
    for day in (1, 2, 20):
        for style in ("long", "full", "short", "sentence"):
            shown = format_date(date(2027, month, day), style=style)
            assert not any(bad in f"{shown}," for bad in NEVER)


@pytest.mark.parametrize(
    "shown",
    [
        format_date(TUESDAY, style="full"),
        format_range(TUESDAY, date(2026, 10, 24)),
        format_time(time(17), style="at"),
        format_hours(time(10), time(12), style="at"),
    ],
)
def test_dates_are_typeset_already(shown: str) -> None:
    assert typeset(shown) == shown


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        local(datetime(2026, 10, 20, 17), "Europe/Warsaw")  # noqa: DTZ001  (the mistake itself)


def test_an_instant_is_shown_in_the_zone() -> None:
    assert local(datetime(2026, 10, 20, 15, tzinfo=UTC), "Europe/Warsaw").hour == 17
    assert local(datetime(2026, 11, 20, 15, tzinfo=UTC), "Europe/Warsaw").hour == 16


@pytest.mark.parametrize("language", ["pl", "en"])
@pytest.mark.parametrize("style", ["dash", "words"])
def test_days_on_both_sides_of_new_year_always_have_both_years(
    language: str, style: RangeStyle
) -> None:
    days = date(2026, 12, 28), date(2027, 1, 3)
    said = format_range(*days, language=language, style=style, year=False)
    assert said == format_range(*days, language=language, style=style)
    assert "2026" in said
    assert "2027" in said


def test_a_year_is_needed_if_either_end_of_a_range_lies_in_another_one() -> None:
    first, last = date(2026, 11, 20), date(2027, 2, 15)
    assert year_is_needed(first, date(2026, 9, 1), last=last)
    assert year_is_needed(first, date(2027, 2, 10), last=last)
    assert not year_is_needed(date(2026, 3, 2), date(2026, 2, 1), last=date(2026, 5, 2))
