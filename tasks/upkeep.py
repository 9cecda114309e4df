"""The tick: it looks what is due and hands out hints. It may run twice, late, or in two places."""

from celery import shared_task

from promo.services import (
    arming,
    bulk_acts,
    confirmations,
    fetching,
    fillings,
    forgetting,
    health,
    looking,
    lookups,
    mailings,
    own_data,
    proofs,
    publishing,
    reader_imports,
    returns,
    rhythms,
    sources,
    subjects,
    telling,
)
from promo.services.clock import database_now
from tasks import mailing, newsletters, readers
from tasks import publishing as publishing_tasks
from tasks import returns as return_tasks
from tasks import sources as source_tasks


@shared_task
def tick() -> None:
    """Beat's only word."""
    health.note("worker", now=database_now())
    hand_out()


SWEEPS = (
    looking.sweep,
    mailings.sweep,
    subjects.sweep,
    forgetting.sweep,
    fillings.sweep,
    reader_imports.forget_old,
    returns.sweep,
)
HINTS = (
    (publishing.hand_out, publishing_tasks.publish),
    (looking.looks_due, publishing_tasks.look),
    (arming.hand_out, publishing_tasks.arm),
    (arming.minds_due, publishing_tasks.mind),
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
)
"""Who says what is due, and the task that gets each of its ids."""


def hand_out() -> None:
    """Sweep dead leases and what is over, then hint at everything that is due."""
    now = database_now()
    for sweep in SWEEPS:
        sweep(now=now)
    for due, task in HINTS:
        for row_id in due(now=now):
            task.delay(row_id)
    if fetching.due(now=now):
        return_tasks.fetch.delay()
