"""Where deliveries end: accepted, refused, put off, unknown. Set-based and safe to repeat.

Counts stand on the batch and change in the statement that changes the rows. Nothing here asks whose
batch it is: `promo.services.settling` and the takeover hold it meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from promo.models import Delivery, DeliveryEvent, UnknownPolicy

FULL = 1000
"""Deliveries after which a batch of readers set aside takes no more."""

_COLUMN = {
    Delivery.State.ACCEPTED: "accepted",
    Delivery.State.REFUSED: "refused",
    Delivery.State.SKIPPED: "skipped",
    Delivery.State.GIVEN_UP: "given_up",
    Delivery.State.UNKNOWN: "unknown",
    Delivery.State.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Event:
    """What the history of a delivery says of a reply other than yes."""

    delivery_id: int
    kind: DeliveryEvent.Kind
    category: str = ""
    code: int = 0
    enhanced: str = ""
    text: str = ""


def accept(delivery_ids: Sequence[int], *, now: datetime) -> None:
    """The relay has taken these mails. Evidence may always be written, by whomever."""
    with transaction.atomic(), connection.cursor() as cursor:
        if _settle(cursor, delivery_ids, Delivery.State.ACCEPTED, now=now) < len(delivery_ids):
            _resettle_unknown(cursor, delivery_ids, now=now)


def skip(delivery_ids: Sequence[int], *, now: datetime) -> None:
    """These readers are not mailed: they have left, or are gone."""
    if not delivery_ids:
        return
    with connection.cursor() as cursor:
        _settle(cursor, delivery_ids, Delivery.State.SKIPPED, now=now)


def refuse(events: Sequence[Event], *, state: Delivery.State, now: datetime) -> None:
    """These mails were not taken, for good."""
    with transaction.atomic(), connection.cursor() as cursor:
        _settle(cursor, [event.delivery_id for event in events], state, now=now)
        write_events(events, now=now)


def put_off(events: Sequence[Event], *, attempts: int, now: datetime) -> None:
    """These mails were not taken for now: again after the wait for so many attempts, or given up.

    All events are of deliveries that have had `attempts` attempts before this one.
    """
    ids = [event.delivery_id for event in events]
    with transaction.atomic(), connection.cursor() as cursor:
        write_events(events, now=now)
        waits = settings.PROMO_MAIL_WAITS
        if attempts >= len(waits):
            _settle(cursor, ids, Delivery.State.GIVEN_UP, now=now)
            return
        _move(cursor, ids, due_at=now + waits[attempts])


def set_aside(delivery_ids: Sequence[int], *, domain: str, due_at: datetime) -> None:
    """These marked readers were not begun: they wait in a batch of their provider's.

    All are of one mailing, which they get under one subject. No attempt is counted. A batch that
    waits already and has room takes them, and is due as it was; without a domain they get one of
    their own. Call it while their present batches are locked.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH moved AS (
                SELECT id, batch_id FROM promo_delivery WHERE id = ANY(%(ids)s) AND state = 0
                FOR UPDATE
            ), whose AS (
                SELECT mailing_id, subject FROM promo_batch
                WHERE id = (SELECT batch_id FROM moved LIMIT 1)
            ), waiting AS (
                SELECT id FROM promo_batch
                WHERE mailing_id = (SELECT mailing_id FROM whose) AND state = 'ready'
                    AND domain = %(domain)s AND %(domain)s <> '' AND size < %(full)s
                    AND subject = (SELECT subject FROM whose)
                ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
            ), grown AS (
                UPDATE promo_batch SET size = size + (SELECT count(*) FROM moved)
                WHERE id IN (SELECT id FROM waiting) RETURNING id
            ), fresh AS (
                INSERT INTO promo_batch
                    (mailing_id, state, subject, due_at, token, owner, marked_to, journal, domain,
                     size, accepted, refused, skipped, given_up, unknown, cancelled)
                SELECT mailing_id, 'ready', subject, %(due)s, 0, '', 0, '', %(domain)s,
                    (SELECT count(*) FROM moved), 0, 0, 0, 0, 0, 0
                FROM whose WHERE NOT EXISTS (SELECT FROM waiting)
                RETURNING id
            ), target AS (SELECT id FROM grown UNION ALL SELECT id FROM fresh), smaller AS (
                UPDATE promo_batch SET size = size - counted.n
                FROM (SELECT batch_id, count(*) AS n FROM moved GROUP BY batch_id) counted
                WHERE promo_batch.id = counted.batch_id
            )
            UPDATE promo_delivery SET batch_id = target.id
            FROM moved, target WHERE promo_delivery.id = moved.id
            """,
            {"ids": list(delivery_ids), "domain": domain, "due": due_at, "full": FULL},
        )


def lose(events: Sequence[Event], *, policy: UnknownPolicy, now: datetime) -> None:
    """Nobody knows whether these mails of one mailing were taken.

    Where the relay's log tells, it is asked after the quiet period (`promo.services.lookups`); else
    the newsletter's rule counts at once: left, or sent again.
    """
    ids = [event.delivery_id for event in events]
    with transaction.atomic(), connection.cursor() as cursor:
        write_events(events, now=now)
        if settings.PROMO_RELAY_LOG:
            _settle(cursor, ids, Delivery.State.UNKNOWN, now=now)
            _look_for(cursor, ids, at=now + settings.PROMO_RELAY_QUIET)
        elif policy == UnknownPolicy.SEND_AGAIN:
            write_events([Event(one, DeliveryEvent.Kind.SENT_AGAIN) for one in ids], now=now)
            _move(cursor, ids, due_at=now)
        else:
            write_events([Event(one, DeliveryEvent.Kind.LEFT) for one in ids], now=now)
            _settle(cursor, ids, Delivery.State.UNKNOWN, now=now)


def write_events(events: Sequence[Event], *, now: datetime) -> None:
    rows = Delivery.objects.filter(id__in=[event.delivery_id for event in events])
    mailing_of = dict(rows.values_list("id", "mailing_id"))
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(
            delivery_id=event.delivery_id,
            mailing_id=mailing_of[event.delivery_id],
            kind=event.kind,
            category=event.category,
            at=now,
            code=event.code,
            enhanced=event.enhanced,
            text=event.text[:300],
        )
        for event in events
    )


_ACCEPTANCE = """
    INSERT INTO promo_acceptance (mailing_id, at, readers)
    SELECT mailing_id, %(now)s, count(*) FROM settled WHERE state = 1 GROUP BY mailing_id
"""
"""For a statement that has `settled` deliveries: what the plot of a report is made of."""


def _settle(
    cursor: CursorWrapper, delivery_ids: Sequence[int], state: Delivery.State, *, now: datetime
) -> int:
    """Due deliveries become settled; gives how many. Repeating it changes nothing."""
    column = _COLUMN[state]
    tried = 0 if state in {Delivery.State.SKIPPED, Delivery.State.CANCELLED} else 1
    cursor.execute(
        f"""
        WITH settled AS (
            UPDATE promo_delivery
            SET state = %(state)s, attempts = attempts + %(tried)s, settled_at = %(now)s
            WHERE id = ANY(%(ids)s) AND state = 0
            RETURNING batch_id, mailing_id, state
        ), counted AS (
            SELECT batch_id, count(*) AS n FROM settled GROUP BY batch_id
        ), noted AS (
            UPDATE promo_batch SET {column} = {column} + counted.n
            FROM counted WHERE promo_batch.id = counted.batch_id
        ), told AS ({_ACCEPTANCE})
        SELECT coalesce(sum(n), 0) FROM counted
        """,  # noqa: S608  (a column of ours)
        {"state": state.value, "tried": tried, "now": now, "ids": list(delivery_ids)},
    )
    return int(cursor.fetchone()[0])


def _look_for(cursor: CursorWrapper, delivery_ids: Sequence[int], *, at: datetime) -> None:
    """Unknown deliveries of one mailing are looked for at the relay; no later than is planned."""
    cursor.execute(
        """
        UPDATE promo_mailing SET look_at = least(look_at, %(at)s)
        WHERE id IN (SELECT mailing_id FROM promo_delivery WHERE id = ANY(%(ids)s))
        """,
        {"ids": list(delivery_ids), "at": at},
    )


def _resettle_unknown(cursor: CursorWrapper, delivery_ids: Sequence[int], *, now: datetime) -> None:
    """A late answer: what was unknown is accepted after all."""
    cursor.execute(
        f"""
        WITH settled AS (
            UPDATE promo_delivery SET state = 1, settled_at = %(now)s
            WHERE id = ANY(%(ids)s) AND state = 5 RETURNING batch_id, mailing_id, state
        ), counted AS (
            SELECT batch_id, count(*) AS n FROM settled GROUP BY batch_id
        ), told AS ({_ACCEPTANCE})
        UPDATE promo_batch SET accepted = accepted + n, unknown = unknown - n
        FROM counted WHERE promo_batch.id = counted.batch_id
        """,  # noqa: S608  (a part of ours)
        {"now": now, "ids": list(delivery_ids)},
    )


def _move(cursor: CursorWrapper, delivery_ids: Sequence[int], *, due_at: datetime) -> None:
    """Due deliveries of one mailing go into a batch of their own, which is due later.

    Each subject's into one of its own, where there are two.
    """
    cursor.execute(
        """
        WITH moved AS (
            SELECT id, batch_id FROM promo_delivery WHERE id = ANY(%(ids)s) AND state = 0 FOR UPDATE
        ), whose AS (
            SELECT moved.id, batch.mailing_id, batch.subject
            FROM moved JOIN promo_batch batch ON batch.id = moved.batch_id
        ), fresh AS (
            INSERT INTO promo_batch
                (mailing_id, state, subject, due_at, token, owner, marked_to, journal, size,
                 accepted, refused, skipped, given_up, unknown, cancelled)
            SELECT mailing_id, 'ready', subject, %(due)s, 0, '', 0, '', count(*), 0, 0, 0, 0, 0, 0
            FROM whose GROUP BY mailing_id, subject
            RETURNING id, subject
        ), smaller AS (
            UPDATE promo_batch SET size = size - counted.n
            FROM (SELECT batch_id, count(*) AS n FROM moved GROUP BY batch_id) counted
            WHERE promo_batch.id = counted.batch_id
        )
        UPDATE promo_delivery SET attempts = attempts + 1, batch_id = fresh.id
        FROM whose JOIN fresh USING (subject) WHERE promo_delivery.id = whose.id
        """,
        {"ids": list(delivery_ids), "due": due_at},
    )


def reopen(delivery_ids: Sequence[int], *, now: datetime) -> None:
    """Unknown deliveries become due once more, in a batch of their own."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH again AS (
                UPDATE promo_delivery SET state = 0, settled_at = NULL
                WHERE id = ANY(%(ids)s) AND state = 5 RETURNING batch_id
            ), counted AS (SELECT batch_id, count(*) AS n FROM again GROUP BY batch_id)
            UPDATE promo_batch SET unknown = unknown - n
            FROM counted WHERE promo_batch.id = counted.batch_id
            """,
            {"ids": list(delivery_ids)},
        )
        _move(cursor, delivery_ids, due_at=now)
