"""The filled desk: everything on it could have been made by people, and would pass the gate."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth import get_user_model

from promo.models import (
    Approval,
    Branch,
    Campaign,
    Consent,
    Entry,
    Institution,
    Issue,
    Item,
    Newsletter,
    Photo,
    Publication,
    Source,
    Subscriber,
    Subscription,
)
from promo.protocol import State
from promo.services import campaigns, demo, gate, pages
from promo.values import EventStatus

pytestmark = pytest.mark.xdist_group("demo")  # it is filled once, for all of them

HELD_WARNINGS: set[str] = set()
"""Codes of warnings that the examples may raise: none."""


def test_the_desk_is_filled_with_a_whole_library(filled: datetime) -> None:
    assert Institution.load().name == "Biblioteka Miejska w Kluczborku (pokaz)"
    assert Branch.objects.count() == 3
    assert Item.objects.filter(live=True).count() >= 18
    assert Newsletter.objects.get().name == "Co słychać w bibliotece"
    assert Photo.objects.count() >= 8
    assert not Source.objects.get().active
    assert Entry.objects.filter(state=Entry.State.NEW).exists()
    assert {row.state for row in Campaign.objects.all()} == {Campaign.State.QUEUED}
    assert Campaign.objects.get(name="Spotkania z literaturą").entries.count() == 3


def test_every_example_passes_the_gate_without_a_word(filled: datetime) -> None:
    for content in (*Item.objects.all(), Issue.objects.get()):
        assert gate.faults(content) == [], str(content)
        assert {problem.code for problem in gate.check(content)} <= HELD_WARNINGS, str(content)


def test_branches_tell_how_accessible_they_are(filled: datetime) -> None:
    assert all(len(branch.accessibility) > 80 for branch in Branch.objects.all())


def test_two_hundred_readers_have_agreed_and_it_is_recorded(filled: datetime) -> None:
    active = Subscription.objects.filter(state=Subscription.State.ACTIVE)
    assert Subscriber.objects.count() == active.count() == 200
    for row in active.prefetch_related("consents"):
        acts = [consent.act for consent in row.consents.all()]
        assert acts in ([Consent.Act.RECORDED], [Consent.Act.ASKED, Consent.Act.CONFIRMED])
        assert row.consents.all()[0].wording
        assert row.confirmed_at is not None
        assert row.confirmed_at < filled


def test_some_items_are_still_drafts_and_one_waits_for_approval(filled: datetime) -> None:
    drafts = Item.objects.filter(live=False).order_by("id")
    assert [item.current_workflow_state is not None for item in drafts] == [False, False, True]
    assert not Publication.objects.filter(item__in=drafts).exists()


def test_nobody_gets_a_password_or_an_address(filled: datetime) -> None:
    staff = get_user_model().objects.filter(username__in=["ola", "marek"])
    assert [user.has_usable_password() for user in staff] == [False, False]
    assert [user.email for user in staff] == ["", ""]
    assert {approval.user.username for approval in Approval.objects.all()} == {"marek"}


def test_the_cancelled_event_was_announced_before(filled: datetime) -> None:
    item = Item.objects.get(status=EventStatus.CANCELLED)
    assert [row.status for row in item.approvals.all()] == ["scheduled", "cancelled"]
    told = item.publications.get(state=State.PUBLISHED)
    assert told.destination.channel == "website"
    notice = item.publications.get(variant="cancelled")
    assert (notice.destination.channel, notice.state) == ("website", State.PLANNED)
    assert not item.publications.filter(destination__channel="facebook_page", state=State.PLANNED)


def test_the_moved_event_tells_both_dates(filled: datetime) -> None:
    item = Item.objects.get(status=EventStatus.RESCHEDULED)
    first, second = item.approvals.all()
    assert (first.starts_at, first.sequence) == (item.previous_starts_at, 0)
    assert (second.starts_at, second.sequence) == (item.starts_at, 1)
    assert item.starts_at - item.previous_starts_at == timedelta(days=7)
    assert item.publications.filter(variant="changed", state=State.PLANNED).exists()


def test_the_full_course_invites_nobody_on_facebook(filled: datetime) -> None:
    item = Item.objects.get(status=EventStatus.SOLD_OUT)
    assert {row.destination.channel for row in item.publications.all()} == {"website"}


def test_filling_again_changes_nothing(filled: datetime) -> None:
    before = (Item.objects.count(), Publication.objects.count(), Subscriber.objects.count())
    assert demo.fill(now=filled + timedelta(hours=1)) == demo.Filled()
    assert before == (
        Item.objects.count(),
        Publication.objects.count(),
        Subscriber.objects.count(),
    )


def test_a_paused_campaign_holds_its_examples_back(filled: datetime) -> None:
    campaign = Campaign.objects.get(name="Biblioteka dla najmłodszych")
    campaigns.pause(campaign=campaign)
    assert set(campaign.publications.values_list("held", flat=True)) == {True}


def test_the_public_page_shows_what_is_out(filled: datetime) -> None:
    shown = {item.status for item in pages.out()}
    assert shown == {EventStatus.CANCELLED, EventStatus.RESCHEDULED}
