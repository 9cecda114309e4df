"""`promo prepare`: what a fresh installation needs; prints how the first administrator gets in."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from promo.errors import ConfigurationError
from promo.services import channels, demo, first_run, restores, suppressions
from promo.services.clock import database_now


class Command(BaseCommand):
    help = "Prepares a fresh installation; a second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="fill an empty desk with examples")
        parser.add_argument("--copied", action="store_true", help="the database's files are a copy")

    def handle(self, *_args: Any, **options: Any) -> None:
        channels.check_deadlines()
        suppressions.check_key()
        faults = channels.template_faults()
        if faults:
            raise ConfigurationError("\n".join(fault.text for fault in faults))
        # A newcomer's desk starts with examples, unless they would get out to real people.
        examples = options["demo"] or (first_run.is_new() and demo.is_rehearsed())
        url = first_run.prepare()
        if examples:
            demo.fill(now=database_now())
        halt = restores.check(now=database_now(), copied=options["copied"])
        told = {
            "first_login_url": url,
            "first_login_user": first_run.FIRST_ADMINISTRATOR,
            "stopped": halt.because if halt else "",
        }
        self.stdout.write(json.dumps(told))
