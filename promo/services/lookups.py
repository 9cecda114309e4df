"""Deliveries whose outcome is unknown, looked up in the log of the relay (PROMO_RELAY_LOG).

    taken by the relay                              found: accepted
    not taken, and the log proves it                due again: sent once
    the log cannot be read, or does not prove it    unknown; later the newsletter's rule counts

That a mail was *not* taken counts only after the quiet period, in a log that reaches from the start
of the mailing past that period and has at least as many mails of this issue as were certainly
taken: a log of another machine, a gap in it, or lines that syslog has left out would show fewer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Min, OuterRef, QuerySet, Sum
from django.utils import timezone

from promo.errors import PublishError
from promo.mailing import logfile
from promo.mailing.logfile import LogUnreadable
from promo.mailing.maillog import Search
from promo.mailing.relay import parse_email_url
from promo.models import Batch, Delivery, DeliveryEvent, Mailing, UnknownPolicy
from promo.services import deliveries, hints, mailings, press, tolls
from promo.services.clock import Clock, database_now
from promo.services.deliveries import Event

log = structlog.get_logger()

PATIENCE = 3
"""After so many quiet periods without an answer the newsletter's rule counts."""

AGAIN = 5
"""Looks in a quiet period, as long as the log gives no answer."""

MOST = 50_000
"""Deliveries of one look; what is more waits for the next one."""

Problem = Mailing.LookProblem
_Kind = DeliveryEvent.Kind


@dataclass(frozen=True, slots=True)
class Told:
    """What the log says of deliveries; of the others it tells nothing, for the reason `problem`."""

    taken: Collection[int] = ()
    absent: Collection[int] = ()
    problem: Problem | None = None


def due(*, now: datetime) -> list[int]:
    """Ids of mailings with readers to look for now; each is put off, so that none is hinted twice.

    Those too whose log is not given any more: the newsletter's rule then counts.
    """
    rows = Mailing.objects.filter(look_at__lte=now).order_by("look_at", "id")
    return hints.take(rows, limit=50, look_at=now + settings.PROMO_HINT_AGAIN)


def look(mailing_id: int, *, clock: Clock = database_now) -> None:
    """Look in the relay's log for the mailing's unknown readers, and settle them by what it says.

    Repeating it changes nothing.
    """
    mailing = Mailing.objects.select_related("publication__issue", "publication__item").get(
        id=mailing_id
    )
    now = clock()
    asked = _undecided(mailing).filter(settled_at__lte=now - settings.PROMO_RELAY_QUIET)
    rows = asked.order_by("id").values_list("id", "subscriber__uuid", "settled_at")[:MOST]
    readers, since = {}, {}
    for delivery_id, uuid, at in rows:
        since[delivery_id] = at or now
        if uuid is not None:  # whoever was erased meanwhile has no name in the log
            readers[uuid.hex] = delivery_id
    told = Told()
    if since and settings.PROMO_RELAY_LOG:
        told = _ask(mailing, readers, until=max(since.values()))
    _settle(mailing, since, told, now=now)
    _plan(mailing, told, now=now)


def _undecided(mailing: Mailing) -> QuerySet[Delivery]:
    """Unknown deliveries that neither a rule nor a person has decided to leave."""
    left = DeliveryEvent.objects.filter(
        delivery=OuterRef("id"), kind=_Kind.LEFT, at__gte=OuterRef("settled_at")
    )
    rows = Delivery.objects.filter(
        batch__mailing=mailing, batch__unknown__gt=0, state=Delivery.State.UNKNOWN
    )
    return rows.exclude(Exists(left))


def _ask(mailing: Mailing, readers: dict[str, int], *, until: datetime) -> Told:
    """One pass over the log. `until`: when the last of them became unknown."""
    taken = mailing.batches.aggregate(n=Sum("accepted", default=0))["n"]  # before the log is read
    _knock()
    search = Search(press.subject_uuid(mailing.publication).hex, readers)
    try:
        zones = (timezone.get_default_timezone(), UTC)
        path = Path(settings.PROMO_RELAY_LOG)
        with logfile.opened(path, since=mailing.started_at, zones=zones) as lines:
            for line in lines.lines():
                search.feed(line)
    except LogUnreadable as error:
        log.warning("lookup", mailing=mailing.id, error=str(error))
        return Told(problem=Problem.UNREADABLE)
    absent = set(readers.values()) - search.taken - search.begun
    if lines.begins_at > mailing.started_at:
        return Told(search.taken, problem=Problem.BEGINS)
    if lines.ends_at < until + settings.PROMO_RELAY_QUIET:
        return Told(search.taken, problem=Problem.ENDS)
    if not search.seen or search.seen < taken:
        return Told(search.taken, problem=Problem.GAPS)
    return Told(search.taken, absent, Problem.BEGUN if search.begun else None)


def _knock() -> None:
    """Greet the relay and leave. An idle one logs nothing; now its log ends at this moment."""
    relay = parse_email_url(settings.EMAIL_URL)
    with suppress(PublishError), tolls.connection(relay) as connection:
        connection.open()


def _settle(mailing: Mailing, asked: Mapping[int, datetime], told: Told, *, now: datetime) -> None:
    """Those that are still unknown since that moment: by what the log says, or by the rule."""
    with transaction.atomic():
        # Batches first and in order, as workers lock them.
        list(_batches(mailing).select_for_update(no_key=True).values_list("id"))
        unknown = Delivery.objects.filter(id__in=list(asked), state=Delivery.State.UNKNOWN)
        rows = unknown.select_for_update(no_key=True).values_list("id", "settled_at")
        same = [one for one, at in rows if asked[one] == at]  # or it was sent again, and lost again
        found = [one for one in same if one in told.taken]
        absent = [one for one in same if one in told.absent]
        silent = [one for one in same if one not in told.taken and one not in told.absent]
        deliveries.accept(found, now=now)
        deliveries.write_events([Event(one, _Kind.FOUND) for one in found], now=now)
        cancelled = Mailing.objects.filter(id=mailing.id, state=Mailing.State.CANCELLED).exists()
        if not cancelled:
            deliveries.write_events([Event(one, _Kind.NOT_FOUND) for one in absent], now=now)
        patience = settings.PROMO_RELAY_QUIET * (PATIENCE if settings.PROMO_RELAY_LOG else 0)
        silent = [one for one in silent if asked[one] <= now - patience]
        again = mailing.unknown_policy == UnknownPolicy.SEND_AGAIN and not cancelled
        kind = _Kind.SENT_AGAIN if again else _Kind.LEFT
        deliveries.write_events([Event(one, kind) for one in silent], now=now)
        _reopen(mailing, absent + silent if again else absent, now=now)
    if cancelled:  # nobody else gets it: what is due again is cancelled
        mailings.finish_if_done(mailing.id, now=now)
    log.info("lookup", mailing=mailing.id, found=len(found), absent=len(absent), left=len(silent))


def _reopen(mailing: Mailing, delivery_ids: Sequence[int], *, now: datetime) -> None:
    if not delivery_ids:
        return
    deliveries.reopen(delivery_ids, now=now)
    rows = Mailing.objects.filter(id=mailing.id)
    rows.filter(state=Mailing.State.FINISHED).update(state=Mailing.State.RUNNING, finished_at=None)
    rows.update(hinted_at=None)


def _batches(mailing: Mailing) -> QuerySet[Batch]:
    return Batch.objects.filter(mailing=mailing, unknown__gt=0).order_by("id")


def _plan(mailing: Mailing, told: Told, *, now: datetime) -> None:
    """When to look next, if anybody is left. Losing somebody more waits for the mailing's row."""
    with transaction.atomic():
        rows = Mailing.objects.filter(id=mailing.id).select_for_update(no_key=True)
        list(rows.values_list("id"))
        oldest = _undecided(mailing).aggregate(at=Min("settled_at"))["at"]
        quiet = settings.PROMO_RELAY_QUIET
        rows.update(
            look_at=max(oldest + quiet, now + quiet / AGAIN) if oldest else None,
            look_problem=told.problem or "",
        )
