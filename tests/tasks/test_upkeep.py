"""The tick hints at confirmation mails that are due, each reader's once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import signals

from config.celery import app
from promo.models import Subscription
from promo.services import subscribers
from promo.services.clock import database_now
from tasks import mailing, upkeep
from tests import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked() -> Subscription:
    (row,) = subscribers.sign_up(
        email="zofia@example.org",
        name="",
        newsletter=making.newsletter(),
        language="pl",
        wording="zgoda",
        source="test",
        ip=None,
        now=database_now(),
    )
    return row


def hinted(*, ticks: int = 0) -> list[int]:
    """The subscriptions that are hinted at, as they come to the broker: at once, or by ticks."""
    ids = []

    def sent(sender: str, body: tuple[tuple[int, ...], object, object], **_more: object) -> None:
        if sender == mailing.confirm.name:
            ids.append(body[0][0])

    signals.before_task_publish.connect(sent)
    try:
        if not ticks:
            upkeep.hand_out()
        for _tick in range(ticks):
            upkeep.tick()
    finally:
        signals.before_task_publish.disconnect(sent)
    return ids


def test_tick_hints_once_at_what_is_to_be_confirmed(asked: Subscription) -> None:
    assert hinted() == [asked.pk]


def test_what_may_wait_has_its_turn_within_as_many_ticks_as_there_are_turns_and_a_sign_of_life(
    asked: Subscription,
) -> None:
    assert hinted(ticks=len(upkeep.TURNS) + 1) == [asked.pk]


def test_a_turn_a_second_is_enough_for_all_that_may_wait() -> None:
    turns = upkeep.TURNS | upkeep.SIGN_OF_LIFE
    assert sum(timedelta(seconds=1) / seldom for seldom, _round in turns.values()) <= 1


def test_tick_leaves_alone_what_waits(asked: Subscription) -> None:
    Subscription.objects.update(confirm_at=database_now() + timedelta(minutes=1))
    assert hinted() == []


def test_hints_go_to_the_queue_of_mails() -> None:
    """Otherwise the tests above would ask an app of nobody's."""
    route = app.amqp.router.route({}, mailing.confirm.name)
    assert route["queue"].name == "mail"
