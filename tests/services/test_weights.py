"""The weight of a mail: that of its heaviest variant, with links and picture as they are sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promo.models import Tracking
from promo.services import weights
from promo.values import Message

LONG = "https://biblioteka.example.org/" + "x" * 900
BODY = f'<html><body><a href="{LONG}">a</a><a href="https://unsubscribe.slot.invalid/">b</a></body>'
MAIL = Message(channel="newsletter_email", text="", html=BODY)


def weight(message: Message, counted: str = Tracking.OFF) -> int:
    return weights.heaviest(message, counted=counted)


def test_the_heaviest_variant_and_subject_counts() -> None:
    heavy = replace(MAIL, html=BODY + "ż" * 500)
    assert weight(heavy) == weight(MAIL) + 1000
    assert weight(replace(MAIL, variants={"en": heavy})) == weight(heavy)
    assert weight(replace(MAIL, subject_b="B", html_b=heavy.html)) == weight(heavy)


@pytest.mark.parametrize("counted", [Tracking.COUNTS, Tracking.READERS])
def test_short_addresses_and_the_picture_count_as_they_are_sent(counted: str) -> None:
    assert weight(MAIL) > len(BODY)  # a reader's own link is longer than its place
    shorter = weight(MAIL, counted)
    assert weight(MAIL) - 900 < shorter < weight(MAIL) - 600
    bare = replace(MAIL, html="<html><body></body>")
    assert weight(bare, counted) > weight(bare)


def test_a_code_for_each_reader_weighs_more_than_none() -> None:
    assert weight(MAIL, Tracking.READERS) > weight(MAIL, Tracking.COUNTS)
