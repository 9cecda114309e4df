"""When an evergreen item is shown again, and why just then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from promo.planning import Dropped, Occupied, Planned, Reason, ReasonCode, Subject, reason_text
from promo.planning.evergreen import (
    Evergreen,
    History,
    Season,
    is_showing,
    next_showing,
    number_of,
    slot_of,
)

from .worlds import PAGE, RULES, codes, shown, wall

NOW = wall("2026-06-01 09:00")  # a Monday
WALK = Subject(ref="walk", kind="heritage", priority=50, approved_at=NOW)
QUARTERLY = Evergreen(cool_down=90)
CHRISTMAS = Season((12, 1), (1, 6))


def showing(
    evergreen: Evergreen = QUARTERLY, *taken: Occupied, now: str = "", **history: Any
) -> Planned | Dropped:
    return next_showing(
        subject=WALK,
        evergreen=evergreen,
        history=History(PAGE, **history),
        rules=RULES,
        now=wall(now) if now else NOW,
        occupied=taken,
    )


def at(found: Planned | Dropped) -> str:
    assert isinstance(found, Planned)
    return shown(found.due_at)


def event(when: str) -> Occupied:
    return Occupied(destination=PAGE.ref, at=wall(when), ref="meeting", slot="fb_announce")


def another(when: str) -> Occupied:
    """A showing of another evergreen item."""
    return Occupied(destination=PAGE.ref, at=wall(when), ref="archive", slot=slot_of(1))


def test_the_first_showing_is_at_the_next_noon() -> None:
    found = showing()
    assert at(found) == "2026-06-01 12:00"
    assert codes(found) == []
    assert found.slot == slot_of(1)


def test_nobody_is_surprised_by_a_showing_within_the_hour() -> None:
    assert at(showing(now="2026-06-01 11:30")) == "2026-06-02 12:00"


def test_the_pause_is_counted_in_days_from_the_last_showing() -> None:
    found = showing(out=(wall("2026-05-20 18:00"),), number=2)
    assert at(found) == "2026-08-18 12:00"
    assert codes(found) == [ReasonCode.SHOWN_AGAIN]


def test_the_pause_also_counts_from_what_a_person_dropped() -> None:
    assert at(showing(passed_over=(wall("2026-05-30 12:00"),))) == "2026-08-28 12:00"


def test_it_waits_for_its_season_and_says_so() -> None:
    found = showing(replace(QUARTERLY, season=CHRISTMAS))
    assert at(found) == "2026-12-01 12:00"
    assert isinstance(found, Planned)
    assert [reason_text(reason) for reason in found.reasons] == [
        "waits for its season: 1 December – 6 January"
    ]


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        (date(2026, 11, 30), False),
        (date(2026, 12, 1), True),
        (date(2027, 1, 6), True),
        (date(2027, 1, 7), False),
    ],
)
def test_a_season_may_run_over_new_year(day: date, *, inside: bool) -> None:
    assert CHRISTMAS.covers(day) is inside


def test_a_season_of_one_leap_day_does_without_it_in_common_years() -> None:
    season = Season((2, 29), (2, 29))
    assert season.covers(date(2028, 2, 29))
    assert not season.covers(date(2027, 2, 28))


def test_it_is_shown_as_often_as_it_may_be_and_no_more() -> None:
    twice = replace(QUARTERLY, most=2)
    times = (wall("2025-06-01 12:00"), wall("2026-01-01 12:00"))
    assert codes(showing(twice, out=times)) == [ReasonCode.SHOWN_OFTEN]
    assert at(showing(twice, out=times[:1])) == "2026-06-01 12:00"


def test_after_its_last_day_it_is_not_shown() -> None:
    ended = replace(QUARTERLY, last_on=date(2026, 5, 31))
    assert codes(showing(ended)) == [ReasonCode.SHOWN_TO_THE_END]
    too_soon = replace(QUARTERLY, last_on=date(2026, 7, 1))
    assert codes(showing(too_soon, out=(wall("2026-05-20 12:00"),))) == [ReasonCode.NO_ROOM]


def test_on_its_last_day_the_afternoon_will_do() -> None:
    today = replace(QUARTERLY, last_on=date(2026, 6, 1))
    assert at(showing(today, now="2026-06-01 14:00")) == "2026-06-01 15:00"


def test_it_gives_way_to_an_event_in_its_place_and_says_so() -> None:
    found = showing(QUARTERLY, event("2026-06-01 12:00"))
    assert at(found) == "2026-06-01 15:00"
    assert codes(found) == [ReasonCode.GIVES_WAY, ReasonCode.MOVED_GAP]
    assert isinstance(found, Planned)
    assert "1 June" in reason_text(found.reasons[0])


def test_what_stands_already_gives_way_as_well() -> None:
    stands = {"standing": wall("2026-06-03 12:00"), "out": (wall("2026-03-05 12:00"),)}
    assert at(showing(QUARTERLY, **stands)) == "2026-06-03 12:00"
    found = showing(QUARTERLY, event("2026-06-03 10:00"), **stands)
    assert at(found) == "2026-06-03 13:00"
    assert ReasonCode.GIVES_WAY in codes(found)


def test_a_day_full_of_events_is_left_to_them() -> None:
    full = [event(f"2026-06-01 {hour}:00") for hour in ("10", "14", "18")]
    assert at(showing(QUARTERLY, *full)) == "2026-06-02 12:00"


def test_another_evergreen_item_keeps_the_place_it_has() -> None:
    found = showing(QUARTERLY, another("2026-06-01 12:00"))
    assert at(found) == "2026-06-01 15:00"
    assert codes(found) == [ReasonCode.MOVED_GAP]


def test_it_comes_back_to_an_earlier_place_that_has_become_free() -> None:
    assert at(showing(standing=wall("2026-06-02 12:00"))) == "2026-06-01 12:00"


def test_what_is_about_to_go_out_or_was_moved_by_hand_is_left_alone() -> None:
    soon = wall("2026-06-01 09:03")
    assert at(showing(QUARTERLY, event("2026-06-01 10:00"), standing=soon)) == "2026-06-01 09:03"
    by_hand = wall("2026-06-07 19:00")
    crowd = event("2026-06-07 19:30")
    assert at(showing(QUARTERLY, crowd, standing=by_hand, fixed=True)) == "2026-06-07 19:00"


def test_what_was_held_up_waits_for_its_next_good_moment() -> None:
    assert at(showing(standing=NOW - timedelta(minutes=20))) == "2026-06-01 08:40"
    assert at(showing(standing=NOW - timedelta(hours=9))) == "2026-06-01 12:00"


def test_a_showing_keeps_to_its_day() -> None:
    found = showing()
    assert isinstance(found, Planned)
    assert found.not_after_at == wall("2026-06-02 00:00")


def test_it_says_what_it_waits_for_and_that_its_page_is_paused() -> None:
    waits = Reason.of(ReasonCode.LAST_SHOWING_OPEN)
    assert codes(showing(waits=waits)) == [ReasonCode.LAST_SHOWING_OPEN]
    paused = next_showing(
        subject=WALK,
        evergreen=QUARTERLY,
        history=History(replace(PAGE, paused=True)),
        rules=RULES,
        now=NOW,
    )
    assert codes(paused) == [ReasonCode.DESTINATION_PAUSED]


def test_slots_of_showings_are_numbered_and_told_from_steps() -> None:
    assert number_of(slot_of(12)) == 12
    assert is_showing(slot_of(1))
    assert number_of("fb_announce") == 0
