"""The ledger of deliveries: claim a batch, mark a window of it, settle what came of it, take over.

All of it is set-based SQL. A claim is a lease with a fencing token; a mark is the last committed
write before the wire; settling may be repeated. What a dead worker knew is read from its journal
(`promo.mailing.journal`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q

from promo.models import Batch, Delivery, DeliveryEvent, Mailing, UnknownPolicy
from promo.services.ledger import worker_name

SIZE = 1000
"""Deliveries in a batch."""

BACKOFF = tuple(timedelta(seconds=s) for s in (30, 120, 600, 1800, 7200, 21600, 86400))
"""Waits after each put-off attempt; after the last one the reader is given up."""

_COLUMN = {
    Delivery.State.ACCEPTED: "accepted",
    Delivery.State.REFUSED: "refused",
    Delivery.State.SKIPPED: "skipped",
    Delivery.State.GIVEN_UP: "given_up",
    Delivery.State.UNKNOWN: "unknown",
    Delivery.State.CANCELLED: "cancelled",
}


class Marked(NamedTuple):
    """A reader of a window, with what the mail needs."""

    delivery_id: int
    attempts: int
    email: str
    name: str
    uuid: str


@dataclass(slots=True, eq=False)
class Claim:
    """A worker's right to a batch.

    `after` is the last delivery it has marked, `open` how many marked ones are not settled yet;
    `proved`: what leaves is written in the journal first.
    """

    batch_id: int
    token: int
    after: int = 0
    open: int = 0
    proved: bool = False

    @property
    def journal_key(self) -> str:
        return f"promo:journal:{self.batch_id}:{self.token}"


class Place(NamedTuple):
    """A marked reader, and the claim under which the mark was made."""

    claimed: Claim
    reader: Marked


@dataclass(frozen=True, slots=True)
class Event:
    """What the history of a delivery says of a reply other than yes."""

    delivery_id: int
    kind: DeliveryEvent.Kind
    category: str = ""
    code: int = 0
    enhanced: str = ""
    text: str = ""


def snapshot(mailing: Mailing, *, now: datetime) -> int:
    """One delivery for each active reader, in batches; gives how many. Call it in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH readers AS MATERIALIZED (
                SELECT subscriber_id,
                    (row_number() OVER (ORDER BY subscriber_id) - 1) / %(size)s AS nth
                FROM promo_subscription
                WHERE newsletter_id = %(newsletter)s AND state = 'active'
            ), batches AS (
                INSERT INTO promo_batch
                    (mailing_id, state, due_at, token, owner, marked_to, journal, size,
                     accepted, refused, skipped, given_up, unknown, cancelled)
                SELECT %(mailing)s, 'ready', %(now)s, 0, '', 0, '', count(*), 0, 0, 0, 0, 0, 0
                FROM readers GROUP BY nth ORDER BY nth
                RETURNING id
            ), numbered AS (
                SELECT id, row_number() OVER (ORDER BY id) - 1 AS nth FROM batches
            )
            INSERT INTO promo_delivery (mailing_id, subscriber_id, batch_id, state, attempts)
            SELECT %(mailing)s, subscriber_id, numbered.id, 0, 0
            FROM readers JOIN numbered USING (nth)
            ORDER BY subscriber_id
            """,
            {"size": SIZE, "newsletter": mailing.newsletter_id, "mailing": mailing.id, "now": now},
        )
        return int(cursor.rowcount)


def claim(mailing_id: int, *, now: datetime) -> Claim | None:
    """Take the mailing's next batch for one lease; None where none is due."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE promo_batch SET
                state = 'claimed', token = token + 1, owner = %(owner)s, lease_until_at = %(lease)s,
                marked_to = 0, journal = ''
            WHERE id = (
                SELECT batch.id FROM promo_batch batch
                JOIN promo_mailing mailing ON mailing.id = batch.mailing_id
                JOIN promo_newsletter newsletter ON newsletter.id = mailing.newsletter_id
                JOIN promo_destination destination ON destination.id = newsletter.destination_id
                WHERE batch.mailing_id = %(mailing)s AND batch.state = 'ready'
                    AND batch.due_at <= %(now)s
                    AND mailing.state = 'running' AND destination.paused_at IS NULL
                ORDER BY batch.due_at, batch.id LIMIT 1
                FOR UPDATE OF batch SKIP LOCKED
            )
            RETURNING id, token
            """,
            {
                "owner": worker_name(),
                "lease": now + settings.PROMO_MAIL_LEASE,
                "mailing": mailing_id,
                "now": now,
            },
        )
        row = cursor.fetchone()
    return Claim(*row) if row else None


_MARK = """
    WITH due AS (
        SELECT id, subscriber_id, attempts FROM promo_delivery
        WHERE batch_id = %(batch)s AND state = 0 AND id > %(after)s
        ORDER BY id LIMIT %(most)s
    ), marked AS (
        UPDATE promo_batch batch SET
            marked_to = (SELECT max(id) FROM due), lease_until_at = %(lease)s
        FROM promo_mailing mailing
        JOIN promo_newsletter newsletter ON newsletter.id = mailing.newsletter_id
        JOIN promo_destination destination ON destination.id = newsletter.destination_id
        WHERE batch.id = %(batch)s AND batch.token = %(token)s AND batch.state = 'claimed'
            AND mailing.id = batch.mailing_id AND mailing.state = 'running'
            AND destination.paused_at IS NULL AND EXISTS (SELECT FROM due)
        RETURNING mailing.newsletter_id
    )
    SELECT due.id, due.attempts, reader.email, reader.name, reader.uuid::text,
        tie.state = 'active' AND NOT EXISTS (
            SELECT FROM promo_suppression
            WHERE promo_suppression.address_hash = reader.address_hash
        )
    FROM due CROSS JOIN marked
    LEFT JOIN promo_subscriber reader ON reader.id = due.subscriber_id
    LEFT JOIN promo_subscription tie
        ON tie.subscriber_id = reader.id AND tie.newsletter_id = marked.newsletter_id
    ORDER BY due.id
"""


def mark(claimed: Claim, *, most: int, now: datetime) -> list[Marked]:
    """The next readers of the batch, marked: from now on they may be on the wire.

    The last committed write before it, with every check made once more; whoever left meanwhile is
    skipped. Empty where nobody is left, or where the batch may not go on (`standing` tells which).
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO on")
        given: dict[str, int | datetime] = {
            "batch": claimed.batch_id,
            "token": claimed.token,
            "after": claimed.after,
            "most": most,
            "lease": now + settings.PROMO_MAIL_LEASE,
        }
        while True:
            cursor.execute(_MARK, given)
            rows = cursor.fetchall()
            readers = [Marked(*row[:5]) for row in rows if row[5]]
            if len(readers) < len(rows):
                gone = [row[0] for row in rows if not row[5]]
                _settle(cursor, gone, Delivery.State.SKIPPED, now=now)
            if readers or not rows:
                break
            given["after"] = rows[-1][0]
    claimed.after = rows[-1][0] if rows else claimed.after
    return readers


def may_go_on(claimed: Claim) -> bool:
    """Is the batch still ours, its mailing running and its destination not paused?"""
    return Batch.objects.filter(
        id=claimed.batch_id,
        token=claimed.token,
        state=Batch.State.CLAIMED,
        mailing__state=Mailing.State.RUNNING,
        mailing__newsletter__destination__paused_at__isnull=True,
    ).exists()


def prove(claimed: Claim, *, run: str) -> None:
    """The batch has a journal in this run of Redis: it tells what is on the wire."""
    Batch.objects.filter(_held([claimed])).update(journal=run)


def lock(claims: Iterable[Claim]) -> set[Claim]:
    """Those of the claims that still hold their batches, which stay as they are meanwhile."""
    wanted = {(one.batch_id, one.token): one for one in claims}
    if not wanted:
        return set()
    rows = Batch.objects.filter(_held(wanted.values())).select_for_update(no_key=True)
    return {wanted[key] for key in rows.order_by("id").values_list("id", "token")}


def unprove(claims: Sequence[Claim]) -> None:
    """Note that what leaves from now on stands in no journal: after a death it is unknown."""
    Batch.objects.filter(_held(claims)).update(journal="")


def renew(claims: Sequence[Claim], *, now: datetime) -> bool:
    """Hold the batches for another lease. False: one is not ours any more."""
    renewed = Batch.objects.filter(_held(claims)).update(
        lease_until_at=now + settings.PROMO_MAIL_LEASE
    )
    return renewed == len(claims)


def _held(claims: Iterable[Claim]) -> Q:
    held = Q(pk__in=[])
    for claimed in claims:
        held |= Q(id=claimed.batch_id, token=claimed.token, state=Batch.State.CLAIMED)
    return held


def release(claimed: Claim, *, due_at: datetime) -> None:
    """Give the batch back. What of it is still due was certainly not sent; nothing else is left."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE promo_batch SET
                state = CASE WHEN EXISTS (
                    SELECT FROM promo_delivery WHERE batch_id = promo_batch.id AND state = 0
                ) THEN 'ready' ELSE 'done' END,
                due_at = %(due)s, marked_to = 0, journal = '', owner = '', lease_until_at = NULL
            WHERE id = %(batch)s AND token = %(token)s AND state = 'claimed'
            """,
            {"due": due_at, "batch": claimed.batch_id, "token": claimed.token},
        )


def accept(delivery_ids: Sequence[int], *, now: datetime) -> None:
    """The relay has taken these mails. Evidence may always be written, by whomever."""
    with transaction.atomic(), connection.cursor() as cursor:
        if _settle(cursor, delivery_ids, Delivery.State.ACCEPTED, now=now) < len(delivery_ids):
            _resettle_unknown(cursor, delivery_ids, now=now)


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
        if attempts >= len(BACKOFF):
            _settle(cursor, ids, Delivery.State.GIVEN_UP, now=now)
            return
        _move(cursor, ids, due_at=now + BACKOFF[attempts])


def lose(events: Sequence[Event], *, policy: UnknownPolicy, now: datetime) -> None:
    """Nobody knows whether these mails were taken: by the newsletter's rule left, or sent again."""
    ids = [event.delivery_id for event in events]
    decided = (
        DeliveryEvent.Kind.SENT_AGAIN
        if policy == UnknownPolicy.SEND_AGAIN
        else DeliveryEvent.Kind.LEFT
    )
    with transaction.atomic(), connection.cursor() as cursor:
        write_events(events, now=now)
        write_events([Event(one, decided) for one in ids], now=now)
        if policy == UnknownPolicy.SEND_AGAIN:
            _move(cursor, ids, due_at=now)
        else:
            _settle(cursor, ids, Delivery.State.UNKNOWN, now=now)


def write_events(events: Sequence[Event], *, now: datetime) -> None:
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(
            delivery_id=event.delivery_id,
            kind=event.kind,
            category=event.category,
            at=now,
            code=event.code,
            enhanced=event.enhanced,
            text=event.text[:300],
        )
        for event in events
    )


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
            RETURNING batch_id
        ), counted AS (
            SELECT batch_id, count(*) AS n FROM settled GROUP BY batch_id
        ), noted AS (
            UPDATE promo_batch SET {column} = {column} + counted.n
            FROM counted WHERE promo_batch.id = counted.batch_id
        )
        SELECT coalesce(sum(n), 0) FROM counted
        """,  # noqa: S608  (a column of ours)
        {"state": state.value, "tried": tried, "now": now, "ids": list(delivery_ids)},
    )
    return int(cursor.fetchone()[0])


def _resettle_unknown(cursor: CursorWrapper, delivery_ids: Sequence[int], *, now: datetime) -> None:
    """A late answer: what was unknown is accepted after all."""
    cursor.execute(
        """
        WITH settled AS (
            UPDATE promo_delivery SET state = 1, settled_at = %(now)s
            WHERE id = ANY(%(ids)s) AND state = 5 RETURNING batch_id
        ), counted AS (
            SELECT batch_id, count(*) AS n FROM settled GROUP BY batch_id
        )
        UPDATE promo_batch SET accepted = accepted + n, unknown = unknown - n
        FROM counted WHERE promo_batch.id = counted.batch_id
        """,
        {"now": now, "ids": list(delivery_ids)},
    )


def _move(cursor: CursorWrapper, delivery_ids: Sequence[int], *, due_at: datetime) -> None:
    """Due deliveries of one mailing go into a batch of their own, which is due later."""
    cursor.execute(
        """
        WITH moved AS (
            SELECT id, batch_id FROM promo_delivery WHERE id = ANY(%(ids)s) AND state = 0 FOR UPDATE
        ), fresh AS (
            INSERT INTO promo_batch
                (mailing_id, state, due_at, token, owner, marked_to, journal, size,
                 accepted, refused, skipped, given_up, unknown, cancelled)
            SELECT mailing_id, 'ready', %(due)s, 0, '', 0, '', (SELECT count(*) FROM moved),
                0, 0, 0, 0, 0, 0
            FROM promo_batch WHERE id = (SELECT batch_id FROM moved LIMIT 1)
            RETURNING id
        ), smaller AS (
            UPDATE promo_batch SET size = size - counted.n
            FROM (SELECT batch_id, count(*) AS n FROM moved GROUP BY batch_id) counted
            WHERE promo_batch.id = counted.batch_id
        )
        UPDATE promo_delivery SET attempts = attempts + 1, batch_id = fresh.id
        FROM moved, fresh WHERE promo_delivery.id = moved.id
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
