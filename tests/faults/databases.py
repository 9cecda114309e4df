"""A PostgreSQL of a test's own, to be felled. As it is shipped: commits are on the disk."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from promo.embedded import Layout, Postgres
from promo.embedded.postgres import postgres_binary
from tests.processes import Doomed, descendants


@contextmanager
def database_of_our_own(
    home: Path, *, settings: Mapping[str, str] | None = None
) -> Iterator[Postgres]:
    """A server with the same tables, which this process and the workers to come talk to."""
    layout = Layout(home)
    own = Postgres(layout, settings=settings)
    own.start()
    shared = dict(connection.settings_dict)
    program = postgres_binary().with_name
    source = ["-h", str(shared["HOST"]), "-U", str(shared["USER"]), str(shared["NAME"])]
    dump = subprocess.run([program("pg_dump"), *source], capture_output=True, check=True).stdout
    target = ["-h", str(layout.postgres_sockets), "-U", "promo", "promo"]
    subprocess.run(
        [program("psql"), "-q", "-v", "ON_ERROR_STOP=1", *target],
        input=dump,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    connection.close()
    connection.settings_dict.update(HOST=str(layout.postgres_sockets), USER="promo", NAME="promo")
    try:
        yield own
    finally:
        connection.close()
        connection.settings_dict.update(shared)
        own.stop()


def restart(engine: Postgres) -> None:
    connection.close()
    engine.stop()
    engine.start()


def kill(engine: Postgres) -> None:
    """Every process of it at once, without a word."""
    connection.close()
    pid = engine.pid
    assert pid is not None
    for one in (pid, *descendants(pid)):
        Doomed(one).kill9_alone()
    restart(engine)
