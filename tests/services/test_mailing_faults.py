"""A relay that fails in every way it can: counted to the last reader, nobody twice.

Faults 20 to 26 of the plan of fault tests; what needs no ledger is in `tests/mailing`.
"""

from __future__ import annotations

import pytest
from django.conf import settings

from promo.mailing import courier
from promo.models import Batch, Delivery, DeliveryEvent, Subscriber, Suppression
from promo.services import mailings, sending
from tests.driving import Clock
from tests.mailing.scripted import Drop, Hang, Script, Turns
from tests.services.test_throttle import clock, counts, everybody, got, mailed_by, send, started

__all__ = ["clock"]

pytestmark = pytest.mark.django_db(transaction=True)

READERS = 40


def addresses(count: int = READERS) -> list[str]:
    return [f"{number}@example.org" for number in range(count)]


def test_421_at_the_greeting_at_mail_and_after_the_dot_costs_nobody_the_mail(clock: Clock) -> None:
    mailing = started(clock, *addresses(6))
    scripts = (
        Script(banner="421 4.3.2 closing"),
        Script(mail="421 4.3.2 closing"),
        Script(dot=Turns("250 fine", "421 4.3.2 closing", "250 fine")),
        Script(),
    )
    with mailed_by(*scripts) as scripted:
        for _time in range(3):
            send(mailing, clock)
            clock.forward(seconds=30)
    assert counts(mailing) == {"accepted": 6}
    assert got(scripted) == everybody()
    assert not DeliveryEvent.objects.exists(), "the readers are not to blame"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The courier connects again at once."""
    monkeypatch.setattr(courier, "_PAUSES", (0,))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("readers", [1, 6])
def test_a_relay_that_says_421_for_days_uses_up_nobodys_attempts(
    clock: Clock, readers: int
) -> None:
    mailing = started(clock, *addresses(readers))
    with mailed_by(Script(mail="421 4.3.2 closing")):
        for _run in range(len(settings.PROMO_MAIL_WAITS) + 1):
            send(mailing, clock)
            mailing.refresh_from_db()
            assert mailing.state == mailing.State.RUNNING
            assert "4.3.2 closing" in mailing.problem, "its page and the first screen say so"
            assert mailings.hand_out(now=clock()) == []
            clock.forward(days=1)
            assert mailings.hand_out(now=clock())
    assert not DeliveryEvent.objects.exists()
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}
    with mailed_by(Script()) as scripted:
        send(mailing, clock)
    assert counts(mailing) == {"accepted": readers}
    assert got(scripted) == everybody()
    mailing.refresh_from_db()
    assert mailing.problem == ""


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("end", [Drop(), "421 4.3.2 closing"], ids=["hangs up", "421"])
def test_a_mail_that_ends_every_connection_holds_up_nobody_else(
    clock: Clock, end: Drop | str
) -> None:
    mailing = started(clock, *addresses(4))
    bad = [Script(rcpt=end)] * sending.LOST_TRIES
    with mailed_by(*bad, Script()) as scripted:
        send(mailing, clock)
        assert counts(mailing) == {"accepted": 3, "due": 1}
        event = DeliveryEvent.objects.get()
        assert event.kind == DeliveryEvent.Kind.DEFERRED
        assert Delivery.objects.get(state=Delivery.State.DUE).attempts == 1
        clock.forward(seconds=30)
        send(mailing, clock)
    assert got(scripted) == everybody()


@pytest.mark.usefixtures("impatient")
def test_a_last_mail_that_ends_every_connection_is_put_off_and_not_tried_for_ever(
    clock: Clock,
) -> None:
    mailing = started(clock, *addresses(1))
    with mailed_by(Script(rcpt=Drop())) as scripted:
        send(mailing, clock)
    assert scripted.connections == sending.LOST_TRIES
    assert counts(mailing) == {"due": 1}
    assert Delivery.objects.get().attempts == 1


def test_grey_listing_for_ten_minutes_follows_the_waits_and_loses_nobody(clock: Clock) -> None:
    mailing = started(clock, *addresses(4))
    tries = 3  # 30 s, 2 min and 10 min later
    grey = Script(dot=Turns(*["450 4.2.0 grey-listed"] * (4 * tries), "250 fine"))
    waits = []
    with mailed_by(grey) as scripted:
        send(mailing, clock)
        for _wait in range(tries):
            # Whose answer came a moment later waits in another batch, for as long.
            waiting = Batch.objects.filter(state=Batch.State.READY)
            (due_at,) = set(waiting.values_list("due_at", flat=True))
            waits.append(due_at - clock())
            clock.at = due_at
            assert mailings.hand_out(now=clock()) == [mailing.pk]
            send(mailing, clock)
    assert waits == settings.PROMO_MAIL_WAITS[:tries]
    assert counts(mailing) == {"accepted": 4}
    assert got(scripted) == everybody()
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {tries + 1}
    assert DeliveryEvent.objects.count() == 4 * tries


def test_one_in_twenty_that_does_not_exist_is_refused_blocked_and_never_tried_again(
    clock: Clock,
) -> None:
    mailing = started(clock, *addresses())
    row = [*["250 fine"] * 19, "550 5.1.1 nobody here"]
    with mailed_by(Script(dot=Turns(*row, *row, "250 fine"))) as scripted:
        send(mailing, clock)
        clock.forward(days=2)
        assert mailings.hand_out(now=clock()) == []
        send(mailing, clock)
        tried = sum(line.startswith("RCPT") for line in scripted.heard)
    assert tried == READERS
    assert counts(mailing) == {"accepted": READERS - 2, "refused": 2}
    refused = Subscriber.objects.filter(deliveries__state=Delivery.State.REFUSED)
    assert set(refused.values_list("address_hash", flat=True)) == set(
        Suppression.objects.values_list("address_hash", flat=True)
    )
    assert set(got(scripted)) == set(everybody()) - set(refused.values_list("email", flat=True))


def test_a_relay_that_hangs_before_the_dot_delays_everybody_and_doubles_nobody(
    clock: Clock,
) -> None:
    mailing = started(clock, *addresses(4))
    scripts = (Script(banner=Hang()), Script(rcpt=Hang()), Script())
    with mailed_by(*scripts, more="&connect=0.3&command=0.3") as scripted:
        for _time in range(3):
            send(mailing, clock)
            clock.forward(seconds=30)
    assert counts(mailing) == {"accepted": 4}
    assert got(scripted) == everybody()
    assert not DeliveryEvent.objects.exists()


@pytest.mark.parametrize("end", [Hang(), Drop()], ids=["hangs", "hangs up"])
def test_a_relay_that_takes_the_mail_and_never_says_so_leaves_exactly_that_one_unknown(
    clock: Clock, end: Hang | Drop
) -> None:
    mailing = started(clock, *addresses(6))
    script = Script(dot=Turns("250 fine", "250 fine", end, "250 fine"))
    with mailed_by(script, more="&final=0.3") as scripted:
        send(mailing, clock)
        mailings.sweep(now=clock.forward(days=1))
        send(mailing, clock)
    assert counts(mailing) == {"accepted": 5, "unknown": 1}
    assert got(scripted) == everybody(), "it had been taken, and was not sent again"


def test_a_relay_that_hangs_up_every_twenty_mails_gets_each_of_them_once(clock: Clock) -> None:
    mailing = started(clock, *addresses(50))
    row = [*["250 fine"] * 20, Drop()]
    with mailed_by(Script(mail=Turns(*row, *row, "250 fine"))) as scripted:
        send(mailing, clock)
    assert counts(mailing) == {"accepted": 50}
    assert got(scripted) == everybody()
    assert not DeliveryEvent.objects.exists()
