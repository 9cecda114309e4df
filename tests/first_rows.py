"""Rows that Wagtail's migrations make once, and that Promo needs.

A transactional test empties every table when it ends; Django then makes content types and
permissions anew, and these rows come back with them. Otherwise the tests after it would not find a
collection to keep pictures in, nor the root of Wagtail's pages.
"""

from typing import Any

from django.conf import settings
from django.db.models.signals import post_migrate


def come_back() -> None:
    """Make the missing ones whenever tables have been made or emptied."""
    post_migrate.connect(_make, dispatch_uid="tests.first_rows")


def _make(**_kwargs: Any) -> None:
    from wagtail.models import Collection, Locale, Page  # noqa: PLC0415  (needs Django's apps)

    if not Collection.objects.exists():
        Collection.add_root(name="Root")
    Locale.objects.get_or_create(language_code=settings.LANGUAGE_CODE)
    if not Page.objects.exists():
        Page.add_root(title="Root", slug="root")
