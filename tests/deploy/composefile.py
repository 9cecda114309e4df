"""docker-compose.yml as Compose reads it: variables filled in, merge keys applied."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
GIVEN = {
    "POSTGRES_PASSWORD": "pg",
    "REDIS_PASSWORD": "rd",
    "SECRET_KEY": "s" * 50,
    "PROMO_ENCRYPTION_KEYS": "k",
    "PROMO_BASE_URL": "https://promo.example.org",
    "EMAIL_URL": "smtp://mail.example.org",
    "PROMO_FROM_EMAIL": "promo@example.org",
    "ALLOWED_HOSTS": "promo.example.org",
}
_VARIABLE = re.compile(r"\$(?:(\$)|\{([A-Z_]+)(?::([?-])([^}]*))?\})")


class Missing(Exception):
    """A variable that must be given is not."""


def filled(given: Mapping[str, str]) -> str:
    """The file with its variables put in. Raises `Missing` with the file's own words."""

    def value(match: re.Match[str]) -> str:
        dollar, name, kind, words = match.groups()
        if dollar:
            return "$"
        if given.get(name):
            return given[name]
        if kind == "-":
            return words
        raise Missing(f"{name}: {words}")

    return _VARIABLE.sub(value, TEXT)


def services() -> dict[str, dict[str, Any]]:
    """Every service, with all that must be given."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(filled(GIVEN))["services"]
    return found
