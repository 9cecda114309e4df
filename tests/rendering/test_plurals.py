"""Numbers and the words that agree with them."""

from decimal import Decimal

import pytest

from promo.rendering import category, choose, count, format_number, plain
from tests.rendering import nb


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (0, "0 osób"),
        (1, "1 osoba"),
        (2, "2 osoby"),
        (4, "4 osoby"),
        (5, "5 osób"),
        (11, "11 osób"),
        (12, "12 osób"),
        (14, "14 osób"),
        (21, "21 osób"),
        (22, "22 osoby"),
        (25, "25 osób"),
        (100, "100 osób"),
        (101, "101 osób"),
        (102, "102 osoby"),
        (112, "112 osób"),
        (122, "122 osoby"),
        (1.5, "1,5 osoby"),
        (Decimal("1.5"), "1,5 osoby"),
    ],
)
def test_people_are_counted_in_polish(n: int | float | Decimal, expected: str) -> None:
    assert plain(count(n, "osoba", "osoby", "osób", "osoby")) == expected


def test_the_number_keeps_to_its_word() -> None:
    assert count(20, "osoba", "osoby", "osób") == nb("20~osób")


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (1, "Zostało jeszcze 1 miejsce"),
        (2, "Zostały jeszcze 2 miejsca"),
        (5, "Zostało jeszcze 5 miejsc"),
    ],
)
def test_the_verb_agrees_too(n: int, expected: str) -> None:
    forms = (
        "Zostało jeszcze {n} miejsce",
        "Zostały jeszcze {n} miejsca",
        "Zostało jeszcze {n} miejsc",
    )
    assert count(n, *forms) == expected


def test_english_has_two_forms() -> None:
    assert plain(count(1, "person", "people", language="en")) == "1 person"
    assert plain(count(0, "person", "people", language="en")) == "0 people"
    assert choose(2, "was", "were", language="en") == "were"


def test_a_fraction_may_have_a_form_of_its_own() -> None:
    assert count(1.5, "rok", "lata", "lat", "roku") == nb("1,5~roku")
    assert category(2.0) == "few"


@pytest.mark.parametrize(
    ("n", "polish", "english"),
    [
        (1500, "1500", "1,500"),
        (12500, "12~500", "12,500"),
        (1_200_500, "1~200~500", "1,200,500"),
        (12.5, "12,5", "12.5"),
    ],
)
def test_figures_are_grouped_as_the_language_has_it(
    n: int | float, polish: str, english: str
) -> None:
    assert format_number(n) == nb(polish)
    assert format_number(n, language="en") == english
