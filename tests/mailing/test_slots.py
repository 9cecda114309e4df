"""The reader's links fill their places, escaped for where they stand."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mjml import mjml2html

from promo.errors import InvalidInput
from promo.mailing.codes import codes_of
from promo.mailing.slots import LinkBases, Slot, fill, split

VALUES = {slot: f"https://desk.example.org/{slot}?t=a&u='b'" for slot in Slot}


def test_a_link_in_an_attribute_is_escaped() -> None:
    filled = fill(f'<a href="{Slot.UNSUBSCRIBE.placeholder}">', VALUES, html=True)
    assert filled == ('<a href="https://desk.example.org/unsubscribe?t=a&amp;u=&#x27;b&#x27;">')


def test_a_link_in_plain_text_is_left_as_it_is() -> None:
    filled = fill(f"Wypisz się: {Slot.UNSUBSCRIBE.placeholder}", VALUES, html=False)
    assert filled == "Wypisz się: https://desk.example.org/unsubscribe?t=a&u='b'"


def test_a_slot_without_a_value_stops_the_mail() -> None:
    with pytest.raises(KeyError):
        fill(Slot.BROWSER.placeholder, {}, html=False)


def test_placeholders_survive_mjml() -> None:
    links = "".join(
        f'<mj-button href="{slot.placeholder}">{slot.placeholder}</mj-button>' for slot in Slot
    )
    source = (
        f"<mjml><mj-body><mj-section><mj-column>{links}</mj-column></mj-section></mj-body></mjml>"
    )
    made = mjml2html(source, disable_comments=True, fonts={})
    slots = [part for part in split(made) if isinstance(part, Slot)]
    assert slots == [slot for slot in Slot for _twice in range(2)]
    assert ".slot.invalid" not in fill(made, VALUES, html=True)


@given(st.lists(st.one_of(st.sampled_from(Slot), st.text())))
def test_splitting_loses_nothing(parts: list[Slot | str]) -> None:
    text = "".join(part.placeholder if isinstance(part, Slot) else part for part in parts)
    together = "".join(p.placeholder if isinstance(p, Slot) else p for p in split(text))
    assert together == text


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126)))
def test_a_filled_attribute_reads_back_as_the_link(tail: str) -> None:
    filled = fill(Slot.BROWSER.placeholder, {Slot.BROWSER: "https://e.org/" + tail}, html=True)
    assert html.unescape(filled) == "https://e.org/" + tail
    assert not set('<>"') & set(filled)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "/unsubscribe/1",
        "javascript:alert(1)",
        "https://e.org/a b",
        "https://e.org/\r\nBcc: x@e.org",
        "https://e.org/>,<https://evil.example",
        "https://e.org/ą",
        "https://e.org/" + "x" * 1000,
    ],
)
@pytest.mark.parametrize("place", ["unsubscribe", "preferences", "browser"])
def test_a_link_that_is_no_clean_address_is_refused(bad: str, place: str) -> None:
    good = dict.fromkeys(["unsubscribe", "preferences", "browser"], "https://e.org/p/")
    LinkBases(**good)
    with pytest.raises(InvalidInput):
        LinkBases(**(good | {place: bad}))


def test_a_readers_links_are_the_bases_with_the_readers_codes() -> None:
    codes = codes_of(42, key=b"k")
    bases = LinkBases("https://e.org/u/", "https://e.org/p/", "https://e.org/v/1/")
    assert bases.values(codes) == {
        Slot.UNSUBSCRIBE: f"https://e.org/u/{codes.unsubscribe}/",
        Slot.PREFERENCES: f"https://e.org/p/{codes.preferences}/",
        Slot.BROWSER: "https://e.org/v/1/",
    }
