"""Anniversaries from a table, as libraries keep them."""

from __future__ import annotations

import pytest

from promo.errors import InvalidRows
from promo.importing.anniversaries import AnniversaryInput, read_anniversaries


def test_columns_have_english_or_polish_names_in_any_order() -> None:
    polish = "Data;Tytuł;Źródło\n24.12.1926;Otwarto czytelnię;Gazeta Kluczborska\n"
    english = "title,date,text,source\nFlood,1902-02-28,The river rose.,Chronicle\n"

    assert read_anniversaries(polish.encode("cp1250")) == [
        AnniversaryInput(2, "12-24", 1926, "Otwarto czytelnię", "", "Gazeta Kluczborska")
    ]
    assert read_anniversaries(english.encode()) == [
        AnniversaryInput(2, "02-28", 1902, "Flood", "The river rose.", "Chronicle")
    ]


@pytest.mark.parametrize(
    ("text", "on", "year"),
    [
        ("24.12", "12-24", None),
        ("24.12.", "12-24", None),
        ("29.2", "02-29", None),
        ("29.02.1904", "02-29", 1904),
        ("1.5.1270", "05-01", 1270),
    ],
)
def test_a_date_may_lack_its_year(text: str, on: str, year: int | None) -> None:
    (row,) = read_anniversaries(f"date;title;source\n{text};Targ;Kronika\n".encode())
    assert (row.on, row.year) == (on, year)


def test_every_bad_place_is_named_and_nothing_is_taken() -> None:
    table = (
        "date;title;source\n"
        "24.12.1926;Dobry wiersz;Kronika\n"
        "29.02.1927;Nie było takiego dnia;Kronika\n"
        "kiedyś;Nie wiadomo;Kronika\n"
        "1.1.1900;;Kronika\n"
    )
    with pytest.raises(InvalidRows) as refused:
        read_anniversaries(table.encode())
    places = [(error.row, error.field) for error in refused.value.errors]
    assert places == [(3, "date"), (4, "date"), (5, "title")]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InvalidRows) as refused:
        read_anniversaries(b"date,title\n1.1.1900,Targ\n")
    assert [error.field for error in refused.value.errors] == ["source"]
