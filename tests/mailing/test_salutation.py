"""Readers are called by name, and nothing that somebody typed as a name does any harm."""

import dataclasses
import html

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promo.mailing.salutation import PLACEHOLDER, addressed, as_html, as_text, name_of
from promo.rendering import plain
from promo.values import Message, Salutation

WORDS = Salutation(before="Dzień dobry, ", after="!", without="Dzień dobry!")
MESSAGE = Message(
    channel="newsletter_email",
    text=f"{PLACEHOLDER}\n\nZapraszamy.\n",
    html=f"<p>{PLACEHOLDER}</p>",
    salutation=WORDS,
)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Anna", "Anna"),
        ("  Anna   Maria ", "Anna Maria"),
        ("Łucja Żądło-Ćwięka", "Łucja Żądło-Ćwięka"),
        ("O’Brien", "O’Brien"),
        ("Jan III (syn)", "Jan III (syn)"),
        ("שרה", "שרה"),
        ("\u200fAnna\u200e", "Anna"),
        ("=?utf-8?q?Anna", ""),
        ("", ""),
        (" . ", ""),
        ("🎈" * 120, ""),
        ("12345", ""),
        ("Anna\r\nBcc: x", ""),
        ("Anna\u202eannA", ""),
        ("{{ 7*7 }} Anna", ""),
        ("<b>Anna</b>", ""),
        ("anna@example.org", ""),
        ("Wygraj na https://spam.example", ""),
        ("Wygraj na WWW.spam.example", ""),
        ("A" * 201, ""),
    ],
)
def test_a_name_stands_as_it_was_typed_and_what_is_none_is_left_out(typed: str, name: str) -> None:
    assert name_of(typed) == name


def test_the_name_is_not_inflected() -> None:
    assert as_text(WORDS, "Krzysztof") == "Dzień dobry, Krzysztof!"


def test_a_name_is_set_apart_in_html_so_that_its_script_turns_nothing_round() -> None:
    assert as_html(WORDS, "שרה") == "Dzień dobry, <bdi>שרה</bdi>!"


def test_the_editors_own_markup_is_shown_as_it_was_written() -> None:
    words = Salutation("<b>A & ", " >", "<i>")
    assert as_html(words, "Ewa") == "&lt;b&gt;A &amp; <bdi>Ewa</bdi> &gt;"
    assert as_html(words, "") == "&lt;i&gt;"


def test_a_long_line_is_wrapped_in_plain_text() -> None:
    words = dataclasses.replace(
        WORDS, after=", oto co czeka na Ciebie w październiku w bibliotece."
    )
    lines = as_text(words, "Konstancja Aleksandra").split("\n")
    assert len(lines) == 2
    assert all(len(line) <= 72 for line in lines)


@given(st.text())
def test_no_name_brings_markup_or_a_line_of_its_own(typed: str) -> None:
    shown = as_html(WORDS, typed)
    tags = [element.tag for element in html5lib.parseFragment(shown).iter()]
    assert [tag.rpartition("}")[2] for tag in tags[1:]] in ([], ["bdi"])
    said = html.unescape(shown.replace("<bdi>", "").replace("</bdi>", ""))
    assert " ".join(plain(said).split()) == " ".join(as_text(WORDS, typed).split())


@given(st.text())
def test_an_addressed_message_has_no_open_place_and_no_more_lines(typed: str) -> None:
    message = addressed(MESSAGE, typed)
    assert message.salutation is None
    assert PLACEHOLDER not in message.text + message.html
    assert message.text.endswith("\n\nZapraszamy.\n")
    assert message.html.startswith("<p>Dzień dobry")


def test_a_message_that_greets_nobody_stays_as_it_is() -> None:
    message = dataclasses.replace(MESSAGE, salutation=None)
    assert addressed(message, "Anna") is message
