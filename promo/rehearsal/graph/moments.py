"""Instants as the API takes them: unix seconds, ISO 8601, or simple strtotime() words."""

from __future__ import annotations

import re
from datetime import UTC, datetime

RELATIVE = re.compile(r"([+-])\s*(\d+)\s*(second|sec|minute|min|hour|day|week)s?")
UNITS = {
    "second": 1,
    "sec": 1,
    "minute": 60,
    "min": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 604_800,
}


def moment(text: str, *, now: float) -> float | None:
    """Seconds since 1970, or None where the text tells no instant. Naive ISO times count as UTC."""
    text = text.strip().lower()
    if text == "now":
        return now
    if text.isdecimal():
        return float(text)
    relative = RELATIVE.fullmatch(text)
    if relative:
        sign = -1 if relative[1] == "-" else 1
        return now + sign * int(relative[2]) * UNITS[relative[3]]
    try:
        parsed = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
