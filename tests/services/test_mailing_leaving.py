"""Readers who leave after their mark, while a slow relay still has the mails before theirs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.db import connection

from promo.models import Delivery, DeliveryEvent, Mailing, Subscriber, Suppression
from promo.services import clerk, erasure, mailings, sending, subscribers, suppressions
from tests.driving import Clock
from tests.mailing.scripted import Gate, Script, Turns
from tests.services.test_throttle import clock, counts, got, mailed_by, send, started

__all__ = ["clock"]

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, LEAVES, ERASED, BLOCKED, LAST = (f"{n}@example.org" for n in range(5))


class Watch:
    """The monotonic clock, which may be put ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    for module in (clerk, sending):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=watch.monotonic))
    return watch


def behind(gate: Gate, act: Callable[[], None]) -> threading.Thread:
    """While the relay waits at the gate do this in a thread of its own, then open it."""

    def work() -> None:
        gate.reached.wait()
        try:
            act()
        finally:
            connection.close()
            gate.opened.set()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def three_go(mailing: Mailing, clock: Clock) -> None:
    """One unsubscribes, one is erased, the address of one is suppressed."""
    leaves = Subscriber.objects.get(email=LEAVES)
    newsletter = mailing.newsletter
    subscribers.leave(subscriber=leaves, newsletter=newsletter, source="test", now=clock())
    erased = list(Subscriber.objects.filter(email=ERASED).values_list("id", flat=True))
    erasure.erase(subscriber_ids=erased, now=clock())
    suppressions.suppress(
        subscriber_ids=[Subscriber.objects.get(email=BLOCKED).pk],
        reason=Suppression.Reason.COMPLAINT,
        source="test",
        now=clock(),
    )


def test_who_goes_after_the_mark_gets_nothing_from_a_slow_relay(clock: Clock, watch: Watch) -> None:
    mailing = started(clock, FIRST, LEAVES, ERASED, BLOCKED, LAST)
    gate = Gate("250 fine")

    def go() -> None:
        three_go(mailing, clock)
        watch.ahead += 1  # longer than a mark is good for

    with mailed_by(Script(dot=Turns(gate, "250 fine"))) as scripted:
        away = behind(gate, go)
        send(mailing, clock)
        away.join()
        asked = [line for line in scripted.heard if line.startswith("RCPT")]
    assert got(scripted) == {FIRST: 1, LAST: 1}
    assert len(asked) == 2, "the relay was not even told of them"
    assert counts(mailing) == {"accepted": 2, "skipped": 3}
    assert set(Delivery.objects.values_list("state", "attempts")) == {
        (Delivery.State.ACCEPTED, 1),
        (Delivery.State.SKIPPED, 0),
    }
    assert not DeliveryEvent.objects.exists()
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.FINISHED


def test_who_goes_while_the_mail_goes_again_gets_nothing(clock: Clock, watch: Watch) -> None:
    """A mail whose connection ended before it was taken has waited as well."""
    mailing = started(clock, LEAVES, LAST)
    gate = Gate("421 4.3.2 closing")

    def go() -> None:
        reader = Subscriber.objects.get(email=LEAVES)
        newsletter = mailing.newsletter
        subscribers.leave(subscriber=reader, newsletter=newsletter, source="test", now=clock())
        watch.ahead += 1

    with mailed_by(Script(rcpt=gate), Script()) as scripted:
        away = behind(gate, go)
        send(mailing, clock)
        away.join()
    assert got(scripted) == {LAST: 1}
    assert counts(mailing) == {"accepted": 1, "skipped": 1}


def test_readers_of_a_quick_relay_are_not_looked_at_again(
    clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    monkeypatch.setattr(clerk, "GOOD_FOR", 60)
    monkeypatch.setattr(clerk.batches, "still_wanted", lambda places: looks.append(len(places)))
    mailing = started(clock, FIRST, LEAVES, LAST)
    with mailed_by(Script()) as scripted:
        send(mailing, clock)
    assert sum(got(scripted).values()) == 3
    assert looks == []
    assert mailings.progress(mailing)["accepted"] == 3
