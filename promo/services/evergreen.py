"""Evergreen items are looked after: the next showing on each page stands, and gives way in time.

A look plans the item by the same planner as an approval does, and stores something only where a
showing is to stand elsewhere. Two looks at once wait for each other at the item's row.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Min

from promo.models import Campaign, Item, Publication, Showings
from promo.planning import Planned
from promo.planning.evergreen import PREFIX, is_showing
from promo.protocol import AHEAD, UNSENT
from promo.services import plans, showings

LOOK_EVERY = timedelta(minutes=15)
MOST_AT_ONCE = 50
NEAR = timedelta(days=8)
"""A post may crowd a showing of the same week, by the weekly maximum."""


def watch(*, item: Item, now: datetime) -> None:
    """Look after an item that was just approved, or no longer: its showings are planned with it."""
    if showings.settings_of(item) is None:
        Showings.objects.filter(item=item).delete()
    else:
        next_look = {"look_at": now + LOOK_EVERY}
        Showings.objects.update_or_create(item=item, defaults=next_look)


def forget(*, item: Item) -> None:
    """Look no more after an item whose approval was withdrawn."""
    Showings.objects.filter(item=item).delete()


def hand_out(*, now: datetime) -> list[int]:
    """The items to look at now; each gets its next turn, so that none is handed out twice."""
    with transaction.atomic():
        due = Showings.objects.filter(look_at__lte=now).order_by("look_at")
        ids = [row.pk for row in due.select_for_update(skip_locked=True)[:MOST_AT_ONCE]]
        Showings.objects.filter(pk__in=ids).update(look_at=now + LOOK_EVERY)
    return ids


def keep(item_id: int, *, now: datetime) -> None:
    """Have the item's next showings stand where they should. Safe to call any number of times."""
    with transaction.atomic():
        item = Item.objects.select_for_update(of=("self",)).filter(pk=item_id, live=True).first()
        running = Campaign.objects.filter(entries__item_id=item_id, state=Campaign.State.QUEUED)
        if item is None or showings.settings_of(item) is None or not running.exists():
            return
        made = plans.plan(item=item, now=now)
        if _wanted(made.planned) != _standing(item):
            plans.replan(item=item, now=now)


def _wanted(planned: tuple[Planned, ...]) -> set[tuple[str, str, datetime]]:
    return {(one.destination, one.slot, one.due_at) for one in planned if is_showing(one.slot)}


def _standing(item: Item) -> set[tuple[str, str, datetime]]:
    rows = item.publications.filter(slot__startswith=PREFIX, recalled=False)
    return {
        (str(row.destination.uuid), row.slot, row.planned_at)
        for row in rows.select_related("destination").defer("message_json", "armed_json")
        if row.state in UNSENT or row.is_ahead
    }


def make_room(*, item: Item, now: datetime) -> None:
    """Have the showings looked at soon that posts of this item may crowd.

    Only a wake-up: whose row is locked at this moment is being planned anyway, and is passed by.
    """
    posts = item.publications.filter(state__in=UNSENT | AHEAD).exclude(slot__startswith=PREFIX)
    span = posts.aggregate(first=Min("planned_at"), last=Max("planned_at"))
    if span["first"] is None:
        return
    crowded = Publication.objects.filter(
        destination__in=posts.values("destination"),
        planned_at__gte=span["first"] - NEAR,
        planned_at__lte=span["last"] + NEAR,
        state__in=UNSENT | AHEAD,
        slot__startswith=PREFIX,
    )
    rows = Showings.objects.filter(item__in=crowded.values("item"), look_at__gt=now)
    with transaction.atomic():
        ids = [row.pk for row in rows.exclude(item=item).select_for_update(skip_locked=True)]
        Showings.objects.filter(pk__in=ids).update(look_at=now)
