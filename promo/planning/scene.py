"""What one planning run knows: the subject, the rules, now, and what was planned or sent before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from promo.planning.calendar import next_minute
from promo.planning.values import ChannelRules, Destination, Occupied, Rules, Subject

# Full days may shift a step that far. What stands later was planned for another date.
SHIFT = timedelta(days=3)

Place = tuple[str, str]
"""A destination's ref and a slot: what one publication of the subject is known by."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All instants are in UTC.

    `out` and `pending` hold the subject's own posts, `by_hand` those of the pending ones whose time
    a person chose; `taken`, for each destination, the posts of the others and its own that are out.
    `named` are the destinations that the caller says were told (of a rescheduled item: of its old
    date).
    """

    subject: Subject
    rules: Rules
    now: datetime
    out: dict[Place, datetime]
    pending: dict[Place, datetime]
    taken: dict[str, tuple[Occupied, ...]]
    named: frozenset[str]
    by_hand: dict[Place, datetime]

    @property
    def told(self) -> frozenset[str]:
        """The destinations that know of the item."""
        return self.named | {ref for ref, _ in self.out}

    @property
    def told_before(self) -> frozenset[str]:
        """Those that know it as it was before its date changed."""
        changed_at = self.subject.changed_at
        before = {ref for (ref, _), at in self.out.items() if changed_at and at < changed_at}
        return self.named | before

    @property
    def soon(self) -> datetime:
        """The next whole minute: what "at once" means."""
        return self.now if self.subject.urgent else next_minute(self.now)

    @property
    def approved_at(self) -> datetime:
        """The approval; of a preview, now."""
        return self.subject.approved_at or self.now

    def channel(self, key: str) -> ChannelRules:
        """The channel's rules for this subject: emergencies wait for nothing, see `Subject`."""
        rules = self.rules.channel(key)
        if self.subject.urgent:
            return ChannelRules(rules.channel, lasting=rules.lasting, needs_twin=rules.needs_twin)
        return replace(rules, spaced=rules.spaced and not self.subject.operational)


def scene_of(
    *,
    subject: Subject,
    destinations: Iterable[Destination],
    rules: Rules,
    occupied: Iterable[Occupied],
    now: datetime,
    told: frozenset[str],
) -> Scene:
    """The scene; raises ValueError where `now` is naive."""
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    posts = tuple(occupied)
    own = [post for post in posts if post.ref == subject.ref]
    out = {(post.destination, post.slot): _utc(post.at) for post in own if post.out}
    unsent = [post for post in own if not post.out]
    refs = {destination.ref for destination in destinations}
    return Scene(
        subject=_in_utc(subject),
        rules=rules,
        now=_utc(now),
        out=out,
        pending={(post.destination, post.slot): _utc(post.at) for post in unsent},
        taken={ref: _taken(ref, posts, subject) for ref in refs},
        named=told,
        by_hand={(post.destination, post.slot): _utc(post.at) for post in unsent if post.by_hand},
    )


def held_at(scene: Scene, place: Place, due_at: datetime) -> datetime | None:
    """Where an earlier plan holds this slot still to come, if that is soon after `due_at`.

    Such a step was only shifted, or is just being sent: that its wanted time has passed meanwhile
    does not make it late. What a pause or an outage has held up for days is late.
    """
    planned = scene.pending.get(place)
    if planned is None or planned < due_at or max(planned, scene.now) - due_at >= SHIFT:
        return None
    return planned


def _taken(ref: str, posts: Iterable[Occupied], subject: Subject) -> tuple[Occupied, ...]:
    return tuple(
        replace(post, at=_utc(post.at))
        for post in posts
        if post.destination == ref
        and not post.operational
        and (post.out or post.ref != subject.ref)
    )


def _in_utc(subject: Subject) -> Subject:
    """Python compares two instants of one zone by wall time, which clock changes break."""
    return replace(
        subject,
        starts_at=subject.starts_at and _utc(subject.starts_at),
        ends_at=subject.ends_at and _utc(subject.ends_at),
        deadline_at=subject.deadline_at and _utc(subject.deadline_at),
        approved_at=subject.approved_at and _utc(subject.approved_at),
        previous_starts_at=subject.previous_starts_at and _utc(subject.previous_starts_at),
        changed_at=subject.changed_at and _utc(subject.changed_at),
        occurrences=tuple(sorted({_utc(start) for start in subject.occurrences})),
        altered=tuple(
            replace(
                one,
                was_at=_utc(one.was_at),
                starts_at=one.starts_at and _utc(one.starts_at),
                changed_at=_utc(one.changed_at),
            )
            for one in sorted(subject.altered, key=lambda one: one.was_at)
        ),
    )


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
