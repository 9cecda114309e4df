"""The vectors of Polish typesetting: bindings, quotes, dashes, and what stays untouched."""

import pytest

from promo.rendering import bind, plain, typeset
from tests.rendering import nb

BINDINGS = [
    (
        "Zapraszamy w piątek o godz. 17.00 do biblioteki",
        "Zapraszamy w~piątek o~godz.~17.00 do biblioteki",
    ),
    ("(w sali)", "(w~sali)"),
    ("A i w domu", "A~i~w~domu"),
    ("spotkanie z J. K. Rowling", "spotkanie z~J.~K.~Rowling"),
    ("20 października 2026 r. przy ul. Zamkowej 6", "20~października 2026~r. przy ul.~Zamkowej 6"),
    ("„W pustyni i w puszczy”", "„W~pustyni i~w~puszczy”"),
    ("Witamina A jest", "Witamina A~jest"),
    ("filia z o.o.", "filia z~o.o."),
    ("Jan III Sobieski", "Jan~III Sobieski"),
    ("5 zł", "5~zł"),
    ("12 500", "12~500"),
    ("1500", "1500"),
    ("https://e.org/a b i c", "https://e.org/a b i~c"),
    ("e-mail: a@b.pl", "e-mail: a@b.pl"),
    ("i/lub", "i/lub"),
    ("a_b c", "a_b c"),
    ("W–Z", "W–Z"),
    ("O!", "O!"),
    # the rest of T4
    ("w 2026 roku", "w~2026~roku"),
    ("al. Jana, pl. Wolności, nr 3, s. 12", "al.~Jana, pl.~Wolności, nr~3, s.~12"),
    ("św. Jana, im. Jana, dr Jan, prof. Jan", "św.~Jana, im.~Jana, dr~Jan, prof.~Jan"),
    ("pt. „Lalka”, tzw. nowa, ok. 20, m.in. Prus", "pt.~„Lalka”, tzw.~nowa, ok.~20, m.in.~Prus"),
    ("30 min, 12 lat, 20 osób, 3 km, 5 m, 2 h", "30~min, 12~lat, 20~osób, 3~km, 5~m, 2~h"),
    ("50 proc. i 12,50 zł, 5 gr, 3 osoby", "50~proc. i~12,50~zł, 5~gr, 3~osoby"),
    ("Pius V, Jan Paweł II", "Pius~V, Jan Paweł~II"),
    ("1 200 500 i 12 500 zł", "1~200~500 i~12~500~zł"),
    ("XIX w. i XX wieku", "XIX~w. i~XX~wieku"),
    ("5 złotych i 20 metrów", "5 złotych i~20 metrów"),
]

MARKS = [
    ('"a"', "„a”"),
    ('„Czytamy "Lalkę" Prusa”', "„Czytamy «Lalkę» Prusa”"),
    ('"Czytamy "Lalkę" Prusa"', "„Czytamy «Lalkę» Prusa”"),
    ("„Czytamy „Lalkę” Prusa”", "„Czytamy «Lalkę» Prusa”"),
    ("„Pan każe, sługa musi.”", "„Pan każe, sługa musi”."),
    ('"Lalka", "Quo vadis" itd."', '„Lalka”, „Quo vadis” itd."'),
    ('"Prus, Reymont itd."', "„Prus, Reymont itd.”"),
    ("“Lalka” i „Lalka“", "„Lalka” i~„Lalka”"),
    (",,Lalka''", "„Lalka”"),
    ("20-24 października", "20–24~października"),
    ("10.00-12.00", "10.00–12.00"),
    ("10.00 - 12.00", "10.00–12.00"),
    ("8-15 maja", "8–15~maja"),
    ("s. 22-27", "s.~22–27"),
    ("klasy I-III", "klasy I–III"),
    ("słowo - słowo", "słowo~– słowo"),
    ("słowo — słowo -- słowo", "słowo~– słowo~– słowo"),
    ("...", "…"),
    ("słowo , słowo . Słowo ! (Tak ?)", "słowo, słowo. Słowo! (Tak?)"),
    ("słowo,słowo", "słowo, słowo"),
    ("słowo  słowo", "słowo słowo"),
    ("100%, 50 %", "100~%, 50~%"),
    ("„w 2026 r.”", "„w~2026~r.”"),
    ("rock'n'roll, lata '90", "rock’n’roll, lata ’90"),
]

UNTOUCHED = [
    "biało-czerwony",
    "46-200 Kluczbork",
    "ISBN 978-83-240-1234-5",
    "ISBN 83-240-1234-X",
    "978 83 240 1234 5",
    "77 418 12 34",
    "(77) 418 12 34",
    "600 100 200",
    "+48 77 418 12 34",
    "77-418-12-34",
    "2026-10-20",
    "2026-10-20T17:00:00+02:00",
    'https://e.org/a-1-2?b="',
    "www.biblioteka.pl/1-2",
    "plan-1-2.pdf",
    "a.b-1-2@biblioteka.pl",
    "#NarodoweCzytanie",
    "@biblioteka_1",
    "UKD 82-93",
    "2011-12",
    "02-03",
    'ekran 15"',
    "2 : 1",
    ":-) ;) :D",
    "- pozycja\n- druga",
    "  wcięcie",
    "100%-owy",
]


@pytest.mark.parametrize(("text", "expected"), BINDINGS + MARKS)
def test_text_is_set_the_polish_way(text: str, expected: str) -> None:
    assert typeset(text) == nb(expected)


@pytest.mark.parametrize(("text", "expected"), BINDINGS + MARKS)
def test_setting_twice_changes_nothing_more(text: str, expected: str) -> None:
    assert typeset(nb(expected)) == nb(expected)


@pytest.mark.parametrize("text", [text for text, _expected in BINDINGS])
def test_binding_changes_nothing_but_spaces(text: str) -> None:
    assert plain(bind(text)) == text
    assert plain(typeset(text)) == text


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_is_no_prose_stays(text: str) -> None:
    assert typeset(text) == text


def test_a_telephone_number_stays_whole_behind_its_bound_word() -> None:
    assert typeset("tel. 77 418 12 34, 5 osób") == nb("tel.~77 418 12 34, 5~osób")


def test_wrong_quotation_marks_never_come_out() -> None:
    assert "“" not in typeset('“a” "b" „c“')


def test_quotation_marks_do_not_pair_across_paragraphs() -> None:
    assert typeset('"a\n\nb"') == '"a\n\nb"'


def test_a_line_break_is_kept() -> None:
    assert typeset("spotkanie w\nsali") == "spotkanie w\nsali"


def test_another_language_comes_back_as_it_is() -> None:
    assert typeset('a "word" - and 20-24 more...', language="en") == 'a "word" - and 20-24 more...'


def test_plain_takes_the_no_break_spaces_out() -> None:
    assert plain("o\u00a0godz.\u202f17.00") == "o godz. 17.00"
