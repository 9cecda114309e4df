"""What is the same thing, and what only looks like it."""

from __future__ import annotations

from datetime import date

import pytest

from promo.sources.duplicates import (
    Likeness,
    Trace,
    address_key,
    day_key,
    identifier_key,
    is_phrase_of,
    likeness,
    title_key,
)

DAY, NEXT = date(2026, 10, 20), date(2026, 10, 21)


def trace(
    title: str = "Wieczór poezji", *, on: date | None = DAY, place: str = "", **ids: str
) -> Trace:
    return Trace(guid=ids.get("guid", ""), url=ids.get("url", ""), title=title, on=on, place=place)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/wpis",
        "http://example.org/wpis/",
        "https://www.example.org/wpis",
        "https://EXAMPLE.org:443/wpis#komentarze",
        "https://example.org/wpis?utm_source=newsletter&utm_medium=mail&fbclid=x",
        " https://example.org/wpis ",
    ],
)
def test_addresses_of_one_page_share_a_key(url: str) -> None:
    assert address_key(url) == address_key("https://example.org/wpis")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/wpis/2",
        "https://example.org/wpis?p=2",
        "https://filia.example.org/wpis",
        "https://example.org:8080/wpis",
        "https://example.org/Wpis",
    ],
)
def test_addresses_of_two_pages_have_two_keys(url: str) -> None:
    assert address_key(url) != address_key("https://example.org/wpis")


def test_order_of_parameters_does_not_matter() -> None:
    assert address_key("https://e.org/?b=2&a=1") == address_key("https://e.org/?a=1&b=2")


def test_what_is_no_address_has_no_key() -> None:
    assert address_key("") == address_key("mailto:") == address_key("http://[::1") == ""


def test_identifier_of_the_events_calendar_survives_a_change_of_time() -> None:
    before = identifier_key("12345-1792515600-1792522800@kultura.example.org")
    after = identifier_key("12345-1792519200-1792526400@kultura.example.org")
    assert before == after == "12345@kultura.example.org"


def test_title_key_ignores_case_diacritics_and_punctuation() -> None:
    assert title_key("„Żółw” – SPOTKANIE,  cz. 2!") == title_key("zolw spotkanie cz 2")
    assert day_key("Żółw!", DAY) == "2026-10-20 zolw"


def test_same_address_is_the_same_thing_though_the_day_was_moved() -> None:
    one, other = trace(url="https://e.org/a"), trace("Inny tytuł", url="http://e.org/a/", on=NEXT)
    assert likeness(one, other) is Likeness.ADDRESS


def test_address_may_stand_where_the_other_has_its_identifier() -> None:
    one, other = trace(guid="https://e.org/a", on=None), trace("Inny", url="http://www.e.org/a")
    assert likeness(one, other) is Likeness.ADDRESS


def test_one_page_with_a_series_of_days_stays_a_series() -> None:
    one = trace(url="https://e.org/cykl", guid="cykl-1")
    other = trace(url="https://e.org/cykl", guid="cykl-2", on=NEXT)
    assert likeness(one, other) is None


def test_same_title_on_the_same_day_is_the_same_thing() -> None:
    assert likeness(trace("Wieczór poezji"), trace("WIECZÓR POEZJI!")) is Likeness.TITLE


def test_same_title_on_another_day_is_another_thing() -> None:
    assert likeness(trace(), trace(on=NEXT)) is None
    assert likeness(trace(on=None), trace(on=None)) is None


def test_title_inside_a_longer_one_is_the_same_thing() -> None:
    short, long = trace("Narodowe Czytanie"), trace("Narodowe Czytanie 2026: „Lalka” w parku")
    assert likeness(short, long) is Likeness.PHRASE
    assert likeness(long, short) is Likeness.PHRASE


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("koncert", "koncert noworoczny orkiestry detej"),
        ("warsztaty ceramiczne", "warsztaty ceramiczne ii"),
        ("spotkanie auto", "spotkanie autorskie z olga tokarczuk"),
        ("", "cokolwiek"),
    ],
)
def test_short_or_nearly_whole_or_broken_phrases_prove_nothing(short: str, long: str) -> None:
    assert not is_phrase_of(short, long)


def test_two_authors_at_one_hour_in_two_branches_stay_two() -> None:
    one = trace("Spotkanie autorskie", place="Filia nr 1")
    other = trace("Spotkanie autorskie", place="Filia nr 2")
    assert likeness(one, other) is None
    named = trace("Spotkanie autorskie z Joanną Bator", place="Filia nr 2")
    assert likeness(one, named) is None


def test_place_that_is_not_known_is_no_contradiction() -> None:
    assert likeness(trace(place="Filia nr 1"), trace()) is Likeness.TITLE


def test_place_with_its_street_is_the_same_place() -> None:
    one, other = trace(place="Filia nr 3"), trace(place="Filia nr 3, ul. Długa 5")
    assert likeness(one, other) is Likeness.TITLE
    assert likeness(one, trace(place="Filia nr 31")) is None
