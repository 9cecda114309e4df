"""Items from YAML: what is understood, and how a broken file is told."""

from datetime import UTC, datetime

import pytest

from promo.importing import PictureInput
from promo.values import EventStatus, ImageConsent
from tests.importing.files import from_yaml, yaml_errors

ITEM = "- kind: concert\n  title: Wieczór z harfą\n  lead: Gra Róża Dębska.\n"


def test_an_item_is_read_with_every_kind_of_field() -> None:
    [item] = from_yaml(
        ITEM
        + """\
  body: |
    Pierwszy akapit,
    drugi wiersz.

    - harfa
    - skrzypce
  starts_at: 2026-12-01 17:00
  ends_at: 2026-12-01 18:30
  audiences: [adults, families]
  partners: ["Dom Kultury „Pod Lipami”"]
  hashtags: ["#Harfa", Koncert]
  capacity: 40
  level: 2
  status: sold_out
  pictures:
    - file: zdjecia/harfa.jpg
      alt: Harfa na scenie
      author: Ewa Mak
      consent: collected
"""
    )
    assert item.row == 1
    assert item.body == (
        "<p>Pierwszy akapit, drugi wiersz.</p><ul><li>harfa</li><li>skrzypce</li></ul>"
    )
    assert item.starts_at == datetime(2026, 12, 1, 16, tzinfo=UTC)
    assert item.ends_at == datetime(2026, 12, 1, 17, 30, tzinfo=UTC)
    assert item.audiences == ("adults", "families")
    assert item.partners == ("Dom Kultury „Pod Lipami”",)
    assert item.hashtags == "#Harfa Koncert"
    assert (item.capacity, item.level, item.status) == (40, 2, EventStatus.SOLD_OUT)
    assert item.pictures == (
        PictureInput(
            "zdjecia/harfa.jpg",
            "Harfa na scenie",
            author="Ewa Mak",
            consent=ImageConsent.COLLECTED,
        ),
    )


def test_nothing_is_guessed_from_how_a_value_looks() -> None:
    [item] = from_yaml(
        ITEM + "  venue: no\n  contact: 17:00\n  price: 1e3\n  sign_up: 2026-12-01\n"
    )
    assert (item.venue, item.contact, item.price) == ("no", "17:00", "1e3")
    assert item.sign_up == "2026-12-01"


def test_an_empty_value_and_null_leave_the_field_as_it_is() -> None:
    [item] = from_yaml(ITEM + "  venue:\n  price: ~\n  contact: null\n  starts_at: ''\n")
    assert (item.venue, item.price, item.contact, item.starts_at) == ("", "", "", None)


def test_a_kind_and_an_audience_may_be_given_by_their_names() -> None:
    [item] = from_yaml(
        "- kind: Meeting with an author\n  title: T\n  lead: L\n  audiences: [Young people]\n"
    )
    assert (item.kind, item.audiences) == ("author_meeting", ("youth",))


def test_every_error_of_every_item_is_told_with_its_number_and_field() -> None:
    errors = yaml_errors(
        """\
- kind: koncercik
  title: Bez wstępu
  tytul: Nie ma takiego pola
  starts_at: 2026-12-01 17:00
  ends_at: 2026-12-01 16:00
- kind: film
  title: Dobry
  lead: Dobry
- kind: film
  lead: Bez tytułu
  starts_at: jutro o piątej
  audiences: [adults, dorośli]
  capacity: dwadzieścia
  level: 4
  all_day: może
  pictures:
    - file: plakat.jpg
"""
    )
    assert errors == [
        (1, "kind", "“koncercik” is not known here. Did you mean concert?"),
        (1, "tytul", "“tytul” is not known here. Did you mean title?"),
        (1, "lead", "This field must not be empty."),
        (
            3,
            "audiences",
            "“dorośli” is not known here. Known are: children_0_3, children_4_6, children_7_10, "
            "youth, adults, seniors, families.",
        ),
        (3, "capacity", "“dwadzieścia” is no whole number."),
        (3, "level", "“4” is not known here. Known are: 1, 2, 3."),
        (3, "all_day", "“może” is neither yes nor no."),
        (
            3,
            "pictures",
            "The picture “plakat.jpg” has no text alternative (alt): say what it shows.",
        ),
        (3, "title", "This field must not be empty."),
        (
            3,
            "starts_at",
            "“jutro o piątej” is no date that can be read. Write it like 2026-12-01 17:00, or like "
            "+12d 17:00 for twelve days from today.",
        ),
    ]


def test_what_contradicts_itself_is_told() -> None:
    assert yaml_errors(ITEM + "  starts_at: 2026-12-02 10:00\n  ends_at: 2026-12-02 9:59\n") == [
        (1, "ends_at", "It ends before it starts.")
    ]
    assert yaml_errors(ITEM + "  ends_at: 2026-12-02 9:59\n") == [
        (1, "starts_at", "There is an end but no start.")
    ]
    assert yaml_errors(ITEM + "  recurrence: FREQ=WEEKLY\n") == [
        (1, "starts_at", "A series needs the start of its first meeting.")
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "- kind: film\n  title: Kino: noc\n",
            "Line 2 cannot be read: “title: Kino: noc”. Check the indentation; a text with a colon "
            "in it needs quotation marks.",
        ),
        (
            "- kind: film\n title: krzywo\n",
            "Line 2 cannot be read: “title: krzywo”. Check the indentation; a text with a colon in "
            "it needs quotation marks.",
        ),
        ("- kind: film\n  kind: film\n", "Line 2: the field “kind” stands here twice."),
        ("- title: &a x\n  lead: *a\n", "Line 2: references (*name) are not understood here."),
        ("- [[[[[[x]]]]]]\n", "Line 1: the lists are nested too deeply."),
        ("- kind: film\n---\n- kind: film\n", "Line 2: a second document begins here."),
        ("- {[a]: b}\n", "Line 1: a field needs a name of one word."),
        ("kind: film\n", "The file must be a list: every item begins with “- kind: …”."),
        ("- kind: \x07\n", "The file contains characters that YAML does not allow."),
        ("", "There is nothing in this file."),
        ("# tylko komentarz\n", "There is nothing in this file."),
        ("[]", "There is nothing in this file."),
    ],
)
def test_a_broken_file_is_told_with_its_line(text: str, told: str) -> None:
    assert yaml_errors(text) == [(None, "", told)]


def test_an_item_that_is_no_mapping_is_told_with_its_number() -> None:
    assert yaml_errors(ITEM + "- samo zdanie\n") == [
        (2, "", "This item is no list of fields such as “title: …”.")
    ]


def test_a_list_where_text_belongs_is_told() -> None:
    assert yaml_errors("- kind: film\n  title: [a, b]\n  lead: x\n") == [
        (1, "title", "A list stands here, but text is expected.")
    ]


def test_a_file_of_more_than_5_mb_is_refused() -> None:
    assert yaml_errors("#" * (5 * 2**20 + 1)) == [(None, "", "The file is larger than 5 MB.")]
    assert yaml_errors(b"\xc5\x82" * (5 * 2**19 + 1)) == [
        (None, "", "The file is larger than 5 MB.")
    ]


def test_a_body_of_more_than_64_kb_is_refused_with_its_item() -> None:
    assert yaml_errors(ITEM + f"  body: {'a' * 65_537}\n") == [
        (1, "body", "The text is longer than 64 KB.")
    ]
    assert yaml_errors(ITEM + f"  body: {'ł' * 40_000}\n") == [
        (1, "body", "The text is too long: more than 64 KB with its formatting.")
    ]


@pytest.mark.parametrize("sign", ["\\0", "\\x1b", "\\u0085"])
def test_control_characters_are_refused_before_the_database_sees_them(sign: str) -> None:
    [(row, field, text)] = yaml_errors(f'- kind: film\n  title: "a{sign}b"\n  lead: x\n')
    assert (row, field) == (1, "title")
    assert "control character" in text


def test_bytes_of_no_text_are_refused() -> None:
    assert yaml_errors(b"\x89PNG\r\n\x1a\n\x00\x00") == [
        (None, "", "This is no text file. Save it as UTF-8.")
    ]
