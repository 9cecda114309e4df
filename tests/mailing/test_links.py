"""Which links of a message are counted, and what stands in their place."""

from __future__ import annotations

from promo.mailing.links import LONGEST, dressed, links_of
from promo.mailing.slots import Slot
from promo.values import Message

PICTURE = "https://e.org/c/0"
PAGE = "https://biblioteka.example.org/items/1/?a=1&b=2"


def message(html: str, text: str = "") -> Message:
    return Message(
        channel="newsletter_email",
        subject="Temat",
        html=f"<!doctype html><html><body>{html}</body></html>",
        text=text,
    )


def link(url: str, words: str = "Zobacz") -> str:
    return f'<a style="color:red" href="{url}">{words}</a>'


def test_each_address_on_the_web_is_counted_once_with_its_first_words() -> None:
    html = (
        link("https://a.example/?x=1&amp;y=2", "<b>Warsztaty</b>\n komiksowe")
        + link("http://b.example/", '<img src="https://e.org/p.jpg" alt="Plakat">')
        + link("https://a.example/?x=1&amp;y=2", "Jeszcze raz")
    )
    assert links_of(message(html)) == (
        ("https://a.example/?x=1&y=2", "Warsztaty komiksowe"),
        ("http://b.example/", "Plakat"),
    )


def test_a_readers_own_links_and_other_schemes_are_never_counted() -> None:
    own = "".join(link(slot.placeholder) for slot in Slot)
    others = "".join(map(link, ("mailto:a@b.example", "tel:+48123", "ftp://a.example/", "#top")))
    too_long = link(f"https://a.example/{'x' * LONGEST}")
    plain = message(own + others + too_long)
    assert links_of(plain) == ()
    assert (
        dressed(plain, {}, picture=PICTURE).html.replace(
            f'<img src="{PICTURE}" width="1" height="1" alt="">', ""
        )
        == plain.html
    )


def test_the_short_address_stands_in_both_parts_and_nothing_else_changes() -> None:
    before = message(
        f"<p>Wpis {PAGE.replace('&', '&amp;')}</p>{link(PAGE.replace('&', '&amp;'))}",
        f"Zobacz: {PAGE}\nTu ({PAGE}), albo {PAGE}.\nInny: {PAGE}&c=3\n{Slot.BROWSER.placeholder}",
    )
    after = dressed(before, {PAGE: "https://e.org/c/1"}, picture=PICTURE)
    assert after.text == (
        "Zobacz: https://e.org/c/1\nTu (https://e.org/c/1), albo https://e.org/c/1.\n"
        f"Inny: {PAGE}&c=3\n{Slot.BROWSER.placeholder}"
    )
    pixel = f'<img src="{PICTURE}" width="1" height="1" alt="">'
    assert after.html == before.html.replace(
        link(PAGE.replace("&", "&amp;")), link("https://e.org/c/1")
    ).replace("</body>", f"{pixel}</body>")
    assert (
        before.html
        == message(
            f"<p>Wpis {PAGE.replace('&', '&amp;')}</p>{link(PAGE.replace('&', '&amp;'))}"
        ).html
    ), "the approved message stays what it is"


def test_an_address_in_a_word_of_staff_cannot_close_the_attribute() -> None:
    evil = 'https://a.example/"onload="x'
    html = link("https://a.example/&quot;onload=&quot;x")
    (found,) = links_of(message(html))
    assert found.url == evil
    after = dressed(message(html), {evil: "https://e.org/c/1"}, picture=PICTURE)
    assert "onload" not in after.html
