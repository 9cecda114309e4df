"""The ledger of deliveries: claim a batch, mark a window of it, settle what came of it, take over.

All of it is set-based SQL. A claim is a lease with a fencing token; a mark is the last committed
write before the wire; settling may be repeated. What a dead worker knew is read from its journal
(`promo.mailing.journal`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Q

from promo.models import Batch, Halt, Mailing
from promo.services import deliveries, samples, segments, wishes
from promo.services.ledger import worker_name
from promo.services.wishes import LeftOut

SIZE = 1000
"""Deliveries in a batch."""


class Marked(NamedTuple):
    """A reader of a window, with what the mail needs."""

    delivery_id: int
    attempts: int
    email: str
    name: str
    uuid: str
    """The subscriber's, in 32 hexadecimal digits."""
    language: str
    counted: bool = False
    """May opens and clicks be kept with the name?"""


@dataclass(slots=True, eq=False)
class Claim:
    """A worker's right to a batch.

    `after` is the last delivery it has marked, `open` how many marked ones are not settled yet;
    `proved`: what leaves is written in the journal first. `domain`: all its readers are with this
    provider, whose limits hold. `rest`: how long it is not due again after it is given back.
    `subject`: under which of the issue's two subjects its mails go out, if it has two.
    """

    batch_id: int
    token: int
    after: int = 0
    open: int = 0
    proved: bool = False
    domain: str = ""
    subject: str = ""
    rest: timedelta = timedelta()

    @property
    def journal_key(self) -> str:
        return f"promo:journal:{self.batch_id}:{self.token}"


class Place(NamedTuple):
    """A marked reader, and the claim under which the mark was made.

    `good_until`, by the monotonic clock: afterwards somebody looks whether they still want it.
    """

    claimed: Claim
    reader: Marked
    good_until: float = float("inf")


class Snapshot(NamedTuple):
    """How many get a mailing, and how many do not by their own wish."""

    readers: int
    left_out: LeftOut


def snapshot(mailing: Mailing, *, now: datetime) -> Snapshot:
    """One delivery for each active reader who wants it, in batches. Call it in a transaction.

    Of an issue for a segment: for those who are in it at this moment. Where two subjects are
    compared, all but a sample are held back until one is chosen.
    """
    sample = samples.sample_of(mailing)
    deal = samples.deal(sample)
    issue = mailing.publication.issue
    rows = segments.rows_for(issue.segment if issue else None)
    within = segments.part(rows, column="tie.subscriber_id", now=now)
    with connection.cursor() as cursor:
        # Two mailings that start at one instant: the second one must see the first one's readers.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('promo.snapshot'))")
        cursor.execute(
            f"""
            WITH {wishes.SUBJECT_AND_RECENT}, asked AS MATERIALIZED (
                SELECT tie.subscriber_id, {wishes.WISH} AS wish
                FROM promo_subscription tie
                LEFT JOIN promo_preferences chosen ON chosen.subscriber_id = tie.subscriber_id
                WHERE tie.newsletter_id = %(newsletter)s AND tie.state = 'active' {within.sql}
            ), readers AS MATERIALIZED (
                {deal.readers}
            ), batches AS (
                INSERT INTO promo_batch
                    (mailing_id, state, subject, due_at, token, owner, marked_to, journal, size,
                     accepted, refused, skipped, given_up, unknown, cancelled)
                SELECT %(mailing)s, {deal.batch}, %(now)s, 0, '', 0, '', count(*), 0, 0, 0, 0, 0, 0
                FROM readers GROUP BY nth ORDER BY nth
                RETURNING id
            ), numbered AS (
                SELECT id, row_number() OVER (ORDER BY id) - 1 AS nth FROM batches
            ), written AS (
                INSERT INTO promo_delivery (mailing_id, subscriber_id, batch_id, state, attempts)
                SELECT %(mailing)s, subscriber_id, numbered.id, 0, 0
                FROM readers JOIN numbered USING (nth)
                ORDER BY subscriber_id
            )
            SELECT count(*) FILTER (WHERE wish = 0), count(*) FILTER (WHERE wish = 1),
                count(*) FILTER (WHERE wish = 2), count(*) FILTER (WHERE wish = 3)
            FROM asked
            """,  # noqa: S608  (conditions of ours, their values by name)
            {
                **within.values,
                **wishes.asked_of(mailing, now=now),
                "size": SIZE,
                "percent": sample.percent if sample else 0,
                "newsletter": mailing.newsletter_id,
                "now": now,
            },
        )
        readers, *left_out = cursor.fetchone()
        return Snapshot(readers, LeftOut(*left_out))


def claim(
    mailing_id: int, *, now: datetime, apart: Collection[str] = (), among: bool = False
) -> Claim | None:
    """Take the mailing's next batch for one lease; None where none is due.

    Batches set aside for the providers of `apart` are passed by; or taken alone, with `among`.
    """
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
                    AND batch.due_at <= %(now)s AND (batch.domain = ANY(%(apart)s)) = %(among)s
                    AND mailing.state = 'running' AND destination.paused_at IS NULL
                    AND NOT EXISTS (SELECT FROM promo_halt WHERE ended_at IS NULL)
                ORDER BY batch.due_at, batch.id LIMIT 1
                FOR UPDATE OF batch SKIP LOCKED
            )
            RETURNING id, token, domain, subject
            """,
            {
                "apart": list(apart),
                "among": among,
                "owner": worker_name(),
                "lease": now + settings.PROMO_MAIL_LEASE,
                "mailing": mailing_id,
                "now": now,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return Claim(row[0], row[1], domain=row[2] if among else "", subject=row[3])


def call_others(mailing_id: int) -> None:
    """There may be more for other workers to do: the next tick hints at the mailing again."""
    Mailing.objects.filter(id=mailing_id).update(hinted_at=None)


_WANTED = """tie.state = 'active' AND NOT EXISTS (
            SELECT FROM promo_suppression
            WHERE promo_suppression.address_hash = reader.address_hash
        )"""
"""For a statement that knows the `reader` and the `tie` to the newsletter."""

_MARK = f"""
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
            AND NOT EXISTS (SELECT FROM promo_halt WHERE ended_at IS NULL)
        RETURNING mailing.newsletter_id
    )
    SELECT due.id, due.attempts, reader.email, reader.name, replace(reader.uuid::text, '-', ''),
        reader.language, tie.counted_since_at IS NOT NULL, {_WANTED}
    FROM due CROSS JOIN marked
    LEFT JOIN promo_subscriber reader ON reader.id = due.subscriber_id
    LEFT JOIN promo_subscription tie
        ON tie.subscriber_id = reader.id AND tie.newsletter_id = marked.newsletter_id
    ORDER BY due.id
"""  # noqa: S608  (a part of ours)


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
            readers = [Marked(*row[:-1]) for row in rows if row[-1]]
            if len(readers) < len(rows):
                gone = [row[0] for row in rows if not row[-1]]
                deliveries.skip(gone, now=now)
            if readers or not rows:
                break
            given["after"] = rows[-1][0]
    claimed.after = rows[-1][0] if rows else claimed.after
    return readers


def still_wanted(places: Sequence[Place]) -> set[int]:
    """Of these marked readers' deliveries those that are wanted: nobody left or was erased since.

    For mails that have waited after their mark; one statement for all of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT due.id
            FROM promo_delivery due
            JOIN promo_mailing mailing ON mailing.id = due.mailing_id
            JOIN promo_subscriber reader ON reader.id = due.subscriber_id
            JOIN promo_subscription tie
                ON tie.subscriber_id = reader.id AND tie.newsletter_id = mailing.newsletter_id
            WHERE due.id = ANY(%(ids)s) AND {_WANTED}
            """,  # noqa: S608  (a part of ours)
            {"ids": [place.reader.delivery_id for place in places]},
        )
        return {row[0] for row in cursor.fetchall()}


def may_go_on(claimed: Claim) -> bool:
    """Is the batch still ours, its mailing running, its destination not paused, nothing stopped?"""
    return Batch.objects.filter(
        ~Exists(Halt.objects.filter(ended_at=None)),
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


def rest(mailing_id: int, *, due_at: datetime) -> None:
    """Nothing of the mailing that no worker has is due before this."""
    waiting = Batch.objects.filter(mailing_id=mailing_id, state=Batch.State.READY)
    waiting.filter(due_at__lt=due_at).update(due_at=due_at)


def postpone(mailing_id: int, *, domain: str, due_at: datetime) -> None:
    """What was set aside for a provider is not due before this."""
    waiting = Batch.objects.filter(mailing_id=mailing_id, state=Batch.State.READY, domain=domain)
    waiting.filter(due_at__lt=due_at).update(due_at=due_at)


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
