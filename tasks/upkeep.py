"""The tick: it looks what is due and hands out hints. It may run twice, late, or in two places."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from celery import Task, shared_task
from kombu.exceptions import BatchPublishError  # type: ignore[attr-defined]  # new in 5.7
from kombu.exceptions import OperationalError as BrokerError

from promo.services import (
    accesses,
    anniversaries,
    arming,
    bulk_acts,
    changing,
    confirmations,
    connections,
    evergreen,
    fetching,
    figures,
    fillings,
    forgetting,
    health,
    looking,
    lookups,
    mailings,
    notices,
    own_data,
    proofs,
    providers,
    publishing,
    reader_imports,
    restores,
    returns,
    rhythms,
    seconds,
    sources,
    subjects,
    takedowns,
    telling,
)
from promo.services.clock import database_now
from tasks import access, mailing, newsletters, readers
from tasks import evergreen as evergreen_tasks
from tasks import figures as figure_tasks
from tasks import publishing as publishing_tasks
from tasks import returns as return_tasks
from tasks import sources as source_tasks

log = structlog.get_logger()


def _fetch(*, now: datetime) -> None:
    if fetching.due(now=now):
        return_tasks.fetch.delay()


Hint = tuple[Callable[..., list[int]], Task[..., None]]


@dataclass(frozen=True, slots=True)
class Round:
    """What is looked at together: sweeps first, then who says what is due, and the task for it."""

    sweeps: tuple[Callable[..., object], ...] = ()
    hints: tuple[Hint, ...] = ()


Turns = dict[str, tuple[timedelta, Round]]

EVERY_TICK = Round(
    sweeps=(looking.sweep, mailings.sweep),
    hints=(
        (publishing.hand_out, publishing_tasks.publish),
        (looking.looks_due, publishing_tasks.look),
        (arming.hand_out, publishing_tasks.arm),
        (arming.minds_due, publishing_tasks.mind),
        (changing.due, publishing_tasks.change),
        (mailings.hand_out, mailing.send),
    ),
)
"""What has its second: `seconds.WATCHED` says whether any of it has something to do."""

SOON = timedelta(seconds=4)
SELDOM = timedelta(seconds=150)
TURNS: Turns = {
    "asked at the desk": (
        SOON,
        Round(
            hints=(
                (proofs.hand_out, newsletters.prove),
                (reader_imports.hand_out, readers.read),
                (bulk_acts.hand_out, readers.act),
            )
        ),
    ),
    "asked by readers": (
        SOON,
        Round(hints=((confirmations.due, mailing.confirm), (own_data.due, mailing.send_data_link))),
    ),
    "issues": (
        2 * SOON,
        Round(
            sweeps=(subjects.sweep, fillings.sweep),
            hints=((rhythms.hand_out, newsletters.compose), (telling.due, newsletters.tell)),
        ),
    ),
    "came back": (
        2 * SOON,
        Round(
            sweeps=(_fetch,),
            hints=((lookups.due, mailing.look), (returns.hand_out, return_tasks.process)),
        ),
    ),
    "places": (
        5 * SOON,
        Round(
            sweeps=(restores.check,),
            hints=((accesses.due, access.check), (notices.due, access.tell)),
        ),
    ),
    "read elsewhere": (
        5 * SOON,
        Round(hints=((sources.due, source_tasks.read), (figures.due, figure_tasks.read))),
    ),
    "sign-ups kept no longer": (SELDOM, Round(sweeps=(forgetting.sweep, connections.sweep))),
    "files kept no longer": (SELDOM, Round(sweeps=(reader_imports.forget_old, providers.let_go))),
    "mails kept no longer": (SELDOM, Round(sweeps=(returns.sweep,))),
    "what is out": (SELDOM, Round(sweeps=(figures.note_new, takedowns.follow_up))),
    "the season": (
        SELDOM,
        Round(
            hints=(
                (evergreen.hand_out, evergreen_tasks.keep),
                (anniversaries.due, evergreen_tasks.remember),
            ),
        ),
    ),
}
"""What may wait a little, and how often it is looked at: a tick should cost next to nothing.

A tick has one turn, so that all of them together must not ask for more than one a second; and a
round should take a few milliseconds, or it wants to be two.
"""

SIGN_OF_LIFE = {health.WORKER: (health.NOTED_EVERY, Round())}
"""A worker that ticks has a turn of its own, with nothing to do but to be noted."""


@shared_task
def tick() -> None:
    """Beat's only word. It reaches a worker, whose sign of life has its turn as well."""
    _look_around(TURNS | SIGN_OF_LIFE, at_most=1)


def hand_out() -> None:
    """Sweep dead leases and what is over, and hint at everything that is due."""
    _look_around(TURNS, at_most=len(TURNS))


def _look_around(turns: Turns, *, at_most: int) -> None:
    """What has its second, and of what may wait at most so many rounds: the longest waited for."""
    now = database_now()
    if seconds.anything(now=now):
        _go(EVERY_TICK, now=now)
    every = {name: seldom for name, (seldom, _round) in turns.items()}
    for _turn in range(at_most):
        name = health.next_turn(every, now=now)
        if name is None:
            return
        _go(turns[name][1], now=now)


def _go(through: Round, *, now: datetime) -> None:
    for sweep in through.sweeps:
        sweep(now=now)
    for due, task in through.hints:
        hint(task, due(now=now))


AT_ONCE = 1000
"""Hints that go to the broker in one flight: one by one a thousand would wait for each other.

The workers take the first of smaller flights, and the cores, while the others are still made.
"""


def hint(task: Task[..., None], row_ids: Sequence[int]) -> None:
    """Tell the workers of these rows."""
    if not row_ids:
        return
    try:
        # Connects anew where that is needed, which a flight does not, and declares the queue.
        task.delay(row_ids[0])
    except AttributeError as error:
        # kombu: a channel that was closed while the broker was away has no connection any more.
        raise BrokerError(str(error)) from error
    try:
        with task.app.producer_or_acquire() as producer, producer.batch(max_size=AT_ONCE):
            for row_id in row_ids[1:]:
                # `declare` goes on to kombu, which the stubs do not know.
                task.apply_async((row_id,), producer=producer, declare=())  # type: ignore[call-arg]
    except BatchPublishError:
        log.warning("hints", lost=len(row_ids), task=task.name)  # given again within the minute
