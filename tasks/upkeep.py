"""The tick: it looks what is due and hands out hints. It may run twice, late, or in two places."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from celery import Task, shared_task
from kombu.exceptions import BatchPublishError  # type: ignore[attr-defined]  # new in 5.7

from promo.services import (
    accesses,
    arming,
    bulk_acts,
    changing,
    confirmations,
    connections,
    fetching,
    figures,
    fillings,
    forgetting,
    health,
    looking,
    lookups,
    mailings,
    notices,
    own_data,
    proofs,
    providers,
    publishing,
    reader_imports,
    returns,
    rhythms,
    sources,
    subjects,
    takedowns,
    telling,
)
from promo.services.clock import database_now
from tasks import access, mailing, newsletters, readers
from tasks import figures as figure_tasks
from tasks import publishing as publishing_tasks
from tasks import returns as return_tasks
from tasks import sources as source_tasks

log = structlog.get_logger()


@shared_task
def tick() -> None:
    """Beat's only word."""
    health.note("worker", now=database_now())
    hand_out()


SWEEPS = (
    looking.sweep,
    mailings.sweep,
    subjects.sweep,
    fillings.sweep,
)
HOUSEKEEPING = (
    forgetting.sweep,
    reader_imports.forget_old,
    returns.sweep,
    providers.let_go,
    connections.sweep,
    figures.note_new,
    takedowns.follow_up,
)
MINUTE = timedelta(minutes=1)
HINTS = (
    (publishing.hand_out, publishing_tasks.publish),
    (looking.looks_due, publishing_tasks.look),
    (arming.hand_out, publishing_tasks.arm),
    (arming.minds_due, publishing_tasks.mind),
    (changing.due, publishing_tasks.change),
    (figures.due, figure_tasks.read),
    (mailings.hand_out, mailing.send),
    (lookups.due, mailing.look),
    (confirmations.due, mailing.confirm),
    (own_data.due, mailing.send_data_link),
    (proofs.hand_out, newsletters.prove),
    (rhythms.hand_out, newsletters.compose),
    (telling.due, newsletters.tell),
    (sources.due, source_tasks.read),
    (reader_imports.hand_out, readers.read),
    (bulk_acts.hand_out, readers.act),
    (returns.hand_out, return_tasks.process),
    (accesses.due, access.check),
    (notices.due, access.tell),
)
"""Who says what is due, and the task that gets each of its ids."""


AT_ONCE = 100
"""Hints that go to the broker in one flight: one by one a thousand would wait for each other."""


def hint(task: Task[..., None], row_ids: Sequence[int]) -> None:
    """Tell the workers of these rows."""
    if not row_ids:
        return
    task.delay(row_ids[0])  # connects anew where that is needed, which a flight does not
    try:
        with task.app.producer_or_acquire() as producer, producer.batch(max_size=AT_ONCE):
            for row_id in row_ids[1:]:
                task.apply_async((row_id,), producer=producer)
    except BatchPublishError:
        log.warning("hints", lost=len(row_ids), task=task.name)  # given again within the minute


def hand_out() -> None:
    """Sweep dead leases and what is over, then hint at everything that is due.

    What may wait a minute is done once a minute: a tick every second should cost next to nothing.
    """
    now = database_now()
    for sweep in SWEEPS:
        sweep(now=now)
    if health.its_turn("housekeeping", every=MINUTE, now=now):
        for sweep in HOUSEKEEPING:
            sweep(now=now)
    for due, task in HINTS:
        hint(task, due(now=now))
    if fetching.due(now=now):
        return_tasks.fetch.delay()
