"""An evergreen item's showings, as a plan needs them: its settings and what each page has had."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from promo import planning
from promo.models import Attempt, Item, Publication
from promo.planning.evergreen import Evergreen, History, Season, is_showing, next_showing, number_of
from promo.planning.reasons import Reason, ReasonCode
from promo.protocol import AHEAD, UNSENT, State
from promo.values import EventStatus

SHOWN = frozenset({State.PUBLISHED, State.WITHDRAWN})
OPEN = frozenset({State.SENDING, State.UNKNOWN, State.FAILED})
"""Nobody knows yet whether people have seen it, or a person has to decide."""

COMES_BACK = frozenset({State.MISSED, State.CANCELLED})


def settings_of(item: Item) -> Evergreen | None:
    """How the item is shown again; None where it is not."""
    off = item.status in (EventStatus.CANCELLED, EventStatus.POSTPONED)
    if not item.is_evergreen or off or item.again_after_days is None:
        return None
    season = None
    if item.season_from and item.season_until:
        season = Season(_day_of_year(item.season_from), _day_of_year(item.season_until))
    return Evergreen(
        cool_down=item.again_after_days,
        season=season,
        most=item.most_showings,
        last_on=item.shown_until_on,
    )


def _day_of_year(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


def of(
    item: Item, destinations: Iterable[planning.Destination], rules: planning.Rules, now: datetime
) -> "Showings | None":
    """What takes the place of the timetable's steps on the pages of an evergreen item, if it is."""
    settings = settings_of(item)
    if settings is None:
        return None
    pages = [one for one in destinations if rules.channel(one.channel).spaced]
    return Showings(item, settings, pages, now=now)


class Showings:
    """The showings of one item on its pages; reads what it needs once."""

    def __init__(
        self,
        item: Item,
        settings: Evergreen,
        pages: Iterable[planning.Destination],
        *,
        now: datetime,
    ) -> None:
        self._settings = settings
        rows = _rows(item)
        taken_down = _taken_down(item, rows)
        self._histories = [
            _history(
                page,
                [row for row in rows if str(row.destination.uuid) == page.ref],
                taken_down=page.ref in taken_down,
                now=now,
            )
            for page in pages
        ]

    def added_to(
        self,
        made: planning.Plan,
        *,
        subject: planning.Subject,
        rules: planning.Rules,
        occupied: Sequence[planning.Occupied],
        now: datetime,
    ) -> planning.Plan:
        """The plan of the item's timetable, with the next showing on each page."""
        found = [
            next_showing(
                subject=subject,
                evergreen=self._settings,
                history=history,
                rules=rules,
                now=now,
                occupied=occupied,
            )
            for history in self._histories
        ]
        planned = [one for one in found if isinstance(one, planning.Planned)]
        dropped = [one for one in found if isinstance(one, planning.Dropped)]
        return planning.Plan(
            planned=tuple(
                sorted((*made.planned, *planned), key=lambda p: (p.due_at, p.destination, p.slot))
            ),
            dropped=tuple(sorted((*made.dropped, *dropped), key=lambda d: (d.slot, d.destination))),
        )


def _rows(item: Item) -> list[Publication]:
    if item.pk is None:
        return []
    rows = item.publications.select_related("destination").defer("message_json", "armed_json")
    return list(rows.order_by("id"))


def _history(
    page: planning.Destination, rows: Sequence[Publication], *, taken_down: bool, now: datetime
) -> History:
    showings = sorted(
        (row for row in rows if is_showing(row.slot)), key=lambda row: number_of(row.slot)
    )
    history = History(
        destination=page,
        number=1 + max((number_of(row.slot) for row in showings), default=0),
        out=tuple(row.published_at or row.planned_at for row in rows if row.state in SHOWN),
        passed_over=tuple(row.planned_at for row in rows if _by_a_person(row)),
        waits=_waits(rows, taken_down=taken_down),
    )
    for row in showings:
        if row.state in UNSENT or row.is_ahead:
            return _standing(history, row, now)
    last = showings[-1] if showings else None
    if last is not None and last.state in COMES_BACK and not _by_a_person(last):
        return replace(history, number=number_of(last.slot))
    return history


def _waits(rows: Sequence[Publication], *, taken_down: bool) -> Reason | None:
    if taken_down:
        return Reason.of(ReasonCode.TAKEN_DOWN_HERE)
    if any(row.recalled or (row.state in OPEN and not row.is_ahead) for row in rows):
        return Reason.of(ReasonCode.LAST_SHOWING_OPEN)
    return None


def _standing(history: History, row: Publication, now: datetime) -> History:
    """With the showing that is planned; what is claimed or being tried again is left alone, and so
    is what the network has shown by itself by now."""
    shown = row.is_ahead and row.armed_for_at is not None and row.armed_for_at <= now
    return replace(
        history,
        number=number_of(row.slot),
        standing=row.planned_at,
        reasons=tuple(Reason.from_json(one) for one in row.reasons),
        fixed=row.moved_by_hand or shown or row.state not in AHEAD | {State.PLANNED},
    )


def _by_a_person(row: Publication) -> bool:
    """Did a person drop it?"""
    if row.state != State.CANCELLED:
        return False
    dropped = row.ledger.filter(event=Attempt.Event.CANCELLED).last()
    return dropped is not None and dropped.user_id is not None


def _taken_down(item: Item, rows: Sequence[Publication]) -> set[str]:
    """The pages on which a person took the item down since it was approved last."""
    withdrawn = [row for row in rows if row.state == State.WITHDRAWN]
    if not withdrawn:
        return set()
    approved = item.approvals.last()
    lines = Attempt.objects.filter(publication__in=withdrawn, event=Attempt.Event.WITHDRAWN)
    if approved is not None:
        lines = lines.filter(at__gt=approved.at)
    refs = lines.values_list("publication__destination__uuid", flat=True)
    return {str(ref) for ref in refs}
