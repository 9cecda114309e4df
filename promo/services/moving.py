"""Where a publication may be moved to: the planner's rules for a moment that a person chooses."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from promo.errors import InvalidInput
from promo.models import Item, Publication
from promo.planning import Rules
from promo.planning.calendar import wall_clock
from promo.planning.evergreen import is_showing
from promo.planning.kinds import KINDS
from promo.planning.spacing import Book, Room
from promo.planning.verdicts import (
    Movable,
    Objection,
    channel_of,
    objections,
)
from promo.services import fair_shares, neighbours
from promo.services.plans import house_rules
from promo.values import Variant

HOURS = 24
DAY = timedelta(days=1)


def objections_to(
    *, publication: Publication, at: datetime, now: datetime
) -> tuple[Objection, ...]:
    """What stands against this moment; one that refuses stands alone."""
    rules = house_rules(now)
    movable = _movable(publication, rules, since=at, until=at, now=now)
    return objections(at, movable=movable, rules=rules, now=now)


def check(*, publication: Publication, at: datetime, now: datetime) -> None:
    """Raises InvalidInput where the moment is out of the question, whatever a person wants."""
    found = objections_to(publication=publication, at=at, now=now)
    if found and found[0].refuses:
        raise InvalidInput(found[0].text, field="to")


def verdicts(
    *, publication: Publication, first: date, last: date, now: datetime
) -> dict[date, list[tuple[Objection, ...]]]:
    """For each day from `first` to `last` and each hour of it, at the publication's own minute,
    what stands against it. As many statements for many days as for one.
    """
    rules = house_rules(now)
    minute = publication.planned_at.astimezone(rules.zone).minute
    since = wall_clock(first, time.min, rules.zone)[0]
    until = wall_clock(last, time.min, rules.zone)[0] + DAY
    movable = _movable(publication, rules, since=since, until=until, now=now)
    return {
        day: [
            objections(
                wall_clock(day, time(hour, minute), rules.zone)[0],
                movable=movable,
                rules=rules,
                now=now,
            )
            for hour in range(HOURS)
        ]
        for day in _days(first, last)
    }


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def _movable(
    row: Publication, rules: Rules, *, since: datetime, until: datetime, now: datetime
) -> Movable:
    item = row.item
    kind = KINDS[item.kind] if item else None
    channel = channel_of(
        rules,
        row.destination.channel,
        urgent=kind is not None and kind.urgent,
        operational=kind is not None and kind.operational,
    )
    website, network = _twins(row, rules)
    start = _start(row, item)
    return Movable(
        channel=channel,
        room=_room(row, rules, since, until, now) if channel.spaced else None,
        only_on=start.astimezone(rules.zone).date()
        if start and row.variant == Variant.TODAY
        else None,
        not_before_at=_over(row, item),
        # A showing keeps to its day, whatever day a person gives it.
        not_after_at=None if is_showing(row.slot) else row.not_after_at,
        begins_at=start if start == row.not_after_at else None,
        website_at=website,
        network_at=network,
    )


def _start(row: Publication, item: Item | None) -> datetime | None:
    return row.occurrence_at or (item.starts_at if item else None)


def _over(row: Publication, item: Item | None) -> datetime | None:
    """Before this there is nothing to report."""
    if item is None or item.recurrence:
        return None
    if row.variant == Variant.REPORT:
        return item.ends_at or item.starts_at
    return item.deadline_at if row.variant == Variant.RESULTS else None


def _room(row: Publication, rules: Rules, since: datetime, until: datetime, now: datetime) -> Room:
    """What is free on the destination from `since` until `until`, for posts of the same item.

    A showing of an evergreen item makes room for what is none.
    """
    reach = neighbours.reach_of(rules)
    others = (
        Publication.objects.filter(
            destination_id=row.destination_id,
            planned_at__gte=since - reach,
            planned_at__lt=until + reach,
            item__isnull=False,
        )
        .exclude(state__in=neighbours.NOT_STANDING)
        .exclude(pk=row.pk)
    )
    if not is_showing(row.slot):
        others = others.exclude(neighbours.giving_way(now))
    posts = neighbours.occupied(others, rules)
    return Room(
        book=Book((post for post in posts if not post.operational), rules.zone),
        destination=str(row.destination.uuid),
        rules=rules,
        voices=fair_shares.voices(row.item) if row.item and rules.shares else frozenset(),
        now=now,
    )


def _twins(row: Publication, rules: Rules) -> tuple[datetime | None, datetime | None]:
    """Since when the website has the item, and since when a social network has it."""
    if row.item_id is None:
        return None, None
    others = Publication.objects.filter(item_id=row.item_id).exclude(pk=row.pk)
    known = [
        (rules.channel(channel), out or planned)
        for channel, out, planned in others.exclude(state__in=neighbours.NOT_STANDING).values_list(
            "destination__channel", "published_at", "planned_at"
        )
    ]
    website = min((at for channel, at in known if channel.lasting), default=None)
    network = min((at for channel, at in known if channel.needs_twin), default=None)
    return website, network
