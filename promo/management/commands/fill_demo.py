"""`promo fill_demo`: the examples of the demonstration on an untouched desk."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from promo.services import demo
from promo.services.clock import database_now


class Command(BaseCommand):
    help = (
        "Fills an untouched desk with an invented library (after 'promo prepare'). Prints what it "
        "made as one line of JSON: zeros where the desk is in use."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(json.dumps(asdict(demo.fill(now=database_now()))))
