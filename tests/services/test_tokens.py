"""Codes in readers' links: for one purpose, not to be guessed or changed."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.test import override_settings
from django.utils import timezone

from promo.services import tokens
from promo.vault import address_hash

PURPOSES = (tokens.CONFIRM, tokens.READER, tokens.DELIVERY)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_code_gives_back_what_it_was_made_for(purpose: str) -> None:
    value = uuid.uuid4()
    assert tokens.read(purpose, tokens.code(purpose, value)) == str(value)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_code_for_one_purpose_serves_no_other(purpose: str) -> None:
    code = tokens.code(purpose, "1")
    for other in PURPOSES:
        assert (tokens.read(other, code) is None) == (other != purpose)


def test_a_code_that_was_changed_anywhere_is_nothing() -> None:
    code = tokens.code(tokens.READER, "5")
    for place, letter in enumerate(code):
        changed = code[:place] + ("b" if letter == "a" else "a") + code[place + 1 :]
        assert tokens.read(tokens.READER, changed) is None, changed
    for other in ("", "5", code + "a", code[:-1], "\x00", "ą" * 100):
        assert tokens.read(tokens.READER, other) is None


def test_a_code_of_another_installation_is_nothing() -> None:
    with override_settings(SECRET_KEY="a quite different key of fifty characters or more"):
        foreign = tokens.code(tokens.READER, "5")
    assert tokens.read(tokens.READER, foreign) is None


@pytest.mark.parametrize("purpose", [tokens.READER, tokens.DELIVERY])
def test_the_way_out_of_a_newsletter_never_ends(purpose: str) -> None:
    code = tokens.code(purpose, "5")
    with time_machine.travel(timezone.now() + timedelta(days=3650)):
        assert tokens.read(purpose, code) == "5"


def test_a_link_is_absolute_and_leads_below_its_path() -> None:
    with override_settings(PROMO_BASE_URL="https://promo.example.org"):
        link = tokens.link("unsubscribe", tokens.DELIVERY, "5")
    assert link.startswith("https://promo.example.org/unsubscribe/")
    assert link.endswith("/")
    assert tokens.read(tokens.DELIVERY, link.rstrip("/").rpartition("/")[2]) == "5"


def test_an_address_has_one_hash_however_it_is_written_and_needs_our_key() -> None:
    made = address_hash("Zofia.Nowak@Example.org ")
    assert made == address_hash("zofia.nowak@example.org")
    assert len(made) == 64
    with override_settings(SECRET_KEY="a quite different key of fifty characters or more"):
        assert address_hash("zofia.nowak@example.org") == made
    with override_settings(PROMO_ADDRESS_KEY="a quite different key of fifty characters or more"):
        assert address_hash("zofia.nowak@example.org") != made
