"""When a network is away or asks us to wait, its destination rests; then one publication tries.

The state is the destination's row: until `rests_until_at` nobody claims a publication for it. Once
that has passed, whoever claims the first one moves it on and is the `probe`; the others wait for
what becomes of it. A worker that dies with the probe in hand costs one lease, no more.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F

from promo.channels.base import CallBudget
from promo.errors import OutcomeUnknown, PublishError, RateLimited, Unauthorized, Unreachable
from promo.models import Destination, Publication
from promo.protocol import DUE
from promo.services.clock import Clock

OPENS_AFTER = 5
"""So often in a row a network may be out of reach before nothing is tried there for a while."""

RESTS = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 80, 120))
"""How long, after each try that failed: nobody is helped by a call every minute."""

USAGE_COUNTS = timedelta(minutes=10)
"""How long a used-up budget of calls is believed in where the network does not say."""


def may_try(row: Publication, *, now: datetime) -> bool:
    """May this due publication be claimed? Its destination has been read in the same statement.

    Where it has rested only one at a time may. One that has become stale may: it is never sent.
    """
    destination = row.destination
    stale = row.not_after_at is not None and now > row.not_after_at
    if destination.rests_until_at is None or stale:
        return True
    same = Destination.objects.filter(
        id=destination.id, rests_until_at=destination.rests_until_at, rests_until_at__lte=now
    )
    return bool(same.update(rests_until_at=now + settings.PROMO_LEASE, probe=row.id))


def stops(row: Publication) -> bool:
    """Must this claimed publication wait, because its destination rests and another one tries?"""
    return row.destination.rests_until_at is not None and row.destination.probe != row.id


def note(row: Publication, error: PublishError | None, *, now: datetime) -> None:
    """What a call for this publication has shown of its destination; None: it was taken.

    `row.destination` is as it was at the claim: while all is well this costs no statement.
    """
    destination = row.destination
    match error:
        case RateLimited():
            rest(destination, until=now + error.retry_after, gap=error.gap, because=error.text)
        case Unreachable():
            _count(destination, because=error.text, now=now)
        case OutcomeUnknown():
            if _tries_for_all(row):  # its network is still not well
                _count(destination, because=error.text, now=now)
        case Unauthorized():
            pass  # the destination pauses until a person comes
        case _:  # it answered, be it with a refusal
            if _tries_for_all(row):
                close(destination, now=now)
            elif destination.troubles:
                Destination.objects.filter(id=destination.id).update(troubles=0)


def _tries_for_all(row: Publication) -> bool:
    return row.destination.rests_until_at is not None and row.destination.probe == row.id


def _count(destination: Destination, *, because: str, now: datetime) -> None:
    same = Destination.objects.filter(id=destination.id)
    same.update(troubles=F("troubles") + 1)
    troubles = same.values_list("troubles", flat=True)[0]
    if troubles >= OPENS_AFTER:
        length = RESTS[min(troubles - OPENS_AFTER, len(RESTS) - 1)]
        rest(destination, until=now + length, because=because)


def rest(
    destination: Destination, *, until: datetime, because: str, gap: timedelta = timedelta(0)
) -> None:
    """Publish nothing here before; what waits then goes out so far apart."""
    Destination.objects.filter(id=destination.id).update(
        rests_until_at=until, rests_because=because[:300], gap=gap, probe=None
    )


def close(destination: Destination, *, now: datetime) -> None:
    """It works again: what waited goes out, not all at once where it was asked to slow down.

    Two statements, not one transaction: whoever claims locks in the other order.
    """
    Destination.objects.filter(id=destination.id).update(
        rests_until_at=None, rests_because="", gap=timedelta(0), probe=None, troubles=0
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE promo_publication row
            SET hinted_at = NULL,
                due_at = CASE WHEN %(gap)s > 0 THEN %(now)s + %(gap)s * place * interval '1 second'
                              ELSE due_at END
            FROM (
                SELECT id, row_number() OVER (ORDER BY due_at, id) AS place FROM promo_publication
                WHERE destination_id = %(id)s AND state = ANY(%(due)s) AND NOT held
                    AND due_at <= %(now)s
            ) waiting
            WHERE row.id = waiting.id AND row.state = ANY(%(due)s)
            """,
            {
                "gap": destination.gap.total_seconds(),
                "now": now,
                "id": destination.id,
                "due": sorted(DUE),
            },
        )


def call_budget(destination: Destination, *, clock: Clock) -> CallBudget:
    """How much of the network's call budget is used up, as far as its answers told lately.

    Where they told nothing the clock is not asked.
    """

    def note_usage(percent: int, regain: timedelta) -> None:
        Destination.objects.filter(id=destination.id).update(
            used_percent=min(percent, 999), used_until_at=clock() + (regain or USAGE_COUNTS)
        )

    until = destination.used_until_at
    left = until - clock() if until is not None else timedelta(0)
    if left <= timedelta(0):
        return CallBudget(note=note_usage)
    return CallBudget(destination.used_percent, left, note_usage)
