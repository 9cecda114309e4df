"""Text and addresses as the formats of the web want them."""

from __future__ import annotations

import pytest

from promo.channels.website.text import ascii_url, clean, flat, no_markup


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a\x00b\x0bc\x1bd\x7fe\x85f", "abcdef"),
        ("koniec\r\nwiersza\rdrugi\u2028trzeci", "koniec\nwiersza\ndrugi\ntrzeci"),
        ("\ufeffpoczątek\ufffd\uffff\ufdd0\U0001ffff", "początek"),
        ("pół \ud800znaku", "pół znaku"),
        ("🐻‍❄️ עברית \t", "🐻‍❄️ עברית \t"),
    ],
)
def test_what_xml_and_calendars_cannot_carry_is_left_out(given: str, expected: str) -> None:
    assert clean(given) == expected


def test_one_line_has_ordinary_spaces_only() -> None:
    assert flat(" 20\u00a0października\n 2026\u00a0r. ") == "20 października 2026 r."


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<script>alert(1)</script>", "‹script›alert(1)‹/script›"),
        ("<b", "‹b"),
        ("2 < 3 > 1", "2 < 3 > 1"),
        ("R&B, Tom & Jerry", "R&B, Tom & Jerry"),
        ("&lt; &#38; &copy", "& lt; & #38; & copy"),
        ("<!-- ukryte -->", "‹!-- ukryte --›"),
    ],
)
def test_a_plain_text_cannot_be_taken_for_html(given: str, expected: str) -> None:
    assert no_markup(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "https://biblioteka.example.org/łąka?q=zażółć#ósme",
            "https://biblioteka.example.org/%C5%82%C4%85ka?q=za%C5%BC%C3%B3%C5%82%C4%87#%C3%B3sme",
        ),
        ("https://żółw.example.org:8443/a b", "https://xn--w-uga1v8h.example.org:8443/a%20b"),
        ("http://e.org/%C5%82", "http://e.org/%C5%82"),
        ("http://e.org/[1]", "http://e.org/%5B1%5D"),
        ("javascript:alert(1)", ""),
        ("/items/1/", ""),
        ("mailto:a@e.org", ""),
        ("https://", ""),
        ("https://e.org:abc/", ""),
        ("https://[::1", ""),
        ("https://" + "ż" * 64 + ".org/", ""),
        ("", ""),
    ],
)
def test_an_address_is_ascii_or_nothing(given: str, expected: str) -> None:
    assert ascii_url(given) == expected
