"""Redis, the web and beat are killed with -9 in the middle of an issue, and started again."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import requests

from promo.embedded import Layout, Redis, redis_url
from promo.mailing.codes import codes_of
from promo.models import Delivery, DeliveryEvent, Mailing
from promo.services import mailings
from promo.services.facts import absolute
from tests.desk.web import WebProcess
from tests.faults.beats import BeatProcess
from tests.faults.figures import Figures
from tests.faults.moody import Mood
from tests.faults.sending import (
    FEW,
    REAL_WORKERS,
    ROUNDS,
    SOON,
    SOON_AGAIN,
    Sheet,
    chance_of,
    is_over,
    readers,
    started,
    still_due,
    workshop,
)
from tests.faults.sinks import MoodySink, Sink
from tests.processes import Doomed, Hatchery, environment, until

pytestmark = REAL_WORKERS

LATE = 50
"""Readers who leave while it goes out."""


@ROUNDS
def test_redis_killed_in_the_middle_costs_nobody_the_issue(
    turn: int, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    chance, layout = chance_of(turn), Layout(tmp_path / "redis")
    journal = Redis(layout)
    journal.start()
    kills = 0
    try:
        with (
            Sink.started(tmp_path / "taken.txt", delay=8) as sink,
            workshop(hatchery, tmp_path, sink=sink, REDIS_URL=redis_url(layout.home)) as shop,
        ):
            mailing = started("leave", count=readers(2000))
            shop.hatch()
            while kills < FEW and not is_over(mailing):
                shop.go_on(mailing)
                threading.Event().wait(chance.uniform(0.0, 0.1))
                kill_engine(journal)
                kills += 1
                journal.stop()  # only its lock is left to be given back
                due = still_due(mailing)
                until(
                    partial(went_on, mailing, due),
                    within=SOON,
                    what="the running worker goes on without it",
                )
                journal = Redis(layout)
                journal.start()
            shop.finish(mailing)
            sheet = Sheet.of(mailing, sink.taken())
    finally:
        journal.stop()
    figures("Redis killed", sheet.columns(kills=kills))
    assert kills == FEW
    sheet.nobody_in_doubt()


def kill_engine(engine: Redis) -> None:
    pid = engine.pid
    assert pid is not None
    Doomed(pid).kill9_alone()


@ROUNDS
def test_the_web_killed_in_the_middle_costs_nobody_the_issue_and_no_word_of_a_reader(
    turn: int, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    chance, kills = chance_of(turn), 0
    with (
        Sink.started(tmp_path / "taken.txt", delay=25) as sink,
        workshop(hatchery, tmp_path, sink=sink) as shop,
        WebProcess.started(log=tmp_path / "web.log") as web,
    ):
        mailing = started("leave", count=readers(2000))
        last = list(Delivery.objects.filter(mailing=mailing).order_by("-id")[:LATE])
        shop.hatch()
        shop.go_on(mailing)
        for part in range(FEW - 1):
            for row in last[part :: FEW - 1]:
                leave(row)
            threading.Event().wait(chance.uniform(0.0, 0.1))
            web.kill9()
            kills += 1
            shop.go_on(mailing)
            web.start()
        had_it = {row.subscriber.email for row in last if row.subscriber} & set(sink.taken())
        shop.finish(mailing)
        taken = sink.taken()
        sheet = Sheet.of(mailing, taken)
    figures("42: the web killed, readers leave", sheet.columns(kills=kills, left=len(last)))
    assert not had_it, "they were to leave in time"
    assert sheet.without == {row.subscriber.email for row in last if row.subscriber}
    assert sheet.ended["skipped"] == len(last)
    assert not sheet.copies
    assert not sheet.doubtful


def leave(row: Delivery) -> None:
    """By the button of the mail program (RFC 8058); from the answer on no mail may leave."""
    code = codes_of(row.pk, key=mailings.keys()[0]).unsubscribe
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            absolute(f"/unsubscribe/{code}/"), data={"List-Unsubscribe": "One-Click"}, timeout=SOON
        )
    assert answer.status_code == 200


def went_on(mailing: Mailing, due: int) -> bool:
    return is_over(mailing) or still_due(mailing) < due


def went_further(mailing: Mailing, before: int) -> bool:
    return is_over(mailing) or came_to(mailing) > before


def came_to(mailing: Mailing) -> int:
    """Grows with everything that becomes of a reader."""
    return DeliveryEvent.objects.count() - still_due(mailing)


@ROUNDS
def test_beat_killed_in_the_middle_costs_nobody_the_issue(
    turn: int, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    """Each reader is put off at first: without a tick afterwards nobody would get anything."""
    mood = Mood(at="rcpt", does="450 4.2.0 greylisted")
    chance, kills = chance_of(turn), 0
    with (
        MoodySink.in_a(mood, tmp_path / "record.txt") as sink,
        workshop(hatchery, tmp_path, sink=sink, **SOON_AGAIN) as shop,
    ):
        mailing = started("leave", count=readers(1000))
        shop.hatch("upkeep")
        shop.hatch("mail")
        for _kill in range(FEW - 1):
            with BeatProcess(environment(), folder=tmp_path) as beat:
                before = came_to(mailing)
                until(
                    partial(went_further, mailing, before),
                    within=SOON,
                    what="the tick has come to the workers",
                )
                threading.Event().wait(chance.uniform(0.0, 0.1))
                beat.kill9()
                kills += 1
        with BeatProcess(environment(), folder=tmp_path):
            until(lambda: is_over(mailing), within=SOON, what="the mailing is over")
        sheet = Sheet.of(mailing, sink.taken())
    figures("beat killed", sheet.columns(kills=kills))
    sheet.nobody_in_doubt()
