"""What a run writes into its journals, and in which order."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from promo.mailing.journal import Journal, lines
from promo.models import Delivery
from promo.services import batches, sending
from tests import making
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("rehearsal")]

CONNECTIONS = 4
READERS = 60


def test_at_no_moment_are_more_mails_in_doubt_than_there_are_connections(
    outside: World, clock: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one turn ends a batch and begins the next: each has a journal of its own."""
    settings.EMAIL_URL += f"?connections={CONNECTIONS}"
    monkeypatch.setattr(batches, "SIZE", 5)
    row = making.due_publication(making.newsletter(READERS).destination)
    tick(clock)
    row.refresh_from_db()
    write_really = Journal.write
    in_doubt = [0]

    def write(journal: Journal, key: str, data: bytes) -> None:
        write_really(journal, key, data)
        changes = [1 if line.verdict is None else -1 for line in lines(data)]
        in_doubt.append(in_doubt[-1] + sum(changes))

    monkeypatch.setattr(Journal, "write", write)

    sending.send(row.mailing.pk, clock=clock)

    assert Delivery.objects.filter(state=Delivery.State.ACCEPTED).count() == READERS
    assert 0 < max(in_doubt) <= CONNECTIONS
    assert in_doubt[-1] == 0
