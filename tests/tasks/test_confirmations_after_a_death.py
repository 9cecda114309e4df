"""A worker that dies with a confirmation in its hands delays the mail and never loses it."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from django.test import override_settings

from config.celery import app
from promo import stops
from promo.models import Subscription
from promo.services import confirmations, subscribers
from promo.services.clock import database_now
from tasks import mailing
from tests import making
from tests.processes import Hatchery, environment, until
from tests.world import World

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.django_db(transaction=True),
]

SOON = 60.0


def die_after_the_claim(row: Subscription, folder: Path) -> None:
    """A real worker takes the hint, claims the row, and is killed with -9."""
    queue, stopped = f"doomed-{uuid4()}", folder / "stopped"
    stop = {"PROMO_STOP_AT": stops.AFTER_CLAIM, "PROMO_STOP_FILE": str(stopped)}
    with Hatchery(environment(), log=folder / "doomed.log") as hatchery:
        doomed = hatchery.hatch((queue,), stop)
        app.send_task(mailing.confirm.name, (row.pk,), queue=queue)
        until(stopped.exists, within=SOON, what="a worker stopped after its claim")
        doomed.kill9()


def test_a_confirmation_claimed_by_a_dead_worker_goes_out_once_later(
    world: World, tmp_path: Path
) -> None:
    with override_settings(EMAIL_URL=f"smtp://{world.host}:{world.smtp_port}"):
        (asked,) = subscribers.sign_up(
            email="zofia@example.org",
            name="",
            newsletter=making.newsletter(),
            language="pl",
            wording="zgoda",
            source="test",
            ip=None,
            now=database_now(),
        )
        die_after_the_claim(asked, tmp_path)
        now = database_now()
        assert world.mails() == []
        assert confirmations.due(now=now) == []
        later = now + confirmations.LEASE
        assert confirmations.due(now=later) == [asked.pk]
        for _hint in range(2):
            confirmations.send(asked.pk, now=later)
        assert confirmations.due(now=later + confirmations.LEASE) == []
        assert len(world.mails()) == 1


def test_a_confirmation_that_kills_its_worker_every_time_is_given_up(
    transactional_db: None,
) -> None:
    """Each claim counts, also one that nobody lived to settle."""
    (asked,) = subscribers.sign_up(
        email="zofia@example.org",
        name="",
        newsletter=making.newsletter(),
        language="pl",
        wording="zgoda",
        source="test",
        ip=None,
        now=database_now(),
    )
    Subscription.objects.filter(id=asked.pk).update(confirm_tries=len(confirmations.BACKOFF) + 1)
    confirmations.send(asked.pk, now=database_now())
    asked.refresh_from_db()
    assert asked.confirm_at is None
    assert asked.problem
