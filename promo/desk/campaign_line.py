"""Everything a campaign does as a line in time: a row for each item and destination. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from promo.models import Publication
from promo.protocol import NEEDS_A_HAND, State

NEAR = 11.5
"""Two marks nearer than this, in hundredths of the width, stand below each other."""

LABEL = 6.5
"""So much room a short date needs."""

TICKS = 12
MARGIN = timedelta(hours=18)
_A_DAY = timedelta(days=1)
_FEW_DAYS, _FEW_WEEKS = 12, 84

TONES = {
    "out": gettext_lazy("out"),
    "planned": gettext_lazy("planned"),
    "held": gettext_lazy("paused"),
    "trouble": gettext_lazy("failed or missed"),
    "dropped": gettext_lazy("dropped or taken down"),
}
"""How a publication stands, told by a shape of its own and in words: the legend."""


@dataclass(frozen=True, slots=True)
class Span:
    """A date of an item: from where to where, in hundredths of the width, and its words.

    `day` is short, and "" where the one before leaves no room for it.
    """

    at: str
    width: str
    words: str
    day: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A publication on the line. `lane` 1 stands below 0."""

    publication: Publication
    tone: str
    at: str
    lane: int
    day: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """What goes to one destination."""

    destination: str
    channel: str
    marks: tuple[Mark, ...]
    lanes: int


@dataclass(frozen=True, slots=True)
class Group:
    """An item (or an issue): its own dates and its rows."""

    subject: str
    spans: tuple[Span, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """The whole line. `today` is where now stands, "" where the line does not reach it."""

    groups: tuple[Group, ...]
    ticks: tuple[tuple[str, str], ...]
    today: str


@dataclass(frozen=True, slots=True)
class Lasts:
    """When an item takes place: once, or on each date of its series."""

    starts_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Scale:
    since: datetime
    until: datetime

    def at(self, instant: datetime) -> float:
        share = (instant - self.since) / (self.until - self.since)
        return round(min(max(share, 0.0), 1.0) * 100, 2)


def line_of(
    rows: Sequence[Publication],
    dates: Mapping[int, Sequence[Lasts]],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> Line | None:
    """The line of these publications; None where there is nothing to draw. `dates` by item."""
    if not rows:
        return None
    scale = _scale(rows, dates, now)
    subjects: dict[tuple[int | None, int | None], list[Publication]] = {}
    for row in rows:
        subjects.setdefault((row.item_id, row.issue_id), []).append(row)
    reaches = scale.since <= now <= scale.until
    return Line(
        groups=tuple(
            Group(
                mine[0].subject,
                tuple(_spans(dates.get(item_id or 0, ()), scale, zone)),
                tuple(_rows(mine, scale, zone)),
            )
            for (item_id, _issue_id), mine in subjects.items()
        ),
        ticks=tuple(
            (_per_cent(at), words)
            for at, words in _ticks(scale, zone)
            if not reaches or abs(at - scale.at(now)) >= LABEL
        ),
        today=_per_cent(scale.at(now)) if reaches else "",
    )


def tone_of(row: Publication) -> str:
    """How it stands: a key of `TONES`."""
    if row.state == State.PUBLISHED:
        return "out"
    if row.state in NEEDS_A_HAND:
        return "trouble"
    if row.state in (State.CANCELLED, State.WITHDRAWN):
        return "dropped"
    return "held" if row.held else "planned"


def moment_of(row: Publication) -> datetime:
    """When it went out, or is to."""
    return row.published_at or row.planned_at


def _scale(
    rows: Iterable[Publication], dates: Mapping[int, Sequence[Lasts]], now: datetime
) -> _Scale:
    """From the first moment to the last; from today on where all of it is still to come."""
    moments = [moment_of(row) for row in rows]
    held = [one for mine in dates.values() for one in mine]
    moments += [one.starts_at for one in held]
    moments += [one.ends_at for one in held if one.ends_at]
    return _Scale(min(*moments, now) - MARGIN, max(moments) + MARGIN)


def _rows(mine: Iterable[Publication], scale: _Scale, zone: ZoneInfo) -> Iterator[Row]:
    by_place: dict[int, list[Publication]] = {}
    for row in mine:
        by_place.setdefault(row.destination_id, []).append(row)
    for there in sorted(by_place.values(), key=lambda rows: rows[0].destination.name):
        marks = tuple(_marks(sorted(there, key=moment_of), scale, zone))
        place = there[0].destination
        lanes = max(mark.lane for mark in marks) + 1
        yield Row(place.name, place.channel, marks, lanes)


def _marks(rows: Iterable[Publication], scale: _Scale, zone: ZoneInfo) -> Iterator[Mark]:
    """The marks in order of time, each in the first lane in which it has room."""
    ends: list[float] = []
    for row in rows:
        at = scale.at(moment_of(row))
        lane = next((nth for nth, end in enumerate(ends) if at - end >= NEAR), len(ends))
        ends[lane : lane + 1] = [at]
        local = moment_of(row).astimezone(zone)
        yield Mark(
            publication=row,
            tone=tone_of(row),
            at=_per_cent(at),
            lane=lane,
            day=date_format(local, "j.m"),
            words=_words(row, local),
        )


def _words(row: Publication, local: datetime) -> str:
    state = str(row.get_state_display())
    if tone_of(row) == "held":
        state = _("{state}, paused").format(state=state)
    variant = str(row.get_variant_display())
    return _("{what}, {day}, {hour} – {state}").format(
        what=variant[:1].upper() + variant[1:],
        day=date_format(local, "D j E"),
        hour=date_format(local, "H:i"),
        state=state,
    )


def _spans(dates: Iterable[Lasts], scale: _Scale, zone: ZoneInfo) -> Iterator[Span]:
    free_from = 0.0
    for one in sorted(dates, key=lambda each: each.starts_at):
        begin, end = scale.at(one.starts_at), scale.at(one.ends_at or one.starts_at)
        start, until = (at.astimezone(zone) for at in (one.starts_at, one.ends_at or one.starts_at))
        words = date_format(start, "D j E")
        if until.date() != start.date():
            words = pgettext("from day to day", "{first} – {last}").format(
                first=words, last=date_format(until, "D j E")
            )
        day = date_format(start, "j.m") if begin >= free_from else ""
        free_from = begin + LABEL if day else free_from
        yield Span(_per_cent(begin), _per_cent(end - begin), words, day)


def _ticks(scale: _Scale, zone: ZoneInfo) -> Iterator[tuple[float, str]]:
    """Days, Mondays or months, never more than there is room for; what is near now gives way."""
    first = scale.since.astimezone(zone).date() + _A_DAY
    last = scale.until.astimezone(zone).date()
    days = [first + _A_DAY * nth for nth in range((last - first).days + 1)]
    if len(days) > _FEW_WEEKS:
        days, words = [day for day in days if day.day == 1], "M Y"
    elif len(days) > _FEW_DAYS:
        days, words = [day for day in days if day.weekday() == 0], "j.m"
    else:
        words = "j.m"
    step = -(-len(days) // TICKS) or 1
    for day in days[::step]:
        yield scale.at(_midnight(day, zone)), date_format(day, words)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)


def _per_cent(value: float) -> str:
    return f"{value:.2f}%"
