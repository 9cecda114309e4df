"""S6: timetables keep wall time, whatever the clock does."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from promo.planning import ReasonCode
from promo.planning.calendar import end_as_long
from promo.values import Variant

from .worlds import (
    RULES,
    SITE,
    WARSAW,
    codes,
    elsewhere,
    event,
    planned,
    post,
    shown,
    step,
    times,
    wall,
)

CHANGES = ["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"]


@pytest.mark.parametrize("day", CHANGES)
def test_five_in_the_afternoon_stays_five_in_the_afternoon(day: str) -> None:
    made = planned(
        event(f"{day} 17:00"),
        step("D-1 17:00", Variant.REMINDER, key="before"),
        step("D 12:00", Variant.TODAY, key="on the day"),
    )

    sent = times(made)
    assert sent["before"].endswith("17:00")
    assert sent["on the day"] == f"{day} 12:00"


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2027-03-28", 23)]
)
def test_a_day_before_is_twenty_three_or_twenty_five_hours_before(day: str, hours: int) -> None:
    subject = event(f"{day} 17:00")
    made = planned(subject, step("D-1 17:00", Variant.REMINDER, key="before"))

    assert subject.starts_at
    assert subject.starts_at - post(made, "before").due_at == timedelta(hours=hours)


def test_a_skipped_time_moves_forward_and_says_so() -> None:
    entry = step("D 02:30", channel="website", key="entry")

    made = planned(event("2026-03-29 17:00"), entry)

    assert times(made, SITE) == {"entry": "2026-03-29 03:30"}
    assert codes(post(made, "entry")) == [ReasonCode.CLOCK_GAP]
    assert post(made, "entry").due_at.isoformat() == "2026-03-29T01:30:00+00:00"


def test_a_repeated_time_means_the_first_and_says_so() -> None:
    entry = step("D 02:30", channel="website", key="entry")

    made = planned(event("2026-10-25 17:00"), entry)

    assert codes(post(made, "entry")) == [ReasonCode.CLOCK_REPEATED]
    assert post(made, "entry").due_at.isoformat() == "2026-10-25T00:30:00+00:00"


def test_a_gap_of_three_hours_is_real_hours() -> None:
    open_all_night = replace(RULES, quiet_from=time(0), quiet_until=time(0))

    made = planned(
        event("2026-10-26 17:00"),
        step("D-1 01:00", Variant.REMINDER, key="r"),
        occupied=[elsewhere("2026-10-25 00:30")],
        rules=open_all_night,
    )

    # 0:30 summer time and three hours are 2:30 winter time
    assert post(made, "r").due_at.isoformat() == "2026-10-25T01:30:00+00:00"


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        ("2027-03-28 01:00", "2027-03-28 03:00", "2027-04-04 01:00", "2027-04-04 03:00"),
        ("2027-03-20 23:00", "2027-03-21 04:00", "2027-03-27 23:00", "2027-03-28 04:00"),
        ("2027-10-23 23:00", "2027-10-24 04:00", "2027-10-30 23:00", "2027-10-31 04:00"),
        ("2027-03-20 10:00", "2027-04-20 18:00", "2027-04-05 10:00", "2027-05-06 18:00"),
    ],
)
def test_another_date_is_as_long_by_the_wall_clock(
    first: str, last: str, start: str, end: str
) -> None:
    made = end_as_long(wall(start), first=wall(first), last=wall(last), zone=WARSAW)
    assert shown(made) == end
