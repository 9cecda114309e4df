"""What an act or an approval does, in words: by destination, in the order of importance."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from promo.models import Destination
from promo.planning import Consequence, Effect, reason_text

LABELS = {
    Effect.NOTICE: _("will be told"),
    Effect.DROPPED: _("will not go out"),
    Effect.MOVED: _("moves"),
    Effect.ADDED: _("is added"),
    Effect.STAYS: _("stays as planned"),
    Effect.MARKED: _("stays and shows the change"),
    Effect.BEYOND_RECALL: _("is out and cannot be recalled"),
}
QUIET = frozenset({Effect.STAYS})


@dataclass(frozen=True, slots=True)
class Line:
    """One publication: what becomes of it, from when to when, and why."""

    effect: str
    label: Any
    variant: str
    before: datetime | None
    after: datetime | None
    occurrence_at: datetime | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A destination and what happens there."""

    name: str
    channel: str
    lines: tuple[Line, ...]


def in_words(consequences: Iterable[Consequence]) -> list[Place]:
    """The consequences for people, by destination, in the order of the destinations' names."""
    known = {str(row.uuid): row for row in Destination.objects.all()}
    found: dict[str, list[Line]] = {}
    for one in consequences:
        found.setdefault(one.destination, []).append(_line(one))
    places = [
        Place(known[ref].name, known[ref].channel, tuple(lines))
        for ref, lines in found.items()
        if ref in known
    ]
    return sorted(places, key=lambda place: place.name)


def changes(consequences: Iterable[Consequence]) -> list[Place]:
    """The same without what stays as it is: for whoever approves a change."""
    telling = {Effect.NOTICE, Effect.DROPPED, Effect.MOVED, Effect.ADDED}
    return in_words(one for one in consequences if one.effect in telling)


def _line(one: Consequence) -> Line:
    return Line(
        effect=one.effect.value,
        label=LABELS[one.effect],
        variant=one.variant.value,
        before=one.before,
        after=one.after if one.effect is not Effect.STAYS else None,
        occurrence_at=one.occurrence_at,
        reasons=() if one.effect in QUIET else tuple(reason_text(why) for why in one.reasons),
    )
