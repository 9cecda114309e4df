"""19: a disk is full, of the database or of pictures: one of the test's own, in memory, that root
may mount.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.faults import databases
from tests.faults.stage import Stage

SIZE = "192m"


@contextmanager
def a_small_disk(place: Path) -> Iterator[None]:
    """Skips the test where nobody may mount one."""
    place.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


@contextmanager
def filled(place: Path) -> Iterator[None]:
    """Not a byte is left on the disk that is mounted here."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:  # it is full
            yield
    ballast.unlink()


def disk_full(stage: Stage) -> None:
    """Tables cannot grow: what has no room is refused by the server, which goes on."""
    with filled(stage.postgres.layout.home), stage.another_connection() as other:
        with pytest.raises(psycopg.errors.DiskFull):
            other.execute("CREATE TABLE more AS SELECT generate_series(1, 1000000)")
        stage.wait()


def disk_full_and_dead(stage: Stage) -> None:
    """Its journal cannot grow: it dies at once, and a supervisor starts it when there is room."""
    connection.close()
    with filled(stage.postgres.layout.home):
        with pytest.raises(psycopg.OperationalError):
            write_for_ever(stage)
        stage.wait()
    databases.restart(stage.postgres)


def write_for_ever(stage: Stage) -> None:
    with stage.another_connection() as other:
        while True:
            other.execute("SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))")
