"""Posts of items that are approved in earnest, and approved again while their posts are on the way.

Each has a step of its item's timetable, at a time that a person chose: a new plan finds it, and has
it stay there. The witness is told each text that was ever approved.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from promo import stops
from promo.models import (
    Attempt,
    Destination,
    Institution,
    Item,
    Publication,
    Timetable,
    TimetableStep,
)
from promo.protocol import UNSENT, State
from promo.services import approvals, composing
from promo.services.clock import database_now
from promo.values import Variant
from tests import making
from tests.faults.engine_falls import Fall
from tests.faults.posting import AT_FULL_SIZE, POSTS
from tests.faults.stage import Stage
from tests.processes import Doomed

HOW_MANY = POSTS if AT_FULL_SIZE else 24
"""An approval costs more than a post."""

EACH = timedelta(seconds=0.4)
"""From one post's time to the next one's: a stopped worker is to get one, too."""

TWO = (True, False)
AT_ONCE, MOST = 5, 12
"""So many of so many are approved again one after the other, whatever becomes of them meanwhile."""

ON_THE_WAY = UNSENT | {State.SENDING, State.UNKNOWN}
UNMET = ("not approved", "not the one that was marked", "marked as approved before")
"""Columns that must be nothing."""


def approved_posts(page: Destination) -> list[Publication]:
    """One of each item. The house has no other rules than its timetable."""
    Destination.objects.filter(pk=page.pk).update(arm_ahead=False)  # else the page would hold them
    house = Institution.load()
    house.min_gap_minutes, house.max_per_day = 0, POSTS
    house.save()
    timetable = Timetable.objects.create(
        key="posts", name="Posty", kinds=["recommendation"], level=2
    )
    TimetableStep.objects.create(
        timetable=timetable,
        key="post",
        when="approval+1 18:00",
        channel=page.channel,
        variant=Variant.NEWS.value,
    )
    for number in range(HOW_MANY):
        making.approved(
            kind="recommendation", starts_at=None, ends_at=None, **_words(number, version=0)
        )
    Publication.objects.update(moved_by_hand=True)
    rows = list(Publication.objects.select_related("item", "destination").order_by("id"))
    assert len(rows) == HOW_MANY
    return rows


def _words(number: int, *, version: int) -> dict[str, str]:
    return {
        "title": f"Polecamy książkę nr {number}, wydanie {version}",
        "lead": f"Tak brzmi zapowiedź nr {number} po zmianie nr {version}.",
    }


@dataclass(frozen=True, slots=True)
class Version:
    """What was approved, and an instant at which everybody could know it."""

    digest: str
    text: str
    known_at: datetime


@dataclass
class Approver:
    """Somebody at the desk, and what he has approved so far, by publication."""

    stage: Stage
    versions: dict[int, list[Version]] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    """How many posts were approved again in which state."""

    def __post_init__(self) -> None:
        for row in self.stage.posts.rows:
            self.versions[row.pk] = [_version(row)]

    def approve_again(self, row: Publication) -> None:
        """Other words; nobody waits for anybody."""
        known = self.versions[row.pk]
        item = Item.objects.get(pk=row.item_id)
        number = row.pk - self.stage.posts.rows[0].pk
        for name, value in _words(number, version=len(known)).items():
            setattr(item, name, value)
        approvals.approve(content=item)
        known.append(_version(row))
        self.met[row.state] += 1

    def columns(self) -> dict[str, int]:
        """For the sheet of figures: what followers read, against what was approved and marked."""
        public = self.stage.posts.world.posts()
        wrong: Counter[str] = Counter()
        for row in self.stage.posts.rows:
            known = self.versions[row.pk]
            marks = list(row.ledger.filter(event=Attempt.Event.MARKED))
            marked = {one.digest: one.text for one in known}.get(marks[-1].digest)
            out = [post["text"] for post in public if row.marker in post["text"]]
            wrong["not approved"] += sum(text not in {one.text for one in known} for text in out)
            wrong["not the one that was marked"] += sum(text != marked for text in out)
            wrong["marked as approved before"] += sum(_is_old(mark, known) for mark in marks)
            wrong["out in other words than at first"] += sum(text != known[0].text for text in out)
        wrong["not approved"] += len(public) - len(self.stage.posts.rows)
        met = {f"approved while {state}": count for state, count in sorted(self.met.items())}
        return {name: wrong[name] for name in (*UNMET, *wrong)} | met

    def falls(self) -> list[Fall]:
        """At random, and while a worker stands at each point: it goes on, or dies."""
        points = (stops.AFTER_CLAIM, stops.AFTER_MARK, stops.AFTER_ACCEPT)
        both = [partial(self._again_at, point=point, dies=dies) for point in points for dies in TWO]
        return [self._some_again, self._some_again, *both]

    def _some_again(self, stage: Stage) -> None:
        """What is due and not settled, wherever it is; and the next ones to come."""
        rows = list(Publication.objects.filter(state__in=ON_THE_WAY).order_by("due_at")[:MOST])
        for row in stage.chance.sample(rows, min(len(rows), AT_ONCE)):
            row.refresh_from_db()
            self.approve_again(row)

    def _again_at(self, stage: Stage, *, point: str, dies: bool) -> None:
        """The one that a worker has in hand."""
        zombie = stage.stopped_at(point)
        if zombie is None:
            return
        for row in in_hand_of(zombie.worker):
            self.approve_again(row)
        if dies:
            zombie.worker.kill9()
        else:
            zombie.wakes()


def in_hand_of(worker: Doomed) -> list[Publication]:
    """What it has claimed or is sending; empty: its lease was over before we looked."""
    held = Publication.objects.filter(state__in=[State.CLAIMED, State.SENDING])
    return list(held.filter(owner__endswith=f":{worker.pid}"))


def _version(row: Publication) -> Version:
    """What is approved of it now, composed as it is for its step."""
    fresh = Publication.objects.select_related("item", "destination").get(pk=row.pk)
    message = composing.compose(composing.draft_of(fresh), channel=fresh.destination.channel)
    return Version(message.digest, message.text, database_now())


def _is_old(mark: Attempt, known: list[Version]) -> bool:
    """Was something else approved, for everybody to know, before this was marked?"""
    latest = max(n for n, version in enumerate(known) if version.digest == mark.digest)
    return any(version.known_at < mark.at for version in known[latest + 1 :])
