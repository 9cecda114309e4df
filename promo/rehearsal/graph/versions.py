"""Which version serves a call. A dead version is served by the next oldest usable one.

Source: https://developers.facebook.com/docs/graph-api/changelog/versions/ (as of September 2026).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from promo.rehearsal.graph.errors import GraphError

PREFIX = re.compile(r"v\d+\.\d+")


def _day(year: int, month: int, day: int) -> float:
    return datetime(year, month, day, tzinfo=UTC).timestamp()


# Oldest first; the instant is the first at which the version is gone (None: not announced).
VERSIONS: tuple[tuple[str, float | None], ...] = (
    ("v19.0", _day(2026, 5, 21)),
    ("v20.0", _day(2026, 9, 24)),
    ("v21.0", _day(2027, 1, 21)),
    ("v22.0", _day(2027, 5, 20)),
    ("v23.0", _day(2027, 10, 8)),
    ("v24.0", _day(2028, 2, 18)),
    ("v25.0", _day(2028, 7, 29)),
    ("v26.0", None),
)


def number(version: str) -> float:
    """The version as a number that can be compared."""
    return float(version.removeprefix("v"))


def serving(asked: str, *, now: float) -> str:
    """The version that serves a call for `asked`. Raises GraphError for one that never was."""
    alive = [name for name, gone_at in VERSIONS if gone_at is None or now < gone_at]
    if number(asked) > number(VERSIONS[-1][0]):
        raise GraphError(2500, f"Unknown path components: /{asked}")
    return next(name for name in alive if number(name) >= number(asked))
