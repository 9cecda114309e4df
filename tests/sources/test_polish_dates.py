"""Dates in Polish prose: the list of ways in which libraries announce things."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promo.sources.polish_dates import find_when

WARSAW = ZoneInfo("Europe/Warsaw")
WRITTEN = date(2026, 9, 1)


def read(text: str, since: date | None = WRITTEN) -> str | None:
    """`first hour – last hour`, in Warsaw; without hours for whole days."""
    when = find_when(text, zone=WARSAW, since=since)
    if when is None:
        return None
    assert when.starts_at.tzinfo is UTC
    form = "%Y-%m-%d" if when.all_day else "%Y-%m-%d %H:%M"
    begins = when.starts_at.astimezone(WARSAW)
    if when.all_day:
        assert (begins.hour, begins.minute) == (0, 0)
    if when.ends_at is None:
        return begins.strftime(form)
    assert when.ends_at > when.starts_at
    return f"{begins.strftime(form)} – {when.ends_at.astimezone(WARSAW).strftime(form)}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18.09.2026, godz. 19:00", "2026-09-18 19:00"),
        ("18.09.2026, godz. 19.00", "2026-09-18 19:00"),
        ("Spotkanie autorskie | 18.09.2026", "2026-09-18"),
        ("18.9.2026 r. o godz. 9", "2026-09-18 09:00"),
        ("12-13.10.2026", "2026-10-12 – 2026-10-13"),
        ("30.10–2.11.2026", "2026-10-30 – 2026-11-02"),
        ("20 października 2026", "2026-10-20"),
        ("20\u00a0października 2026\u00a0r., godz.\u00a017.00", "2026-10-20 17:00"),
        ("20 października 2026 roku o godzinie 18:30", "2026-10-20 18:30"),
        ("20 pazdziernika", "2026-10-20"),
        ("20 październik", "2026-10-20"),
        ("20 paź 2026", "2026-10-20"),
        ("20 X 2026", "2026-10-20"),
        ("20.X.2026 r., 17.00", "2026-10-20 17:00"),
        ("2026-10-20 17:00", "2026-10-20 17:00"),
        ("20.10.2026, 17.00–19.00", "2026-10-20 17:00 – 2026-10-20 19:00"),
        ("W środę 21 października o 17 spotykamy się", "2026-10-21 17:00"),
        ("o godz. 17.00 w środę 21 października", "2026-10-21 17:00"),
        ("środa, 21.10, godz. 17:00", "2026-10-21 17:00"),
        ("od 20 do 24 października", "2026-10-20 – 2026-10-24"),
        ("od poniedziałku 19 do piątku 23 października", "2026-10-19 – 2026-10-23"),
        ("20–24 października 2026 r.", "2026-10-20 – 2026-10-24"),
        ("30 października – 2 listopada 2026 r.", "2026-10-30 – 2026-11-02"),
        ("od 20 października do 24 listopada", "2026-10-20 – 2026-11-24"),
        ("od 28 grudnia do 3 stycznia", "2026-12-28 – 2027-01-03"),
        ("28 grudnia 2026 – 3 stycznia 2027", "2026-12-28 – 2027-01-03"),
        ("20, 21 i 22 listopada", "2026-11-20 – 2026-11-22"),
        ("5 i 19 października o 17", "2026-10-05 17:00"),
        (
            "20-24.10.2026 r. w godz. 9:00 – 15:00",
            "2026-10-20 09:00 – 2026-10-24 15:00",
        ),
        ("Noc Bibliotek: 10 października 2026, 18.00–2.00", "2026-10-10 18:00 – 2026-10-11 02:00"),
        ("24 grudnia 2026, godz. 24.00", "2026-12-25 00:00"),
        ("5 maja", "2027-05-05"),
    ],
)
def test_announcement_is_read(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Zapraszamy do biblioteki",
        "31 lutego 2026",
        "32.10.2026",
        "ISBN 978-83-10-20262-1",
        "tel. 77 418 10 20",
        "46-200 Kluczbork, ul. 3 Maja 5a",
        "przy placu 11 Listopada",
        "Bilety 20.10 zł",
        "od 5 do 7 lat",
        "wersja 1.2.2026.3",
        "http://example.org/2026/10/",
        "20.13.2026",
        "20 wieku",
    ],
)
def test_figures_that_are_no_date_are_left_alone(text: str) -> None:
    assert read(text) is None


def test_date_that_is_over_when_the_text_is_written_does_not_count() -> None:
    assert (
        read("12 maja 2025 gościliśmy poetkę; następne spotkanie 3 listopada 2026") == "2026-11-03"
    )
    assert read("Spotkanie odbyło się 15 sierpnia 2026 r.") is None


def test_date_without_a_year_that_is_ten_months_ahead_is_a_date_of_the_past() -> None:
    assert read("Spotkanie odbyło się 15 sierpnia") is None


def test_weekday_that_does_not_fit_says_that_another_year_is_meant() -> None:
    assert read("we wtorek 21 października") is None
    assert read("we wtorek 21 października 2026 r.") == "2026-10-21"


def test_without_knowing_when_it_was_written_only_full_dates_are_read() -> None:
    assert read("20 października", since=None) is None
    assert read("20 października 2020", since=None) == "2020-10-20"


def test_event_that_has_begun_still_counts() -> None:
    assert read("od 20 sierpnia do 24 września") == "2026-08-20 – 2026-09-24"


def test_amounts_are_not_taken_for_hours() -> None:
    assert read("3 listopada o 5 zł taniej") == "2026-11-03"
    assert read("3 listopada o 20 osób więcej") == "2026-11-03"


def test_hour_of_the_next_date_is_not_borrowed() -> None:
    assert read("3 listopada, a dzień później 4 listopada o 17") == "2026-11-03"


def test_clock_change_moves_the_offset_and_not_the_hour() -> None:
    summer = find_when("24 października 2026, godz. 17", zone=WARSAW)
    winter = find_when("25 października 2026, godz. 17", zone=WARSAW)
    assert summer is not None
    assert winter is not None
    assert summer.starts_at == datetime(2026, 10, 24, 15, tzinfo=UTC)
    assert winter.starts_at == datetime(2026, 10, 25, 16, tzinfo=UTC)


@given(st.text(alphabet="0123456789.,-–:/ ido maja X pażdziernik środa godz.zł", max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    read(text)


@pytest.mark.parametrize(
    "part", ["1, ", "20, 21, ", "1.1-", "5 maja - ", "1 i ", "środa, ", "1:1-"]
)
def test_long_rows_of_figures_are_read_without_end(part: str) -> None:
    read(part * (20_000 // len(part)))
