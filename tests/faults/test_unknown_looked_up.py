"""Workers are killed with -9 in front of a real Postfix, and its log tells what became of the rest.

Faults 2 and 24 of the plan of fault tests: nobody is left out and nobody gets it twice, whatever
the newsletter's rule is, and nothing stays unknown. The witness is the mail server behind Postfix.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from promo.models import DeliveryEvent, Mailing
from promo.services import lookups
from promo.services.clock import database_now
from tests.faults.figures import Figures
from tests.faults.postfix import Postfix
from tests.faults.sending import (
    CONNECTIONS,
    REAL_WORKERS,
    ROUNDS,
    SOON,
    Sheet,
    Workshop,
    chance_of,
    listed,
    readers,
    started,
    workshop,
)
from tests.faults.sinks import Sink
from tests.processes import Hatchery, until

pytestmark = REAL_WORKERS

READERS = readers(2000)
KILLS = int(os.environ.get("PROMO_TEST_KILLS", "3"))


@contextmanager
def behind_postfix(hatchery: Hatchery, folder: Path) -> Iterator[tuple[Workshop, Postfix]]:
    """Doomed workers, a real Postfix for them, and the witness behind it."""
    with (
        Sink.started(folder / "taken.txt", delay=0) as sink,
        Postfix.started(sink=sink.port) as relay,
        workshop(
            hatchery,
            folder,
            sink=sink,
            url=relay.url(connections=CONNECTIONS),
            PROMO_RELAY_LOG=str(relay.log),
            PROMO_RELAY_QUIET=timedelta(seconds=3),
        ) as shop,
    ):
        yield shop, relay


def settled(shop: Workshop, mailing: Mailing) -> bool:
    for mailing_id in lookups.due(now=database_now()):
        lookups.look(mailing_id)
    return shop.hint(mailing) and mailing.look_at is None


@ROUNDS
def test_what_killed_workers_left_unknown_is_looked_up_and_nobody_gets_none_or_two(
    turn: int, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    with behind_postfix(hatchery, tmp_path) as (shop, relay):
        mailing = started("send_again", count=READERS)
        kills = shop.kill_again_and_again(mailing, chance_of(turn), times=KILLS)
        until(lambda: settled(shop, mailing), within=SOON, what="everybody's outcome is known")
        until(relay.is_empty, within=SOON, what="Postfix has handed everything on")
        sheet = Sheet.of(mailing, shop.sink.taken())
    found = DeliveryEvent.objects.filter(kind="found").count()
    absent = DeliveryEvent.objects.filter(kind="not_found").count()
    figures(
        "2: workers killed at random, looked up in the relay's log",
        {**sheet.columns(kills=kills), "found": found, "sent again": absent},
    )
    assert kills == KILLS, "otherwise nothing was tested"
    assert not sheet.without
    assert not sheet.copies
    assert found + absent == DeliveryEvent.objects.filter(kind="unknown").count()
    assert not listed("sent_again") | listed("left"), "the newsletter's rule was not needed"
    assert sheet.ended["accepted"] == READERS
