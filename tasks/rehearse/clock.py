"""The fast clock. What is due is decided by the database's clock, so a rehearsal's has another one.

PostgreSQL finds a function by its search path: a schema that stands before its own brings a
`clock_timestamp()` that is ahead of the real one. All processes share it, and Promo's own code
knows nothing of it. It goes on by itself while somebody works, as clocks do.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

_CLOCKS = ("clock_timestamp", "statement_timestamp", "now")
_FUNCTION = """
CREATE FUNCTION rehearsal.{name}() RETURNS timestamptz LANGUAGE sql AS
$$ SELECT pg_catalog.{name}() + ahead FROM rehearsal.clock $$
"""


def install() -> None:
    """Give the present database its own clock, for every connection from now on."""
    database = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA rehearsal")
        cursor.execute("CREATE TABLE rehearsal.clock (ahead interval NOT NULL)")
        cursor.execute("INSERT INTO rehearsal.clock VALUES (interval '0')")
        for name in _CLOCKS:
            cursor.execute(_FUNCTION.format(name=name))
        path = "rehearsal, pg_catalog, public"
        cursor.execute(f'ALTER DATABASE "{database}" SET search_path = {path}')
    connection.close()


def put(at: datetime) -> None:
    """Let it show this instant, and go on from there."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE rehearsal.clock SET ahead = %s - pg_catalog.clock_timestamp()", [at])
