"""Acts on many readers: asked for, done in slices, cancelled, taken up again after a death.

The row is the queue. Whom the act is about is found once; then each slice is one transaction in
which the readers are changed, counted and passed: a killed worker's slice has not happened, and no
slice happens twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from promo import stops
from promo.errors import NotAllowed, PromoError
from promo.models import BulkAct, BulkActReader, Subscriber
from promo.services import hints, segments
from promo.services.bulk_slices import SIZES, SLICES
from promo.services.clock import Clock, database_now
from promo.services.criteria import Row
from promo.services.ledger import worker_name

log = structlog.get_logger()

State = BulkAct.State
UNDER_WAY = (State.WAITING, State.WORKING)
SIZE = 1000
"""Readers in a slice."""

LEASE = timedelta(minutes=2)
"""Longer than any slice, and than gathering the readers."""

MOST_SLICES = 300
"""Slices that a worker does before it hands the act back: others wait for it too."""

MOST_TRIES = 3
"""An act that has brought down so many workers in a row is given up."""


class Lost(Exception):
    """The act was cancelled, or another worker has it."""


def ask(
    *,
    kind: BulkAct.Kind,
    given: dict[str, Any],
    why: str,
    wording: str = "",
    rows: Iterable[Row] = (),
    ids: Collection[int] | None = None,
    about: str,
    user: User | None,
    now: datetime,
) -> BulkAct:
    """Hand an act to the workers: on these very readers, or on everybody for whom the rows hold.

    `about` tells people whom it is about.
    """
    with transaction.atomic():
        act = BulkAct.objects.create(
            kind=kind,
            given=given,
            why=why,
            wording=wording,
            rules=segments.rules_of(rows),
            about=about,
            started_by=user,
            created_at=now,
        )
        if ids is not None:
            known = Subscriber.objects.filter(id__in=ids).values_list("id", flat=True)
            rows_ = [BulkActReader(act=act, subscriber_id=one) for one in known]
            act.total = len(BulkActReader.objects.bulk_create(rows_))
            act.save(update_fields=["total"])
    return act


def cancel(*, act: BulkAct, now: datetime) -> None:
    """Stop after the slice that is being done. What is done stays. Raises NotAllowed once over."""
    _end(BulkAct.objects.filter(id=act.id, state__in=UNDER_WAY), State.CANCELLED, now=now)


def hand_out(*, now: datetime) -> list[int]:
    """Ids of acts that wait for a worker, or lost theirs; one hinted at lately is passed by."""
    stale = Q(hinted_at__isnull=True) | Q(hinted_at__lte=now - settings.PROMO_HINT_AGAIN)
    rows = BulkAct.objects.filter(stale, _free(now)).order_by("created_at")
    return hints.take(rows, limit=10, hinted_at=now)


def _free(now: datetime) -> Q:
    return Q(state=State.WAITING) | Q(state=State.WORKING, lease_until_at__lte=now)


def run(
    act_id: int, *, clock: Clock = database_now, most: int = MOST_SLICES, size: int = SIZE
) -> None:
    """Do the act, slice by slice, or go on with it; at most `most` slices, then it is handed back.

    Raises what the database raises: the act is then taken up again once its lease has ended.
    """
    token = _claim(act_id, now=clock())
    if token is None:
        return
    try:
        _gather(act_id, token, now=clock())
        stops.reached(stops.AFTER_CLAIM)
        for _slice in range(most):
            if not _do_slice(act_id, token, size=size, now=clock()):
                return
            stops.reached(stops.AFTER_SETTLE)
        _hand_back(act_id, token)
    except Lost:
        log.info("bulk act", id=act_id, lost=True)
    except PromoError as error:
        log.warning("bulk act", id=act_id, error=str(error))
        _end(_held(act_id, token), State.FAILED, now=clock(), problem=error.text[:500])


def _claim(act_id: int, *, now: datetime) -> int | None:
    """The token of a new claim; None where there is nothing to do, or somebody has it."""
    taken = BulkAct.objects.filter(_free(now), id=act_id).update(
        state=State.WORKING,
        token=F("token") + 1,
        tries=F("tries") + 1,
        owner=worker_name(),
        lease_until_at=now + LEASE,
    )
    return BulkAct.objects.values_list("token", flat=True).get(id=act_id) if taken else None


def _held(act_id: int, token: int) -> QuerySet[BulkAct]:
    return BulkAct.objects.filter(id=act_id, token=token, state=State.WORKING)


def _lock(act_id: int, token: int) -> BulkAct:
    """The act, which nobody cancels or takes meanwhile. Raises Lost where somebody has."""
    act = _held(act_id, token).select_for_update().first()
    if act is None:
        raise Lost
    return act


def _gather(act_id: int, token: int, *, now: datetime) -> None:
    """Write down whom the act is about, once. Raises NotAllowed where it does not get that far."""
    with transaction.atomic():
        act = _lock(act_id, token)
        if act.tries > MOST_TRIES:
            raise NotAllowed(_("The program stopped each time it tried. Nothing more was done."))
        if act.total is not None:
            return
        wanted = segments.part(segments.rows_of(act.rules), column="id", now=now)
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO promo_bulkactreader (act_id, subscriber_id)
                SELECT %(act)s, id FROM promo_subscriber WHERE TRUE {wanted.sql} ORDER BY id
                """,  # noqa: S608  (a condition of ours, its values by name)
                {**wanted.values, "act": act_id},
            )
            act.total = cursor.rowcount
        act.save(update_fields=["total"])


def _do_slice(act_id: int, token: int, *, size: int, now: datetime) -> bool:
    """The next readers; False once nobody is left, or the act is not ours any more."""
    with transaction.atomic():
        act = _lock(act_id, token)
        following = act.readers.filter(subscriber_id__gt=act.after).order_by("subscriber_id")
        most = SIZES.get(act.kind, size)
        ids = list(following.values_list("subscriber_id", flat=True)[:most])
        if not ids:
            _end(_held(act_id, token), State.DONE, now=now)
            return False
        counts = asdict(SLICES[act.kind](act, ids, now))
        _held(act_id, token).update(
            after=ids[-1],
            tries=0,
            lease_until_at=now + LEASE,
            **{name: F(name) + count for name, count in counts.items()},
        )
    return True


def _hand_back(act_id: int, token: int) -> None:
    _held(act_id, token).update(state=State.WAITING, hinted_at=None, lease_until_at=None)


def _end(held: QuerySet[BulkAct], state: State, *, now: datetime, problem: str = "") -> None:
    """Write down how it ended, and forget whom it was about. Raises NotAllowed once it is over."""
    with transaction.atomic():
        ids = list(held.select_for_update().values_list("id", flat=True))
        if not ids:
            raise NotAllowed(_("This is already over."))
        BulkAct.objects.filter(id__in=ids).update(
            state=state, finished_at=now, lease_until_at=None, problem=problem
        )
        BulkActReader.objects.filter(act__in=ids).delete()
