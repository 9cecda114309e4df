"""Campaigns: what staff queue, pause, resume and cancel."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from promo.errors import NotAllowed
from promo.models import Attempt, Campaign, CampaignItem, Item, Publication
from promo.protocol import AHEAD, Event, State, after, sources
from promo.services import armed, ledger, plans
from promo.services.destinations import hold

CANCELLABLE = sources(Event.CANCEL) - {State.UNKNOWN}


def ensure(*, item: Item, user: User | None, now: datetime) -> Campaign:
    """The item's campaign; an item that is in none gets its own, which starts to run at once."""
    known = Campaign.objects.filter(entries__item=item).first()
    if known is not None:
        return known
    campaign = Campaign.objects.create(
        name=item.title, created_by=user, state=Campaign.State.QUEUED, queued_at=now
    )
    CampaignItem.objects.create(campaign=campaign, item=item)
    return campaign


def queue(*, campaign: Campaign, now: datetime) -> None:
    """Start it: its approved items are planned and go out on their timetables."""
    with transaction.atomic():
        _move(campaign, {Campaign.State.DRAFT}, Campaign.State.QUEUED)
        Campaign.objects.filter(id=campaign.id).update(queued_at=now)
        _plan_again(campaign, now)


def pause(*, campaign: Campaign) -> None:
    """Hold everything that has not left us."""
    with transaction.atomic():
        _move(campaign, {Campaign.State.QUEUED}, Campaign.State.PAUSED)
        hold(campaign=campaign)


def resume(*, campaign: Campaign, now: datetime) -> None:
    """Let it run again; overdue steps follow the rules for late ones."""
    with transaction.atomic():
        _move(campaign, {Campaign.State.PAUSED}, Campaign.State.QUEUED)
        _plan_again(campaign, now)


def cancel(*, campaign: Campaign, user: User | None, now: datetime) -> int:
    """Drop what is not out, and give the number of publications dropped.

    What a network holds is taken back. What is out stays out; what is being sent at this moment is
    settled by its own outcome.
    """
    with transaction.atomic():
        running = {Campaign.State.DRAFT, Campaign.State.QUEUED, Campaign.State.PAUSED}
        _move(campaign, running, Campaign.State.CANCELLED)
        rows = Publication.objects.select_for_update().filter(
            campaign=campaign, state__in=CANCELLABLE
        )
        for row in rows:
            row.state = after(State(row.state), Event.CANCEL)
            row.save(update_fields=["state"])
            ledger.write(row, Attempt.Event.CANCELLED, at=now, user=user)
        return len(rows) + _recall(campaign, user, now)


def _recall(campaign: Campaign, user: User | None, now: datetime) -> int:
    rows = Publication.objects.select_for_update().filter(
        campaign=campaign, state__in=AHEAD | {State.UNKNOWN}, recalled=False
    )
    held = [row for row in rows if row.is_ahead]
    for row in held:
        armed.recall(row, user=user, now=now)
    return len(held)


def _plan_again(campaign: Campaign, now: datetime) -> None:
    for entry in campaign.entries.select_related("item"):
        if entry.item.live:
            plans.replan(item=entry.item, now=now)
    hold(campaign=campaign)


def _move(campaign: Campaign, allowed: set[Campaign.State], state: Campaign.State) -> None:
    moved = Campaign.objects.filter(id=campaign.id, state__in=allowed).update(state=state)
    if not moved:
        raise NotAllowed(_("That is no longer possible: somebody has changed it in the meantime."))
    campaign.state = state
