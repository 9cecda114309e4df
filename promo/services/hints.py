"""Rows that a worker is to be told of, taken by one statement: the tick asks every second."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet


def take(rows: QuerySet[Any], *, limit: int, **changed: datetime) -> list[int]:
    """Ids of the first of these rows, in their order, each changed so that no other tick takes it.

    What somebody else has locked is passed by. `changed` are columns and their new instants.
    """
    table = rows.model._meta.db_table  # noqa: SLF001  (Django's own name for it)
    picked, values = rows.values("id")[:limit].query.sql_with_params()
    changes = ", ".join(f'"{column}" = %s' for column in changed)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH picked AS MATERIALIZED ({picked} FOR UPDATE OF "{table}" SKIP LOCKED),
                placed AS (SELECT id, row_number() OVER () AS place FROM picked)
            UPDATE "{table}" AS taken SET {changes} FROM placed WHERE taken.id = placed.id
            RETURNING placed.place, taken.id
            """,  # noqa: S608  (made by Django)
            (*values, *changed.values()),
        )
        return [row_id for _place, row_id in sorted(cursor.fetchall())]
