"""`promo item import FILE`: items from YAML or CSV, all or none."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.errors import InvalidInput, InvalidRows
from promo.importing import ItemInput, read_csv, read_yaml
from promo.importing.texts import MAX_BYTES
from promo.models import Institution
from promo.services.clock import database_now
from promo.services.importing import import_items, pictures_below

READERS = {".yaml": read_yaml, ".yml": read_yaml, ".csv": read_csv, ".tsv": read_csv}
MOST_TOLD = 100


class Command(BaseCommand):
    help = "Imports items from a YAML or CSV file as drafts; if anything is wrong, nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help=".yaml, .csv or .tsv")
        parser.add_argument(
            "--approve", action="store_true", help="approve the items: they go out as planned"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        now = database_now()
        try:
            items = import_items(
                inputs=_read(path),
                now=now,
                approve=options["approve"],
                read_picture=pictures_below(path.parent),
            )
        except InvalidRows as error:
            raise CommandError("\n".join(_lines(error))) from error
        text = ngettext("{count} item was imported.", "{count} items were imported.", len(items))
        self.stdout.write(text.format(count=len(items)))


def _read(path: Path) -> list[ItemInput]:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        message = _("The name of the file must end in one of: {endings}.")
        raise CommandError(message.format(endings=", ".join(READERS)))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        message = _("The file {path} cannot be read: {reason}.")
        raise CommandError(message.format(path=path, reason=error.strerror)) from error
    zone = Institution.load().tz
    return reader(data, zone=zone, today=timezone.localdate(database_now(), zone))


def _lines(error: InvalidRows) -> list[str]:
    told = [error.text, *(_line(one) for one in error.errors[:MOST_TOLD])]
    rest = len(error.errors) - MOST_TOLD
    if rest > 0:
        text = ngettext("and {count} more place", "and {count} more places", rest)
        told.append(f"  {text.format(count=rest)}")
    return told


def _line(error: InvalidInput) -> str:
    """`  row 3, title: …`"""
    row = _("row {row}").format(row=error.row) if error.row is not None else ""
    place = ", ".join(part for part in (row, error.field) if part)
    return f"  {place}: {error.text}" if place else f"  {error.text}"
