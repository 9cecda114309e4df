"""Who gets which subject at the start of a mailing: two halves of a sample, and the rest waits.

The sample is drawn by a hash of the reader and the mailing: evenly, repeatably, and other readers
each time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from promo.models import Batch, Mailing, Subject, Tracking


class Sample(NamedTuple):
    """How many of the readers try both subjects out, and how long the others wait."""

    percent: int
    hours: int


def sample_of(mailing: Mailing) -> Sample | None:
    """None where there is nothing to compare, or nothing counted to compare it by."""
    issue = mailing.publication.issue
    if issue is None or mailing.tracking == Tracking.OFF:
        return None
    if not mailing.publication.message.subject_b:
        return None
    return Sample(issue.sample_percent, issue.sample_hours)


def subjects_of(mailing: Mailing) -> tuple[str, ...]:
    """Under which subjects its mails go out: one, which has no name, or both."""
    return ("",) if sample_of(mailing) is None else tuple(Subject.values)


def decide_at(mailing: Mailing, *, now: datetime) -> datetime | None:
    """When a started mailing chooses its subject; None where nobody waits for that."""
    sample = sample_of(mailing)
    if sample is None or not mailing.batches.filter(state=Batch.State.HELD).exists():
        return None
    return now + timedelta(hours=sample.hours)


class Deal(NamedTuple):
    """Two parts of the statement that writes the deliveries of a mailing.

    `readers` gives each reader of `asked` the number of a batch, `batch` the state and the subject
    of one.
    """

    readers: str
    batch: str


ONE_SUBJECT = Deal(
    """
    SELECT subscriber_id, (row_number() OVER (ORDER BY subscriber_id) - 1) / %(size)s AS nth
    FROM asked WHERE wish = 0
    """,
    "'ready', ''",
)

# Too few for two halves: everybody gets the first subject, and nobody waits.
TWO_SUBJECTS = Deal(
    """
    SELECT subscriber_id, subject, dense_rank() OVER (ORDER BY subject, part) - 1 AS nth
    FROM (
        SELECT subscriber_id, subject, (
            row_number() OVER (PARTITION BY subject ORDER BY subscriber_id) - 1
        ) / %(size)s AS part
        FROM (
            SELECT subscriber_id, CASE
                WHEN half = 0 OR place <= half THEN 'a'
                WHEN place <= 2 * half THEN 'b'
                ELSE ''
            END AS subject
            FROM (
                SELECT subscriber_id, count(*) OVER () * %(percent)s / 200 AS half,
                    row_number() OVER (
                        ORDER BY hashint8extended(subscriber_id, %(mailing)s), subscriber_id
                    ) AS place
                FROM asked WHERE wish = 0
            ) drawn
        ) dealt
    ) parted
    """,
    "CASE min(subject) WHEN '' THEN 'held' ELSE 'ready' END, min(subject)",
)


def deal(sample: Sample | None) -> Deal:
    """How the readers of a mailing are put into batches."""
    return ONE_SUBJECT if sample is None else TWO_SUBJECTS
