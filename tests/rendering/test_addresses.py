"""A line of an address is not torn apart between a street and its number."""

import pytest

from promo.rendering import bind_address, plain
from tests.rendering import nb


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ul. Zamkowa 6", "ul. Zamkowa~6"),
        (
            "Sala 3, ul. Jodłowa 17a/4, 46-200 Kluczbork",
            "Sala~3, ul. Jodłowa~17a/4, 46-200 Kluczbork",
        ),
        ("pl. 1 Maja 2", "pl. 1 Maja~2"),
        ("Czytelnia, pierwsze piętro", "Czytelnia, pierwsze piętro"),
    ],
)
def test_numbers_stay_with_their_street(line: str, expected: str) -> None:
    assert bind_address(line) == nb(expected)
    assert plain(bind_address(line)) == line
