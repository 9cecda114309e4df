"""A long issue leaves room: after its turn it goes on behind whatever waits in the queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import signals
from django.test import override_settings

from promo.models import Mailing
from promo.services import clerk, mailings
from promo.services.clock import database_now
from tasks import mailing as tasks
from tests import making
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("rehearsal")]


@pytest.fixture
def mailing(outside: World) -> Mailing:
    row = making.due_publication(making.newsletter(5).destination)
    mailings.start(destination=row.destination, key=row.marker, now=database_now())
    return Mailing.objects.get(publication=row)


def called_by(mailing: Mailing) -> list[int]:
    """The mailings that are called when this one's turn ends."""
    assert mailings.hand_out(now=database_now()) == [mailing.pk]
    ids = []

    def sent(sender: str, body: tuple[tuple[int, ...], object, object], **_more: object) -> None:
        if sender == tasks.send.name:
            ids.append(body[0][0])

    signals.before_task_publish.connect(sent)
    try:
        tasks.send(mailing.pk)
    finally:
        signals.before_task_publish.disconnect(sent)
    return ids


def test_whose_turn_is_over_with_readers_left_is_in_the_queue_again(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch, outside: World
) -> None:
    monkeypatch.setattr(clerk, "BUDGET", timedelta())
    assert called_by(mailing) == [mailing.pk]
    assert not outside.mails(brief=1)


def test_nobody_is_called_where_all_have_it(mailing: Mailing, outside: World) -> None:
    assert called_by(mailing) == []
    assert len(outside.mails(brief=1)) == 5


def test_nobody_is_called_while_the_mail_server_is_away(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerk, "BUDGET", timedelta(seconds=1))
    with override_settings(EMAIL_URL="smtp://127.0.0.1:1/"):
        assert called_by(mailing) == []
