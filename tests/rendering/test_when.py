"""When an item takes place, as one phrase."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from promo.rendering import format_when, typeset
from tests.rendering import nb

WARSAW = ZoneInfo("Europe/Warsaw")
START = datetime(2026, 10, 20, 15, tzinfo=UTC)  # 17.00 in Warsaw
END = datetime(2026, 10, 20, 17, tzinfo=UTC)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=WARSAW)  # type: ignore[arg-type, misc]


def when(starts_at: datetime, ends_at: datetime | None = None, **how: Any) -> str:
    return format_when(starts_at, ends_at, zone="Europe/Warsaw", **how)


@pytest.mark.parametrize(
    ("style", "alone", "with_end"),
    [
        (
            "list",
            "wtorek, 20~października 2026~r., godz.~17.00",
            "wtorek, 20~października 2026~r., godz.~17.00–19.00",
        ),
        (
            "sentence",
            "we~wtorek, 20~października 2026~r., o~godz.~17.00",
            "we~wtorek, 20~października 2026~r., w~godz.~17.00–19.00",
        ),
        ("short", "20.10.2026, 17:00", "20.10.2026, 17:00–19:00"),
        (
            "easy",
            "wtorek, 20 października 2026 roku, godzina 17:00",
            "wtorek, 20 października 2026 roku, godziny 17:00–19:00",
        ),
    ],
)
def test_one_evening_in_polish(style: str, alone: str, with_end: str) -> None:
    assert when(START, style=style) == nb(alone)
    assert when(START, END, style=style) == nb(with_end)


def test_one_evening_in_english() -> None:
    assert when(START, language="en") == "Tuesday, 20 October 2026, 17:00"
    assert when(START, END, language="en") == "Tuesday, 20 October 2026, 17:00–19:00"
    sentence = when(START, END, language="en", style="sentence")
    assert sentence == "on Tuesday, 20 October 2026, from 17:00 to 19:00"


def test_the_colon_of_an_institution_is_kept() -> None:
    assert when(START, clock_style="colon").endswith(nb("godz.~17:00"))


def test_whole_days_name_the_first_and_the_last() -> None:
    days = local(2026, 10, 20), local(2026, 10, 24)
    assert when(*days, all_day=True) == nb("20–24~października 2026~r.")
    assert when(*days, all_day=True, style="sentence") == nb("od 20 do 24~października 2026~r.")
    assert when(*days, all_day=True, style="short") == "20.10.2026 – 24.10.2026"
    assert when(days[0], all_day=True) == nb("wtorek, 20~października 2026~r.")
    assert when(*days, all_day=True, language="en") == "20–24 October 2026"


def test_a_night_belongs_to_its_evening() -> None:
    night = when(local(2026, 6, 6, 18), local(2026, 6, 7, 2))
    assert night == nb("sobota, 6~czerwca 2026~r., godz.~18.00–2.00")


def test_an_evening_may_end_at_midnight() -> None:
    evening = when(local(2026, 6, 6, 20), local(2026, 6, 7))
    assert evening == nb("sobota, 6~czerwca 2026~r., od~godz.~20.00 do~północy")


def test_several_days_with_hours_say_both_ends() -> None:
    ends = local(2026, 10, 20, 10), local(2026, 10, 22, 18)
    assert when(*ends) == nb(
        "wtorek, 20~października 2026~r., godz.~10.00"
        " – czwartek, 22~października 2026~r., godz.~18.00"
    )
    assert when(*ends, style="sentence", omit_year=True, today=date(2026, 10, 1)) == nb(
        "od 20~października, godz.~10.00, do 22~października, godz.~18.00"
    )


def test_relative_words_are_said_on_the_day_they_are_read() -> None:
    today, eve = date(2026, 10, 20), date(2026, 10, 19)
    assert when(START, relative=True, today=today) == nb("dziś o~17.00")
    assert when(START, END, relative=True, today=today) == nb("dziś w~godz.~17.00–19.00")
    assert when(START, relative=True, today=eve) == nb("jutro (wtorek, 20~października) o~17.00")
    assert when(START, relative=True, today=today, language="en") == "today at 17:00"
    tomorrow = when(START, END, relative=True, today=eve, language="en")
    assert tomorrow == "tomorrow (Tuesday, 20 October) from 17:00 to 19:00"


def test_whole_days_of_today_have_no_hour() -> None:
    day = local(2026, 10, 20)
    assert when(day, all_day=True, relative=True, today=day.date()) == "dziś"


def test_the_eve_post_that_goes_out_after_midnight_says_today() -> None:
    after_midnight = local(2026, 10, 20, 0, 10).date()
    assert when(START, relative=True, today=after_midnight).startswith("dziś")


def test_relative_words_come_only_when_asked_for() -> None:
    full = nb("wtorek, 20~października 2026~r., godz.~17.00")
    assert when(START, today=date(2026, 10, 20)) == full
    assert when(START, relative=True) == full
    assert when(START, relative=True, today=date(2026, 10, 18)) == full
    assert when(START, relative=True, today=date(2026, 10, 21)) == full


def test_the_local_date_decides_what_is_today() -> None:
    late = datetime(2026, 10, 20, 22, 30, tzinfo=UTC)  # 0.30 on the 21st in Warsaw
    assert when(late, relative=True, today=date(2026, 10, 21)) == nb("dziś o~0.30")


def test_the_year_is_left_out_only_where_nobody_can_mistake_it() -> None:
    near, far = date(2026, 9, 1), date(2025, 12, 31)
    assert when(START, omit_year=True, today=near) == nb("wtorek, 20~października, godz.~17.00")
    assert when(START, omit_year=True, today=far) == nb(
        "wtorek, 20~października 2026~r., godz.~17.00"
    )
    assert "2026" in when(START, omit_year=True)


def test_an_end_before_the_start_is_not_said() -> None:
    assert when(END, START) == nb("wtorek, 20~października 2026~r., godz.~19.00")


def test_hours_stay_on_the_wall_over_a_change_of_the_clock() -> None:
    assert "17.00" in when(local(2026, 10, 24, 17))
    assert "17.00" in when(local(2026, 10, 26, 17))


def test_the_phrase_is_typeset_already() -> None:
    for style in ("list", "sentence", "short"):
        phrase = when(START, END, style=style)
        assert typeset(phrase) == phrase


@pytest.mark.parametrize("language", ["pl", "en"])
@pytest.mark.parametrize("style", ["list", "sentence", "short", "easy"])
@pytest.mark.parametrize("all_day", [True, False], ids=["days", "hours"])
@pytest.mark.parametrize("today", [date(2026, 9, 1), date(2027, 2, 10)])
def test_a_range_over_new_year_says_both_years_whenever_it_is_read(
    *, language: str, style: str, all_day: bool, today: date
) -> None:
    ends = local(2026, 11, 20, 10), local(2027, 2, 15, 18)
    said = when(*ends, all_day=all_day, language=language, style=style, today=today, omit_year=True)
    assert "2026" in said
    assert "2027" in said


@pytest.mark.parametrize(
    ("language", "expected"),
    [("pl", "30~października – 2~listopada"), ("en", "30 October – 2 November")],
)
def test_a_range_over_two_months_of_this_year_needs_no_year(language: str, expected: str) -> None:
    ends = local(2026, 10, 30), local(2026, 11, 2)
    said = when(*ends, all_day=True, language=language, today=date(2026, 10, 1), omit_year=True)
    assert said == nb(expected)
