"""What befalls workers, clocks and hints while posts go out. Each takes the stage."""

from __future__ import annotations

import resource
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction

from promo.errors import NotAllowed
from promo.models import Publication
from promo.protocol import UNSENT, State
from promo.services import publications
from promo.services.clock import database_now
from tests.faults.beats import TICK
from tests.faults.engine_falls import Fall
from tests.faults.stage import SOON, Stage, unsent
from tests.processes import ROOT, Doomed, descendants, environment, until


def replaced(stage: Stage, *, by: signal.Signals) -> None:
    """A deploy: the new worker is there, the old one is told to go, and goes."""
    old = stage.posts.anyone()
    old.tell(by)
    until(old.has_ended, within=SOON, what="the old worker has ended")


def child_killed(stage: Stage) -> None:
    """One process of a worker's pool, as the kernel does when memory is short."""
    for child in children_of(stage.chance.choice(stage.posts.workers))[:1]:
        child.kill9_alone()


def child_starved(stage: Stage) -> None:
    """It gets no more memory, wherever it is; after a while the kernel kills it."""
    for child in children_of(stage.chance.choice(stage.posts.workers))[:1]:
        with suppress(ProcessLookupError):
            resource.prlimit(child.pid, resource.RLIMIT_AS, (1, resource.RLIM_INFINITY))
        stage.wait(1)
        child.kill9_alone()


def children_of(worker: Doomed) -> list[Doomed]:
    return [Doomed(pid) for pid in descendants(worker.pid)]


def worker_asleep(stage: Stage) -> None:
    """Stopped wherever it is, until its lease is over; then it goes on."""
    worker = stage.chance.choice(stage.posts.workers)
    stage.sleeps(stage.chance.choice([worker, *children_of(worker)]))


def worker_asleep_with_a_claim(stage: Stage, *, state: State) -> None:
    """Stopped between claim and mark, or between mark and settling."""
    ours = Publication.objects.filter(state=state)

    def caught() -> bool:
        for owner in ours.values_list("owner", flat=True):
            process = Doomed(int(owner.rpartition(":")[2]))
            if process not in at_work(stage) or process.has_ended():
                continue
            process.tell(signal.SIGSTOP)
            if ours.filter(owner=owner).exists():
                stage.sleeps(process)
                return True
            process.tell(signal.SIGCONT)
        return not unsent().exists()

    stage.until(caught, what="a worker has a claim", every=0.0)


def at_work(stage: Stage) -> set[Doomed]:
    """The processes of all workers."""
    workers = stage.posts.workers
    return {one for worker in workers for one in (worker, *children_of(worker))}


def hinted_a_thousand_times(stage: Stage) -> None:
    """One row, due next; and rows that are gone."""
    last = Publication.objects.order_by("-pk")[0].pk
    row = unsent().order_by("due_at").values_list("pk", flat=True).first() or last
    gone = range(last + 1, last + 101)
    stage.hint(*[row] * 1000, *gone)


def hinted_too_early(stage: Stage) -> None:
    """All that are to come, tomorrow's as well."""
    to_come = Publication.objects.filter(state__in=UNSENT)
    stage.hint(*to_come.values_list("pk", flat=True))


def dropped(stage: Stage, *, state: State) -> None:
    """A person drops what is being prepared; what is on its way cannot be dropped any more."""
    user = User.objects.get_or_create(username="anna")[0]
    stage.until(
        lambda: was_dropped(stage, state, user) or not unsent().exists(),
        what="one was caught",
        every=0.0,
    )


def was_dropped(stage: Stage, state: State, user: User) -> bool:
    with transaction.atomic():
        rows = Publication.objects.select_for_update(skip_locked=True).filter(state=state)
        row = rows.first()
        if row is None:
            return False
        try:
            publications.drop(publication_id=row.pk, user=user, now=database_now())
        except NotAllowed:
            assert row.state not in UNSENT
            stage.refused_drops += 1
        else:
            assert row.state in UNSENT
    return True


def edited(stage: Stage) -> None:
    """Somebody goes on writing at an item whose post is approved: nobody has approved that."""
    for row in unsent().select_related("item").order_by("due_at")[:5]:
        assert row.item is not None
        row.item.title = row.item.lead = "Tego nikt nie zatwierdził"
        row.item.save_revision()


def fall_asleep(stage: Stage, *, point: str) -> None:
    """Another worker stops at this point, until somebody wakes it."""
    zombie = stage.stopped_at(point)
    if zombie is not None:
        stage.zombies.append(zombie)


def tick_by_hand(_stage: Stage) -> None:
    subprocess.run(TICK, cwd=ROOT, env=environment(), check=True, timeout=SOON)


def beat_killed(stage: Stage) -> None:
    """The loop, the second clock, goes on alone."""
    for beat in stage.clocks[1:]:
        beat.kill9()
    del stage.clocks[1:]


WORKERS: Mapping[str, Fall] = {
    "5: workers told to end": partial(replaced, by=signal.SIGTERM),
    "6: workers told to quit": partial(replaced, by=signal.SIGQUIT),
    "39: workers asleep": worker_asleep,
    "39: workers asleep after a claim": partial(worker_asleep_with_a_claim, state=State.CLAIMED),
    "39: workers asleep after a mark": partial(worker_asleep_with_a_claim, state=State.SENDING),
    "40: hints by the thousand": hinted_a_thousand_times,
    "41: dropped while claimed": partial(dropped, state=State.CLAIMED),
    "41: dropped while sending": partial(dropped, state=State.SENDING),
    "43: edited meanwhile": edited,
}
CHILDREN: Mapping[str, Fall] = {
    "7: children killed": child_killed,
    "7: children without memory": child_starved,
}
