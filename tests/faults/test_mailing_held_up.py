"""An issue that people hold up while it goes out, and readers who leave meanwhile."""

from __future__ import annotations

from pathlib import Path

from promo.models import Delivery, Mailing, Subscriber
from promo.services import erasure, mailings, subscribers
from promo.services.clock import database_now
from tests.faults.figures import Figures
from tests.faults.sending import (
    CONNECTIONS,
    FEW,
    REAL_WORKERS,
    ROUNDS,
    SOON,
    Sheet,
    chance_of,
    readers,
    started,
    workshop,
)
from tests.faults.sinks import Sink
from tests.processes import Hatchery, until

pytestmark = REAL_WORKERS

READERS = readers(2000)


def test_pausing_and_cancelling_act_within_a_second(hatchery: Hatchery, tmp_path: Path) -> None:
    with (
        Sink.started(tmp_path / "taken.txt", delay=4) as sink,
        workshop(hatchery, tmp_path, sink=sink) as shop,
    ):
        mailing = started("leave", count=READERS)
        shop.hatch()
        shop.go_on(mailing)
        mailings.pause(mailing=mailing)
        until(lambda: settled(mailing), within=SOON, what="what was on its way is settled")
        paused_at = sink.taken().total()
        assert 0 < paused_at < READERS
        shop.hint(mailing)
        assert sink.taken().total() == paused_at
        mailings.resume(mailing=mailing, now=database_now())
        shop.go_on(mailing)
        mailings.cancel(mailing=mailing, now=database_now())
        until(lambda: cancelled(mailing), within=SOON, what="the rest is settled as cancelled")
        told = mailings.progress(mailing)
        assert told["accepted"] == sink.taken().total()
        assert told["accepted"] + told["cancelled"] == READERS


def settled(mailing: Mailing) -> bool:
    """No batch is in a worker's hands."""
    return not mailing.batches.filter(state="claimed").exists()


def cancelled(mailing: Mailing) -> bool:
    mailings.finish_if_done(mailing.pk, now=database_now())
    return not Delivery.objects.filter(state=Delivery.State.DUE).exists()


@ROUNDS
def test_who_leaves_while_it_runs_gets_nothing_afterwards(
    turn: int, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    with (
        Sink.started(tmp_path / "taken.txt", delay=25) as sink,  # slow: the last ones can leave
        workshop(hatchery, tmp_path, sink=sink) as shop,
    ):
        mailing = started("leave", count=READERS)
        shop.hatch()
        shop.go_on(mailing)
        late = list(Subscriber.objects.order_by("-id")[:50])
        for reader in late:
            subscribers.leave(
                subscriber=reader, newsletter=mailing.newsletter, source="test", now=database_now()
            )
        left = {reader.email for reader in late}
        had_it = left & set(sink.taken())
        kills = shop.kill_again_and_again(mailing, chance_of(turn), times=FEW)
        shop.finish(mailing)
        sheet = Sheet.of(mailing, sink.taken())
    figures("42: readers leave", sheet.columns(left=len(late), kills=kills))
    assert kills
    assert not had_it
    assert left == sheet.without - sheet.doubtful
    assert not left & sheet.doubtful
    assert sheet.ended["skipped"] == len(late)
    assert sheet.ended["unknown"] == len(sheet.doubtful) <= kills * CONNECTIONS
    assert not sheet.copies


@ROUNDS
def test_who_is_erased_while_it_runs_gets_nothing_afterwards(
    turn: int, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    with (
        Sink.started(tmp_path / "taken.txt", delay=25) as sink,
        workshop(hatchery, tmp_path, sink=sink) as shop,
    ):
        mailing = started("leave", count=READERS)
        shop.hatch()
        shop.go_on(mailing)
        late = dict(Subscriber.objects.order_by("-id").values_list("id", "email")[:50])
        erasure.erase(subscriber_ids=late, now=database_now())
        had_it = set(late.values()) & set(sink.taken())
        kills = shop.kill_again_and_again(mailing, chance_of(turn), times=FEW)
        shop.finish(mailing)
        taken = sink.taken()
    told = mailings.progress(mailing)
    columns = {"readers": READERS, "erased": len(late), "kills": kills, **told}
    figures("42: readers are erased", columns)
    assert kills
    assert not had_it
    assert not set(late.values()) & set(taken)
    assert taken.total() == len(taken), "nobody has two"
    assert told["skipped"] == len(late)
    assert told["unknown"] <= kills * CONNECTIONS
    assert told["accepted"] == READERS - len(late) - told["unknown"] <= len(taken)
