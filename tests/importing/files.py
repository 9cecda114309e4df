"""Reading for tests: one zone, one day, errors as plain tuples; and the same items as a table."""

import csv
import io
from datetime import date
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
import yaml

from promo.errors import InvalidRows
from promo.importing import ItemInput, read_csv, read_yaml

ZONE = ZoneInfo("Europe/Warsaw")
TODAY = date(2026, 11, 23)
"""A Monday."""

Told = list[tuple[int | None, str, str]]


def from_yaml(data: str | bytes) -> list[ItemInput]:
    return read_yaml(data, zone=ZONE, today=TODAY)


def from_csv(data: str | bytes) -> list[ItemInput]:
    return read_csv(data, zone=ZONE, today=TODAY)


def yaml_errors(data: str | bytes) -> Told:
    with pytest.raises(InvalidRows) as raised:
        from_yaml(data)
    return told(raised.value)


def csv_errors(data: str | bytes) -> Told:
    with pytest.raises(InvalidRows) as raised:
        from_csv(data)
    return told(raised.value)


def told(error: InvalidRows) -> Told:
    return [(one.row, one.field, one.text) for one in error.errors]


def demo_text(name: str) -> str:
    return (files("promo.demo") / name).read_text("utf-8")


def as_table(text: str, delimiter: str = ",") -> str:
    """A YAML file of items as the table a spreadsheet would write."""
    items = yaml.load(text, Loader=yaml.BaseLoader)
    names = list(dict.fromkeys(name for item in items for name in item))
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=delimiter)
    writer.writerow(names)
    for item in items:
        writer.writerow([_cell(item.get(name, "")) for name in names])
    return made.getvalue()


def _cell(value: str | list[str] | list[dict[str, str]]) -> str:
    if isinstance(value, str):
        return value
    parts = [" | ".join(one.values()) if isinstance(one, dict) else one for one in value]
    return "\n".join(parts)
