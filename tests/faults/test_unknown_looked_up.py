"""What a real Postfix took from killed workers, or took without an answer, stands in its log.

Faults 2 and 24 of the plan of fault tests: nobody is left out and nobody gets it twice, whatever
the newsletter's rule is, and nothing stays unknown. The witness is the mail server behind Postfix.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

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
from tests.faults.swallowing import Swallower
from tests.processes import Hatchery, until

pytestmark = REAL_WORKERS

READERS = readers(2000)
PATIENCE = "connect=1&command=1&body=1&final=1"
"""Seconds in which an answer has to come."""

KILLS = int(os.environ.get("PROMO_TEST_KILLS", "3"))


@dataclass(frozen=True, slots=True)
class Scene:
    """Doomed workers, a real Postfix for them with the witness behind it, and the way to it."""

    shop: Workshop
    relay: Postfix
    way: Swallower


@contextmanager
def behind_postfix(hatchery: Hatchery, folder: Path) -> Iterator[Scene]:
    with (
        Sink.started(folder / "taken.txt", delay=0) as sink,
        Postfix.started(sink=sink.port) as relay,
        Swallower(("127.0.0.1", 0), behind=("127.0.0.1", relay.port)) as way,
        workshop(
            hatchery,
            folder,
            sink=sink,
            url=f"smtp://127.0.0.1:{way.at[1]}/?connections={CONNECTIONS}&{PATIENCE}",
            PROMO_RELAY_LOG=str(relay.log),
            PROMO_RELAY_QUIET=timedelta(seconds=3),
        ) as shop,
    ):
        yield Scene(shop, relay, way)


def settled(shop: Workshop, mailing: Mailing) -> bool:
    for mailing_id in lookups.due(now=database_now()):
        lookups.look(mailing_id)
    return shop.hint(mailing) and mailing.look_at is None


@ROUNDS
def test_what_killed_workers_left_unknown_is_looked_up_and_nobody_gets_none_or_two(
    turn: int, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    with behind_postfix(hatchery, tmp_path) as scene:
        mailing = started("send_again", count=READERS)
        kills = scene.shop.kill_again_and_again(mailing, chance_of(turn), times=KILLS)
        sheet = known_at_last(scene, mailing)
    figures(
        "2: workers killed at random, looked up in the relay's log",
        {**sheet.columns(kills=kills), **looked_up()},
    )
    assert kills == KILLS, "otherwise nothing was tested"
    each_got_it_once(sheet)


@ROUNDS
@pytest.mark.parametrize("how", [Swallower.swallow, Swallower.cut], ids=["hangs", "drops"])
def test_what_was_not_answered_is_looked_up_and_nobody_gets_none_or_two(
    turn: int,
    *,
    how: Callable[[Swallower], int],
    hatchery: Hatchery,
    figures: Figures,
    tmp_path: Path,
) -> None:
    chance, struck = chance_of(turn), 0
    with behind_postfix(hatchery, tmp_path) as scene:
        mailing = started("send_again", count=READERS)
        scene.shop.hatch()
        for _time in range(KILLS):
            scene.shop.go_on(mailing)
            threading.Event().wait(chance.uniform(0.0, 0.15))
            struck += how(scene.way)
        sheet = known_at_last(scene, mailing)
    figures(
        f"24: the relay takes a mail and {how.__name__}s, looked up in its log",
        {**sheet.columns(struck=struck), **looked_up()},
    )
    assert struck, "otherwise nothing was tested"
    each_got_it_once(sheet)


def known_at_last(scene: Scene, mailing: Mailing) -> Sheet:
    """What the witness has seen once nothing is unknown, and nothing on its way, any more."""
    until(lambda: settled(scene.shop, mailing), within=SOON, what="everybody's outcome is known")
    scene.way.cut()  # what was half said to Postfix is no mail
    until(scene.relay.is_empty, within=SOON, what="Postfix has handed everything on")
    return Sheet.of(mailing, scene.shop.sink.taken())


def looked_up() -> dict[str, int]:
    """For the sheet of figures."""
    told = DeliveryEvent.objects
    return {
        "found": told.filter(kind="found").count(),
        "sent again": told.filter(kind="not_found").count(),
    }


def each_got_it_once(sheet: Sheet) -> None:
    assert not sheet.without
    assert not sheet.copies
    assert sum(looked_up().values()) == DeliveryEvent.objects.filter(kind="unknown").count()
    assert not listed("sent_again") | listed("left"), "the newsletter's rule was not needed"
    assert sheet.ended["accepted"] == READERS
