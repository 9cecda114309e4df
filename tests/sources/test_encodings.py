"""The encoding is what the bytes are, not what somebody declared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promo.sources.encodings import decode_feed

WORDS = "Zażółć gęślą jaźń — „Lalka” Prusa"
PLAIN_WORDS = "Zażółć gęślą jaźń"


def feed(words: str, declared: str = "") -> str:
    encoding = f' encoding="{declared}"' if declared else ""
    return f'<?xml version="1.0"{encoding}?><rss><title>{words}</title></rss>'


@pytest.mark.parametrize(
    ("declared", "actual", "words"),
    [
        ("utf-8", "utf-8", WORDS),
        ("windows-1250", "utf-8", WORDS),
        ("iso-8859-2", "utf-8", WORDS),
        ("", "utf-8", WORDS),
        ("utf-8", "cp1250", WORDS),
        ("", "cp1250", WORDS),
        ("iso-8859-2", "cp1250", WORDS),
        ("iso-8859-1", "cp1250", WORDS),
        ("windows-1252", "cp1250", WORDS),
        ("windows-1250", "cp1250", WORDS),
        ("utf-8", "iso8859-2", PLAIN_WORDS),
        ("", "iso8859-2", PLAIN_WORDS),
        ("windows-1250", "iso8859-2", PLAIN_WORDS),
        ("iso-8859-2", "iso8859-2", PLAIN_WORDS),
        ("windows-1251", "cp1251", "Бібліотека запрошує"),
        ("koi8-u", "koi8-u", "Бібліотека"),
        ("no-such-encoding", "cp1250", WORDS),
        ("zlib_codec", "utf-8", WORDS),
        ("unicode_escape", "cp1250", WORDS),
        ("utf-16", "utf-16", WORDS),
        ("utf-16", "utf-16-le", WORDS),
        ("utf-8", "utf-16-be", WORDS),
        ("utf-8", "utf-32", WORDS),
        ("utf-8", "utf-8-sig", WORDS),
    ],
)
def test_words_come_out_right(declared: str, actual: str, words: str) -> None:
    text = feed(words, declared)
    assert decode_feed(text.encode(actual)).text == text


def test_charset_of_the_header_does_not_beat_valid_utf8() -> None:
    body = feed(WORDS, "utf-8").encode()
    decoded = decode_feed(body, content_type='text/xml; charset="iso-8859-2"')
    assert WORDS in decoded.text
    assert not decoded.contradicts


def test_charset_of_the_header_helps_where_nothing_else_is_declared() -> None:
    body = feed("Бібліотека").encode("cp1251")
    assert "Бібліотека" in decode_feed(body, content_type="text/xml; charset=windows-1251").text


def test_wrong_declaration_is_noticed() -> None:
    assert decode_feed(feed(WORDS, "utf-8").encode("cp1250")).contradicts
    assert decode_feed(feed(WORDS, "windows-1250").encode()).contradicts
    assert not decode_feed(feed(WORDS, "windows-1250").encode("cp1250")).contradicts
    assert not decode_feed(feed("ascii only", "iso-8859-2").encode()).contradicts


def test_one_stray_byte_does_not_turn_utf8_into_mojibake() -> None:
    body = feed(WORDS, "utf-8").encode().replace(b"Prusa", b"Prus\xff")
    assert PLAIN_WORDS in decode_feed(body).text


@given(st.binary(max_size=300), st.text(max_size=40))
def test_no_bytes_break_the_decoder(body: bytes, content_type: str) -> None:
    decode_feed(body, content_type=content_type)
