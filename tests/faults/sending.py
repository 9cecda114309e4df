"""An issue on its way through real workers that are to die, and the count of who got it.

More readers, kills and rounds than the suite has time for: PROMO_TEST_READERS, PROMO_TEST_KILLS,
PROMO_TEST_ROUNDS, PROMO_TEST_WORKERS.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import override_settings
from django.utils import timezone

from config.celery import app
from promo.models import Delivery, DeliveryEvent, Mailing, Newsletter, Subscriber, Subscription
from promo.services import batches, mailings
from promo.services.clock import database_now
from tasks import mailing as mailing_tasks
from tests import making
from tests.faults.sinks import Sink
from tests.processes import Doomed, Hatchery, environment, until

CONNECTIONS = 8
"""Of all workers together: so many mails can be open at most."""

KILLS = int(os.environ.get("PROMO_TEST_KILLS", "10"))
"""In one round."""

FEW = max(2, KILLS // 5)
"""The same where a kill takes seconds, or is not all that befalls the round."""

WORKERS = int(os.environ.get("PROMO_TEST_WORKERS", "2"))
"""At once: while a killed one is missing another goes on."""

AT_FULL_SIZE = "PROMO_TEST_READERS" in os.environ

SOON = 3600.0 if AT_FULL_SIZE else 120.0
"""Seconds any wait may take at most; what is waited for comes long before."""

AT_ONCE = 250
"""Deliveries of a batch: so many at most wait for a dead worker's lease, and the others go on."""

ROUNDS = pytest.mark.parametrize("turn", range(int(os.environ.get("PROMO_TEST_ROUNDS", "1"))))
"""How often a test with chance in it is run."""


def chance_of(turn: int) -> random.Random:
    """Another one in each round; the seed is shown when the test fails."""
    seed = random.randrange(10**6)
    print(f"round {turn}, seed {seed}")  # noqa: T201
    return random.Random(seed)


REAL_WORKERS = [
    pytest.mark.processes,
    pytest.mark.xdist_group("mailings"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("small_batches"),
]


def readers(count: int) -> int:
    """So many in the suite, else as PROMO_TEST_READERS says."""
    return int(os.environ.get("PROMO_TEST_READERS", count))


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The issue of a few readers has many batches, as that of many readers has."""
    if not AT_FULL_SIZE:
        monkeypatch.setattr(batches, "SIZE", AT_ONCE)


SOON_AGAIN: Mapping[str, Any] = {
    "PROMO_MAIL_WAITS": [timedelta(seconds=s) for s in (0.2, 0.5, 1, 1, 1, 1, 1)]
}
"""So soon a reader who was put off is tried again."""


@dataclass
class Workshop:
    """A mail server, and workers with the settings of the moment at which they are hatched."""

    sink: Sink
    hatchery: Hatchery
    log: Path
    trusted: Path | None = None
    """The certificates that its workers trust, where they are not the system's."""
    queue: str = field(default_factory=lambda: f"mail-doomed-{uuid4()}")
    hatched: list[Doomed] = field(default_factory=list)

    def hatch(self, queue: str = "", more: Mapping[str, str] | None = None) -> Doomed:
        """Another worker of the workshop's queue, or of one of the shipped ones."""
        settings = {**environment(), **(more or {})}
        if self.trusted:
            settings["SSL_CERT_FILE"] = str(self.trusted)
        self.hatched.append(self.hatchery.hatch((queue or self.queue,), settings, log=self.log))
        return self.hatched[-1]

    def hint(self, mailing: Mailing) -> bool:
        """What the tick does, for these workers' own queue. True once the mailing is over."""
        mailings.sweep(now=database_now())
        for mailing_id in mailings.hand_out(now=database_now()):
            mailing_tasks.send.apply_async((mailing_id,), queue=self.queue)
        assert app.conf.broker_url.startswith("redis+socket://"), "nobody would hear of it"
        return is_over(mailing)

    def go_on(self, mailing: Mailing) -> None:
        """Hint until the mailing has come further."""
        due = still_due(mailing)
        until(
            lambda: self.hint(mailing) or still_due(mailing) < due,
            within=SOON,
            what="a worker goes on",
        )

    def kill_again_and_again(self, mailing: Mailing, chance: random.Random, *, times: int) -> int:
        """Kill workers at random moments while the mailing runs; gives how often one was.

        Those that are there already are among them.
        """
        # So that the kills are spread over the whole mailing.
        longest = 0.15 if mailing.readers <= 2000 else 15 * mailing.readers / 20_000 / times
        workers = [*self.hatched[-WORKERS:]]
        workers += [self.hatch() for _one in range(WORKERS - len(workers))]
        never = threading.Event()
        kills = 0
        while kills < times and not is_over(mailing):
            self.go_on(mailing)
            never.wait(chance.uniform(0.0, longest))
            workers.pop(chance.randrange(WORKERS)).kill9()
            kills += 1
            workers.append(self.hatch())
        return kills

    def finish(self, mailing: Mailing) -> None:
        """Hint until the mailing is over."""
        until(lambda: self.hint(mailing), within=SOON, what="the mailing is over")


@contextmanager
def workshop(
    hatchery: Hatchery,
    folder: Path,
    *,
    sink: Sink,
    url: str = "",
    trusted: Path | None = None,
    **more: Any,
) -> Iterator[Workshop]:
    """Settings with short times for `sink`; the workers are dead afterwards."""
    short = {
        "PROMO_MAIL_LEASE": timedelta(seconds=2),
        "PROMO_HINT_AGAIN": timedelta(seconds=0.2),
        "EMAIL_URL": url or sink.url(connections=CONNECTIONS),
        **more,
    }
    made = Workshop(sink, hatchery, folder / "doomed.log", trusted)
    with override_settings(**short):
        try:
            yield made
        finally:
            for worker in made.hatched:  # the hatchery has not reaped them: no id is another's
                worker.kill9()


def started(policy: str, *, count: int, octets: int = 0) -> Mailing:
    """A mailing to so many readers, made in bulk, that nobody has begun to send.

    Its mails have at least so many octets.
    """
    newsletter = making.newsletter()
    Newsletter.objects.update(unknown_policy=policy)
    newsletter.refresh_from_db()
    everybody = Subscriber.objects.bulk_create(
        Subscriber(email=f"r{number}@example.org", name="Żaneta") for number in range(count)
    )
    Subscription.objects.bulk_create(
        Subscription(subscriber=reader, newsletter=newsletter, state="active")
        for reader in everybody
    )
    publication = making.due_publication(newsletter.destination)
    message = publication.message
    long = replace(message, text=message.text + "Zapraszamy! " * (octets // 12))
    publication.message_json, publication.digest = long.to_json(), long.digest
    publication.state, publication.published_at = "published", timezone.now()
    publication.save()
    mailings.start(destination=newsletter.destination, key=publication.marker, now=database_now())
    return Mailing.objects.get(publication=publication)


def still_due(mailing: Mailing) -> int:
    return mailings.progress(mailing)["due"]


def is_over(mailing: Mailing) -> bool:
    mailing.refresh_from_db()
    return mailing.state == Mailing.State.FINISHED


def listed(kind: str) -> set[str]:
    """The addresses of the deliveries in whose history this stands."""
    rows = DeliveryEvent.objects.filter(kind=kind)
    return set(rows.values_list("delivery__subscriber__email", flat=True))


@dataclass(frozen=True, slots=True)
class Sheet:
    """Who was to get it, what the mail server took, and what the ledger says: side by side."""

    readers: int
    without: frozenset[str]
    """No mail of theirs was taken."""
    twice: frozenset[str]
    copies: int
    """Mails beyond the first of each reader."""
    doubtful: frozenset[str]
    """Listed as in doubt, whatever came of it."""
    ended: Mapping[str, int]
    """Deliveries by where they ended, counted in the ledger itself."""
    lost: frozenset[str]
    """Without a mail although nothing in the ledger says so."""

    @classmethod
    def of(cls, mailing: Mailing, taken: Counter[str]) -> Sheet:
        rows = Delivery.objects.filter(mailing=mailing)
        states = dict(rows.values_list("subscriber__email", "state"))
        without = frozenset(states) - frozenset(taken)
        doubtful = frozenset(listed(DeliveryEvent.Kind.UNKNOWN))
        told = {Delivery.State.REFUSED, Delivery.State.SKIPPED, Delivery.State.GIVEN_UP}
        counts = mailings.standing(mailing)
        assert counts.total() == len(states) == mailing.readers
        return cls(
            readers=len(states),
            without=without,
            twice=frozenset(address for address, count in taken.items() if count > 1),
            copies=taken.total() - len(taken),
            doubtful=doubtful,
            ended={state.name.lower(): counts[state] for state in Delivery.State},
            lost=frozenset(one for one in without - doubtful if states[one] not in told),
        )

    def columns(self, **more: int) -> dict[str, int]:
        """For the sheet of figures."""
        return {
            **more,
            "readers": self.readers,
            "lost": len(self.lost),
            "second copies": self.copies,
            "second copies not listed": len(self.twice - self.doubtful),
            "listed as in doubt": len(self.doubtful),
            "of them without a mail": len(self.without & self.doubtful),
            **{name: self.ended[name] for name in ("unknown", "refused", "skipped", "given_up")},
        }

    def all_doubt_is_listed(self, policy: str, *, most: int) -> None:
        """Who is in doubt is listed, so many at most; nobody else is lost or has two."""
        assert len(self.doubtful) <= most
        assert not self.lost
        assert self.twice <= self.doubtful
        assert self.copies <= most
        ended = self.ended["accepted"] + self.ended["refused"]
        if policy == "leave":
            assert not self.twice
            assert self.ended["unknown"] == len(self.doubtful)
            assert ended == self.readers - len(self.doubtful)
        else:
            assert ended == self.readers
            assert len(self.without) == self.ended["refused"]
            assert listed("sent_again") == self.doubtful

    def nobody_in_doubt(self) -> None:
        """Everybody has it once, and nobody is listed."""
        assert not self.without
        assert not self.copies
        assert not self.doubtful
        assert self.ended["accepted"] == self.readers
