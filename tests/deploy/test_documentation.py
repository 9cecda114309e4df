"""Every variable that is read is in the table of docs/operations.md, and no other."""

from __future__ import annotations

import re

from promo.cli import commands
from promo.supervisor.options import OUTSIDE, PORTS
from tests.deploy.composefile import ROOT, TEXT

DOCUMENT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| (`[A-Z].*?`) \|", re.MULTILINE)


def documented() -> set[str]:
    return {name for row in _ROW.findall(DOCUMENT) for name in re.findall(r"`([A-Z_]+)`", row)}


def read() -> set[str]:
    settings = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
    stops = (ROOT / "promo" / "stops.py").read_text(encoding="utf-8")
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    found = set(re.findall(r'(?:env\.\w+|_given|_plain)\(\s*"([A-Z_]+)"', settings))
    found |= set(re.findall(r'"(PROMO_STOP_[A-Z]+)"', stops))
    found |= set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    found |= set(re.findall(r"\b(GRANIAN_[A-Z]+)=", image))
    return found | {*PORTS, *OUTSIDE, "DATABASE_URL", "PROMO_HOST"}


def test_every_variable_that_is_read_is_documented() -> None:
    assert read() - documented() == set()


def test_every_variable_that_is_documented_is_read() -> None:
    assert documented() - read() == set()


def test_every_command_of_the_table_is_there() -> None:
    named = set(re.findall(r"^\| `promo ([\w-]+)", DOCUMENT, re.MULTILINE))
    assert named == commands()
