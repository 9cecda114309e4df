"""Does what stands of an item keep to the rules? Asked of the database, by rules written anew."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from promo.models import Attempt, Destination, Institution, Item, Publication
from promo.planning import Share
from promo.planning.calendar import day_off, is_quiet
from promo.planning.kinds import KINDS
from promo.protocol import UNSENT
from promo.services import fair_shares, neighbours, plans, series_dates
from promo.values import EventStatus, Variant

WARSAW = ZoneInfo("Europe/Warsaw")
INVITING = frozenset({Variant.ANNOUNCE, Variant.REMINDER, Variant.TODAY})
NOTICES = frozenset({Variant.CHANGED, Variant.CANCELLED})
OFF = frozenset({EventStatus.CANCELLED, EventStatus.POSTPONED})

Place = tuple[int, str]
Stands = dict[Place, tuple[Any, ...]]


def stands(item: Item) -> Stands:
    """Everything a plan decides on, by its place."""
    return {
        (row.destination_id, row.slot): (
            row.state,
            row.planned_at,
            row.variant,
            row.not_after_at,
            row.moved_by_hand,
            row.digest,
            row.reasons,
        )
        for row in item.publications.all()
    }


def check_plan(item: Item, *, now: datetime) -> None:
    """Every clause, for all that is still to come of the item; it was planned this minute."""
    coming = list(item.publications.filter(state__in=UNSENT).select_related("destination"))
    for row in coming:
        _check_invitation(row, item)
        if not row.moved_by_hand:
            assert row.planned_at >= now
            assert row.not_after_at is None or row.planned_at < row.not_after_at
            _check_hour(row, now)
    _check_notices(coming)
    assert not _sent_again(item)
    kind = KINDS[item.kind]
    if not (kind.operational or kind.urgent):
        for page in fair_shares.pages():
            _check_page(item, page, coming, now)


def check_sent(row: Publication) -> None:
    """It went out this moment: in time, and for the first time."""
    assert row.published_at is not None
    assert row.item is not None
    assert row.not_after_at is None or row.published_at <= row.not_after_at
    last = _last_start(row, row.item)
    if _invites(row) and last is not None:
        assert row.published_at <= last
    assert not _sent_again(row.item)


def _invites(row: Publication) -> bool:
    operational = row.item is not None and KINDS[row.item.kind].operational
    return row.variant in INVITING and row.destination.channel != "website" and not operational


def _last_start(row: Publication, item: Item) -> datetime | None:
    """When the last of what it invites to begins, or ends that people may take part."""
    if row.occurrence_at is not None:
        return row.occurrence_at
    dates = [one.starts_at for one in series_dates.dates(item)]
    known = (*dates, None if item.changed_dates else item.starts_at, item.deadline_at)
    return max((at for at in known if at is not None), default=None)


def _check_invitation(row: Publication, item: Item) -> None:
    if item.status in OFF:
        assert row.variant in NOTICES
    if not _invites(row):
        return
    assert item.status != EventStatus.SOLD_OUT
    last = _last_start(row, item)
    if last is None:
        return
    if row.variant == Variant.TODAY:
        assert row.planned_at.astimezone(WARSAW).date() == last.astimezone(WARSAW).date()
    if not (row.variant == Variant.TODAY and item.all_day):
        assert row.planned_at < last


def _check_hour(row: Publication, now: datetime) -> None:
    """No night, and no day off; but for notices that would come too late, and the website."""
    rules = plans.house_rules(now)
    channel = rules.channel(row.destination.channel)
    item = row.item
    urgent = item is not None and KINDS[item.kind].urgent
    if urgent or "notice_in_time" in {reason["code"] for reason in row.reasons}:
        return
    local = row.planned_at.astimezone(WARSAW)
    assert not (channel.quiet_hours and is_quiet(local.time(), rules))
    assert day_off(local.date(), rules, channel) is None


def _check_notices(coming: list[Publication]) -> None:
    """People are told once of what has changed last."""
    told = Counter(
        (row.destination_id, row.occurrence_at) for row in coming if row.variant in NOTICES
    )
    assert set(told.values()) <= {1}


def _sent_again(item: Item) -> list[int]:
    marks = Attempt.objects.filter(publication__item=item, event=Attempt.Event.MARKED)
    sent = Counter(marks.values_list("publication_id", flat=True))
    return [pk for pk, times in sent.items() if times > 1]


def _check_page(item: Item, page: Destination, coming: list[Publication], now: datetime) -> None:
    """Gap, maxima and shares of what the planner has placed, among all that stands there."""
    rules, house = plans.house_rules(now), Institution.load()
    placed = {
        row.pk
        for row in coming
        if row.destination_id == page.pk and not row.moved_by_hand and row.variant not in NOTICES
    }
    there = list(
        Publication.objects.filter(destination=page, item__isnull=False)
        .exclude(state__in=neighbours.NOT_STANDING)
        .select_related("item")
    )
    there = [row for row in there if not KINDS[_of(row).kind].operational]
    _check_distance(there, placed, rules.min_gap)
    days = Counter(_day(row) for row in there)
    weeks = Counter(_week(row) for row in there)
    for row in there:
        if row.pk in placed:
            assert days[_day(row)] <= house.max_per_day
            assert weeks[_week(row)] <= (house.max_per_week or 7 * house.max_per_day)
    voices = fair_shares.voices(item)
    for share in rules.shares:
        if share.destination == str(page.uuid) and share.voice in voices:
            _check_share(share, there, placed)


def _check_share(share: Share, there: list[Publication], placed: set[int]) -> None:
    theirs = [row for row in there if share.voice in fair_shares.voices(_of(row))]
    _check_distance(theirs, placed, share.gap)
    weeks = Counter(_week(row) for row in theirs)
    for row in theirs:
        if row.pk in placed and share.most_a_week is not None:
            assert weeks[_week(row)] <= share.most_a_week


def _check_distance(rows: list[Publication], placed: set[int], gap: timedelta) -> None:
    for one, other in combinations(rows, 2):
        if one.pk in placed or other.pk in placed:
            assert abs(_at(one) - _at(other)) >= gap


def _of(row: Publication) -> Item:
    assert row.item is not None
    return row.item


def _at(row: Publication) -> datetime:
    return row.published_at or row.planned_at


def _day(row: Publication) -> date:
    return _at(row).astimezone(WARSAW).date()


def _week(row: Publication) -> date:
    return _day(row) - timedelta(days=_day(row).weekday())
