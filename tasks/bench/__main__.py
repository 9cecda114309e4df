"""`python -m tasks.bench`: what `promo bench` runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any

from promo.errors import PromoError


def main() -> int:
    """Measure, and print the figures. Gives the exit code."""
    parser = argparse.ArgumentParser(prog="promo bench", description="Measure on this machine.")
    subjects = parser.add_subparsers(metavar="SUBJECT", required=True)
    mail = subjects.add_parser("mail", help="send an issue through real workers")
    mail.add_argument("--recipients", type=int, default=100_000)
    mail.add_argument("--relay", default="", help="smtp://host:port; else a sink of our own")
    mail.add_argument("--workers", type=int, default=1, help="worker processes")
    mail.add_argument(
        "--connections", type=int, default=20, help="for each worker process; all share them"
    )
    mail.add_argument("--delay", type=float, default=0, help="milliseconds before each answer")
    mail.add_argument("--kill", type=float, default=0, help="kill a worker every so many seconds")
    mail.set_defaults(run=_mail)
    imported = subjects.add_parser("import", help="read readers from a file")
    imported.add_argument("--rows", type=int, default=1_000_000)
    imported.set_defaults(run=_import)
    timetable = subjects.add_parser("timetable", help="hand out and publish what is due")
    timetable.add_argument("--planned", type=int, default=1_000_000, help="rows that wait")
    timetable.add_argument("--due", type=int, default=1000, help="publications of one instant")
    timetable.set_defaults(run=_timetable)
    for subject in (mail, imported, timetable):
        subject.add_argument("--json", action="store_true", help="for programs")
    asked = parser.parse_args()
    try:
        with redirect_stdout(sys.stderr):  # what is logged meanwhile is no figure
            figures = asked.run(asked)
    except PromoError as error:
        sys.stderr.write(f"{error.text}\n")
        return 1
    sys.stdout.write(f"{json.dumps(figures) if asked.json else _table(figures)}\n")
    return 0


def _mail(asked: argparse.Namespace) -> Mapping[str, Any]:
    from tasks.bench import mail  # noqa: PLC0415 -- each benchmark loads what it needs

    return mail.run(
        mail.Asked(
            recipients=asked.recipients,
            relay=asked.relay,
            workers=asked.workers,
            connections=asked.connections,
            delay=asked.delay,
            kill=asked.kill,
        )
    )


def _import(asked: argparse.Namespace) -> Mapping[str, Any]:
    from tasks.bench import imports, stage  # noqa: PLC0415 -- as above

    with stage.engines({}):
        return imports.run(rows=asked.rows)


def _timetable(asked: argparse.Namespace) -> Mapping[str, Any]:
    from tasks.bench import timetable  # noqa: PLC0415 -- as above

    return timetable.run(planned=asked.planned, due=asked.due)


def _table(figures: Mapping[str, Any]) -> str:
    return "\n".join(f"{name:<28} {value}" for name, value in figures.items())


if __name__ == "__main__":
    # The worker and the tests of layers know Celery's application by this module.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(main())
