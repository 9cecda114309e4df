"""Posts on their way to a page, through real workers that are killed, and the count of what came.

More posts and kills than the suite has time for: PROMO_TEST_POSTS, PROMO_TEST_KILLS.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.test import override_settings

from promo.models import Destination, Publication
from promo.protocol import State
from promo.services import destinations
from promo.services.clock import database_now
from tasks import upkeep
from tests import making
from tests.processes import Doomed, Hatchery, environment, until
from tests.world import World

AT_FULL_SIZE = "PROMO_TEST_POSTS" in os.environ

POSTS = int(os.environ.get("PROMO_TEST_POSTS", "40"))
"""In one round."""

KILLS = int(os.environ.get("PROMO_TEST_KILLS", "4"))
"""In one round, each at a random moment."""

WORKERS = 2
EACH = timedelta(seconds=0.05)
"""From one post's time to the next one's, so that faults and kills meet all of them."""

BREATH = 0.25
"""Seconds between two ticks."""

BEHIND = 5
"""So many may still wait while the next thing falls: nobody waits for a recovery."""

SOON = 300.0
"""Seconds a round may take at most; it is over long before."""

SHORT = {
    "PROMO_LEASE": timedelta(seconds=3),
    "PROMO_LONGEST_CALL": timedelta(seconds=2),
    "PROMO_QUIET_PERIOD": timedelta(seconds=5),
    "PROMO_LOOKS": [timedelta(seconds=0.5)],
    "PROMO_HINT_AGAIN": timedelta(seconds=2),
}
"""The real times by the hundred: what comes late comes at most two seconds late here."""


SETTLED = (State.PUBLISHED, State.FAILED, State.CANCELLED)


@dataclass
class Round:
    """Posts of one page, due one shortly after the other, and those who are to publish them."""

    world: World
    page: Destination
    chance: random.Random
    hatch: Callable[..., Doomed]
    """Takes what `Hatchery.hatch` takes."""
    rows: Sequence[Publication]
    each: timedelta = EACH
    tick: Callable[[], object] = upkeep.hand_out
    workers: list[Doomed] = field(default_factory=list)
    """Those at work; what falls may put others in their place."""
    kills: int = 0
    untrue: set[int] = field(default_factory=set)
    """Posts that were called published while they did not exist."""

    def run(self, *, kills: int, falls: Sequence[Callable[[], object]] = ()) -> None:
        """Publish all of them while workers die and things fall, each at a random post.

        Then let the network recover, and settle.
        """
        never = threading.Event()
        self.workers += [self.hatch() for _one in range(WORKERS)]
        strikes = [*[self.kill_one] * kills, *falls]
        self.chance.shuffle(strikes)
        begins = sorted(self.chance.sample(range(1, len(self.rows)), len(strikes)))
        self._let_go(0, begins[0])
        for strike, first, last in zip(strikes, begins, [*begins[1:], len(self.rows)], strict=True):
            self._go_on_until_tried(first - BEHIND)
            self._let_go(first, last)  # so that every strike meets some
            never.wait(self.chance.uniform(0.0, 0.3))
            strike()
        self._go_on_until_tried(len(self.rows))
        self.world.forget_faults()
        until(self._is_settled, within=SOON, what="everything is known", every=BREATH)

    def _let_go(self, first: int, last: int) -> None:
        """From now on these are due, one shortly after the other."""
        begin = database_now()
        rows = self.rows[first:last]
        for number, row in enumerate(rows):
            row.planned_at = row.due_at = begin + number * self.each
        Publication.objects.bulk_update(rows, ["planned_at", "due_at"])

    def _go_on_until_tried(self, count: int) -> None:
        tried = Publication.objects.exclude(state=State.PLANNED, attempts=0)

        def so_many() -> bool:
            self.go_on()
            return tried.count() >= count

        until(so_many, within=SOON, what=f"{count} are tried", every=BREATH)

    def kill_one(self) -> None:
        """Another worker comes for it."""
        self.anyone().kill9()
        self.kills += 1

    def anyone(self) -> Doomed:
        """A worker that is to go. The one that comes for it is there already."""
        self.workers.append(self.hatch())
        return self.workers.pop(self.chance.randrange(len(self.workers) - 1))

    def _is_settled(self) -> bool:
        self.go_on()
        return not Publication.objects.exclude(state__in=SETTLED).exists()

    def go_on(self) -> None:
        """What beat, the time that passes, and the administrator bring about; and the witness."""
        self.tick()
        self.look()
        now = database_now()
        Publication.objects.filter(state=State.WAITING, due_at__gt=now).update(
            due_at=now, hinted_at=None
        )
        troubled = Q(paused_at__isnull=False) | Q(rests_until_at__isnull=False)
        if Destination.objects.filter(troubled, pk=self.page.pk).exists():
            self.world.change(revive_tokens=True)
            destinations.resume(destination=self.page)

    def look(self) -> None:
        """Is everything that is called published there? It was, if it is, before we looked."""
        told = dict(Publication.objects.filter(state=State.PUBLISHED).values_list("pk", "marker"))
        copies = self.copies() if told else Counter()
        self.untrue |= {pk for pk, marker in told.items() if not copies[marker]}

    def copies(self, *, public: bool = False) -> Counter[str]:
        """How many posts there are of each marker; with `public` those that followers see."""
        posts = self.world.posts() if public else self.world.all_posts()
        return Counter(
            {row.marker: sum(row.marker in post["text"] for post in posts) for row in self.rows}
        )

    def columns(self) -> dict[str, int]:
        """Who was to come out, what followers see, and what we say of it."""
        seen = self.copies(public=True)
        for row in self.rows:
            row.refresh_from_db()
        states = Counter(row.state for row in self.rows)
        return {
            "posts": len(self.rows),
            "kills": self.kills,
            "published": states[State.PUBLISHED],
            "refused": states[State.FAILED],
            "lost": sum(row.state == State.PUBLISHED and not seen[row.marker] for row in self.rows),
            "second copies": sum(max(seen[row.marker] - 1, 0) for row in self.rows),
            "out though refused": sum(
                row.state == State.FAILED and seen[row.marker] > 0 for row in self.rows
            ),
            "without a reason": sum(
                row.state == State.FAILED and not row.problem for row in self.rows
            ),
            "told too early": len(self.untrue),
        }


FLAWLESS = ("lost", "second copies", "out though refused", "without a reason", "told too early")
"""Columns that must be nothing."""


NOT_YET = timedelta(days=1)
"""As far away is what nobody has let go."""


def plain_posts(page: Destination) -> list[Publication]:
    """As many as PROMO_TEST_POSTS says."""
    return [making.due_publication(page, title=f"Spotkanie nr {n}") for n in range(POSTS)]


@contextmanager
def a_round(
    hatchery: Hatchery,
    world: World,
    folder: Path,
    *,
    chance: random.Random,
    make: Callable[[Destination], list[Publication]] = plain_posts,
) -> Iterator[Round]:
    """These posts, and workers with short times."""
    page = making.page(world)
    rows = make(page)
    later = database_now() + NOT_YET
    Publication.objects.update(planned_at=later, due_at=later)
    hatched: list[Doomed] = []

    def hatch(queues: Sequence[str] = ("publish",), **more: Any) -> Doomed:
        told = environment() | more.pop("environment", {})
        hatched.append(hatchery.hatch(queues, told, log=folder / "workers.log", **more))
        return hatched[-1]

    with override_settings(**SHORT):
        try:
            yield Round(world, page, chance, hatch, rows)
        finally:
            for one in hatched:
                one.kill9()
