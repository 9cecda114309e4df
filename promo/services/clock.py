"""The one clock that decides what is due: the database's."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Func

Clock = Callable[[], datetime]


class Later(Func):
    """The place of an instant in a statement that is made once and run at many: its own value."""

    output_field = DateTimeField()

    def as_sql(self, *_args: Any, **_more: Any) -> tuple[str, list[Any]]:
        return "%s", [self]


Moment = datetime | Later
"""An instant, or the place for one. As a function of the database's the planner would guess it."""


def database_now() -> datetime:
    """The database's present instant, aware. A worker with a wrong clock posts nothing early."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    moment: datetime = now
    return moment
