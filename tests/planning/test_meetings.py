"""The dates of a series with single exceptions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from promo.planning.meetings import meetings, meetings_of, on_date
from promo.values import ChangedDate, EventStatus, PlaceFacts
from tests.channels.website import programme

WARSAW = ZoneInfo("Europe/Warsaw")
SERIES = programme.SERIES
SECOND = datetime(2026, 10, 26, 17, tzinfo=WARSAW)
THIRD = datetime(2026, 11, 2, 17, tzinfo=WARSAW)
ELSEWHERE = PlaceFacts(name="Dom kultury", elsewhere=True)


def told(*changed: ChangedDate, **values: object) -> list[str]:
    found = meetings_of(programme.item(4, **vars_of(changed), **values), WARSAW)
    return [f"{one.starts_at:%d.%m %H:%M}" if one.starts_at else "-" for one in found]


def vars_of(changed: tuple[ChangedDate, ...]) -> dict[str, object]:
    return {
        "starts_at": SERIES.starts_at,
        "ends_at": SERIES.ends_at,
        "recurrence": SERIES.recurrence,
        "changed_dates": changed,
    }


def test_without_exceptions_the_rule_alone_counts_and_keeps_its_hour() -> None:
    assert told() == ["19.10 17:00", "26.10 17:00", "02.11 17:00", "09.11 17:00"]


def test_one_date_is_cancelled_and_one_moves_with_its_length() -> None:
    to = datetime(2026, 11, 3, 18, tzinfo=WARSAW)
    changed = (ChangedDate(SECOND), ChangedDate(THIRD, to))
    assert told(*changed) == ["19.10 17:00", "-", "03.11 18:00", "09.11 17:00"]
    found = meetings_of(programme.item(4, **vars_of(changed)), WARSAW)
    assert found[2].ends_at == to + timedelta(hours=1)


def test_an_exception_is_known_by_its_day_so_another_hour_of_the_series_keeps_it() -> None:
    later = SERIES.starts_at and SERIES.starts_at + timedelta(hours=2)
    item = programme.item(4, **{**vars_of((ChangedDate(SECOND),)), "starts_at": later})
    assert [one.starts_at is None for one in meetings_of(item, WARSAW)] == [
        False,
        True,
        False,
        False,
    ]


def test_an_exception_on_a_day_that_the_rule_does_not_have_counts_for_nothing() -> None:
    assert told(ChangedDate(SECOND + timedelta(days=1))) == told()


def test_a_cancelled_date_is_told_as_cancelled_and_only_that_one() -> None:
    item = programme.item(4, **vars_of((ChangedDate(SECOND),)))
    first, second, *_rest = meetings_of(item, WARSAW)
    assert on_date(item, first).status is EventStatus.SCHEDULED
    off = on_date(item, second)
    assert (off.status, off.starts_at, off.one_date) == (EventStatus.CANCELLED, SECOND, True)


def test_another_place_alone_is_a_change_without_an_old_date() -> None:
    item = programme.item(4, **vars_of((ChangedDate(SECOND, SECOND, place=ELSEWHERE),)))
    as_told = on_date(item, meetings_of(item, WARSAW)[1])
    assert as_told.status is EventStatus.RESCHEDULED
    assert as_told.previous_starts_at is None
    assert as_told.place == ELSEWHERE


def test_when_the_whole_series_is_off_no_date_says_anything_else() -> None:
    values = {**vars_of((ChangedDate(SECOND, THIRD + timedelta(hours=1)),))}
    item = programme.item(4, status=EventStatus.CANCELLED, **values)
    assert {on_date(item, one).status for one in meetings_of(item, WARSAW)} == {
        EventStatus.CANCELLED
    }


def test_an_end_before_the_start_gives_no_length() -> None:
    start = datetime(2026, 10, 19, 15, tzinfo=UTC)
    found = meetings(
        rule="FREQ=WEEKLY;COUNT=2",
        starts_at=start,
        ends_at=start - timedelta(hours=1),
        changed=(),
        tz=WARSAW,
    )
    assert [one.ends_at for one in found] == [None, None]
