"""Is our access to the networks still good? Checked daily, lost, warned of, found again.

A lost access pauses its destination: the queue waits. Whoever may connect it gets a mail
(`services/notices.py`); the desk shows a banner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import translation

from promo.channels.base import SignInContract
from promo.errors import ConfigurationError
from promo.models import AccessNotice, Destination, Institution
from promo.services import channels, destinations
from promo.values import Problem

EVERY = timedelta(days=1)
SOONER = timedelta(hours=1)
"""When it is tried again after a network that did not answer."""

LEASE = timedelta(minutes=15)
"""A check whose hint was lost is due again after this."""

MILESTONES = (3, 10)
"""Days before an end at which people are told, the nearest that is reached, each once."""

NOT_CHECKED = frozenset({"not_checked"})
"""What a check finds that could not be made: it says nothing about the access."""


def sign_in_of(key: str) -> type[SignInContract] | None:
    """How this channel is connected by the network's own sign-in; None where it is not."""
    found: type[SignInContract] | None = getattr(channels.installed().get(key), "sign_in", None)
    return found


def due(*, now: datetime) -> list[int]:
    """Destinations to check now. Each is moved on, so that two ticks do no harm."""
    checked = [key for key in channels.installed() if sign_in_of(key)]
    rows = Destination.objects.filter(
        channel__in=checked, active=True, access_lost_at=None, next_check_at__lte=now
    )
    with transaction.atomic():
        ids = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:50])
        Destination.objects.filter(pk__in=ids).update(next_check_at=now + LEASE)
    return ids


def check_daily(destination_id: int, *, now: datetime) -> None:
    """Check one destination, in the institution's language, as nobody is looking."""
    row = Destination.objects.filter(pk=destination_id, access_lost_at=None).first()
    if row is not None:
        with translation.override(Institution.load().language):
            check(destination=row, now=now)


def check(*, destination: Destination, now: datetime) -> list[Problem]:
    """Ask the network, and do what follows: a lost access pauses, one that ends is told of."""
    try:
        found = destinations.check(destination=destination, now=now)
    except ConfigurationError as error:
        found = [Problem(code="not_set_up", text=error.text)]
    if sign_in_of(destination.channel) is None:
        return found
    undone = any(problem.code in NOT_CHECKED for problem in found)
    Destination.objects.filter(pk=destination.pk).update(
        next_check_at=now + (SOONER if undone else EVERY)
    )
    if undone:
        return found
    faults = [problem for problem in found if problem.level == "error"]
    endings = [problem for problem in found if problem.ends_at is not None]
    Destination.objects.filter(pk=destination.pk).update(
        findings=[{"code": problem.code, "text": problem.text} for problem in endings]
    )
    if faults:
        lose(destination=destination, because=faults[0].text, used_at=now, now=now)
    for problem in endings:
        _warn(destination, problem, now=now)
    return found


def lose(
    *, destination: Destination, because: str, used_at: datetime | None, now: datetime
) -> None:
    """Our access is gone: pause, and tell whoever can mend it.

    Nothing happens where it was connected anew after `used_at`: the refusal was of the old access.
    """
    same = Destination.objects.filter(pk=destination.pk, access_lost_at=None)
    if used_at is not None:
        same = same.filter(Q(connected_at=None) | Q(connected_at__lte=used_at))
    with transaction.atomic():
        if not same.update(access_lost_at=now):
            return
        destinations.pause(destination=destination, because=because, now=now)
        _tell(destination, AccessNotice.Kind.LOST, f"lost:{now.isoformat()}", because, now=now)


def found_again(*, destination: Destination) -> bool:
    """Go on where the pause was for a lost access; False where a person paused it before."""
    lost = Destination.objects.filter(pk=destination.pk, access_lost_at__isnull=False)
    paused_by_it = lost.filter(paused_at=F("access_lost_at")).exists()
    lost.update(access_lost_at=None)
    if paused_by_it:
        destinations.resume(destination=destination)
    return paused_by_it


def may_connect() -> Sequence[User]:
    """Everybody who can connect a destination again."""
    backend = "django.contrib.auth.backends.ModelBackend"
    return list(
        User.objects.with_perm("promo.change_destination", backend=backend).exclude(email="")
    )


def warnings() -> list[dict[str, Any]]:
    """What the desk's banner says: destinations without access, then those whose access ends."""
    rows = Destination.objects.filter(active=True)
    lost = [
        {"destination": row, "text": row.paused_because, "lost": True}
        for row in rows.filter(access_lost_at__isnull=False)
    ]
    ending = [
        {"destination": row, "text": row.findings[0]["text"], "lost": False}
        for row in rows.filter(access_lost_at=None).exclude(findings=[])
    ]
    return [
        {**row, "guided": sign_in_of(row["destination"].channel) is not None}
        for row in [*lost, *ending]
    ]


def _warn(destination: Destination, problem: Problem, *, now: datetime) -> None:
    if problem.ends_at is None:
        return
    left = problem.ends_at - now
    reached = next((days for days in MILESTONES if left <= timedelta(days=days)), None)
    if reached is not None:
        key = f"{problem.code}:{problem.ends_at.date().isoformat()}:{reached}"
        _tell(destination, AccessNotice.Kind.ENDS, key, problem.text, now=now)


def _tell(
    destination: Destination, kind: AccessNotice.Kind, key: str, text: str, *, now: datetime
) -> None:
    AccessNotice.objects.bulk_create(
        [
            AccessNotice(
                destination=destination,
                user=user,
                kind=kind,
                key=key,
                text=text[:300],
                tell_at=now,
            )
            for user in may_connect()
        ],
        ignore_conflicts=True,
    )
