"""Files of readers as people bring them: encodings, delimiters, spreadsheets, and broken ones."""

from __future__ import annotations

import codecs
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from promo.errors import InvalidInput
from promo.importing import readers_csv, readers_rows, readers_shape, readers_xlsx
from promo.importing.readers_csv import BROKEN, Cells
from promo.importing.readers_rows import Reader, RefusedCell, row_reader
from promo.mailing.headers import MailAddress
from promo.services.subscribers import valid_address
from promo.sources.confined import MEGABYTE, Limits

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
WARSAW = ZoneInfo("Europe/Warsaw")
POLISH = "E-mail;Imię i nazwisko;Język\nzofia@example.org;Żółć Gęślą;polski\n"


def put(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


def table(path: Path, *, encoding: str = "utf-8", delimiter: str = ";") -> list[Cells]:
    return list(readers_csv.rows(readers_csv.lines(path, encoding), delimiter))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp1250", "cp1250"),
        ("iso-8859-2", "iso-8859-2"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
    ],
)
def test_encoding_is_recognised_and_polish_letters_come_out_whole(
    tmp_path: Path, written: str, found: str
) -> None:
    text = POLISH + "jan@example.org;Stanisław Świątek;pl\n"
    path = put(tmp_path, text.encode(written))
    assert readers_shape.encoding_of(path) == found
    read_as = written if written == "utf-16-le" else found
    rows = table(path, encoding=read_as)
    assert rows[0] == ["E-mail", "Imię i nazwisko", "Język"]
    assert [row[1] for row in rows[1:]] == ["Żółć Gęślą", "Stanisław Świątek"]


def test_a_letter_with_a_tail_on_the_last_line_of_a_large_file_decides(tmp_path: Path) -> None:
    plain = b"czytelnik@example.org;Jan\n" * 60_000
    assert readers_shape.encoding_of(put(tmp_path, plain)) == "utf-8"
    tail = "ostatni@example.org;Łucja Śliwa\n".encode("cp1250")
    assert readers_shape.encoding_of(put(tmp_path, plain + tail)) == "cp1250"


def test_a_letter_cut_in_two_at_the_end_is_not_utf_8(tmp_path: Path) -> None:
    assert readers_shape.encoding_of(put(tmp_path, "a;ż".encode()[:-1])) != "utf-8"


@pytest.mark.parametrize("delimiter", readers_shape.DELIMITERS)
def test_delimiter_is_recognised(delimiter: str) -> None:
    lines = [
        delimiter.join(["e-mail", "imię", "uwagi"]) + "\n",
        delimiter.join(["a@example.org", "Anna", '"Kraków; Nowa Huta, os. 1"']) + "\n",
    ]
    assert readers_shape.delimiter_of(lines) == delimiter


def test_a_file_of_addresses_alone_needs_no_delimiter() -> None:
    assert readers_shape.delimiter_of(["a@example.org\n", "b@example.org\n"]) in ";,\t"


def test_quoted_cells_keep_their_line_breaks_and_rows_count_as_in_a_spreadsheet(
    tmp_path: Path,
) -> None:
    path = put(
        tmp_path, b'e-mail;uwagi\r\na@example.org;"dwie\r\nlinie; i ""cytat"""\r\nb@example.org;x'
    )
    assert table(path) == [
        ["e-mail", "uwagi"],
        ["a@example.org", 'dwie\r\nlinie; i "cytat"'],
        ["b@example.org", "x"],
    ]


def test_excels_own_first_line_is_no_row(tmp_path: Path) -> None:
    assert table(put(tmp_path, b"sep=;\r\ne-mail;x\r\n")) == [["e-mail", "x"]]


def test_a_quotation_mark_that_never_closes_costs_no_more_than_its_own_stretch(
    tmp_path: Path,
) -> None:
    rest = "".join(f"reader{number}@example.org;x\n" for number in range(20_000))
    rows = table(put(tmp_path, f'a@example.org;"never closed\n{rest}'.encode()))
    assert rows.count(BROKEN) == 1
    assert rows[-1] == ["reader19999@example.org", "x"]
    assert len(rows) > 10_000


def test_a_row_of_a_million_columns_is_read_and_the_next_one_too(tmp_path: Path) -> None:
    rows = table(put(tmp_path, b";" * 1_000_000 + b"\na@example.org;x\n"))
    assert len(rows[0]) == 1_000_001
    assert rows[1] == ["a@example.org", "x"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_columns(tmp_path: Path, content: bytes) -> None:
    rows = [row for row in table(put(tmp_path, content)) if any(row)]
    assert rows == []
    assert readers_shape.columns_of(rows, heading=readers_shape.has_heading(rows)) == {}


def test_headings_alone_are_recognised() -> None:
    rows = [["E-mail", "Imię", "Nazwisko", "Język", "Data zgody", "Źródło"]]
    assert readers_shape.has_heading(rows)
    found = readers_shape.columns_of(rows, heading=True)
    assert found == {key: place for place, key in enumerate(readers_shape.FIELDS)}


@pytest.mark.parametrize(
    "heading", ["Adres e-mail:", "ADRES", "email address", "Adres poczty elektronicznej", "Mail"]
)
def test_the_column_of_addresses_is_found_under_many_names(heading: str) -> None:
    assert readers_shape.columns_of([["Lp.", heading]], heading=True)["email"] == 1


def test_what_looks_like_addresses_outweighs_a_heading() -> None:
    rows = [["Adres", "Kontakt"], ["ul. Długa 1", "a@example.org"]]
    assert readers_shape.columns_of(rows, heading=True) == {"email": 1}


def test_a_file_without_a_heading_is_told_by_its_first_row() -> None:
    rows = [["Anna", "a@example.org"], ["Jan", "j@example.org"]]
    assert not readers_shape.has_heading(rows)
    assert readers_shape.columns_of(rows, heading=False) == {"email": 1}


def sheet(folder: Path, *rows: tuple[object, ...]) -> Path:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def cells_of(path: Path, **kwargs: Limits) -> list[Cells]:
    return list(readers_csv.rows(readers_xlsx.lines(path, **kwargs), readers_xlsx.DELIMITER))


def test_a_spreadsheets_dates_and_numbers_read_as_people_see_them(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        ("E-mail", "Imię", "Data zgody", "Nr karty"),
        ("a@example.org", "Żaneta", date(2024, 5, 1), 17.0),
        (None, None, datetime(2024, 5, 1, 12, 30), 1.5),  # noqa: DTZ001  (a cell has no zone)
        (None,),
        ("b@example.org", 'Zofia "Zosia"\nNowak', True, None),
    )
    assert readers_shape.is_zip(path)
    assert cells_of(path) == [
        ["E-mail", "Imię", "Data zgody", "Nr karty"],
        ["a@example.org", "Żaneta", "2024-05-01", "17"],
        ["", "", "2024-05-01 12:30:00", "1.5"],
        [],
        ["b@example.org", 'Zofia "Zosia"\nNowak', "True"],
    ]


def test_a_cell_in_the_last_corner_makes_no_giant(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0]["A1"] = "a@example.org"
    book.worksheets[0]["XFD1"] = "far"
    path = tmp_path / "book.xlsx"
    book.save(path)
    assert cells_of(path) == [["a@example.org"]]


def test_how_many_rows_there_are_is_taken_from_the_sheet_and_unknown_where_it_is_broken(
    tmp_path: Path,
) -> None:
    path = sheet(tmp_path, ("E-mail",), ("a@example.org",))
    assert readers_xlsx.expected_rows(path) == 2
    path.write_bytes(path.read_bytes()[:400])
    assert readers_xlsx.expected_rows(path) == 0


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = sheet(tmp_path, ("a@example.org",))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b"0" * (64 * MEGABYTE))
    with pytest.raises(InvalidInput):
        cells_of(path)


def test_what_needs_more_memory_than_there_is_ends_in_words(tmp_path: Path) -> None:
    path = sheet(tmp_path, ("a@example.org",))
    with pytest.raises(InvalidInput):
        cells_of(path, limits=Limits(cpu_seconds=10, memory=30 * MEGABYTE))


@pytest.mark.parametrize("content", [b"PK\x03\x04 no zip at all", b""])
def test_a_broken_spreadsheet_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInput):
        cells_of(put(tmp_path, content))


def test_another_kind_of_zip_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "letter.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(InvalidInput):
        cells_of(path)


def reader(**columns: int) -> Callable[[Cells], Reader]:
    return row_reader(columns or {"email": 0}, language="pl", zone=WARSAW, now=NOW)


def reason(cells: Cells, **columns: int) -> str:
    with pytest.raises(RefusedCell) as refused:
        reader(**columns)(cells)
    return refused.value.reason


def test_a_row_becomes_a_reader() -> None:
    places = {key: place for place, key in enumerate(readers_shape.FIELDS)}
    cells = [" Zofia@Example.org ", " Zofia ", "Nowak\t", "angielski", "1.05.2024", "kiermasz"]
    assert reader(**places)(cells) == (
        "Zofia@Example.org",
        "Zofia Nowak",
        "en",
        "2024-04-30T22:00:00+00:00",
        "kiermasz",
    )


def test_a_short_row_says_nothing_of_the_missing_columns() -> None:
    given = reader(email=0, name=1, consent_on=5)(["a@example.org"])
    assert given == ("a@example.org", "", "pl", "", "")


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([""], "no_address"),
        (["brak"], "address"),
        (["a@localhost"], "address"),
        (['"a b"@example.org'], "address"),
        (["żółw@example.org"], "address"),
        (["a\ufffd@example.org"], "encoding"),
        (["a@example.org", "", "kiedyś"], "date"),
        (["a@example.org", "", "2030-01-01"], "date"),
        (["a@example.org", "Zo\ufffdia"], "encoding"),
    ],
)
def test_a_refused_row_says_why(cells: Cells, why: str) -> None:
    assert reason(cells, email=0, name=1, consent_on=2) == why


def test_control_characters_do_not_reach_a_name() -> None:
    given = reader(email=0, name=1)(["a@example.org", "Zofia\0\x1b[31m\u202eNowak"])
    assert given[1] == "Zofia [31m Nowak"


_ODD = st.text(st.characters(codec="utf-8"), max_size=12)
_PARTS = st.text("abcXYZ019._+-", max_size=24)


@given(_PARTS | _ODD, st.lists(st.text("abcXY09-", max_size=9), max_size=4), _ODD)
def test_an_accepted_address_can_be_mailed(local: str, labels: list[str], odd: str) -> None:
    """The fast way never lets through what the careful one would not."""
    for address in (f"{local}@{'.'.join(labels)}", f"{local}@{odd}.pl"):
        trimmed = address.strip()
        if readers_rows.mailable(trimmed):
            assert valid_address(trimmed) == trimmed
            assert MailAddress(trimmed)


def test_marks_of_the_encoding_are_no_part_of_the_first_heading(tmp_path: Path) -> None:
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16")):
        plain = "utf-8" if encoding == "utf-8" else "utf-16-le"
        path = put(tmp_path, mark + "e-mail;x\n".encode(plain))
        assert table(path, encoding=encoding)[0] == ["e-mail", "x"]
