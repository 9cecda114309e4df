"""Somebody's transaction holds a row, for hours perhaps: everything else goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from promo.models import Attempt, Publication
from promo.protocol import State
from promo.services import destinations, looking, publishing
from tests import making

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def locked_elsewhere(row: Publication) -> Iterator[None]:
    """Whoever waits for it fails, instead of waiting for ever."""
    told = connection.settings_dict
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1s'")
    with psycopg.connect(host=told["HOST"], user=told["USER"], dbname=told["NAME"]) as other:
        other.execute("SELECT FROM promo_publication WHERE id = %s FOR UPDATE", [row.pk])
        yield
        other.rollback()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout TO DEFAULT")


def state(row: Publication) -> State:
    row.refresh_from_db()
    return State(row.state)


def test_a_dead_workers_row_that_is_locked_keeps_no_other_waiting_and_has_its_turn_later() -> None:
    website = destinations.create(channel="website", name="Strona biblioteki")
    locked, other = (making.due_publication(website, title=title) for title in ("Jeden", "Drugi"))
    now = timezone.now()
    for row in (locked, other):
        assert publishing.claim(row.pk, now=now)
    later = now + timedelta(minutes=6)
    with locked_elsewhere(locked):
        looking.sweep(now=later)
        assert (state(locked), state(other)) == (State.CLAIMED, State.PLANNED)
    looking.sweep(now=later)
    assert state(locked) is State.PLANNED


def test_what_is_locked_is_not_looked_for_so_that_no_worker_waits() -> None:
    website = destinations.create(channel="website", name="Strona biblioteki")
    row = making.due_publication(website)
    Publication.objects.update(state=State.UNKNOWN, marked_at=timezone.now())
    with locked_elsewhere(row):
        looking.look(row.pk)
    assert not row.ledger.exists()
    looking.look(row.pk)
    assert [line.event for line in row.ledger.all()] == [Attempt.Event.FOUND]
