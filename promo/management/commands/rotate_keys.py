"""`promo rotate-keys`: every stored secret again under the first key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.services import rotation


class Command(BaseCommand):
    help = (
        "Encrypts every stored secret with the first key of PROMO_ENCRYPTION_KEYS. May be stopped "
        "and begun again."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        done = rotation.rotate()
        text = ngettext(
            "{count} secret was encrypted anew.",
            "{count} secrets were encrypted anew.",
            done.changed,
        )
        self.stdout.write(text.format(count=done.changed))
        if done.broken:
            message = _("No key opens: {rows}. Put the key that they were made with back.")
            raise CommandError(message.format(rows=", ".join(done.broken)))
        self.stdout.write(_("Everything is under the first key: the others may go."))
