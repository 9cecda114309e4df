"""What a plan has to know of the posts of others: a bounded part of the table, read once."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from promo.models import Item, Publication
from promo.planning import Destination, Occupied, Plan, Rules
from promo.planning.evergreen import PREFIX, SETTLED
from promo.planning.kinds import KINDS
from promo.protocol import AHEAD, UNSENT, State
from promo.services import fair_shares

LOOK_BACK = timedelta(days=400)
"""How long what is out counts for an item that is planned anew."""

NOT_STANDING = frozenset({State.CANCELLED, State.MISSED, State.WITHDRAWN, State.FAILED})
STANDING = sorted(set(State) - NOT_STANDING)
WEEKS = timedelta(days=15)
"""The whole week of a post and of one that it moves to."""

AT = Coalesce("published_at", "planned_at")

Make = Callable[[list[Occupied]], Plan]


def among(
    make: Make,
    *,
    item: Item,
    destinations: Iterable[Destination],
    rules: Rules,
    now: datetime,
    gives_way: bool = False,
) -> Plan:
    """The plan that `make` gives, among the other items' posts where posts keep a distance.

    They are read from now to a little after the item's own last post; only if crowding shifted it
    beyond that, once more to where it went. Showings of evergreen items are in nobody's way but in
    that of another one, which `gives_way` itself.
    """
    spaced = [one.ref for one in destinations if rules.channel(one.channel).spaced]
    margin = reach_of(rules)
    mine = own(item, rules, now)
    made = make(mine)
    seen = now
    while (reach := _reach(made, spaced)) is not None and reach > seen - margin:
        seen = reach + 2 * margin
        rows = others(item, spaced, since=now - margin, until=seen)
        if not gives_way:
            rows = rows.exclude(giving_way(now))
        made = make([*mine, *occupied(rows, rules)])
    return made


def reach_of(rules: Rules) -> timedelta:
    """How far from a post another one may still matter."""
    return max(WEEKS, rules.min_gap, *(share.gap for share in rules.shares))


def giving_way(now: datetime) -> Q:
    """The showings that move when another post needs their place: not what is about to go out."""
    unsent = Q(state__in=UNSENT | AHEAD, planned_at__gt=now + SETTLED)
    return unsent & Q(slot__startswith=PREFIX)


def own(item: Item, rules: Rules, now: datetime) -> list[Occupied]:
    """What stands of the item itself."""
    return occupied(_of(item, now), rules) if item.pk else []


def _reach(made: Plan, spaced: list[str]) -> datetime | None:
    """The last post that has to keep a distance, if any."""
    return max((one.due_at for one in made.planned if one.destination in spaced), default=None)


def _standing() -> QuerySet[Publication]:
    return Publication.objects.filter(item__isnull=False, state__in=STANDING)


def _of(item: Item, now: datetime) -> QuerySet[Publication]:
    return _standing().filter(item=item, planned_at__gte=now - LOOK_BACK)


def others(
    item: Item, destinations: list[str], *, since: datetime, until: datetime
) -> QuerySet[Publication]:
    """The standing posts of other items on these destinations, from `since` until `until`."""
    rows = _standing().annotate(at=AT)
    rows = rows.filter(destination__uuid__in=destinations, at__gte=since, at__lt=until)
    return rows.exclude(item_id=item.pk) if item.pk else rows


def occupied(rows: QuerySet[Publication], rules: Rules) -> list[Occupied]:
    """These posts as a plan takes them, in one statement."""
    through = Item.partners.through.objects.filter(item_id=OuterRef("item_id"))
    # A house without shares has no need of its partners.
    partners: Any = ArraySubquery(through.values("partner_id")) if rules.shares else F("item_id")
    found = rows.annotate(at=AT, partner_ids=partners).values_list(
        *("destination__uuid", "at", "item__uuid", "slot", "state", "moved_by_hand"),
        *("item__kind", "item__branch_id", "partner_ids"),
    )
    posts = found.iterator()
    return [
        Occupied(
            destination=str(destination),
            at=at,
            ref=str(ref),
            slot=slot,
            out=state not in UNSENT | AHEAD,
            operational=KINDS[kind].operational or KINDS[kind].urgent,
            voices=fair_shares.keys(branch_id, partner_ids) if rules.shares else frozenset(),
            by_hand=by_hand,
        )
        for destination, at, ref, slot, state, by_hand, kind, branch_id, partner_ids in posts
    ]
