"""Segments: who is in one, how many, in words, and as a part of other statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from random import Random
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Max, Min, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from wagtail.models import Revision

from promo.errors import NotAllowed
from promo.models import Issue, Segment, Subscriber
from promo.services.criteria import Asks, Row, condition, criterion, ties_alone

SHOWN = 10
MANY = 50_000
"""With more subscribers whoever only looks is told an estimate."""

DRAWN = 2000
"""So many subscribers are looked at for it."""

FEWEST = 25
"""An estimate by fewer of those says nothing: the error is over a fifth of it."""


def rules_of(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows as they are kept."""
    kept = []
    for row in rows:
        rule = {**asdict(row), "day": row.day.isoformat() if row.day else None}
        kept.append({**rule, "values": list(row.values)})
    return kept


def rows_of(rules: Iterable[Mapping[str, Any]]) -> tuple[Row, ...]:
    """The rows that were kept."""
    return tuple(
        Row(
            **{
                **rule,
                "values": tuple(rule["values"]),
                "day": date.fromisoformat(rule["day"]) if rule["day"] else None,
            }
        )
        for rule in rules
    )


def meant(rows: Iterable[Row], *, now: datetime) -> Q:
    """All the rows as one condition on a subscriber.

    Raises InvalidInput for a condition that is not known any more.
    """
    every = Q()
    for row in rows:
        every &= condition(row, now=now)
    return every


def filtered(rows: Iterable[Row], *, now: datetime) -> QuerySet[Subscriber]:
    """Everybody for whom all the rows hold, in no order; without rows everybody."""
    return Subscriber.objects.filter(meant(rows, now=now)).order_by()


def count(rows: Iterable[Row], *, now: datetime) -> int:
    """How many subscribers that are, exactly: among a million it may take some seconds."""
    rows = tuple(rows)
    ties = ties_alone(rows)
    return (filtered(rows, now=now) if ties is None else ties).count()


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many subscribers, as far as is known: `number` is None where too few are meant to tell.

    One that is not `exact` has two digits that mean something.
    """

    number: int | None
    exact: bool = True


def quick_count(rows: Iterable[Row], *, now: datetime, many: int = MANY) -> Estimate:
    """The number for somebody who only looks: exact up to `many` subscribers, else by a sample."""
    rows = tuple(rows)
    ends = Subscriber.objects.aggregate(first=Min("id"), last=Max("id"))
    first, last = ends["first"] or 0, ends["last"] or 0
    if not rows or last - first < many or ties_alone(rows) is not None:
        return Estimate(count(rows, now=now))
    draw = Random(DRAWN)  # noqa: S311  (nothing secret)
    drawn = {draw.randint(first, last) for _one in range(DRAWN)}
    each_stands_for = (last - first + 1) / len(drawn)
    if Subscriber.objects.filter(id__in=drawn).count() * each_stands_for < many:
        return Estimate(count(rows, now=now))  # most ids are free: few are left of many
    fits = filtered(rows, now=now).filter(id__in=drawn).count()
    if fits < FEWEST:
        return Estimate(None, exact=False)
    return Estimate(two_digits(fits * each_stands_for), exact=False)


def two_digits(number: float) -> int:
    """As much of an estimate as means something."""
    return int(round(number, 2 - len(str(int(number)))))


def sample(rows: Iterable[Row], *, now: datetime) -> list[Subscriber]:
    """Ten of them, the newest first."""
    return list(filtered(rows, now=now).order_by("-id")[:SHOWN])


def words(rows: Iterable[Row]) -> list[str]:
    """Each row in plain words: “reads the newsletter: For children”."""
    return [_words(row) for row in rows]


def _words(row: Row) -> str:
    known = criterion(row.key)
    said = f"{known.label}: {_value(row)}" if _value(row) else str(known.label)
    if known.open_ended and not row.unchosen:
        said = _("{condition} (only those who chose it)").format(condition=said)
    return _("not: {condition}").format(condition=said) if row.negated else said


def _value(row: Row) -> str:
    known = criterion(row.key)
    if known.asks is Asks.COUNT:
        return str(row.count)
    if known.asks is Asks.DAY:
        return date_format(row.day, "j.m.Y") if row.day else ""
    if known.asks is Asks.TEXT:
        return row.text
    labels = {key: str(label) for key, label in known.choices()}
    chosen = [labels.get(one, _("(deleted)")) for one in row.values]
    between = pgettext("list", "and") if row.every else pgettext("list", "or")
    return f" {between} ".join(chosen)


def rows_for(segment: Segment | None) -> tuple[Row, ...]:
    """The rows of a segment; none, which mean everybody, where there is no segment."""
    return rows_of(segment.rules) if segment else ()


def in_words(rows: Sequence[Row]) -> str:
    """All the rows in one line."""
    return "; ".join(words(rows)) or _("all readers")


def save(*, segment: Segment, now: datetime) -> None:
    """Store it; raises InvalidInput where a condition is not known any more."""
    filtered(rows_of(segment.rules), now=now)
    segment.changed_at = now
    segment.full_clean()
    segment.save()


def remove(*, segment: Segment) -> None:
    """Delete it. Raises NotAllowed while an issue, or an earlier version of one, names it."""
    with transaction.atomic():
        Segment.objects.select_for_update().get(pk=segment.pk)
        issue = _user_of(segment)
        if issue is not None:
            raise NotAllowed(
                _("“{name}” stays: the issue “{issue}” goes only to this segment.").format(
                    name=segment, issue=issue
                )
            )
        segment.delete()


def _user_of(segment: Segment) -> Issue | None:
    """An issue that names it: as approved, as a draft, or in its history, which can come back."""
    kind = ContentType.objects.get_for_model(Issue)
    versions = Revision.objects.filter(base_content_type=kind, content__segment=segment.pk)
    ids = [int(one) for one in versions.values_list("object_id", flat=True)]
    return Issue.objects.filter(Q(segment=segment) | Q(pk__in=ids)).first()


class Part(NamedTuple):
    """A condition to put into another statement, with its values by name."""

    sql: str
    values: dict[str, Any]


def part(rows: Sequence[Row], *, column: str, now: datetime, among: Collection[int] = ()) -> Part:
    """`AND column IN (…)` for the subscribers whom the rows mean; nothing where they mean all.

    Of these ids alone, where some are named.
    """
    if not rows:
        return Part("", {})
    inner = filtered(rows, now=now).values("id")
    inner = inner.filter(id__in=among) if among else inner
    try:
        sql, given = inner.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:  # Django sees that nobody can be meant
        return Part("AND FALSE", {})
    values = {f"segment_{number}": value for number, value in enumerate(given)}
    pieces = sql.split("%s")
    named = "".join(f"{piece}%({name})s" for piece, name in zip(pieces, values, strict=False))
    return Part(f"AND {column} IN ({named}{pieces[-1]})", values)
