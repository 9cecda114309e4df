"""Readers whose mail is never taken get no more of it, but not for a fault that may be ours."""

from __future__ import annotations

import pytest
from django.conf import settings

from promo.models import Mailing, Suppression
from promo.services import mailings, sending, subscribers
from tests import making
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("rehearsal")]

FULL = "czytelnik1@example.org"
WEEKLY = 8


def three_mailings(clock: Clock, *, tries: int) -> None:
    """To two readers, over sixteen days; each goes on until nobody is waited for."""
    for _week in range(3):
        assert not Suppression.objects.exists()
        making.due_publication(making.newsletter(2).destination)
        tick(clock)
        began = clock()
        mailing = Mailing.objects.latest("id")
        Mailing.objects.filter(pk=mailing.pk).update(
            started_at=began
        )  # the database's clock stands
        for _time in range(tries):
            sending.send(mailing.pk, clock=clock)
            clock.forward(days=1)
        assert mailings.hand_out(now=clock()) == []
        clock.forward(days=WEEKLY - (clock() - began).days)


def test_a_mailbox_that_is_full_for_three_mailings_is_given_up(
    outside: World, clock: Clock
) -> None:
    outside.fault(fault="smtp_refuse", stage="RCPT", code=552, message="5.2.2 full", match_to=FULL)
    three_mailings(clock, tries=1)
    assert [row.reason for row in Suppression.objects.all()] == ["bounce"]
    assert subscribers.is_suppressed(FULL)


def test_so_is_one_that_is_full_for_now_until_every_mailing_is_given_up(
    outside: World, clock: Clock
) -> None:
    outside.fault(fault="smtp_refuse", stage="RCPT", code=452, message="4.2.2 full", match_to=FULL)
    three_mailings(clock, tries=len(settings.PROMO_MAIL_WAITS) + 1)
    assert subscribers.is_suppressed(FULL)


def test_a_refusal_without_a_reason_blames_no_reader(outside: World, clock: Clock) -> None:
    outside.fault(fault="smtp_refuse", stage="RCPT", code=554, message="no", match_to=FULL)
    three_mailings(clock, tries=1)
    assert not Suppression.objects.exists()
