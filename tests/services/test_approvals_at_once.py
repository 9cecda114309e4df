"""An editor that saves by itself, and an approval, at the same moment: each waits its turn."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from wagtail.models import Revision

from promo.models import Item
from tests import making

pytestmark = pytest.mark.django_db(transaction=True)

WAITS_FOR_US = """SELECT EXISTS (SELECT FROM pg_locks
    WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"""


@transaction.atomic
def autosave(draft: Item, revision: Revision) -> None:
    """As the editor does it: the whole row of a draft first, its old latest revision and all."""
    draft.save()
    draft.save_revision(overwrite_revision=revision)


def closed_after(act: Callable[[], object]) -> None:
    try:
        act()
    finally:
        connection.close()


@pytest.mark.parametrize("live", [False, True], ids=["draft", "approved"])
@pytest.mark.parametrize("saves", [False, True], ids=["approval", "autosave"])
def test_whoever_stores_waits_for_the_row_before_the_revision(*, live: bool, saves: bool) -> None:
    item = making.approved() if live else making.item()
    revision = item.latest_revision or item.save_revision()
    draft = Item.objects.get(pk=item.pk)
    act = partial(draft.save_revision, overwrite_revision=revision) if saves else revision.publish
    told = connection.settings_dict
    with (
        psycopg.connect(host=told["HOST"], user=told["USER"], dbname=told["NAME"]) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        other.execute("SELECT FROM promo_item WHERE id = %s FOR UPDATE", [item.pk])
        done = pool.submit(closed_after, act)
        while not done.done() and other.execute(WAITS_FOR_US).fetchone() == (False,):
            pass
        other.execute(
            "SELECT FROM wagtailcore_revision WHERE id = %s FOR UPDATE NOWAIT", [revision.pk]
        )
        other.rollback()
        done.result()
    item.refresh_from_db()
    assert item.latest_revision_id == revision.pk
    assert item.live is (live or not saves)


def test_what_somebody_else_has_saved_meanwhile_is_not_put_aside_by_an_autosave() -> None:
    item = making.item()
    first = item.save_revision()
    mine, theirs = (Item.objects.get(pk=item.pk) for _person in range(2))
    theirs.title = "Nowy tytuł"
    newer = theirs.save_revision()
    with pytest.raises(PermissionDenied):
        autosave(mine, first)
    item.refresh_from_db()
    assert item.latest_revision_id == newer.pk
