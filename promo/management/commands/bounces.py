"""`promo bounces`: takes returned mail from a mail server, by SMTP or LMTP.

Where: --listen HOST:PORT, else PROMO_BOUNCES_LISTEN.
"""

from __future__ import annotations

import asyncio
import signal
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, close_old_connections
from django.utils.translation import gettext as _

from promo import stops
from promo.mailing.listener import Intake, listen
from promo.models import ReturnedMail
from promo.services import keeping, returns
from promo.services.clock import database_now


class Command(BaseCommand):
    help = (
        "Takes returned mail from your mail server by SMTP or LMTP, for bounce addresses that "
        "Promo has signed and for postmaster. Answers yes once the mail is kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--listen", default=settings.PROMO_BOUNCES_LISTEN, metavar="HOST:PORT")

    def handle(self, *_args: Any, **options: Any) -> None:
        host, port = _address(options["listen"])
        intake = Intake(accepts=returns.takes, store=_store, failures=(Error,))
        asyncio.run(self._serve(host, port, intake))

    async def _serve(self, host: str, port: int, intake: Intake) -> None:
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        name = urlsplit(settings.PROMO_BASE_URL).hostname or "promo"
        await listen(host, port, intake=intake, name=name, ready=self._say)

    def _say(self, host: str, port: int) -> None:
        text = _("Taking returned mail at {address}.")
        self.stdout.write(text.format(address=f"{host}:{port}"))
        self.stdout.flush()


def _address(given: str) -> tuple[str, int]:
    host, _colon, port = given.rpartition(":")
    if not port.isdecimal() or not host:
        raise CommandError(_("Give the address as HOST:PORT, such as 127.0.0.1:2525."))
    return host.strip("[]"), int(port)


def _store(raw: bytes, recipient: str) -> None:
    """On one of the listener's threads, which keep their connections."""
    close_old_connections()
    keeping.store(
        raw=raw, source=ReturnedMail.Source.LISTENER, recipient=recipient, now=database_now()
    )
    stops.reached(stops.AFTER_STORE)
