"""The mail of `promo bench mail` is as large as it says, with its links in both of its parts."""

from __future__ import annotations

from tasks.bench import mail


def test_the_letter_has_its_size_and_its_links_in_html_and_in_text() -> None:
    message = mail.letter()
    link = "https://biblioteka.example.org/w/{}/?m={}"
    for number in range(mail.LINKS):
        assert link.format(number, number) in message.html
        assert link.format(number, number) in message.text
    assert 0 <= mail.SIZE - mail.wire_size(message) < 100
