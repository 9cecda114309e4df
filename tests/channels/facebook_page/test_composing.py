"""Draft in, post out: compared whole with golden files, and the rules that hold for every post."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promo.channels.facebook_page import Channel
from promo.channels.facebook_page.composing import VARIANTS
from promo.errors import NotAllowed
from promo.values import Draft, Message, Variant
from tests.channels import samples
from tests.channels.contract import ROOT, ChannelContract, renders
from tests.channels.facebook_page.cases import CASES, OWN_WORDS

GOLDEN = Path(__file__).parent / "golden"


def composed(draft: Draft) -> Message:
    assert draft.item is not None
    return Channel.compose(draft, renders(draft.item.language))


def due(draft: Draft, day: int, hour: int) -> Draft:
    return dataclasses.replace(draft, due_at=datetime(2026, 10, day, hour, tzinfo=UTC))


class TestContract(ChannelContract):
    channel = Channel


@pytest.mark.parametrize("name", CASES)
def test_the_post_is_the_golden_one(name: str) -> None:
    expected = (GOLDEN / f"{name}.txt").read_text("utf-8")
    assert composed(CASES[name]()).text + "\n" == expected


def test_every_golden_file_has_its_draft() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_no_golden_post_has_a_problem(name: str) -> None:
    assert Channel.problems(composed(CASES[name]())) == []


@pytest.mark.parametrize("name", CASES)
def test_the_link_stands_once_and_words_introduce_it(name: str) -> None:
    draft = CASES[name]()
    text = composed(draft).text
    assert text.count(draft.link) == 1
    assert re.search(rf"\w+: {re.escape(draft.link)}$", text, re.MULTILINE)


@pytest.mark.parametrize("name", CASES)
def test_no_line_hangs_and_no_paragraph_is_empty(name: str) -> None:
    text = composed(CASES[name]()).text
    assert "\n\n\n" not in text
    assert not re.search(r"[ \t]$|: *$", text, re.MULTILINE)
    assert text == text.strip()
    assert unicodedata.is_normalized("NFC", text)


def test_a_reminder_that_slips_past_midnight_says_today() -> None:
    reminder = samples.draft(Variant.REMINDER)
    # 22:30 UTC on the 19th is already the 20th in Warsaw.
    late = dataclasses.replace(reminder, due_at=datetime(2026, 10, 19, 22, 30, tzinfo=UTC))
    assert composed(due(reminder, 19, 15)).text.startswith("Jutro (wtorek,")
    assert composed(late).text.startswith("Dziś o\u00a017.00:")
    assert "utro" not in composed(late).text


def test_a_today_post_that_is_planned_for_the_day_before_says_tomorrow() -> None:
    assert composed(due(samples.draft(Variant.TODAY), 19, 15)).text.startswith("Jutro")


def test_relative_words_never_replace_the_full_date() -> None:
    for variant in (Variant.REMINDER, Variant.TODAY):
        text = composed(due(samples.draft(variant), 20, 7)).text
        assert "wtorek, 20\u00a0października 2026\u00a0r., godz.\u00a017.00" in text


def test_own_words_replace_the_lead_and_keep_the_facts() -> None:
    draft = samples.draft(channel_texts={"facebook_page": OWN_WORDS, "website": "inne"})
    text = composed(draft).text
    assert "Kto z\u00a0Was czytał" in text
    assert "Autorka „Gęśli" not in text
    assert "20\u00a0października 2026" in text
    assert draft.link in text


def test_words_for_another_channel_change_nothing() -> None:
    draft = samples.draft(channel_texts={"website": "inne"})
    assert composed(draft) == composed(samples.draft())


def test_a_cancelled_event_no_longer_invites() -> None:
    draft = samples.draft(Variant.CANCELLED, channel_texts={"facebook_page": OWN_WORDS})
    text = composed(draft).text
    assert "Autorka" not in text
    assert "Wstęp" not in text


def test_the_clock_style_of_the_institution_is_kept() -> None:
    draft = samples.draft()
    colon = dataclasses.replace(draft.institution, clock_style="colon")
    assert "17:00–18:30" in composed(dataclasses.replace(draft, institution=colon)).text


def test_characters_typed_on_a_mac_are_composed() -> None:
    draft = samples.draft(title=unicodedata.normalize("NFD", "Żółw i łódź"))
    assert composed(draft).text.startswith("Żółw i\u00a0łódź")


def test_a_draft_without_an_item_is_turned_away() -> None:
    with pytest.raises(NotAllowed):
        Channel.compose(dataclasses.replace(samples.draft(), item=None), renders("pl"))


def test_a_newsletter_s_variant_is_turned_away() -> None:
    with pytest.raises(NotAllowed):
        Channel.compose(samples.draft(Variant.ISSUE), renders("pl"))


def test_every_variant_has_its_template_and_there_is_no_other() -> None:
    names = {path.name for path in (ROOT / "templates" / "facebook_page").glob("[!_]*.j2")}
    assert names == {f"{variant}.txt.j2" for variant in VARIANTS}
