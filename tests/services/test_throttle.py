"""Providers and relays that want fewer mails: they get fewer, nobody else waits, nobody is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import override_settings

from promo.errors import NotAllowed
from promo.mailing import brake
from promo.mailing.relay import Relay, parse_email_url
from promo.models import (
    Batch,
    Delivery,
    DeliveryEvent,
    DomainHold,
    DomainLimit,
    Mailing,
    Publication,
    Subscriber,
)
from promo.services import mailings, providers, sending, subscribers, throttle
from tests import making
from tests.driving import Clock
from tests.mailing.scripted import Gate, Script, ScriptedRelay, Turns, relay

pytestmark = pytest.mark.django_db(transaction=True)

FREE = "free.example.org"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slow() -> str:
    """A provider that no other test has met: what is told of it stays in Redis for a while."""
    return f"p{uuid4().hex[:10]}.example.org"


def started(clock: Clock, *addresses: str) -> Mailing:
    """A mailing to these readers, in this order, of whom nobody has got it."""
    newsletter = making.newsletter()
    for address in addresses:
        subscribers.record(
            email=address,
            name="Jan",
            newsletter=newsletter,
            source="test",
            wording="zgoda",
            now=clock(),
        )
    row = making.due_publication(newsletter.destination)
    Publication.objects.update(state="published", published_at=clock())
    mailings.start(destination=row.destination, key=row.marker, now=clock())
    return Mailing.objects.get()


@contextmanager
def mailed_by(*scripts: Script, more: str = "") -> Iterator[ScriptedRelay]:
    """A relay that everything goes to over one connection at a time."""
    with relay(*scripts) as scripted:
        url = f"smtp://127.0.0.1:{scripted.port}/?connections=1&hello=a.example.org{more}"
        with override_settings(EMAIL_URL=url):
            yield scripted


def send(mailing: Mailing, clock: Clock) -> None:
    sending.send(mailing.pk, clock=clock)


def got(scripted: ScriptedRelay) -> Counter[str]:
    """How many mails the relay has taken for each address."""
    lines = (line for mail in scripted.taken for line in mail.split(b"\r\n\r\n")[0].split(b"\r\n"))
    found = (line.removeprefix(b"To: ") for line in lines if line.startswith(b"To: "))
    return Counter(line.split(b"<")[-1].rstrip(b">").decode() for line in found)


def counts(mailing: Mailing) -> dict[str, int]:
    """Where the readers stand, told twice: by the counters and by the ledger itself."""
    told = {key: count for key, count in mailings.progress(mailing).items() if count}
    standing = mailings.standing(mailing).items()
    assert told == {Delivery.State(state).name.lower(): n for state, n in standing}
    assert sum(told.values()) == mailing.readers
    return told


def everybody() -> Counter[str]:
    return Counter(Subscriber.objects.values_list("email", flat=True))


# -- limits of providers


def test_a_provider_at_its_limit_holds_up_nobody_else(clock: Clock, slow: str) -> None:
    DomainLimit.objects.create(domain=slow, limits="2/h")
    addresses = [f"{n}@{slow}" for n in range(4)] + [f"{n}@{FREE}" for n in range(4)]
    mailing = started(clock, *addresses)
    with mailed_by(Script()) as scripted:
        send(mailing, clock)
        assert counts(mailing) == {"accepted": 6, "due": 2}
        aside = Batch.objects.get(state=Batch.State.READY)
        assert (aside.domain, aside.size - aside.accepted) == (slow, 2)
        assert timedelta(minutes=55) < aside.due_at - clock() < timedelta(minutes=65)
        assert mailings.hand_out(now=clock()) == []
        DomainLimit.objects.all().delete()
        clock.forward(hours=2)
        assert mailings.hand_out(now=clock()) == [mailing.pk]
        send(mailing, clock)
    assert got(scripted) == everybody()
    assert counts(mailing) == {"accepted": 8}
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}, "waiting is no attempt"
    assert not DeliveryEvent.objects.exists()
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.FINISHED


def test_a_pace_of_a_provider_is_kept_within_one_run(clock: Clock, slow: str) -> None:
    DomainLimit.objects.create(domain=slow, limits="50/s")
    mailing = started(
        clock, *(f"{n}@{slow}" for n in range(20)), *(f"{n}@{FREE}" for n in range(5))
    )
    with mailed_by(Script()) as scripted:
        send(mailing, clock)
    assert got(scripted) == everybody()
    firsts = [line for line in scripted.heard if line.startswith("RCPT")][:10]
    assert sum(FREE in line for line in firsts) == 5, "the others did not wait"


def test_who_leaves_while_set_aside_is_not_mailed(clock: Clock, slow: str) -> None:
    DomainLimit.objects.create(domain=slow, limits="1/h")
    mailing = started(clock, f"0@{slow}", f"1@{slow}")
    with mailed_by(Script()) as scripted:
        send(mailing, clock)
        gone = Subscriber.objects.get(email=f"1@{slow}")
        subscribers.leave(
            subscriber=gone, newsletter=mailing.newsletter, source="test", now=clock()
        )
        DomainLimit.objects.all().delete()
        clock.forward(hours=2)
        send(mailing, clock)
    assert got(scripted) == {f"0@{slow}": 1}
    assert counts(mailing) == {"accepted": 1, "skipped": 1}


def test_whoever_waits_for_a_provider_can_still_be_cancelled(clock: Clock, slow: str) -> None:
    DomainLimit.objects.create(domain=slow, limits="1/h")
    mailing = started(clock, f"0@{slow}", f"1@{slow}")
    with mailed_by(Script()):
        send(mailing, clock)
        mailings.cancel(mailing=mailing, now=clock())
    assert counts(mailing) == {"accepted": 1, "cancelled": 1}


# -- connections shared with other workers


def test_a_run_opens_its_part_and_leaves_none_behind(clock: Clock) -> None:
    mailing = started(clock, *(f"{n}@{FREE}" for n in range(4)))
    with mailed_by(Script()) as scripted, redis.Redis.from_url(settings.REDIS_URL) as client:
        name = parse_email_url(settings.EMAIL_URL).name
        send(mailing, clock)
        assert client.exists(f"promo:connections:{name}") == 0
    assert scripted.connections == 1
    assert got(scripted) == everybody()


def test_while_redis_is_away_a_run_keeps_what_it_has_and_a_new_one_opens_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(throttle, "SHARE_SECONDS", 0)
    address = Relay(f"{uuid4().hex}.example.org", connections=20)
    nowhere = redis.ConnectionPool.from_url("redis://127.0.0.1:1/0")
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        early, late = throttle.Throttle(client, address), throttle.Throttle(client, address)
        assert early.share_connections()
        assert early.may_open == 20
        pool, client.connection_pool = client.connection_pool, nowhere
        for one in (early, late):
            one.share_connections()
        client.connection_pool = pool
    assert (early.may_open, late.may_open) == (20, 1)


# -- slower when asked to


def pace_of(name: str) -> float | None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return brake.slowed(client).get(name)


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        ("mail", "421 4.7.0 too many mails"),
        ("mail", "450 4.7.1 too much mail from you"),
        ("rcpt", "421 4.7.0 slow down"),
        ("dot", "452 4.3.1 no space left"),
        ("dot", "454 Throttling failure: Maximum sending rate exceeded."),
    ],
)
def test_a_relay_that_asks_for_it_is_given_mails_more_slowly_and_gets_them_all(
    clock: Clock, phase: str, said: str
) -> None:
    mailing = started(clock, *(f"{n}@{FREE}" for n in range(4)))
    fine = getattr(Script(), phase)
    steps = {phase: Turns(fine, said, fine)}
    if (phase, said[:3]) == ("mail", "450"):
        steps["data"] = Turns("354 go on", "503 5.5.1 no sender", "354 go on")
    with mailed_by(Script(**steps)) as scripted:
        send(mailing, clock)
        pace = pace_of(parse_email_url(settings.EMAIL_URL).name)
        assert pace is not None
        told = providers.traffic(mailing).relay_pace
        assert told is not None
        clock.forward(seconds=30)
        send(mailing, clock)
    assert got(scripted) == everybody()
    assert counts(mailing) == {"accepted": 4}


def test_a_421_at_the_greeting_slows_down_and_costs_nobody_the_mail(clock: Clock) -> None:
    mailing = started(clock, *(f"{n}@{FREE}" for n in range(3)))
    with mailed_by(Script(banner="421 4.3.2 too busy"), Script()) as scripted:
        send(mailing, clock)
        clock.forward(seconds=30)
        send(mailing, clock)
        assert pace_of(parse_email_url(settings.EMAIL_URL).name) is not None
    assert got(scripted) == everybody()
    assert not DeliveryEvent.objects.exists()


def test_a_421_after_enough_mails_on_one_connection_slows_nothing(clock: Clock) -> None:
    mailing = started(clock, *(f"{n}@{FREE}" for n in range(6)))
    script = Script(mail=Turns("250 fine", "250 fine", "421 too many messages", "250 fine"))
    with mailed_by(script) as scripted:
        send(mailing, clock)
        assert pace_of(parse_email_url(settings.EMAIL_URL).name) is None
    assert got(scripted) == everybody()


def test_a_provider_that_asks_for_it_is_slowed_alone(clock: Clock, slow: str) -> None:
    mailing = started(clock, *(f"{n}@{slow}" for n in range(6)), f"a@{FREE}")
    busy = "451 4.7.1 too many mails from you"
    script = Script(dot=Turns(*[busy] * throttle.SLOW_AFTER, "250 fine"))
    with mailed_by(script) as scripted:
        send(mailing, clock)
        assert pace_of(providers.meter_name(slow)) is not None
        assert pace_of(parse_email_url(settings.EMAIL_URL).name) is None
        assert f"a@{FREE}" in got(scripted)
        clock.forward(seconds=30)
        send(mailing, clock)
    assert got(scripted) == everybody()
    attempts = Delivery.objects.filter(attempts=2).count()
    assert attempts == throttle.SLOW_AFTER, "they came back with their backoff, and only they"


# -- providers that refuse us

NO = "550 5.7.1 our policy: your reputation is bad"


def open_once_held(gate: Gate) -> None:
    """The relay answers no further mail until the provider is held."""
    gate.reached.wait()
    pause = threading.Event()
    while not DomainHold.objects.exists():
        pause.wait(0.01)
    gate.opened.set()
    connection.close()


def test_a_provider_that_refuses_again_and_again_is_held_and_nobody_else(
    clock: Clock, slow: str
) -> None:
    refused, others = throttle.HOLD_AFTER, 3
    theirs = [f"{n}@{slow}" for n in range(refused + 20)]
    mailing = started(clock, *theirs, *(f"{n}@{FREE}" for n in range(others)))
    gate = Gate("250 fine")
    watch = threading.Thread(target=open_once_held, args=[gate])
    watch.start()
    with mailed_by(Script(dot=Turns(*[NO] * refused, gate, "250 fine"))) as scripted:
        send(mailing, clock)
        watch.join()
        hold = DomainHold.objects.get()
        assert (hold.domain, hold.said) == (slow, NO)
        told = counts(mailing)
        on_their_way = told["accepted"] - others
        assert told["refused"] == refused
        assert on_their_way <= 3, "those that were begun when the last refusal came"
        assert mailings.hand_out(now=clock.forward(days=1)) == []
        send(mailing, clock)
        assert counts(mailing) == told
        (waiting,) = providers.traffic(mailing).waiting
        assert (waiting.domain, waiting.readers, waiting.hold) == (slow, told["due"], hold)
        providers.go_on(domain=slow, now=clock())
        with pytest.raises(NotAllowed):
            providers.go_on(domain=slow, now=clock())
        assert mailings.hand_out(now=clock()) == [mailing.pk]
        send(mailing, clock)
    assert counts(mailing) == {"refused": refused, "accepted": 20 + others}
    assert set(got(scripted).values()) == {1}


def test_a_mail_that_is_taken_in_between_ends_the_row_of_refusals(clock: Clock, slow: str) -> None:
    few = [NO] * (throttle.HOLD_AFTER - 1)
    mailing = started(clock, *(f"{n}@{slow}" for n in range(2 * len(few) + 2)))
    with mailed_by(Script(dot=Turns(*few, "250 fine", *few, "250 fine"))):
        send(mailing, clock)
    assert counts(mailing) == {"refused": 2 * len(few), "accepted": 2}
    assert not DomainHold.objects.exists()


def test_a_hold_for_which_nobody_waits_any_more_is_forgotten(clock: Clock, slow: str) -> None:
    mailing = started(clock, f"0@{slow}", f"1@{slow}")
    DomainHold.objects.create(domain=slow, since_at=clock(), said=NO)
    with mailed_by(Script()) as scripted:
        send(mailing, clock)
        assert counts(mailing) == {"due": 2}
        providers.let_go(now=clock.forward(days=1))
        assert mailings.hand_out(now=clock()) == []
        assert DomainHold.objects.exists()
        mailings.cancel(mailing=mailing, now=clock())
        providers.let_go(now=clock())
    assert not DomainHold.objects.exists()
    assert scripted.taken == []
