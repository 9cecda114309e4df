"""Items from a table: the same as from YAML, whatever the delimiter and the encoding."""

import pytest

from tests.importing.files import as_table, csv_errors, demo_text, from_csv, from_yaml

HEAD = "kind,title,lead,starts_at\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
def test_a_table_gives_the_same_items_as_yaml(delimiter: str, encoding: str) -> None:
    text = demo_text("items.yaml")
    assert from_csv(as_table(text, delimiter).encode(encoding)) == from_yaml(text)


def test_a_table_in_latin_2_keeps_its_polish_letters() -> None:
    [item] = from_csv("kind,title,lead\nfilm,Zażółć gęślą jaźń,ŁÓDŹ Ąą Śś\n".encode("iso8859-2"))
    assert (item.title, item.lead) == ("Zażółć gęślą jaźń", "ŁÓDŹ Ąą Śś")


def test_rows_count_as_in_a_spreadsheet() -> None:
    items = from_csv(HEAD + 'film,A,"dwa\nwiersze",\n,,,\nfilm,B,x,\n')
    assert [(item.row, item.title) for item in items] == [(2, "A"), (4, "B")]


def test_a_table_that_names_its_delimiter_is_read() -> None:
    [item] = from_csv("sep=;\r\nkind;title;lead\r\nfilm;Kino, czyli sen;x\r\n")
    assert item.title == "Kino, czyli sen"


def test_several_audiences_and_pictures_fit_into_one_cell() -> None:
    [item] = from_csv(
        "kind;title;lead;audiences;pictures\n"
        'film;A;x;adults, seniors;"a.jpg | Sala\nb.jpg | Ekran | Jan Lis | CC BY 4.0 | none"\n'
    )
    assert item.audiences == ("adults", "seniors")
    assert [(one.file, one.alt, one.consent) for one in item.pictures] == [
        ("a.jpg", "Sala", "not_needed"),
        ("b.jpg", "Ekran", "none"),
    ]


def test_errors_of_the_header_are_told_at_once() -> None:
    assert csv_errors("kind,titel,lead,lead\nfilm,x,y,z\n") == [
        (1, "titel", "“titel” is not known here. Did you mean title?"),
        (1, "lead", "There are two columns of this name."),
        (1, "title", "This column is missing."),
    ]


def test_errors_of_rows_are_told_with_row_and_field() -> None:
    assert csv_errors(HEAD + "film,A,x,2026-12-01\nfilm,,x,\nfilm,B,x,,za dużo\n") == [
        (
            2,
            "starts_at",
            "The hour is missing. For whole days write “yes” into the field all_day.",
        ),
        (3, "title", "This field must not be empty."),
        (
            4,
            "",
            "There is text in a cell without a column name: is a quotation mark missing?",
        ),
    ]


@pytest.mark.parametrize("rows", ['film,"A,x,\n', 'film,"A"b,x,\n', f"film,{'a' * 140_000},x,\n"])
def test_a_row_that_cannot_be_read_is_told(rows: str) -> None:
    [(row, _field, text)] = csv_errors(HEAD + "film,Dobry,x,\n" + rows)
    assert row == 3
    assert text.startswith("This row cannot be read")


@pytest.mark.parametrize("text", ["", "\n", HEAD, HEAD + ",,,\n"])
def test_a_table_without_items_is_refused(text: str) -> None:
    assert csv_errors(text)


def test_a_file_of_more_than_5_mb_is_refused() -> None:
    assert csv_errors(HEAD + "x" * 5 * 2**20) == [(None, "", "The file is larger than 5 MB.")]
