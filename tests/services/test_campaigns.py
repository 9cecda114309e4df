"""Campaigns: what staff queue, pause, resume and cancel."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from promo.errors import InvalidInput, NotAllowed
from promo.models import Attempt, Campaign, CampaignItem, Item, Publication, TimetableStep
from promo.protocol import State
from promo.services import approvals, campaigns, destinations, plans, publishing
from tests import making
from tests.driving import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def installed(db: None) -> None:
    making.installation()


@pytest.fixture
def draft(installed: None) -> Campaign:
    """A campaign that is not queued yet, with one approved item."""
    campaign = Campaign.objects.create(name="Ferie w bibliotece")
    item = making.item(starts_at=Clock()() + timedelta(days=30), ends_at=None)
    CampaignItem.objects.create(campaign=campaign, item=item)
    approvals.approve(content=item)
    return campaign


@pytest.fixture
def running(draft: Campaign, clock: Clock) -> Campaign:
    campaigns.queue(campaign=draft, now=clock())
    return draft


def rows(campaign: Campaign) -> list[Publication]:
    return list(campaign.publications.order_by("planned_at", "id"))


def all_due(clock: Clock) -> list[int]:
    return publishing.hand_out(now=clock() + timedelta(days=40))


def test_an_approved_item_without_a_campaign_gets_one_that_runs(installed: None) -> None:
    item = making.approved()
    campaign = Campaign.objects.get()
    assert campaign.state == Campaign.State.QUEUED
    assert campaign.queued_at is not None
    assert [entry.item for entry in campaign.entries.all()] == [item]
    approvals.approve(content=item)
    assert Campaign.objects.count() == 1


def test_what_is_approved_waits_until_its_campaign_is_queued(draft: Campaign, clock: Clock) -> None:
    assert rows(draft)
    assert all(row.held for row in rows(draft))
    assert all_due(clock) == []
    campaigns.queue(campaign=draft, now=clock())
    assert not any(row.held for row in rows(draft))
    assert len(all_due(clock)) == len(rows(draft))


def test_a_pause_holds_what_has_not_left_us_and_a_resumption_sets_it_free(
    running: Campaign, clock: Clock
) -> None:
    before = [(row.pk, row.planned_at, row.digest) for row in rows(running)]
    campaigns.pause(campaign=running)
    assert all_due(clock) == []
    campaigns.resume(campaign=running, now=clock())
    assert [(row.pk, row.planned_at, row.digest) for row in rows(running)] == before
    assert len(all_due(clock)) == len(before)


def test_a_pause_of_the_destination_outlasts_that_of_the_campaign(
    running: Campaign, clock: Clock
) -> None:
    campaigns.pause(campaign=running)
    website = running.publications.filter(destination__channel="website")[0].destination
    destinations.pause(destination=website, because="próba", now=clock())
    campaigns.resume(campaign=running, now=clock())
    held = {row.destination.channel for row in rows(running) if row.held}
    assert held == {"website"}
    destinations.resume(destination=website)
    assert not any(row.held for row in rows(running))


def test_a_resumed_destination_does_not_wake_what_a_paused_campaign_holds(
    running: Campaign, clock: Clock
) -> None:
    campaigns.pause(campaign=running)
    for destination in {row.destination for row in rows(running)}:
        destinations.pause(destination=destination, because="próba", now=clock())
        destinations.resume(destination=destination)
    assert all_due(clock) == []


def test_cancelling_drops_what_has_not_left_us_and_says_who_did_it(
    running: Campaign, clock: Clock, admin_user: User
) -> None:
    out, unknown, *_rest = rows(running)
    kept = {out.pk: State.PUBLISHED, unknown.pk: State.UNKNOWN}
    Publication.objects.filter(pk=out.pk).update(state=State.PUBLISHED, published_at=clock())
    Publication.objects.filter(pk=unknown.pk).update(state=State.UNKNOWN)
    dropped = campaigns.cancel(campaign=running, user=admin_user, now=clock())
    assert dropped == len(rows(running)) - 2
    for row in rows(running):
        assert row.state == kept.get(row.pk, State.CANCELLED)
    lines = Attempt.objects.filter(publication__campaign=running)
    assert lines.count() == dropped
    assert {line.user for line in lines} == {admin_user}


def test_nothing_of_a_cancelled_campaign_comes_back(
    running: Campaign, clock: Clock, admin_user: User
) -> None:
    campaigns.cancel(campaign=running, user=admin_user, now=clock())
    item = Item.objects.get()
    item.lead = "Nowy opis spotkania, bez zmiany daty i miejsca."
    approvals.approve(content=item)
    for destination in {row.destination for row in rows(running)}:
        destinations.pause(destination=destination, because="próba", now=clock())
        destinations.resume(destination=destination)
    assert all_due(clock) == []


@pytest.mark.parametrize(
    ("state", "acts"),
    [
        (Campaign.State.DRAFT, {"queue", "cancel"}),
        (Campaign.State.QUEUED, {"pause", "cancel"}),
        (Campaign.State.PAUSED, {"resume", "cancel"}),
        (Campaign.State.CANCELLED, set()),
    ],
)
def test_an_act_that_came_too_late_is_refused(
    clock: Clock, state: Campaign.State, acts: set[str]
) -> None:
    all_acts = {
        "queue": lambda campaign: campaigns.queue(campaign=campaign, now=clock()),
        "pause": lambda campaign: campaigns.pause(campaign=campaign),
        "resume": lambda campaign: campaigns.resume(campaign=campaign, now=clock()),
        "cancel": lambda campaign: campaigns.cancel(campaign=campaign, user=None, now=clock()),
    }
    for name, act in all_acts.items():
        campaign = Campaign.objects.create(name=name, state=state)
        if name in acts:
            act(campaign)
            continue
        with pytest.raises(NotAllowed):
            act(campaign)
        campaign.refresh_from_db()
        assert campaign.state == state


def test_a_campaign_that_cannot_be_planned_is_not_queued_by_half(
    draft: Campaign, clock: Clock
) -> None:
    timetable = plans.timetable_of(Item.objects.get())
    assert timetable is not None
    TimetableStep.objects.create(
        timetable=timetable, key="lost", when="kiedyś", channel="website", variant="reminder"
    )
    with pytest.raises(InvalidInput):
        campaigns.queue(campaign=draft, now=clock())
    draft.refresh_from_db()
    assert draft.state == Campaign.State.DRAFT
    assert draft.queued_at is None
