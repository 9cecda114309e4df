"""Is there anything to do in this second? Nearly always there is not, and one statement says so."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from promo.services import arming, changing, looking, mailings, publishing
from promo.services.clock import Later, Moment

WATCHED: tuple[Callable[[Moment], QuerySet[Any]], ...] = (
    looking.leased,
    mailings.leased,
    publishing.due,
    looking.to_look_for,
    arming.to_arm,
    arming.to_mind,
    changing.to_do,
    mailings.running,
)
"""The rows of everything that has its second, as its own service finds them."""


def anything(*, now: datetime) -> bool:
    """Does any row wait for what has its second?"""
    statement, values = _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, [now if isinstance(one, Later) else one for one in values])
        (waits,) = cursor.fetchone()
    return bool(waits)


@cache
def _statement() -> tuple[str, tuple[Any, ...]]:
    """Made once: Django needs longer to make it than PostgreSQL to answer it."""
    parts: list[str] = []
    values: list[Any] = []
    for rows in WATCHED:
        part, its = rows(Later()).order_by().values("pk").query.sql_with_params()
        parts.append(f"EXISTS ({part})")
        values += its
    return f"SELECT {' OR '.join(parts)}", tuple(values)
