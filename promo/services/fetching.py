"""Fetching returned mail from its mailbox: kept first, deleted there afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction

from promo.errors import ConfigurationError, Unauthorized, Unreachable
from promo.mailing import mailboxes
from promo.models import ReturnedMail, ReturnMailbox
from promo.services import keeping
from promo.services.clock import Clock, database_now

log = structlog.get_logger()

MOST = 500
"""Mails in one go; what is left follows at the next tick."""

SECONDS = 180.0
"""A reading takes no longer, whatever the other side does. Shorter than the task's own limit."""

SLOWER = 5
"""A mailbox that cannot be read is asked this many times less often."""


def due(*, now: datetime) -> bool:
    """Is the mailbox to be read now? It is moved to its next turn, so that one task is told."""
    if not settings.PROMO_BOUNCE_URL:
        return False
    name = _name(settings.PROMO_BOUNCE_URL)
    with transaction.atomic():
        ReturnMailbox.objects.bulk_create([ReturnMailbox(name=name)], ignore_conflicts=True)
        waiting = ReturnMailbox.objects.filter(name=name).exclude(next_read_at__gt=now)
        row = waiting.select_for_update(skip_locked=True).first()
        if row is None:
            return False
        row.next_read_at = now + settings.PROMO_BOUNCE_EVERY
        row.save(update_fields=["next_read_at"])
    return True


def fetch(*, seconds: float = SECONDS, clock: Clock = database_now) -> int:
    """Fetch what is there; gives how many. A failure is told on the mailbox's row."""
    name = _name(settings.PROMO_BOUNCE_URL)
    fetched = 0
    try:
        address = mailboxes.parse(settings.PROMO_BOUNCE_URL)
        with mailboxes.opened(address, seconds=seconds) as mailbox:
            for key, raw in mailbox.mails(MOST):
                keeping.store(raw=raw, source=ReturnedMail.Source.MAILBOX, now=clock())
                mailbox.delete(key)
                fetched += 1
    except (ConfigurationError, Unauthorized, Unreachable) as error:
        log.warning("mailbox", error=str(error), fetched=fetched)
        _note(name, problem=error.text, wait=settings.PROMO_BOUNCE_EVERY * SLOWER, now=clock())
        return fetched
    wait = settings.PROMO_BOUNCE_EVERY if fetched < MOST else timedelta(0)
    _note(name, problem="", wait=wait, now=clock())
    return fetched


def problem() -> str:
    """What was wrong at the last reading, for the desk; "" where all is well."""
    if not settings.PROMO_BOUNCE_URL:
        return ""
    row = ReturnMailbox.objects.filter(name=_name(settings.PROMO_BOUNCE_URL)).first()
    return row.problem if row else ""


def _note(name: str, *, problem: str, wait: timedelta, now: datetime) -> None:
    values = {"problem": problem[:500], "next_read_at": now + wait}
    if not problem:
        values["read_at"] = now
    ReturnMailbox.objects.update_or_create(name=name, defaults=values)


def _name(url: str) -> str:
    """The mailbox's name in the database, also of an address that is wrong."""
    try:
        return mailboxes.parse(url).name[:300]
    except ConfigurationError:
        return "PROMO_BOUNCE_URL"
