"""Fetching returned mail from its mailbox: kept first, deleted there afterwards.

The mailbox is the one of PROMO_BOUNCE_URL, else the one set up at the desk, whose address is kept
encrypted, with its password.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction

from promo import vault
from promo.errors import ConfigurationError, Unauthorized, Unreachable
from promo.mailing import mailboxes
from promo.mailing.mailboxes import Address
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


TRY_SECONDS = 20.0
"""How long a person waits at most for a try."""

_PLACE = "return-mailbox"
"""What the desk's address is sealed for (`promo.vault`)."""


def due(*, now: datetime) -> bool:
    """Is the mailbox to be read now? It is moved to its next turn, so that one task is told."""
    name = _name()
    if not name:
        return False
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
    name = _name()
    fetched = 0
    if not name:  # given up since the hint
        return fetched
    try:
        address = mailboxes.parse(_url())
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
    row = standing()
    return row.problem if row else ""


def standing() -> ReturnMailbox | None:
    """How the mailbox in use was read last; None where there is none, or before the first time."""
    return ReturnMailbox.objects.filter(name=_name()).first()


def is_given_by_environment() -> bool:
    """Is the mailbox the one of PROMO_BOUNCE_URL, which the desk cannot change?"""
    return bool(settings.PROMO_BOUNCE_URL)


def is_in_use() -> bool:
    """Is returned mail fetched from a mailbox at all?"""
    return bool(_name())


def set_up() -> Address | None:
    """The mailbox set up at the desk, with its password. Raises ConfigurationError."""
    row = _of_the_desk()
    return mailboxes.parse(_unsealed(row)) if row else None


def use(*, address: Address) -> None:
    """Fetch returned mail from this mailbox from now on, at once for the first time."""
    with transaction.atomic():
        ReturnMailbox.objects.filter(of_the_desk=True).update(of_the_desk=False, sealed="")
        ReturnMailbox.objects.update_or_create(
            name=address.name[:300],
            defaults={
                "of_the_desk": True,
                "sealed": vault.seal({"url": address.url}, place=_PLACE),
                "next_read_at": None,
                "problem": "",
            },
        )


def stop_using() -> None:
    """Fetch from no mailbox any more; its password is forgotten."""
    ReturnMailbox.objects.filter(of_the_desk=True).delete()


def try_it(*, seconds: float = TRY_SECONDS) -> None:
    """Sign in to the mailbox and open its folder, no more: nothing is read or deleted.

    Raises ConfigurationError, Unauthorized or Unreachable, in plain words, which are noted too.
    """
    row = ReturnMailbox.objects.filter(name=_name())
    try:
        with mailboxes.opened(mailboxes.parse(_url()), seconds=seconds):
            pass
    except (ConfigurationError, Unauthorized, Unreachable) as error:
        row.update(problem=error.text[:500])
        raise
    row.update(problem="")


def _note(name: str, *, problem: str, wait: timedelta, now: datetime) -> None:
    values = {"problem": problem[:500], "next_read_at": now + wait}
    if not problem:
        values["read_at"] = now
    ReturnMailbox.objects.update_or_create(name=name, defaults=values)


def _of_the_desk() -> ReturnMailbox | None:
    return ReturnMailbox.objects.filter(of_the_desk=True).first()


def _unsealed(row: ReturnMailbox) -> str:
    return vault.unseal(row.sealed, place=_PLACE)["url"]


def _url() -> str:
    """The address with the password. Raises ConfigurationError where it cannot be decrypted."""
    row = None if settings.PROMO_BOUNCE_URL else _of_the_desk()
    return _unsealed(row) if row else settings.PROMO_BOUNCE_URL


def _name() -> str:
    """The mailbox's name in the database, also of an address that is wrong; "" where is none."""
    if not settings.PROMO_BOUNCE_URL:
        row = _of_the_desk()
        return row.name if row else ""
    try:
        return mailboxes.parse(settings.PROMO_BOUNCE_URL).name[:300]
    except ConfigurationError:
        return "PROMO_BOUNCE_URL"
