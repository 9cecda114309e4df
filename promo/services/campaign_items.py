"""The items of a campaign: added, begun in it, taken out of it."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from promo.errors import InvalidInput, NotAllowed
from promo.models import Campaign, CampaignItem, Item, Publication
from promo.services import plans
from promo.services.destinations import hold


def add(*, campaign: Campaign, items: Iterable[Item], now: datetime) -> int:
    """Put these items and their publications into the campaign; gives how many were new to it.

    An item leaves the campaign that it was in; one that was only there for this item goes. What is
    not out yet waits or runs as the campaign does. Raises NotAllowed for a cancelled campaign.
    """
    with transaction.atomic():
        _hold_open(campaign)
        count = 0
        for item in items:
            former = Campaign.objects.filter(entries__item=item).first()
            if former == campaign:
                continue
            CampaignItem.objects.update_or_create(item=item, defaults={"campaign": campaign})
            Publication.objects.filter(item=item).update(campaign=campaign)
            if item.live and _starts_again(former, campaign):
                plans.replan(item=item, now=now)  # what is overdue follows the rules for it
            if former is not None:
                _drop_empty(former)
            count += 1
        hold(campaign=campaign)
    return count


def begin(*, campaign: Campaign, title: str, kind: str, user: User, now: datetime) -> Item:
    """A new draft in the campaign. Raises InvalidInput without a title, NotAllowed as `add`."""
    if not title.strip():
        raise InvalidInput(_("What is it called?"), field="title")
    with transaction.atomic():
        item = Item(title=title.strip(), kind=kind, live=False)
        item.full_clean(exclude=["lead"])
        item.save()
        item.save_revision(user=user, clean=False)  # a draft may still lack what is required
        add(campaign=campaign, items=[item], now=now)
    return item


def take_out(*, campaign: Campaign, item: Item, user: User | None) -> Campaign | None:
    """Take the item out. If anything of it stands, it goes on in a campaign of its own, running or
    waiting as this one does; gives that one.
    """
    with transaction.atomic():
        _hold_open(campaign)
        gone, _rows = CampaignItem.objects.filter(campaign=campaign, item=item).delete()
        if not gone:
            raise NotAllowed(_("It is in this campaign no longer."))
        rows = Publication.objects.filter(item=item)
        if not item.live and not rows.exists():
            return None
        own = Campaign.objects.create(
            name=item.title, created_by=user, state=campaign.state, queued_at=campaign.queued_at
        )
        CampaignItem.objects.create(campaign=own, item=item)
        rows.update(campaign=own)
        return own


def _hold_open(campaign: Campaign) -> None:
    """Lock the campaign; a cancelled one takes and gives nothing."""
    state = Campaign.objects.select_for_update().values_list("state", flat=True).get(pk=campaign.pk)
    if state == Campaign.State.CANCELLED:
        raise NotAllowed(_("This campaign is cancelled: its items stay as they are."))
    campaign.state = state


def _starts_again(former: Campaign | None, campaign: Campaign) -> bool:
    """Has the item waited in a campaign that did not run, and comes to one that does?"""
    queued = Campaign.State.QUEUED
    return former is not None and former.state != queued and campaign.state == queued


def _drop_empty(campaign: Campaign) -> None:
    """A campaign without items in which nothing was ever planned told nobody anything."""
    if not campaign.entries.exists() and not campaign.publications.exists():
        Campaign.objects.filter(pk=campaign.pk).delete()
