"""What a new plan does to what stands already, destination by destination. Pure.

The preview of an act and storing its plan go by the same rules: `weigh` says what will become of
every publication, and `services.plans.replan` does exactly that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from promo.planning.notices import KEYS
from promo.planning.reasons import Reason
from promo.planning.values import Dropped, Plan, Planned
from promo.values import Variant

_SOON = timedelta(minutes=15)
"""Two moments this near to now mean the same to whoever confirms: as soon as possible."""


class Hold(StrEnum):
    """How far a publication is ours to change."""

    UNSENT = "unsent"
    OUT = "out"
    """Out, on its way, or nobody knows."""
    RETURNS = "returns"
    """Dropped by an earlier plan, or missed: a plan that wants it again brings it back."""
    CLOSED = "closed"
    """Dropped by a person, refused, taken down: no plan brings it back."""


class Effect(StrEnum):
    """What becomes of one publication, in the order in which people are told."""

    NOTICE = "notice"
    DROPPED = "dropped"
    MOVED = "moved"
    ADDED = "added"
    STAYS = "stays"
    MARKED = "marked"
    """An entry on our own ground: it stays, and says what has changed."""
    BEYOND_RECALL = "beyond_recall"
    """It is out on somebody else's ground as it was."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A publication as it stands. `by_hand`: a person chose its time. `ours`: on our own ground."""

    destination: str
    slot: str
    variant: Variant
    at: datetime
    hold: Hold
    by_hand: bool = False
    ours: bool = False
    occurrence_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Consequence:
    """What becomes of a publication: `before` is None for a new one, `after` for a dropped one."""

    effect: Effect
    destination: str
    slot: str
    variant: Variant
    before: datetime | None = None
    after: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    occurrence_at: datetime | None = None


def stands_at(planned: Planned, by_hand: datetime | None) -> datetime:
    """When it goes out: at the time a person chose, unless that is too late now."""
    limit = planned.not_after_at
    if by_hand is None or (limit is not None and by_hand > limit):
        return planned.due_at
    return by_hand


def weigh(standing: Iterable[Standing], plan: Plan) -> tuple[Consequence, ...]:
    """What the plan does to what stands, by destination, then by effect, then in order of time."""
    there = {(row.destination, row.slot): row for row in standing}
    wanted = {(step.destination, step.slot): step for step in plan.planned}
    dropped = {(step.destination, step.slot): step for step in plan.dropped}
    found = [_of_planned(step, there.get(place)) for place, step in wanted.items()]
    found += [
        _of_standing(row, dropped.get(place))
        for place, row in there.items()
        if row.hold is Hold.OUT or (row.hold is Hold.UNSENT and place not in wanted)
    ]
    return tuple(sorted((one for one in found if one is not None), key=_order))


def fingerprint(consequences: Sequence[Consequence], *, now: datetime) -> tuple[object, ...]:
    """What a person has agreed to: equal as long as the same becomes of the same publications.

    The minute of what goes out at once does not count: it moves while they read.
    """
    return tuple(sorted(_agreed(one, now) for one in consequences))


def _agreed(one: Consequence, now: datetime) -> tuple[str, ...]:
    effect, before = one.effect, "" if one.before is None else one.before.isoformat()
    after = "" if one.after is None else _moment(one.after, now)
    if one.before is not None and _moment(one.before, now) == after:
        effect, before = Effect.STAYS, after  # it goes out at once, as it would have
    return (
        effect.value,
        one.destination,
        one.slot.partition("@")[0],
        one.variant.value,
        str(one.occurrence_at),
        before,
        after,
    )


def by_destination(
    consequences: Iterable[Consequence],
) -> Mapping[str, tuple[Consequence, ...]]:
    """The consequences of each destination."""
    groups: dict[str, list[Consequence]] = {}
    for one in consequences:
        groups.setdefault(one.destination, []).append(one)
    return {ref: tuple(group) for ref, group in groups.items()}


def _of_planned(step: Planned, row: Standing | None) -> Consequence | None:
    if row is not None and row.hold in (Hold.OUT, Hold.CLOSED):
        return None
    if row is None or row.hold is Hold.RETURNS:
        after, before = step.due_at, None
        effect = Effect.NOTICE if step.step_key in KEYS else Effect.ADDED
    else:
        after, before = stands_at(step, row.at if row.by_hand else None), row.at
        effect = Effect.STAYS if after == before else Effect.MOVED
    return Consequence(
        effect=effect,
        destination=step.destination,
        slot=step.slot,
        variant=step.variant,
        before=before,
        after=after,
        reasons=step.reasons,
        occurrence_at=step.occurrence_at,
    )


def _of_standing(row: Standing, dropped: Dropped | None) -> Consequence:
    if row.hold is Hold.OUT:
        effect = Effect.MARKED if row.ours else Effect.BEYOND_RECALL
    else:
        effect = Effect.DROPPED
    return Consequence(
        effect=effect,
        destination=row.destination,
        slot=row.slot,
        variant=row.variant,
        before=row.at,
        reasons=(dropped.reason,) if dropped and effect is Effect.DROPPED else (),
        occurrence_at=row.occurrence_at,
    )


_RANK = {effect: rank for rank, effect in enumerate(Effect)}


def _order(one: Consequence) -> tuple[str, int, datetime, str]:
    at = one.after or one.before or datetime.max.replace(tzinfo=UTC)
    return (one.destination, _RANK[one.effect], at, one.slot)


def _moment(at: datetime, now: datetime) -> str:
    return "soon" if at - now < _SOON else at.isoformat()
