"""Where a publication may be moved to: the planner's rules for a moment that a person chooses."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from promo.errors import InvalidInput
from promo.models import Item, Publication
from promo.planning import Rules
from promo.planning.calendar import wall_clock
from promo.planning.evergreen import is_showing
from promo.planning.kinds import KINDS
from promo.planning.verdicts import (
    Movable,
    Neighbours,
    Objection,
    channel_of,
    objections,
)
from promo.services.neighbours import NOT_STANDING, giving_way
from promo.services.plans import house_rules
from promo.values import Variant

HOURS = 24
DAY = timedelta(days=1)


def objections_to(
    *, publication: Publication, at: datetime, now: datetime
) -> tuple[Objection, ...]:
    """What stands against this moment; one that refuses stands alone."""
    rules = house_rules(now)
    movable = _movable(publication, rules, since=at - 2 * DAY, until=at + 2 * DAY, now=now)
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
    what stands against it. Three statements, however many days.
    """
    rules = house_rules(now)
    minute = publication.planned_at.astimezone(rules.zone).minute
    since = wall_clock(first, time.min, rules.zone)[0] - DAY
    until = wall_clock(last, time.min, rules.zone)[0] + 2 * DAY
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
        neighbours=_neighbours(row, rules, since, until, now) if channel.spaced else Neighbours(),
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


def _neighbours(
    row: Publication, rules: Rules, since: datetime, until: datetime, now: datetime
) -> Neighbours:
    """The posts of items on the same destination that keep a distance from others.

    A showing of an evergreen item makes room for what is none.
    """
    others = (
        Publication.objects.filter(
            destination_id=row.destination_id,
            planned_at__gte=since,
            planned_at__lt=until,
            item__isnull=False,
        )
        .exclude(state__in=NOT_STANDING)
        .exclude(pk=row.pk)
        .exclude(item__kind__in=[kind.key for kind in KINDS.values() if kind.operational])
    )
    if not is_showing(row.slot):
        others = others.exclude(giving_way(now))
    instants = others.values_list("published_at", "planned_at")
    return Neighbours.of((out or planned for out, planned in instants), rules)


def _twins(row: Publication, rules: Rules) -> tuple[datetime | None, datetime | None]:
    """Since when the website has the item, and since when a social network has it."""
    if row.item_id is None:
        return None, None
    others = Publication.objects.filter(item_id=row.item_id).exclude(pk=row.pk)
    known = [
        (rules.channel(channel), out or planned)
        for channel, out, planned in others.exclude(state__in=NOT_STANDING).values_list(
            "destination__channel", "published_at", "planned_at"
        )
    ]
    website = min((at for channel, at in known if channel.lasting), default=None)
    network = min((at for channel, at in known if channel.needs_twin), default=None)
    return website, network
