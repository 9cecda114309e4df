"""Time for tests in one process: a clock that is put forward, and the tick that follows it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from promo.models import Publication
from promo.protocol import OPEN, OUT
from promo.services import arming, changing, looking, publishing, seconds
from tests.world import World


@dataclass
class Clock:
    """Stands until it is put forward; a service takes it as `clock=`."""

    at: datetime = field(default_factory=lambda: timezone.now() + timedelta(minutes=1))

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **length: float) -> datetime:
        self.at += timedelta(**length)
        return self.at


def tick(clock: Clock) -> None:
    """What one tick brings about, done by this process."""
    if not seconds.anything(now=clock()):
        return
    looking.sweep(now=clock())
    for publication_id in publishing.hand_out(now=clock()):
        publishing.publish(publication_id, clock=clock)
    for publication_id in looking.looks_due(now=clock()):
        looking.look(publication_id, clock=clock)
    for publication_id in arming.hand_out(now=clock()):
        arming.arm(publication_id, clock=clock)
    for publication_id in arming.minds_due(now=clock()):
        arming.mind(publication_id, clock=clock)
    for change_id in changing.due(now=clock()):
        changing.carry_out(change_id, clock=clock)


@dataclass
class Watch:
    """Time that goes on while a witness looks: nothing is called published that is not out.

    It goes in steps of 5 seconds, after two minutes of 20, after twenty of 60, after two hours of
    300. With `shared` the world's own clock goes on as well.
    """

    clock: Clock
    world: World
    shared: bool = False
    _ahead: float = field(default=-math.inf, init=False)

    def until(self, reached: Callable[[], bool], *, minutes: float) -> None:
        """Tick until it is so; fails after these minutes of the clock."""
        began = self.clock.at
        self.set_world()
        while True:
            tick(self.clock)
            self.check()
            if reached():
                return
            self.clock.forward(seconds=_step(self.clock.at - began))
            gone = self.clock.at - began
            assert gone <= timedelta(minutes=minutes), f"not within {minutes} minutes"
            self.set_world()

    def set_world(self) -> None:
        """Have the world's clock show what ours shows, if it is shared.

        The world's goes on while ours stands. It is never put back: what was deleted would be there
        again.
        """
        ahead = (self.clock.at - timezone.now()).total_seconds()
        if self.shared and ahead > self._ahead:
            self.world.post("/api/clock", {"offset_seconds": ahead})
            self._ahead = ahead

    def pass_by(self, *, minutes: float) -> None:
        """Tick through these minutes."""
        ends = self.clock.at + timedelta(minutes=minutes)
        self.until(lambda: self.clock.at >= ends, minutes=minutes + 1)

    def check(self) -> None:
        # Of what is being changed or taken down nothing is said before it is settled.
        rows = list(Publication.objects.filter(state__in=OUT).exclude(changes__state__in=OPEN))
        exist = [post["text"] for post in self.world.all_posts()] if rows else []
        for row in rows:
            copies = sum(row.marker in text for text in exist)
            assert copies == 1, f"{row.state}, but there are {copies} copies"


def _step(gone: timedelta) -> float:
    """Seconds to the next tick."""
    if gone < timedelta(minutes=2):
        return 5
    if gone < timedelta(minutes=20):
        return 20
    return 60 if gone < timedelta(hours=2) else 300
