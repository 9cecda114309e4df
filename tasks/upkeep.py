"""The tick: it looks what is due and hands out hints. It may run twice, late, or in two places."""

from celery import shared_task

from promo.services import (
    confirmations,
    fetching,
    fillings,
    health,
    looking,
    mailings,
    proofs,
    publishing,
    reader_imports,
    returns,
    rhythms,
    sources,
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


def hand_out() -> None:
    """Sweep dead leases, then hint at everything that is due."""
    now = database_now()
    looking.sweep(now=now)
    mailings.sweep(now=now)
    for publication_id in publishing.hand_out(now=now):
        publishing_tasks.publish.delay(publication_id)
    for publication_id in looking.looks_due(now=now):
        publishing_tasks.look.delay(publication_id)
    for mailing_id in mailings.hand_out(now=now):
        mailing.send.delay(mailing_id)
    for subscription_id in confirmations.due(now=now):
        mailing.confirm.delay(subscription_id)
    for proof_id in proofs.hand_out(now=now):
        newsletters.prove.delay(proof_id)
    fillings.sweep(now=now)
    for newsletter_id in rhythms.hand_out(now=now):
        newsletters.compose.delay(newsletter_id)
    for filling_id in telling.due(now=now):
        newsletters.tell.delay(filling_id)
    for source_id in sources.due(now=now):
        source_tasks.read.delay(source_id)
    reader_imports.forget_old(now=now)
    for import_id in reader_imports.hand_out(now=now):
        readers.read.delay(import_id)
    returns.sweep(now=now)
    if fetching.due(now=now):
        return_tasks.fetch.delay()
    for mail_id in returns.hand_out(now=now):
        return_tasks.process.delay(mail_id)
