"""Fair shares as the planner takes them: for each branch or partner on each page, one rule."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from promo import planning
from promo.models import Branch, Destination, FairShare, Item, Partner
from promo.services import channels

Whose = FairShare.Whose
Voice = tuple[str, str, list[FairShare]]
"""Its key, its name, and the rules that are for it."""


def shares(destinations: Iterable[Destination]) -> tuple[planning.Share, ...]:
    """Every share on these destinations.

    Of several rules the nearest counts, as a whole: one's own before one for all, then a page's own
    before one for all pages.
    """
    rules = list(FairShare.objects.all())
    known = [*_branches(rules), *_partners(rules)]
    return tuple(
        _share(rule, voice=voice, name=name, destination=destination)
        for destination in destinations
        for voice, name, mine in known
        if (rule := _nearest(mine, destination)) is not None
    )


def pages() -> QuerySet[Destination]:
    """The destinations whose posts keep a distance from each other: what there is to share."""
    rules = planning.Rules(zone=ZoneInfo("UTC"))
    spaced = [key for key in channels.installed() if rules.channel(key).spaced]
    return Destination.objects.filter(active=True, channel__in=spaced)


def voices(item: Item) -> frozenset[str]:
    """Whose the item is: its branch's and its partners'."""
    return keys(item.branch_id, [partner.pk for partner in item.partners.all()])


def keys(branch_id: int | None, partner_ids: Iterable[int]) -> frozenset[str]:
    """The planner's keys of a branch and of partners."""
    branches = () if branch_id is None else (planning.branch_voice(branch_id),)
    return frozenset((*branches, *map(planning.partner_voice, partner_ids)))


def _branches(rules: list[FairShare]) -> Iterator[Voice]:
    mine = [rule for rule in rules if rule.whose in (Whose.BRANCH, Whose.BRANCHES)]
    for row in Branch.objects.all() if mine else ():
        own = [rule for rule in mine if rule.branch_id in (None, row.pk)]
        yield planning.branch_voice(row.pk), row.name, own


def _partners(rules: list[FairShare]) -> Iterator[Voice]:
    mine = [rule for rule in rules if rule.whose in (Whose.PARTNER, Whose.PARTNERS)]
    for row in Partner.objects.all() if mine else ():
        own = [rule for rule in mine if rule.partner_id in (None, row.pk)]
        yield planning.partner_voice(row.pk), row.name, own


def _nearest(rules: Iterable[FairShare], destination: Destination) -> FairShare | None:
    fitting = [rule for rule in rules if rule.destination_id in (None, destination.pk)]
    return max(fitting, key=_nearness, default=None)


def _nearness(rule: FairShare) -> tuple[bool, bool]:
    return (rule.whose in (Whose.BRANCH, Whose.PARTNER), rule.destination_id is not None)


def _share(rule: FairShare, *, voice: str, name: str, destination: Destination) -> planning.Share:
    return planning.Share(
        voice=voice,
        name=name,
        destination=str(destination.uuid),
        most_a_week=rule.most_a_week,
        gap=timedelta(hours=rule.gap_hours or 0),
        kept_a_week=rule.kept_a_week or 0,
    )
