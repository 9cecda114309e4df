"""An anniversary in words, in correct Polish and English."""

from __future__ import annotations

from datetime import date

import pytest

from promo.rendering.anniversaries import headline, opening, years_ago


@pytest.mark.parametrize(
    ("years", "polish", "english"),
    [
        (1, "rok temu", "a year ago"),
        (2, "2 lata temu", "2 years ago"),
        (5, "5 lat temu", "5 years ago"),
        (12, "12 lat temu", "12 years ago"),
        (22, "22 lata temu", "22 years ago"),
        (100, "100 lat temu", "100 years ago"),
        (101, "101 lat temu", "101 years ago"),
        (102, "102 lata temu", "102 years ago"),
        (112, "112 lat temu", "112 years ago"),
    ],
)
def test_years_agree_with_their_number(years: int, polish: str, english: str) -> None:
    assert years_ago(years) == polish
    assert years_ago(years, language="en") == english


def test_a_round_anniversary_is_named_in_the_title() -> None:
    assert headline("Otwarto czytelnię", 100) == "100 lat temu: Otwarto czytelnię"
    assert headline("Reading room opened", 50, language="en") == "50 years ago: Reading room opened"


def test_the_opening_says_when_it_was_and_how_the_text_begins() -> None:
    day = date(1926, 12, 24)
    told = opening(day, 100, "W kamienicy przy Rynku otwarto czytelnię.", language="pl", most=160)
    assert told == "24 grudnia 1926 r., 100 lat temu: W kamienicy przy Rynku otwarto czytelnię."
    english = opening(day, 101, "A reading room opened.", language="en", most=160)
    assert english == "24 December 1926, 101 years ago: A reading room opened."


def test_an_unknown_year_is_not_said() -> None:
    assert opening(date(2000, 2, 29), None, "Powódź.", language="pl", most=160) == (
        "29 lutego: Powódź."
    )


def test_the_opening_never_grows_too_long_and_needs_no_text() -> None:
    long = opening(date(1926, 12, 24), 100, "słowo " * 60, language="pl", most=160)
    assert len(long) <= 160
    assert long.endswith("…")
    short = opening(date(1926, 12, 24), 100, "", language="pl", most=160)
    assert short == "24 grudnia 1926 r., 100 lat temu."
