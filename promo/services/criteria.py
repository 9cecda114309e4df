"""What subscribers can be filtered by: one table, as data.

A new criterion is a line of `CRITERIA`: its key (stored, never changed), a label that reads well
before a colon and its value, what it asks the person for, and the condition on a subscriber. The
desk's form, the words in reports and the SQL follow from it. A condition over another table is an
`Exists` at its top: PostgreSQL makes a join of it, and of its negation another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy, pgettext_lazy

from promo.errors import InvalidInput
from promo.models import (
    Branch,
    Delivery,
    DeliveryEvent,
    Institution,
    Newsletter,
    Preferences,
    Subscription,
    Suppression,
)
from promo.planning.kinds import AUDIENCES, TOPICS
from promo.services import engagement

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Kind = DeliveryEvent.Kind
TROUBLES = (Kind.BOUNCED, Kind.REFUSED, Kind.GIVEN_UP, Kind.COMPLAINED)


class Asks(StrEnum):
    """What a criterion asks the person for."""

    CHOICES = "choices"
    COUNT = "count"
    DAY = "day"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as staff have set it. Of the values only the one that its criterion asks for.

    `every`: all of the values, not any of them. `unchosen`: whoever has chosen none counts too.
    """

    key: str
    negated: bool = False
    every: bool = False
    values: tuple[str, ...] = ()
    count: int = 0
    day: date | None = None
    text: str = ""
    unchosen: bool = True


Condition = Callable[[Row, datetime], Q]


@dataclass(frozen=True, slots=True)
class Criterion:
    """`several`: a subscriber can have several of the choices. `needed`: one must be chosen.

    `open_ended`: none chosen by the subscriber means all, which staff may leave out. `known`: of
    whom it can be said at all; without it, of everybody. `hint`: what staff should know of it.
    """

    key: str
    group: StrPromise
    label: StrPromise
    asks: Asks
    condition: Condition
    choices: Callable[[], list[tuple[str, Any]]] = list
    several: bool = True
    needed: bool = True
    open_ended: bool = False
    known: Condition | None = None
    hint: Callable[[], str] = str


def _tied(*states: Subscription.State) -> Condition:
    """Tied to the newsletters in one of these states; to any newsletter where none is named."""

    def condition(row: Row, _now: datetime) -> Q:
        ties = Subscription.objects.filter(subscriber=OuterRef("pk"), state__in=states)
        if row.every and row.values:
            return _all(Exists(ties.filter(newsletter=int(one))) for one in row.values)
        return Q(Exists(ties.filter(newsletter__in=row.values) if row.values else ties))

    return condition


def _chosen(field: str) -> Condition:
    """Of what is kept as an array in the preferences."""

    def condition(row: Row, _now: datetime) -> Q:
        fits = Q(**{f"{field}__{'contains' if row.every else 'overlap'}": list(row.values)})
        rows = Preferences.objects.filter(subscriber=OuterRef("pk"))
        if not row.unchosen:
            return Q(Exists(rows.filter(fits)))
        return ~Q(Exists(rows.exclude(**{field: []}).exclude(fits)))

    return condition


def _branches(row: Row, _now: datetime) -> Q:
    chosen = Preferences.branches.through._default_manager  # noqa: SLF001  (Django's own name)
    sets = [[one] for one in row.values] if row.every else [list(row.values)]

    def fits(reader: OuterRef, branches: list[str]) -> Exists:
        return Exists(chosen.filter(preferences=reader, branch__in=branches))

    if not row.unchosen:
        return _all(fits(OuterRef("pk"), branches) for branches in sets)
    # Nobody who has chosen some, but not these: two joins, where an OR would be a look for each.
    mine = chosen.filter(preferences=OuterRef("pk"))
    return _all(
        ~Exists(mine.filter(~fits(OuterRef("preferences_id"), branches))) for branches in sets
    )


def _all(conditions: Any) -> Q:
    found = Q()
    for one in conditions:
        found &= Q(one)
    return found


def _language(row: Row, _now: datetime) -> Q:
    return Q(language__in=row.values)


def _text(row: Row, _now: datetime) -> Q:
    return _all(Q(email__icontains=word) | Q(name__icontains=word) for word in row.text.split())


def _begin(row: Row) -> datetime:
    """When the row's day begins in the library's time zone."""
    return datetime.combine(row.day or date.min, time(), tzinfo=Institution.load().tz)


def _joined_from(row: Row, _now: datetime) -> Q:
    return Q(created_at__gte=_begin(row))


def _joined_before(row: Row, _now: datetime) -> Q:
    return Q(created_at__lt=_begin(row))


def _joined_within(row: Row, now: datetime) -> Q:
    return Q(created_at__gte=now - timedelta(days=row.count))


def _got() -> QuerySet[Delivery]:
    return Delivery.objects.filter(subscriber=OuterRef("pk"), state=Delivery.State.ACCEPTED)


def _received(row: Row, _now: datetime) -> Q:
    # Where there is an n-th one, there are n: no reader's rows are read beyond it.
    return Q(Exists(_got()[row.count - 1 : row.count] if row.count > 1 else _got()))


def _received_within(row: Row, now: datetime) -> Q:
    return Q(Exists(_got().filter(settled_at__gte=now - timedelta(days=row.count))))


def _trouble(row: Row, _now: datetime) -> Q:
    events = DeliveryEvent.objects.filter(delivery__subscriber=OuterRef("pk"))
    if row.every:
        return _all(Exists(events.filter(kind=one)) for one in row.values)
    return Q(Exists(events.filter(kind__in=row.values)))


def _suppressed(row: Row, _now: datetime) -> Q:
    rows = Suppression.objects.filter(address_hash=OuterRef("address_hash"))
    return Q(Exists(rows.filter(reason__in=row.values) if row.values else rows))


def _newsletters() -> list[tuple[str, Any]]:
    return [(str(pk), name) for pk, name in Newsletter.objects.values_list("pk", "name")]


def _branch_names() -> list[tuple[str, Any]]:
    return [(str(pk), name) for pk, name in Branch.objects.values_list("pk", "name")]


_TIE = pgettext_lazy("group of conditions", "Subscription")
_WISH = pgettext_lazy("group of conditions", "What they chose")
_PERSON = pgettext_lazy("group of conditions", "The reader")
_MAIL = pgettext_lazy("group of conditions", "What they got")
_State = Subscription.State


_TIED = {
    "reads": (_State.ACTIVE,),
    "waits": (_State.PENDING,),
    "left": (_State.ENDED,),
    "tied": tuple(_State),
}


def _table(*rows: Criterion) -> Mapping[str, Criterion]:
    return MappingProxyType({row.key: row for row in rows})


CRITERIA: Mapping[str, Criterion] = _table(
    Criterion(
        "reads",
        _TIE,
        pgettext_lazy("condition", "reads the newsletter"),
        Asks.CHOICES,
        _tied(*_TIED["reads"]),
        _newsletters,
        needed=False,
    ),
    Criterion(
        "waits",
        _TIE,
        pgettext_lazy("condition", "has not confirmed yet the newsletter"),
        Asks.CHOICES,
        _tied(*_TIED["waits"]),
        _newsletters,
        needed=False,
    ),
    Criterion(
        "left",
        _TIE,
        pgettext_lazy("condition", "has unsubscribed from the newsletter"),
        Asks.CHOICES,
        _tied(*_TIED["left"]),
        _newsletters,
        needed=False,
    ),
    Criterion(
        "tied",
        _TIE,
        pgettext_lazy("condition", "reads, read or asked for the newsletter"),
        Asks.CHOICES,
        _tied(*_TIED["tied"]),
        _newsletters,
        needed=False,
    ),
    Criterion(
        "topics",
        _WISH,
        pgettext_lazy("condition", "topics"),
        Asks.CHOICES,
        _chosen("topics"),
        lambda: [(one.key, one.label) for one in TOPICS],
        open_ended=True,
    ),
    Criterion(
        "audiences",
        _WISH,
        pgettext_lazy("condition", "for whom"),
        Asks.CHOICES,
        _chosen("audiences"),
        lambda: [(one.key, one.label) for one in AUDIENCES],
        open_ended=True,
    ),
    Criterion(
        "branches",
        _WISH,
        pgettext_lazy("condition", "branches"),
        Asks.CHOICES,
        _branches,
        _branch_names,
        open_ended=True,
    ),
    Criterion(
        "language",
        _PERSON,
        pgettext_lazy("condition", "language"),
        Asks.CHOICES,
        _language,
        lambda: [("pl", gettext_lazy("Polish")), ("en", gettext_lazy("English"))],
        several=False,
    ),
    Criterion(
        "text", _PERSON, pgettext_lazy("condition", "address or name contains"), Asks.TEXT, _text
    ),
    Criterion(
        "joined_within",
        _PERSON,
        pgettext_lazy("condition", "days since joining, at most"),
        Asks.COUNT,
        _joined_within,
    ),
    Criterion(
        "joined_from",
        _PERSON,
        pgettext_lazy("condition", "joined on this day or later"),
        Asks.DAY,
        _joined_from,
    ),
    Criterion(
        "joined_before",
        _PERSON,
        pgettext_lazy("condition", "joined before"),
        Asks.DAY,
        _joined_before,
    ),
    Criterion(
        "received",
        _MAIL,
        pgettext_lazy("condition", "issues received, at least"),
        Asks.COUNT,
        _received,
    ),
    Criterion(
        "received_within",
        _MAIL,
        pgettext_lazy("condition", "days since the last issue received, at most"),
        Asks.COUNT,
        _received_within,
    ),
    *(
        Criterion(
            one.key,
            _MAIL,
            one.label,
            Asks.COUNT,
            one.condition,
            known=one.known,
            hint=engagement.hint,
        )
        for one in engagement.CRITERIA
    ),
    Criterion(
        "trouble",
        _MAIL,
        pgettext_lazy("condition", "a mail to this reader was"),
        Asks.CHOICES,
        _trouble,
        lambda: [(kind.value, kind.label) for kind in TROUBLES],
    ),
    Criterion(
        "suppressed",
        _MAIL,
        pgettext_lazy("condition", "must not be mailed"),
        Asks.CHOICES,
        _suppressed,
        lambda: list(Suppression.Reason.choices),
        several=False,
        needed=False,
    ),
)
"""In the order in which people choose from them."""


def ties_alone(rows: Sequence[Row]) -> QuerySet[Subscription] | None:
    """Where all that is asked is a tie to one newsletter: these ties, one of each subscriber's.

    They are counted in an index, where the subscribers themselves would be joined to them.
    """
    if len(rows) != 1 or rows[0].negated or len(rows[0].values) != 1 or rows[0].key not in _TIED:
        return None
    states = _TIED[rows[0].key]
    return Subscription.objects.filter(newsletter=int(rows[0].values[0]), state__in=states)


def criterion(key: str) -> Criterion:
    """Raises InvalidInput for a key that is not in the table any more."""
    known = CRITERIA.get(key)
    if known is None:
        raise InvalidInput(str(gettext_lazy("This condition is not known any more. Remove it.")))
    return known


def condition(row: Row, *, now: datetime) -> Q:
    """The row as a condition on a subscriber."""
    asked = criterion(row.key)
    found = asked.condition(row, now)
    if not row.negated:
        return found
    return asked.known(row, now) & ~found if asked.known else ~found
