"""`promo prepare`: what a fresh installation needs; prints how the first administrator gets in."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from promo.errors import ConfigurationError
from promo.services import channels, first_run


class Command(BaseCommand):
    help = "Prepares a fresh installation; a second run changes nothing."

    def handle(self, *_args: Any, **_options: Any) -> None:
        channels.check_deadlines()
        faults = channels.template_faults()
        if faults:
            raise ConfigurationError("\n".join(fault.text for fault in faults))
        self.stdout.write(json.dumps({"first_login_url": first_run.prepare()}))
