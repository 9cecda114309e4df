"""A small library to plan for: a page, a newsletter, a website, and short ways to write times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from promo.planning import (
    Destination,
    Dropped,
    Occupied,
    Plan,
    Planned,
    Reason,
    ReasonCode,
    Rules,
    Step,
    Subject,
    default_timetable,
    plan,
    polish_holidays,
)
from promo.values import Variant

WARSAW = ZoneInfo("Europe/Warsaw")
PAGE = Destination("page", "facebook_page")
MAIL = Destination("mail", "newsletter_email")
SITE = Destination("site", "website")
ALL = (PAGE, MAIL, SITE)
RULES = Rules(zone=WARSAW, holidays=polish_holidays(range(2024, 2029)))


def wall(text: str) -> datetime:
    """The instant of a Warsaw wall time written as 2026-10-20 17:00."""
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW).astimezone(UTC)


def shown(instant: datetime) -> str:
    """What the clock in Warsaw shows, written the same way."""
    return f"{instant.astimezone(WARSAW):%Y-%m-%d %H:%M}"


def event(starts: str = "2026-10-20 17:00", **values: Any) -> Subject:
    """A meeting with an author on a Tuesday, approved long before unless said otherwise."""
    begins_at = wall(starts)
    defaults: dict[str, Any] = {
        "ref": "meeting",
        "kind": "author_meeting",
        "starts_at": begins_at,
        "ends_at": begins_at + timedelta(hours=2),
        "approved_at": begins_at - timedelta(days=60),
    }
    return Subject(**{**defaults, **values})


def approved(subject: Subject, at: str) -> Subject:
    return replace(subject, approved_at=wall(at))


def step(notation: str, variant: Variant = Variant.ANNOUNCE, **values: Any) -> Step:
    """A step on the page, unless `channel` says otherwise."""
    defaults: dict[str, Any] = {"key": f"{variant} {notation}", "channel": "facebook_page"}
    return Step.parse(notation, variant=variant, **{**defaults, **values})


def usual(subject: Subject) -> tuple[Step, ...]:
    return default_timetable(subject.kind).steps


def planned(
    subject: Subject,
    *steps: Step,
    now: datetime | str | None = None,
    destinations: Sequence[Destination] = ALL,
    occupied: Iterable[Occupied] = (),
    rules: Rules = RULES,
    told: Iterable[str] = (),
) -> Plan:
    """The plan at the approval, or at `now`; by the usual timetable if no step is given."""
    moment = wall(now) if isinstance(now, str) else now or subject.approved_at
    assert moment is not None
    return plan(
        subject=subject,
        steps=steps or usual(subject),
        destinations=destinations,
        rules=rules,
        occupied=occupied,
        now=moment,
        told=frozenset(told),
    )


def times(made: Plan, destination: Destination = PAGE) -> dict[str, str]:
    """Step keys and wall times of one destination."""
    return {
        post.step_key: shown(post.due_at)
        for post in made.planned
        if post.destination == destination.ref
    }


def post(made: Plan, key: str) -> Planned:
    (found,) = [post for post in made.planned if post.step_key == key]
    return found


def codes(found: Planned | Dropped) -> list[ReasonCode]:
    reasons: tuple[Reason, ...] = found.reasons if isinstance(found, Planned) else (found.reason,)
    return [reason.code for reason in reasons]


def dropped(made: Plan, destination: Destination = PAGE) -> dict[str, ReasonCode]:
    """Step keys and reasons of what one destination will not show."""
    return {
        step.step_key: step.reason.code
        for step in made.dropped
        if step.destination == destination.ref
    }


def elsewhere(at: str, destination: Destination = PAGE, **values: Any) -> Occupied:
    """A post of another item."""
    return Occupied(destination=destination.ref, at=wall(at), ref="another item", **values)


def remembered(made: Plan, subject: Subject, *, now: datetime | None = None) -> list[Occupied]:
    """The plan as it is handed in again; what is due by `now` is out."""
    return [
        Occupied(
            destination=post.destination,
            at=post.due_at,
            ref=subject.ref,
            slot=post.slot,
            out=now is not None and post.due_at <= now,
        )
        for post in made.planned
    ]
