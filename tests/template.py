"""One migrated database, of which each worker's own is a copy: migrating takes ten seconds."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.stack import HOME

NAME = "migrated"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """The first worker that comes here makes the template, the others wait for it."""
    with (HOME / "template.lock").open("w") as lock, django_db_blocker.unblock():
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_there():
            with _connected_to_template():
                call_command("migrate", verbosity=0)
    connection.settings_dict["TEST"]["TEMPLATE"] = NAME


@contextmanager
def copied(name: str) -> Iterator[str]:
    """The address of another copy of the template, for processes of its own."""
    server = connection.settings_dict
    with connection.creation._nodb_cursor() as cursor:  # noqa: SLF001
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {NAME}")
    try:
        yield f"postgresql://{server['USER']}@/{name}?host={quote(str(server['HOST']), safe='')}"
    finally:
        with connection.creation._nodb_cursor() as cursor:  # noqa: SLF001
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _is_there() -> bool:
    with connection.creation._nodb_cursor() as cursor:  # noqa: SLF001
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if cursor.fetchone():
            return True
        cursor.execute(f"CREATE DATABASE {NAME}")
    return False


@contextmanager
def _connected_to_template() -> Iterator[None]:
    ours = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = NAME
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours
