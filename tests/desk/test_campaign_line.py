"""A campaign as a line in time: what stands where, in which lane, told by which shape and words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from promo.desk.campaign_line import LABEL, NEAR, Lasts, Line, line_of, tone_of
from promo.models import Destination, Item, Publication
from promo.protocol import State

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
PAGE = Destination(pk=1, name="Strona", channel="facebook_page")
SITE = Destination(pk=2, name="Witryna", channel="website")
ITEM = Item(pk=7, title="Noc bibliotek")


def row(day: int, *, destination: Destination = PAGE, **values: object) -> Publication:
    at = NOW + timedelta(days=day)
    plain = {"item": ITEM, "destination": destination, "variant": "announce", "planned_at": at}
    return Publication(**{**plain, "pk": 100 + day, **values})


def drawn(*rows: Publication, dates: list[Lasts] | None = None, now: datetime = NOW) -> Line:
    with override("en"):
        made = line_of(rows, {7: dates or []}, now=now, zone=WARSAW)
    assert made is not None
    return made


def where(text: str) -> float:
    return float(text.removesuffix("%"))


def test_nothing_gives_no_line() -> None:
    assert line_of([], {}, now=NOW, zone=WARSAW) is None


def test_there_is_a_row_for_each_destination_and_time_runs_from_left_to_right() -> None:
    made = drawn(row(0), row(10), row(5, destination=SITE))
    (group,) = made.groups
    assert [one.destination for one in group.rows] == ["Strona", "Witryna"]
    first, last = (where(mark.at) for mark in group.rows[0].marks)
    (middle,) = (where(mark.at) for mark in group.rows[1].marks)
    assert 0 < first < middle < last < 100


@pytest.mark.parametrize(
    ("state", "held", "tone"),
    [
        (State.PUBLISHED, False, "out"),
        (State.PLANNED, False, "planned"),
        (State.ARMED, False, "planned"),
        (State.WAITING, True, "held"),
        (State.FAILED, False, "trouble"),
        (State.MISSED, True, "trouble"),
        (State.UNKNOWN, False, "trouble"),
        (State.CANCELLED, True, "dropped"),
        (State.WITHDRAWN, False, "dropped"),
    ],
)
def test_how_it_stands_has_a_shape(
    state: State,
    held: bool,  # noqa: FBT001  (what the case hands in)
    tone: str,
) -> None:
    assert tone_of(row(1, state=state, held=held)) == tone


def test_the_words_say_what_when_and_how_it_stands() -> None:
    made = drawn(row(3, state=State.PLANNED, held=True))
    (mark,) = made.groups[0].rows[0].marks
    assert mark.words == "Announcement, Fri 13 November, 13:00 – planned, paused"


def test_what_is_out_stands_where_it_went_out_and_not_where_it_was_planned() -> None:
    out = row(0, state=State.PUBLISHED, published_at=NOW + timedelta(days=9))
    made = drawn(out, row(10))
    first, second = made.groups[0].rows[0].marks
    assert where(second.at) - where(first.at) < 10


def test_marks_that_are_near_stand_below_each_other_and_none_covers_another() -> None:
    rows = [row(0), *(row(20, pk=500 + nth) for nth in range(3)), row(40)]
    (only,) = drawn(*rows).groups[0].rows
    lanes: dict[int, list[float]] = {}
    for mark in only.marks:
        lanes.setdefault(mark.lane, []).append(where(mark.at))
    assert only.lanes == 3
    for places in lanes.values():
        assert all(b - a >= NEAR for a, b in pairwise(places))


def test_todays_line_stands_where_now_is_and_not_after_the_end() -> None:
    assert drawn(row(-10), row(10)).today == "50.00%"
    assert drawn(row(-10), row(-5)).today == ""


def test_a_line_that_is_still_to_come_begins_today() -> None:
    made = drawn(row(20), row(30))
    assert 0 < where(made.today) < where(made.groups[0].rows[0].marks[0].at)


def test_the_dates_of_the_item_stand_above_its_rows() -> None:
    start = NOW + timedelta(days=12)
    made = drawn(row(1), dates=[Lasts(start, start + timedelta(days=3))])
    (span,) = made.groups[0].spans
    assert where(span.width) > 0
    assert span.words == "Sun 22 November – Wed 25 November"


@pytest.mark.parametrize("days", [1, 12, 40, 90, 400, 1100])
def test_however_long_it_is_the_scale_can_be_read(days: int) -> None:
    ticks = drawn(row(0), row(days)).ticks
    places = [where(at) for at, _words in ticks]
    assert len(places) <= 12
    assert places == sorted(places)
    assert len(places) >= (1 if days > 1 else 0)


def test_a_change_of_the_clocks_moves_no_tick_off_its_midnight() -> None:
    autumn = datetime(2026, 10, 23, 12, tzinfo=UTC)
    rows = [row(0, planned_at=autumn), row(1, planned_at=autumn + timedelta(days=6))]
    words = [words for _at, words in drawn(*rows, now=autumn).ticks]
    assert words == ["23.10", "25.10", "26.10", "27.10", "28.10", "29.10", "30.10"]


def test_what_stands_near_today_gives_way_to_it() -> None:
    made = drawn(row(-10), row(10))
    assert all(abs(where(at) - where(made.today)) >= LABEL for at, _words in made.ticks)


def test_dates_side_by_side_do_not_write_over_each_other() -> None:
    dates = [Lasts(NOW + timedelta(days=day)) for day in (10, 11, 40)]
    made = drawn(row(0), row(50), dates=dates)
    assert [bool(span.day) for span in made.groups[0].spans] == [True, False, True]
    assert all(span.words for span in made.groups[0].spans)
