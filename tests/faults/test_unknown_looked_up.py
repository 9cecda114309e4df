"""Workers are killed with -9 in front of a real Postfix, and its log tells what became of the rest.

Faults 2 and 24 of the plan of fault tests: nobody is left out and nobody gets it twice, whatever
the newsletter's rule is, and nothing stays unknown. The witness is the mail server behind Postfix.
PROMO_TEST_READERS and PROMO_TEST_KILLS make it longer.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from promo.models import DeliveryEvent, Mailing, Subscriber
from promo.services import mailings
from tests.faults.postfix import Postfix
from tests.faults.sinks import Sink
from tests.faults.test_mailing_killed import (
    CONNECTIONS,
    READERS,
    SOON,
    hint,
    is_over,
    kill_again_and_again,
    listed,
    started,
)
from tests.processes import Hatchery, environment, until

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.django_db(transaction=True),
]

KILLS = int(os.environ.get("PROMO_TEST_KILLS", "3"))


@contextmanager
def workshop(folder: Path) -> Iterator[tuple[Sink, Postfix, Hatchery]]:
    """Doomed workers, a real Postfix for them, and the witness behind it."""
    with (
        Sink.started(folder / "taken.txt", delay=0) as sink,
        Postfix.started(sink=sink.port) as relay,
        override_settings(
            PROMO_MAIL_LEASE=timedelta(seconds=1),
            PROMO_HINT_AGAIN=timedelta(seconds=0.2),
            PROMO_RELAY_LOG=str(relay.log),
            PROMO_RELAY_QUIET=timedelta(seconds=3),
            EMAIL_URL=relay.url(connections=CONNECTIONS),
        ),
        Hatchery(environment(), log=folder / "doomed.log") as hatchery,
    ):
        yield sink, relay, hatchery


def settled(mailing: Mailing) -> bool:
    hint(mailing)
    return is_over(mailing) and mailing.look_at is None


def test_what_killed_workers_left_unknown_is_looked_up_and_nobody_gets_none_or_two(
    tmp_path: Path,
) -> None:
    seed = random.randrange(10**6)
    with workshop(tmp_path) as (sink, relay, hatchery):
        mailing = started("send_again")
        kills = kill_again_and_again(mailing, hatchery, seed, times=KILLS)
        until(lambda: settled(mailing), within=SOON, what="everybody's outcome is known")
        until(relay.is_empty, within=SOON, what="Postfix has handed everything on")
        taken = sink.taken()
    unknown = DeliveryEvent.objects.filter(kind="unknown").count()
    found = DeliveryEvent.objects.filter(kind="found").count()
    absent = DeliveryEvent.objects.filter(kind="not_found").count()
    lost = set(Subscriber.objects.values_list("email", flat=True)) - set(taken)
    twice = {address for address, count in taken.items() if count > 1}
    print(  # noqa: T201  (shown when the test fails, or with -s)
        f"seed {seed}, kills {kills}, unknown {unknown}, found {found}, sent again {absent},"
        f" lost {len(lost)}, second copies {len(twice)}"
    )
    assert kills == KILLS, "otherwise nothing was tested"
    assert not lost
    assert not twice
    assert unknown == found + absent
    assert not listed("sent_again") | listed("left"), "the newsletter's rule was not needed"
    assert mailings.progress(mailing)["accepted"] == READERS
    assert mailings.standing(mailing).total() == READERS
