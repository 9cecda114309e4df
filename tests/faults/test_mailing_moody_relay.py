"""Issues to a mail server that hangs, drops, refuses or dawdles in the middle of it.

The numbers are those of the sheet of faults. A mail that certainly was not taken goes again; one
that may have been is in doubt, and nobody else is.
"""

from __future__ import annotations

import itertools
import os
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from promo.models import DeliveryEvent, Mailing, Suppression
from tests.faults.figures import Figures
from tests.faults.moody import Mood
from tests.faults.sending import (
    AT_FULL_SIZE,
    CONNECTIONS,
    FEW,
    REAL_WORKERS,
    ROUNDS,
    SOON_AGAIN,
    WORKERS,
    Sheet,
    chance_of,
    is_over,
    readers,
    started,
    workshop,
)
from tests.faults.sinks import MoodySink
from tests.processes import Hatchery

pytestmark = REAL_WORKERS

READERS = readers(400)
MINUTE = float(os.environ.get("PROMO_TEST_MINUTE", "0.2"))
"""Seconds that a minute of the relay's slowness takes; 60 shows it in earnest."""

PATIENT = {"connect": 1, "command": 1, "body": 1}
HANG = 4.0
"""Seconds: longer than any patience here."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An issue that is over."""

    mailing: Mailing
    sink: MoodySink
    sheet: Sheet
    kills: int


@pytest.fixture
def send(hatchery: Hatchery, figures: Figures, tmp_path: Path) -> Send:
    return Send(hatchery, figures, tmp_path)


@dataclass(frozen=True, slots=True)
class Send:
    hatchery: Hatchery
    figures: Figures
    folder: Path

    def __call__(
        self,
        fault: str,
        mood: Mood,
        *,
        policy: str = "leave",
        times: Mapping[str, float] = MappingProxyType({}),
        count: int = READERS,
        octets: int = 0,
        chance: random.Random | None = None,
        **settings: object,
    ) -> Sent:
        """Everybody's issue through real workers to a server in this mood.

        With `chance` they are killed meanwhile, again and again.
        """
        kills = 0
        with MoodySink.in_a(mood, self.folder / "record.txt") as sink:
            url = sink.url(connections=CONNECTIONS, **times)
            short = {**SOON_AGAIN, **settings}
            with workshop(self.hatchery, self.folder, sink=sink, url=url, **short) as shop:
                mailing = started(policy, count=count, octets=octets)
                if chance:
                    kills = shop.kill_again_and_again(mailing, chance, times=FEW)
                else:
                    for _one in range(WORKERS if AT_FULL_SIZE else 1):
                        shop.hatch()
                shop.finish(mailing)
            sheet = Sheet.of(mailing, sink.taken())
            met = sink.met()
            self.figures(fault, sheet.columns(faults=met.total(), kills=kills))
            assert met, "otherwise nothing was tested"
            assert is_over(mailing)
            assert not sheet.lost
            return Sent(mailing, sink, sheet, kills)


CLOSING = "421 4.3.0 closing"
BEFORE_THE_DOT = {
    "20: 421 at the banner": Mood("banner", CLOSING, one_in=3),
    "20: 421 at MAIL": Mood("mail", CLOSING, one_in=20),
    "20: 421 after the dot": Mood("dot", CLOSING, one_in=20),
    "23: hangs at the banner": Mood("banner", "hang", one_in=3, seconds=HANG),
    "23: hangs at RCPT": Mood("rcpt", "hang", one_in=40, seconds=HANG),
    "23: hangs at DATA": Mood("data", "hang", one_in=40, seconds=HANG),
    "26: closes every 20 messages": Mood("full", "drop", one_in=20),
    "26: closes every 20 messages with 421": Mood("full", CLOSING, one_in=20),
}


@pytest.mark.parametrize("fault", BEFORE_THE_DOT)
def test_a_mail_that_was_not_taken_goes_again_and_nobody_is_in_doubt(
    fault: str, send: Send
) -> None:
    sent = send(fault, BEFORE_THE_DOT[fault], times=PATIENT)
    sent.sheet.nobody_in_doubt()
    assert not DeliveryEvent.objects.exists(), "it was no reader's fault"


def test_a_relay_that_stops_reading_in_the_body_puts_nobody_in_doubt(send: Send) -> None:
    """The mail must be longer than what the sockets hold, else its dot may have arrived.

    A connection that has carried mails holds megabytes, a new one to this relay some 100 KB.
    """
    mood = Mood("body", "hang", one_in=20, seconds=HANG)
    fresh = {**PATIENT, "mails": 1}
    sent = send("23: hangs in the body", mood, times=fresh, count=readers(60), octets=400_000)
    sent.sheet.nobody_in_doubt()


WAITS = [timedelta(seconds=s * MINUTE / 60) for s in (30, 120, 600, 1800)]
"""The usual ones, in the minutes of these tests."""
COMINGS = 4
"""At once, after 30 s, 2 min, 10 min: the ten minutes are over."""
GREYLISTING = Mood("rcpt", "451 4.2.0 greylisted", times=COMINGS - 1)
NOBODY_THERE = Mood("rcpt", "550 5.1.1 no such user", one_in=20, times=0)


def test_whoever_is_greylisted_for_ten_minutes_gets_it_at_the_tries_of_the_table(
    send: Send,
) -> None:
    sent = send("21: greylisting", GREYLISTING, PROMO_MAIL_WAITS=WAITS)
    assert sent.sheet.ended["accepted"] == sent.sheet.readers
    assert not sent.sheet.copies
    assert not sent.sheet.doubtful
    came: dict[str, list[float]] = defaultdict(list)
    for _came, address, seconds in sent.sink.told("came"):
        came[address].append(float(seconds))
    for moments in came.values():
        gaps = [after - before for before, after in itertools.pairwise(moments)]
        assert len(moments) == COMINGS
        assert all(gap >= wait.total_seconds() for gap, wait in zip(gaps, WAITS, strict=False)), (
            gaps
        )


def test_whoever_does_not_exist_is_refused_and_blocked_and_nobody_else(send: Send) -> None:
    sent = send("22: 550 for one in twenty", NOBODY_THERE)
    met = sent.sink.met()
    assert set(met.values()) == {1}, "a refused one is not tried again"
    assert sent.sheet.without == set(met)
    assert sent.sheet.ended["refused"] == len(met) == Suppression.objects.count()
    assert sent.sheet.ended["accepted"] == sent.sheet.readers - len(met)
    assert not sent.sheet.copies
    assert not sent.sheet.doubtful


TAKEN_OR_NOT = {"final": HANG / 2}


def takes_it_and(does: str) -> Mood:
    return Mood("taken", does, one_in=40, seconds=HANG)


@pytest.mark.parametrize("policy", ["leave", "send_again"])
@pytest.mark.parametrize("does", ["hang", "drop"])
def test_whose_mail_was_taken_without_a_word_is_in_doubt_and_nobody_else(
    does: str, policy: str, send: Send
) -> None:
    fault = f"24: takes it, then {does}s, {policy}"
    sent = send(fault, takes_it_and(does), policy=policy, times=TAKEN_OR_NOT)
    sheet, met = sent.sheet, frozenset(sent.sink.met())
    assert sheet.doubtful == met
    assert not sheet.without
    assert sheet.twice == (met if policy == "send_again" else frozenset())
    assert sheet.copies == len(sheet.twice)
    assert sheet.ended["unknown"] == (len(met) if policy == "leave" else 0)


def takes_its_time(seconds: int) -> Mood:
    return Mood("taken", "wait", one_in=READERS // 8, seconds=seconds / 60 * MINUTE)


@pytest.mark.parametrize("seconds", [120, 590])
def test_a_relay_that_takes_its_time_is_waited_for(seconds: int, send: Send) -> None:
    """Also longer than its lease: the worker holds its batch meanwhile."""
    fault = f"25: 250 after {seconds} s"
    sent = send(fault, takes_its_time(seconds), PROMO_MAIL_LEASE=timedelta(seconds=1))
    sent.sheet.nobody_in_doubt()


Trouble = tuple[Mood, Mapping[str, float]]
"""A mood, and how long it is borne."""

TROUBLES: Mapping[str, Trouble] = {
    **{fault: (mood, PATIENT) for fault, mood in BEFORE_THE_DOT.items()},
    "21: greylisting": (GREYLISTING, {}),
    "22: 550 for one in twenty": (NOBODY_THERE, {}),
    "24: takes it, then hangs": (takes_it_and("hang"), TAKEN_OR_NOT),
    "24: takes it, then drops": (takes_it_and("drop"), TAKEN_OR_NOT),
    "25: 250 after 120 s": (takes_its_time(120), {}),
    "25: 250 after 590 s": (takes_its_time(590), {}),
}


@ROUNDS
def test_workers_killed_meanwhile_leave_nobody_out_and_list_everybody_in_doubt(
    turn: int, send: Send
) -> None:
    """Each round has the next trouble: so many rounds of all of them as there are times them."""
    fault = list(TROUBLES)[turn % len(TROUBLES)]
    mood, times = TROUBLES[fault]
    chance = chance_of(turn)
    policy = chance.choice(["leave", "send_again"])
    sent = send(f"{fault}, workers killed", mood, policy=policy, times=times, chance=chance)
    without_a_word = sent.sink.met().total() if fault.startswith("24") else 0
    sent.sheet.all_doubt_is_listed(policy, most=sent.kills * CONNECTIONS + without_a_word)
    if mood is NOBODY_THERE:
        assert sent.sheet.without - sent.sheet.doubtful <= set(sent.sink.met())
    else:
        assert not sent.sheet.ended["refused"]
    assert sent.kills
