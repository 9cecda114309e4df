"""The rhythm of a newsletter: saved, reckoned, and handed out when a draft is due."""

from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from promo.models import Branch, Institution, Rhythm
from promo.planning import rhythm as planning
from promo.planning.rhythm import Turn
from promo.services.plans import house_rules

DAY = timedelta(days=1)


def save(*, rhythm: Rhythm, branches: list[Branch] | None = None, now: datetime) -> None:
    """Store it, with its next turn: the first that is still to go out.

    A draft whose cut-off has passed is due at once.
    """
    reckon(rhythm, now=now)
    with transaction.atomic():
        rhythm.full_clean()
        rhythm.save()
        if branches is not None:
            rhythm.branches.set(branches)


def upcoming(rhythm: Rhythm, *, now: datetime, most: int = 3) -> list[Turn]:
    """The next turns, as the form shows them. Raises InvalidInput for what is no rule."""
    found = planning.coming(
        _plain(rhythm), rules=house_rules(now), now=now, after=rhythm.handled_on
    )
    return list(islice(found, most))


def reckon(rhythm: Rhythm, *, now: datetime) -> None:
    """Set the next turn by the rule and the zone of now; the caller saves."""
    rhythm.zone = Institution.load().zone
    set_next(rhythm, next(iter(upcoming(rhythm, now=now, most=1)), None))


def set_next(rhythm: Rhythm, turn: Turn | None) -> None:
    """Note the turn that is next; None where the rule has ended."""
    rhythm.next_on = turn.on if turn else None
    rhythm.next_send_at = turn.send_at if turn else None
    rhythm.compose_at = turn.compose_at if turn else None
    rhythm.hinted_at = None


def due(rhythm: Rhythm, *, now: datetime) -> Turn | None:
    """The turn to compose now, if any."""
    if rhythm.next_on is None:
        return None
    after = rhythm.handled_on or rhythm.next_on - DAY
    return planning.due_turn(_plain(rhythm), rules=house_rules(now), now=now, after=after)


def following(rhythm: Rhythm, turn: Turn, *, now: datetime) -> Turn | None:
    """The turn after this one."""
    found = planning.turns(_plain(rhythm), rules=house_rules(now), after=turn.on)
    return next(found, None)


def hand_out(*, now: datetime) -> list[int]:
    """Newsletters whose draft is due, or whose clock has become another; each hinted at once."""
    stale = Q(hinted_at__isnull=True) | Q(hinted_at__lte=now - settings.PROMO_HINT_AGAIN)
    zone = Institution.load().zone
    rows = Rhythm.objects.filter(Q(compose_at__lte=now) | ~Q(zone=zone), stale, active=True)
    ids = list(rows.values_list("pk", flat=True))
    if ids:
        Rhythm.objects.filter(pk__in=ids).update(hinted_at=now)
    return ids


def _plain(rhythm: Rhythm) -> planning.Rhythm:
    return planning.Rhythm(
        rule=rhythm.rule,
        at=rhythm.at,
        starts_on=rhythm.starts_on,
        lead=timedelta(hours=rhythm.lead_hours),
    )
