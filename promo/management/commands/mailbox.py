"""`promo mailbox`: does the mailbox of returned mail let us in? Nothing is read or deleted."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from promo.errors import PromoError
from promo.services import fetching


class Command(BaseCommand):
    help = "Tries the mailbox that returned mail is fetched from."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not fetching.is_in_use():
            self.stdout.write(_("No mailbox of returned mail is set up."))
            return
        try:
            fetching.try_it()
        except PromoError as error:
            raise CommandError(error.text) from error
        self.stdout.write(_("The mailbox of returned mail lets us in."))
