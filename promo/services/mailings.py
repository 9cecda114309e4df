"""Mailings: started once, paused, resumed, cancelled, taken over after a death, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _

from promo.errors import ConfigurationError, InvalidInput, NotAllowed
from promo.mailing import codes, journal
from promo.mailing.codes import Purpose
from promo.models import (
    Batch,
    Delivery,
    DeliveryEvent,
    Destination,
    DomainHold,
    Halt,
    Institution,
    Mailing,
    Newsletter,
    Publication,
)
from promo.services import (
    batches,
    deliveries,
    departures,
    providers,
    samples,
    segments,
    takeovers,
    tokens,
    tracking,
    wishes,
)
from promo.services.clock import Moment
from promo.services.deliveries import Event
from promo.values import Receipt

log = structlog.get_logger()

State = Mailing.State
_TELLS_AFTER = 2.0
"""Seconds a mailing runs before its rate says anything."""

COUNTED = ("accepted", "refused", "skipped", "given_up", "unknown", "cancelled")
"""The columns of a batch that say where its deliveries ended."""


def start(*, destination: Destination, key: str, now: datetime) -> Receipt:
    """A delivery for each active reader who wants it, in one transaction.

    Repeating it starts nothing anew. Raises ConfigurationError for a destination without a
    newsletter.
    """
    publication = Publication.objects.get(marker=key)
    newsletter = Newsletter.objects.filter(destination=destination).first()
    if newsletter is None:
        raise ConfigurationError(_("This destination belongs to no newsletter."))
    with transaction.atomic():
        # Whoever starts the same one at the same instant waits here for the row, and finds it.
        mailing, created = Mailing.objects.get_or_create(
            publication=publication,
            defaults={
                "newsletter": newsletter,
                "unknown_policy": newsletter.unknown_policy,
                "operational": wishes.is_operational(publication),
                "tracking": newsletter.tracking,
                "only_to": _only_to(publication),
                "started_at": now,
                "went_on_at": now,
            },
        )
        if created:
            tracking.register(mailing=mailing)
            _take_readers(mailing, now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE promo_delivery, promo_batch")
    finish_if_done(mailing.id, now=now)
    return Receipt(str(publication.uuid), tokens.link("view", tokens.DELIVERY, publication.uuid))


def _take_readers(mailing: Mailing, *, now: datetime) -> None:
    taken = batches.snapshot(mailing, now=now)
    Mailing.objects.filter(id=mailing.id).update(
        readers=taken.readers,
        wish_pause=taken.left_out.pause,
        wish_topics=taken.left_out.topics,
        wish_frequency=taken.left_out.frequency,
        decide_at=samples.decide_at(mailing, now=now),
    )


def _only_to(publication: Publication) -> str:
    """The segment of its issue in the words of the report; "" where it goes to everybody."""
    segment = publication.issue.segment if publication.issue else None
    if segment is None:
        return ""
    with translation.override(Institution.load().language):
        return f"{segment.name} ({segments.in_words(segments.rows_of(segment.rules))})"


def hand_out(*, now: datetime) -> list[int]:
    """Ids of mailings with readers to mail now, each as often as workers may join it.

    One hinted at lately is passed by, until a worker that has joined calls for others: for as many
    as are at work already. So the idle ones join within seconds, however many there are, and
    nearly as few hints as workers lie about.
    """
    if not running(now).exists():
        return []
    providers.let_go(now=now)
    waiting = Batch.objects.filter(mailing=OuterRef("id"), state=Batch.State.READY, due_at__lte=now)
    waiting = waiting.exclude(domain__in=DomainHold.objects.values("domain"))
    at_work = Batch.objects.filter(
        mailing=OuterRef("id"), state=Batch.State.CLAIMED, lease_until_at__gt=now
    )
    stale = Q(hinted_at__isnull=True) | Q(hinted_at__lte=now - settings.PROMO_HINT_AGAIN)
    rows = (
        running(now)
        .filter(
            stale,
            Exists(waiting),
            ~Exists(Halt.objects.filter(ended_at=None)),
            newsletter__destination__paused_at=None,
        )
        .annotate(
            batches_due=_number(waiting, Count("id")),
            workers=_number(at_work, Count("owner", distinct=True)),
        )
    )
    ids: list[int] = []
    with transaction.atomic():
        picked = rows.order_by("started_at").select_for_update(of=("self",), skip_locked=True)
        for row in picked[:50]:
            # Not taken for so long: lost, or nobody is free. One hint is enough to find out.
            calls = 1 if row.hinted_at else min(row.batches_due, max(1, row.workers))
            ids += [row.id] * calls
        Mailing.objects.filter(id__in=ids).update(hinted_at=now)
    return ids


def _number(rows: QuerySet[Batch], what: Count) -> Coalesce:
    """A subquery that counts; its rows are tied to those of the query around it."""
    counted = rows.order_by().values("mailing").annotate(number=what).values("number")
    return Coalesce(Subquery(counted), 0)


def pause(*, mailing: Mailing) -> None:
    """Stop within a second; what is on the wire is answered. Raises NotAllowed once it is over."""
    _change(mailing, State.RUNNING, State.PAUSED)


def resume(*, mailing: Mailing, now: datetime) -> None:
    """Go on with those who have not got it yet."""
    _change(mailing, State.PAUSED, State.RUNNING)
    settled = mailing.readers - progress(mailing)["due"]
    Mailing.objects.filter(id=mailing.id).update(
        hinted_at=None, problem="", went_on_at=now, settled_before=settled
    )


def cancel(*, mailing: Mailing, now: datetime) -> None:
    """Nobody else gets it. Those on the wire at this moment still may; they are counted as such."""
    with transaction.atomic():
        changed = Mailing.objects.filter(
            id=mailing.id, state__in=[State.RUNNING, State.PAUSED]
        ).update(state=State.CANCELLED, finished_at=now)
        if not changed:
            raise NotAllowed(_("This mailing is already over."))
    _cancel_the_rest(mailing.id, now=now)


def _change(mailing: Mailing, before: State, after: State) -> None:
    if not Mailing.objects.filter(id=mailing.id, state=before).update(state=after):
        mailing.refresh_from_db()
        raise NotAllowed(
            _("This is not possible: the mailing is “{state}”.").format(
                state=mailing.get_state_display()
            )
        )


def _cancel_the_rest(mailing_id: int, *, now: datetime) -> None:
    """Settle what is due in batches that no worker has; those follow when they come back."""
    free = Batch.objects.filter(
        mailing_id=mailing_id, state__in=[Batch.State.READY, Batch.State.HELD]
    )
    with transaction.atomic():
        ids = list(free.select_for_update(skip_locked=True).values_list("id", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH settled AS (
                    UPDATE promo_delivery SET state = 6, settled_at = %(now)s
                    WHERE batch_id = ANY(%(ids)s) AND state = 0 RETURNING batch_id
                ), counted AS (SELECT batch_id, count(*) AS n FROM settled GROUP BY batch_id)
                UPDATE promo_batch SET state = 'done', cancelled = cancelled + n
                FROM counted WHERE promo_batch.id = counted.batch_id
                """,
                {"now": now, "ids": ids},
            )


def finish_if_done(mailing_id: int, *, now: datetime) -> bool:
    """Finished once no batch has anything left; a cancelled one settles what came back to it."""
    mailing = Mailing.objects.get(id=mailing_id)
    if mailing.state == State.CANCELLED:
        _cancel_the_rest(mailing_id, now=now)
        return True
    left = Batch.objects.filter(mailing_id=mailing_id).exclude(state=Batch.State.DONE)
    if mailing.state != State.RUNNING or left.exists():
        return False
    done = Mailing.objects.filter(id=mailing_id, state=State.RUNNING)
    if not done.update(state=State.FINISHED, finished_at=now, problem=""):
        return False
    departures.keep(before=mailing)
    return True


def running(_now: Moment) -> QuerySet[Mailing]:
    """Mailings that go on, at whatever time."""
    return Mailing.objects.filter(state=State.RUNNING)


def leased(now: Moment) -> QuerySet[Batch]:
    """Batches that a worker has in hand whose lease is over."""
    return Batch.objects.filter(state=Batch.State.CLAIMED, lease_until_at__lte=now)


def sweep(*, now: datetime) -> None:
    """Take the batches of dead workers back, by what their journals say.

    Who died after the last answer has left nothing to take back, nor said that the mailing is over.
    """
    open_ones = Batch.objects.filter(mailing=OuterRef("id")).exclude(state=Batch.State.DONE)
    for mailing_id in running(now).filter(~Exists(open_ones)).values_list("id", flat=True):
        finish_if_done(mailing_id, now=now)
    dead = list(leased(now)[:200])
    if not dead:
        return
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)
    try:
        run = str(client.info("server")["run_id"])
        journals = {
            row.id: journal.read(client, takeovers.claim_of(row).journal_key) for row in dead
        }
    except redis.RedisError as error:
        log.warning("takeover", error=str(error))  # without the journal nothing can be told: later
        return
    for row in dead:
        takeovers.take_over(row, journals[row.id], run=run, now=now)
    mailing_ids = {row.mailing_id for row in dead}
    Mailing.objects.filter(id__in=mailing_ids).update(
        hinted_at=None
    )  # its worker needs a successor
    for mailing_id in mailing_ids:
        finish_if_done(mailing_id, now=now)


def send_to_unknown_again(*, mailing: Mailing, now: datetime) -> int:
    """A person's word on the deliveries nobody knows about; gives how many it is about.

    Without one they are left as they are (`deliveries.lose`). Raises NotAllowed for a mailing that
    was stopped for good.
    """
    rows = Delivery.objects.filter(batch__mailing=mailing, state=Delivery.State.UNKNOWN)
    ours = Mailing.objects.filter(id=mailing.id)
    if ours.filter(state=State.CANCELLED).exists():
        raise NotAllowed(_("This mailing was stopped for good: nobody else gets it."))
    with transaction.atomic():
        ids = list(rows.select_for_update(of=("self",)).values_list("id", flat=True))
        if not ids:
            return 0
        deliveries.write_events([Event(one, DeliveryEvent.Kind.SENT_AGAIN) for one in ids], now=now)
        deliveries.reopen(ids, now=now)
        ours.filter(state=State.FINISHED).update(state=State.RUNNING, finished_at=None)
        ours.update(hinted_at=None)
    finish_if_done(mailing.id, now=now)  # stopped at this very moment: they are cancelled too
    return len(ids)


def progress(mailing: Mailing) -> dict[str, int]:
    """How many readers stand where: `due` and the columns of `COUNTED`. They add up to readers."""
    sums = mailing.batches.aggregate(**{name: Sum(name, default=0) for name in COUNTED})
    return {"due": mailing.readers - sum(sums.values()), **sums}


@dataclass(frozen=True, slots=True)
class Forecast:
    """How fast a mailing goes, in readers a minute, and when its last reader has it."""

    per_minute: int
    ends_at: datetime


def forecast(mailing: Mailing, *, now: datetime) -> Forecast | None:
    """By what was settled since it last went on; None while nobody can tell."""
    if mailing.decide_at and not mailing.chosen:
        return None
    due = progress(mailing)["due"]
    settled = mailing.readers - due - mailing.settled_before
    due -= providers.held_back(mailing)  # they wait for a person
    seconds = (now - mailing.went_on_at).total_seconds()
    if mailing.state != State.RUNNING or settled <= 0 or seconds < _TELLS_AFTER or due <= 0:
        return None
    rate = settled / seconds
    return Forecast(round(rate * 60), now + timedelta(seconds=due / rate))


def standing(mailing: Mailing) -> Counter[int]:
    """The same, counted in the ledger itself, by `Delivery.State`: for checks, slow for many."""
    states: Iterable[int] = Delivery.objects.filter(batch__mailing=mailing).values_list(
        "state", flat=True
    )
    return Counter(states)


def delivery_of(purpose: Purpose, code: str) -> Delivery | None:
    """The delivery that a code in one of our mails names; None for anything else."""
    try:
        delivery_id = codes.read(purpose, code, keys=keys())
    except InvalidInput:
        return None
    rows = Delivery.objects.select_related("subscriber", "mailing__newsletter")
    return rows.filter(id=delivery_id).first()


def keys() -> list[bytes]:
    """What codes are signed with: the present key first, then those before it."""
    return [str(key).encode() for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
