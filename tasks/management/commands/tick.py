"""`promo tick`: one tick by hand, or with --loop a second clock beside beat."""

import signal
import threading
from importlib import import_module
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections
from kombu.exceptions import OperationalError as BrokerError

from tasks import upkeep

log = structlog.get_logger()


class Command(BaseCommand):
    help = "Hands out what is due. With --loop it goes on every second: harmless beside beat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true")
        parser.add_argument("--every", type=float, default=5.0, help="seconds, with --loop")

    def handle(self, *_args: Any, **options: Any) -> None:
        # Without the wiring a hint would go to nobody's broker. By name: the arrows point from it.
        import_module("config.celery")
        if not options["loop"]:
            upkeep.hand_out()
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        while not stop.is_set():
            try:
                close_old_connections()
                upkeep.hand_out()
            except (OperationalError, BrokerError) as error:
                log.warning("tick", error=str(error))
            stop.wait(options["every"])
