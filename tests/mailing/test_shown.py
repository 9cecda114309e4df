"""A returned mail as a person sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from promo.mailing.shown import MOST, shown

CORPUS = Path(__file__).resolve().parents[1] / "corpus" / "bounces"


def test_the_plain_text_is_shown_with_who_wrote_it() -> None:
    raw = (
        "From: Jan <jan@example.org>\nSubject: =?utf-8?q?Pro=C5=9Bba?=\n"
        "Content-Type: text/plain; charset=utf-8\n\nProszę o kontakt.\x07\n"
    )
    mail = shown(raw.encode())
    assert (mail.sender, mail.subject) == ("Jan <jan@example.org>", "Prośba")
    assert mail.text == "Proszę o kontakt."
    assert not mail.is_cut


def test_of_html_the_words_are_shown_and_no_code() -> None:
    raw = (
        b"Subject: x\nContent-Type: text/html\n\n"
        b"<style>p{}</style><p>Konto <b>zamkni&#281;te</b></p><script>alert(1)</script>"
    )
    assert "Konto zamknięte" in shown(raw).text
    assert "alert" not in shown(raw).text


def test_a_long_mail_is_cut() -> None:
    mail = shown(b"Subject: x\n\n" + b"a b\n" * MOST)
    assert mail.is_cut
    assert len(mail.text) == MOST


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.eml")), ids=lambda path: path.stem)
def test_whatever_came_something_is_shown(path: Path) -> None:
    assert shown(path.read_bytes()).text or not path.read_bytes().strip()
