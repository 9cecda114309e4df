"""Publishing on our own site, and what is said before approval."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from promo.channels.base import Access, Wires
from promo.channels.website import Channel
from promo.errors import InvalidInput
from promo.values import (
    Draft,
    IssueFacts,
    ItemFacts,
    Message,
    Picture,
    PlaceFacts,
    Receipt,
    Variant,
)
from tests.channels import samples
from tests.channels.contract import renders
from tests.channels.website import programme


def no_mail(_access: Access, _message: Message, _key: str) -> Receipt:
    raise NotImplementedError


@pytest.fixture
def channel() -> Channel:
    wires = Wires(http=requests.Session, now=lambda: programme.PUBLISHED, enqueue=no_mail)
    return Channel(Access(), wires)


def codes(item: ItemFacts, level: str = "error") -> set[str]:
    found = Channel.problems(programme.message(item))
    return {problem.code for problem in found if problem.level == level}


def meeting(**changes: Any) -> ItemFacts:
    return programme.item(1, **changes)


def test_the_receipt_names_the_item_and_its_page(channel: Channel) -> None:
    receipt = channel.publish(programme.message(programme.MEETING), key="7fK2q")
    assert receipt == Receipt(f"item/{programme.MEETING.uuid}", programme.MEETING.link)


def test_publishing_again_under_another_key_gives_the_same_receipt(channel: Channel) -> None:
    message = programme.message(programme.MEETING)
    assert channel.publish(message, key="7fK2q") == channel.publish(message, key="other")


def test_what_was_published_is_found_and_has_no_fault_of_access(channel: Channel) -> None:
    message = programme.message(programme.MEETING)
    assert channel.look_up("7fK2q", message) == channel.publish(message, key="7fK2q")
    assert channel.check() == []


def test_a_changed_entry_keeps_its_identity_and_taking_down_may_be_repeated(
    channel: Channel,
) -> None:
    receipt = channel.publish(programme.message(programme.MEETING), key="7fK2q")
    moved = dataclasses.replace(programme.MEETING, link="https://biblioteka.example.org/items/new/")
    changed = channel.update(receipt, programme.message(moved))
    assert changed == Receipt(receipt.remote_id, moved.link)
    channel.withdraw(changed)
    channel.withdraw(changed)


def test_every_variant_gives_the_same_entry_because_a_page_says_what_is() -> None:
    drafts = [samples.draft(variant) for variant in (Variant.ANNOUNCE, Variant.TODAY)]
    first, second = (Channel.compose(draft, renders("pl")) for draft in drafts)
    assert first == second


def test_the_entry_links_to_the_page_and_not_to_the_marker() -> None:
    message = Channel.compose(samples.draft(), renders("pl"))
    assert message.link == samples.MEETING.link
    assert "/w/" not in message.html + message.text


def test_a_newsletter_issue_cannot_be_composed() -> None:
    draft = samples.draft()
    issue = IssueFacts(uuid="1", newsletter="a", subject="b", preheader="c", blocks=())
    with pytest.raises(InvalidInput):
        Channel.compose(
            Draft(
                variant=Variant.ISSUE,
                due_at=draft.due_at,
                institution=draft.institution,
                marker="m",
                link="https://e.org/w/m",
                issue=issue,
            ),
            renders("pl"),
        )


@pytest.mark.parametrize("item", programme.ITEMS, ids=lambda item: item.title)
def test_a_complete_item_has_no_errors(item: ItemFacts) -> None:
    assert codes(item) == set()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": " "}, "title_missing"),
        ({"title": "ż" * 161}, "title_too_long"),
        ({"lead": ""}, "lead_missing"),
        ({"lead": "ż" * 161}, "lead_too_long"),
        ({"link": ""}, "link_missing"),
        ({"pictures": (Picture(url="https://e.org/a.jpg", alt=" "),)}, "alt_missing"),
        ({"starts_at": None, "ends_at": None}, "time_missing"),
        ({"ends_at": datetime(2026, 10, 20, 14, 0, tzinfo=UTC)}, "ends_before_start"),
        ({"place": PlaceFacts()}, "place_missing"),
        ({"kind": "contest", "starts_at": None, "ends_at": None}, "deadline_missing"),
        ({"kind": "exhibition", "starts_at": None, "ends_at": None}, "time_missing"),
    ],
)
def test_what_would_leave_a_reader_without_a_fact_blocks_approval(
    changes: dict[str, Any], code: str
) -> None:
    assert codes(meeting(**changes)) == {code}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"accessibility": ""}, "accessibility_missing"),
        ({"sign_up_until_at": datetime(2026, 10, 21, tzinfo=UTC)}, "sign_up_after_start"),
        (
            {"pictures": (Picture(url="https://e.org/a.jpg", alt="IMG_1234.jpg"),)},
            "alt_empty_words",
        ),
        ({"pictures": (Picture(url="https://e.org/a.jpg", alt="Plakat"),)}, "alt_empty_words"),
        (
            {"pictures": (Picture(url="https://e.org/a.jpg", alt=samples.MEETING.title),)},
            "alt_empty_words",
        ),
        ({"pictures": (Picture(url="https://e.org/a.jpg", alt="ż" * 251),)}, "alt_too_long"),
    ],
)
def test_what_could_be_better_is_a_warning(changes: dict[str, Any], code: str) -> None:
    assert codes(meeting(**changes)) == set()
    assert codes(meeting(**changes), "warning") == {code}


def test_an_all_day_event_that_ends_on_its_first_day_is_in_order() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    assert codes(meeting(all_day=True, starts_at=start, ends_at=start + timedelta(0))) == set()


def test_a_postponed_event_needs_no_time() -> None:
    assert "time_missing" not in codes(programme.POSTPONED)


def test_problems_are_told_in_the_language_of_the_desk() -> None:
    (problem,) = Channel.problems(programme.message(meeting(title="")))
    assert problem.field == "title"
    assert problem.text


def test_a_message_without_an_entry_is_looked_at_all_the_same(channel: Channel) -> None:
    message = Message(channel="website", text="", link="https://e.org/items/1/")
    assert {problem.code for problem in channel.problems(message)} == {
        "title_missing",
        "lead_missing",
    }
    assert channel.publish(message, key="k").remote_id == "https://e.org/items/1/"
