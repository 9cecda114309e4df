"""What a transactional test finds and leaves: the tables as the migrations made them.

Django would empty every table and make content types and permissions anew: a second for each such
test. Here only tables with rows are emptied, and what the migrations made once stays.
"""

from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import TransactionTestCase

KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def come_back() -> None:
    """Leave the tables as they were found, from now on."""
    post_migrate.connect(_make, dispatch_uid="tests.first_rows")
    TransactionTestCase._fixture_teardown = lambda _case: leave()  # type: ignore[method-assign]  # noqa: SLF001


def leave() -> None:
    """Every table as it was found."""
    tables = sorted(set(connection.introspection.table_names()) - KEPT)
    names = [connection.ops.quote_name(table) for table in tables]
    with connection.cursor() as cursor:
        rows = " UNION ALL ".join(
            f"SELECT {at} WHERE EXISTS (SELECT 1 FROM {name})" for at, name in enumerate(names)
        )
        cursor.execute(rows)
        full = [names[at] for (at,) in cursor.fetchall()]
        # In one statement, and without triggers: neither order nor keys between tables matter.
        cursor.execute(
            "BEGIN; SET LOCAL session_replication_role = replica;"
            + "".join(f"DELETE FROM {name};" for name in full)
            + "COMMIT"
        )
    _make()


def _make(**_kwargs: Any) -> None:
    """Rows that Wagtail's migrations make once: its root of pages, of collections, a language."""
    from wagtail.models import Collection, Locale, Page  # noqa: PLC0415  (needs Django's apps)

    if not Collection.objects.exists():
        Collection.add_root(name="Root")
    Locale.objects.get_or_create(language_code=settings.LANGUAGE_CODE)
    if not Page.objects.exists():
        Page.add_root(title="Root", slug="root")
