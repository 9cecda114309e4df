"""Workers are killed with -9 in the middle of an issue, again and again, at random moments.

The witness is the mail server: nobody is left out, and who may have got two copies is listed. More
readers and more kills than the suite has time for: PROMO_TEST_READERS and PROMO_TEST_KILLS.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import timezone

from config.celery import app
from promo.embedded import Layout, Redis, redis_url
from promo.models import Delivery, DeliveryEvent, Mailing, Newsletter, Subscriber, Subscription
from promo.services import lookups, mailings
from promo.services.clock import database_now
from tasks import mailing as mailing_tasks
from tests import making
from tests.faults.sinks import Sink
from tests.processes import Doomed, Hatchery, environment, until

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.django_db(transaction=True),
]

READERS = int(os.environ.get("PROMO_TEST_READERS", "2000"))
CONNECTIONS = 8
KILLS = int(os.environ.get("PROMO_TEST_KILLS", "10"))
"""For each of the two policies."""
SOON = 90.0
QUEUE = "mail-doomed"


@contextmanager
def workshop(folder: Path, *, delay: float = 4, **more: object) -> Iterator[tuple[Sink, Hatchery]]:
    """A mail server that takes a few milliseconds for each answer, and doomed workers for it."""
    with Sink.started(folder / "taken.txt", delay=delay) as sink:
        short = {
            "PROMO_MAIL_LEASE": timedelta(seconds=2),
            "PROMO_HINT_AGAIN": timedelta(seconds=0.2),
            "EMAIL_URL": sink.url(connections=CONNECTIONS),
            **more,
        }
        with (
            override_settings(**short),
            Hatchery(environment(), log=folder / "doomed.log") as hatchery,
        ):
            yield sink, hatchery


def started(policy: str) -> Mailing:
    """A mailing to all readers, made in bulk, that nobody has begun to send."""
    newsletter = making.newsletter()
    Newsletter.objects.update(unknown_policy=policy)
    newsletter.refresh_from_db()
    readers = Subscriber.objects.bulk_create(
        Subscriber(email=f"r{number}@example.org", name="Żaneta") for number in range(READERS)
    )
    Subscription.objects.bulk_create(
        Subscription(subscriber=reader, newsletter=newsletter, state="active") for reader in readers
    )
    publication = making.due_publication(newsletter.destination)
    publication.state, publication.published_at = "published", timezone.now()
    publication.save()
    mailings.start(destination=newsletter.destination, key=publication.marker, now=database_now())
    return Mailing.objects.get(publication=publication)


def hint(mailing: Mailing) -> None:
    """What the tick does, for a queue of these workers' own."""
    mailings.sweep(now=database_now())
    for mailing_id in mailings.hand_out(now=database_now()):
        mailing_tasks.send.apply_async((mailing_id,), queue=QUEUE)
    for mailing_id in lookups.due(now=database_now()):
        lookups.look(mailing_id)
    assert app.conf.broker_url.startswith("redis+socket://"), "nobody would hear of it"


def kill_again_and_again(
    mailing: Mailing, hatchery: Hatchery, seed: int, *, times: int = KILLS
) -> int:
    """Kill the worker at random moments while the mailing runs; gives how often it was."""
    chance = random.Random(seed)
    worker = hatchery.hatch((QUEUE,), {})
    never = threading.Event()
    kills = 0
    while kills < times and not is_over(mailing):
        due = mailings.progress(mailing)["due"]
        until(lambda due=due: went_on(mailing, due), within=SOON, what="a worker goes on")
        never.wait(chance.uniform(0.0, 0.15))
        worker.kill9()
        kills += 1
        worker = hatchery.hatch((QUEUE,), {})
    return kills


def went_on(mailing: Mailing, due: int) -> bool:
    hint(mailing)
    return is_over(mailing) or mailings.progress(mailing)["due"] < due


def is_over(mailing: Mailing) -> bool:
    mailing.refresh_from_db()
    return mailing.state == Mailing.State.FINISHED


def finish(mailing: Mailing) -> None:
    def hinted() -> bool:
        hint(mailing)
        return is_over(mailing)

    until(hinted, within=SOON, what="the mailing is finished")


def listed(kind: str) -> set[str]:
    """The addresses of the deliveries in whose history this stands."""
    rows = DeliveryEvent.objects.filter(kind=kind)
    return set(rows.values_list("delivery__subscriber__email", flat=True))


@pytest.mark.parametrize("policy", ["leave", "send_again"])
def test_killed_workers_leave_nobody_out_and_list_everybody_in_doubt(
    policy: str, tmp_path: Path
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201  (shown when the test fails)
    with workshop(tmp_path) as (sink, hatchery):
        mailing = started(policy)
        kills = kill_again_and_again(mailing, hatchery, seed)
        finish(mailing)
        taken = sink.taken()
    told = mailings.progress(mailing)
    doubtful = listed("unknown")
    twice = {address for address, count in taken.items() if count > 1}
    lost = set(Subscriber.objects.values_list("email", flat=True)) - set(taken)
    assert kills >= 5, "otherwise nothing was tested"
    assert len(doubtful) <= kills * CONNECTIONS
    assert twice <= doubtful
    assert lost <= doubtful
    if policy == "leave":
        assert not twice
        assert told["unknown"] == len(doubtful)
        assert told["accepted"] == READERS - len(doubtful)
    else:
        assert not lost
        assert told["accepted"] == READERS
        assert listed("sent_again") == doubtful
    assert mailings.standing(mailing).total() == READERS


def test_redis_killed_in_the_middle_costs_nobody_the_issue(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "redis")
    journal = Redis(layout)
    journal.start()
    try:
        with workshop(tmp_path, REDIS_URL=redis_url(layout.home)) as (sink, hatchery):
            mailing = started("leave")
            worker = hatchery.hatch((QUEUE,), {})
            for _round in range(3):
                due = mailings.progress(mailing)["due"]
                until(lambda due=due: went_on(mailing, due), within=SOON, what="it goes on")
                kill_engine(journal)
                journal.stop()  # only its lock is left to be given back
                due = mailings.progress(mailing)["due"]
                until(lambda due=due: went_on_alone(mailing, due), within=SOON, what="without it")
                journal = Redis(layout)
                journal.start()
            finish(mailing)
            taken = sink.taken()
            worker.kill9()
    finally:
        journal.stop()
    assert set(taken.values()) == {1}
    assert len(taken) == READERS
    assert mailings.progress(mailing)["accepted"] == READERS


def went_on_alone(mailing: Mailing, due: int) -> bool:
    """While Redis is away nobody can sweep; the running worker goes on."""
    return is_over(mailing) or mailings.progress(mailing)["due"] < due


def kill_engine(engine: Redis) -> None:
    pid = engine.pid
    assert pid is not None
    Doomed(pid).kill9_alone()


def test_pausing_and_cancelling_act_within_a_second(tmp_path: Path) -> None:
    with workshop(tmp_path) as (sink, hatchery):
        mailing = started("leave")
        worker = hatchery.hatch((QUEUE,), {})
        until(lambda: went_on(mailing, READERS), within=SOON, what="it begins")
        mailings.pause(mailing=mailing)
        until(lambda: settled(mailing), within=SOON, what="what was on its way is settled")
        paused_at = sink.taken().total()
        assert 0 < paused_at < READERS
        hint(mailing)
        assert sink.taken().total() == paused_at
        mailings.resume(mailing=mailing, now=database_now())
        until(lambda: went_on(mailing, READERS - paused_at), within=SOON, what="it goes on")
        mailings.cancel(mailing=mailing, now=database_now())
        until(lambda: cancelled(mailing), within=SOON, what="the rest is settled as cancelled")
        worker.kill9()
        told = mailings.progress(mailing)
        assert told["accepted"] == sink.taken().total()
        assert told["accepted"] + told["cancelled"] == READERS


def settled(mailing: Mailing) -> bool:
    """No batch is in a worker's hands."""
    return not mailing.batches.filter(state="claimed").exists()


def cancelled(mailing: Mailing) -> bool:
    mailings.finish_if_done(mailing.pk, now=database_now())
    return not Delivery.objects.filter(state=Delivery.State.DUE).exists()


def test_who_leaves_while_it_runs_gets_nothing_afterwards(tmp_path: Path) -> None:
    from promo.services import subscribers  # noqa: PLC0415

    with workshop(tmp_path, delay=25) as (sink, hatchery):  # so slowly that the last ones can leave
        mailing = started("leave")
        worker = hatchery.hatch((QUEUE,), {})
        until(lambda: went_on(mailing, READERS), within=SOON, what="it begins")
        late = list(Subscriber.objects.order_by("-id")[:50])
        for reader in late:
            subscribers.leave(
                subscriber=reader, newsletter=mailing.newsletter, source="test", now=database_now()
            )
        had_it = {reader.email for reader in late} & set(sink.taken())
        finish(mailing)
        worker.kill9()
    assert not had_it
    assert not {reader.email for reader in late} & set(sink.taken())
    assert mailings.progress(mailing)["skipped"] == len(late)
