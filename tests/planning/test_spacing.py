"""S4: a distance between posts, a daily maximum, and who goes first."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from promo.errors import ConfigurationError
from promo.planning import Occupied, ReasonCode, Request, Subject, plan_many
from promo.planning.planner import occupied_by
from promo.values import Variant

from .worlds import (
    ALL,
    MAIL,
    RULES,
    codes,
    dropped,
    elsewhere,
    event,
    planned,
    post,
    step,
    times,
    wall,
)

POST = step("D-7 17:00", key="post")


@pytest.mark.parametrize(
    ("other", "moved"),
    [
        ("2026-10-13 14:00", "2026-10-13 17:00"),
        ("2026-10-13 14:01", "2026-10-13 17:01"),
        ("2026-10-13 16:00", "2026-10-13 19:00"),
        ("2026-10-13 17:00", "2026-10-13 20:00"),
        ("2026-10-13 19:59", "2026-10-14 07:00"),
        ("2026-10-13 20:00", "2026-10-13 17:00"),
    ],
)
def test_posts_of_the_page_keep_three_hours_apart(other: str, moved: str) -> None:
    assert times(planned(event(), POST, occupied=[elsewhere(other)])) == {"post": moved}


def test_a_shift_says_why() -> None:
    made = planned(event(), POST, occupied=[elsewhere("2026-10-13 19:59")])

    assert codes(post(made, "post")) == [ReasonCode.MOVED_GAP, ReasonCode.MOVED_QUIET_HOURS]


def test_a_full_day_moves_the_post_to_the_same_hour_of_the_next() -> None:
    full = [elsewhere(f"2026-10-13 {at}") for at in ("08:00", "11:00", "14:00")]

    made = planned(event(), POST, occupied=full)

    assert times(made) == {"post": "2026-10-14 17:00"}
    assert codes(post(made, "post")) == [ReasonCode.MOVED_DAY_FULL]


def test_where_the_same_hour_would_be_too_late_the_next_morning_serves() -> None:
    full = [elsewhere(f"2026-10-19 {at}") for at in ("08:00", "11:00", "14:00")]

    made = planned(event(), step("D-1 17:00", Variant.REMINDER, key="r"), occupied=full)

    assert times(made) == {"r": "2026-10-20 07:00"}


def test_nothing_is_shifted_past_the_start() -> None:
    noon = event("2026-10-20 12:30")
    busy = [elsewhere("2026-10-20 08:00"), elsewhere("2026-10-20 11:00")]

    made = planned(noon, step("D 09:00", Variant.TODAY, key="today"), occupied=busy)

    assert dropped(made) == {"today": ReasonCode.NO_ROOM}


def test_today_of_an_all_day_event_is_not_shifted_past_its_hour() -> None:
    festival = event("2026-06-01 00:00", ends_at=None, all_day=True)

    made = planned(
        festival,
        step("D 09:00", Variant.TODAY, key="today"),
        occupied=[elsewhere("2026-06-01 08:00")],
    )

    assert dropped(made) == {"today": ReasonCode.ALL_DAY_LATE}


def test_another_page_and_the_newsletter_are_not_in_the_way() -> None:
    other = Occupied("other page", wall("2026-10-13 17:00"), "x")

    made = planned(event(), POST, occupied=[other, elsewhere("2026-10-13 17:00", MAIL)])

    assert times(made) == {"post": "2026-10-13 17:00"}


def test_newsletters_keep_no_distance() -> None:
    mail = step("D-7 10:00", channel="newsletter_email", key="mail")

    made = planned(event(), mail, occupied=[elsewhere("2026-10-13 10:00", MAIL)])

    assert times(made, MAIL) == {"mail": "2026-10-13 10:00"}


def test_operational_posts_neither_wait_nor_make_others_wait() -> None:
    operational = replace(event(), operational=True)
    busy = [elsewhere(f"2026-10-13 {at}") for at in ("08:00", "12:00", "16:00")]
    emergency = [elsewhere("2026-10-13 16:30", operational=True)]

    assert times(planned(operational, POST, occupied=busy)) == {"post": "2026-10-13 17:00"}
    assert times(planned(event(), POST, occupied=emergency)) == {"post": "2026-10-13 17:00"}


def test_an_items_own_plan_is_not_in_its_way_but_what_is_out_is() -> None:
    subject = event()
    again = Occupied("page", wall("2026-10-13 16:00"), subject.ref, slot="earlier")

    assert times(planned(subject, POST, occupied=[again])) == {"post": "2026-10-13 17:00"}
    assert times(planned(subject, POST, occupied=[replace(again, out=True)])) == {
        "post": "2026-10-13 19:00"
    }


def test_steps_of_one_item_keep_apart_too() -> None:
    steps = [step(f"D-7 17:0{n}", key=f"p{n}") for n in range(3)]

    assert times(planned(event(), *steps)) == {
        "p0": "2026-10-13 17:00",
        "p1": "2026-10-13 20:00",
        "p2": "2026-10-14 07:00",
    }


def test_a_post_that_was_shifted_stays_though_its_own_hour_has_passed() -> None:
    subject = event()
    reminder = step("D-1 17:00", Variant.REMINDER, key="r")
    other = elsewhere("2026-10-19 16:00", out=True)
    first = planned(subject, reminder, occupied=[other])
    assert times(first) == {"r": "2026-10-19 19:00"}

    again = planned(
        subject,
        reminder,
        now="2026-10-19 18:00",
        occupied=[other, *occupied_by(subject, first)],
    )

    assert times(again) == {"r": "2026-10-19 19:00"}


def _many(*subjects: Subject) -> dict[str, str]:
    requests = [Request(subject, (POST,), ALL) for subject in subjects]
    plans = plan_many(requests=requests, rules=RULES, now=wall("2026-09-01 12:00"))
    return {ref: times(plan)["post"] for ref, plan in plans.items()}


def test_the_higher_priority_goes_first_then_the_nearer_event() -> None:
    festival = event(ref="festival", priority=80)
    morning = event("2026-10-20 13:00", ref="morning")
    evening = event("2026-10-20 18:00", ref="evening")

    for order in permutations((festival, morning, evening)):
        assert _many(*order) == {
            "festival": "2026-10-13 17:00",
            "morning": "2026-10-13 20:00",
            "evening": "2026-10-14 07:00",
        }


def test_planned_together_items_are_planned_anew_around_the_posts_of_others() -> None:
    subject = event()
    stale = Occupied("page", wall("2026-10-13 17:00"), "festival", slot="post")
    requests = [
        Request(subject, (POST,), ALL),
        Request(event("2026-10-27 17:00", ref="festival", priority=80), (POST,), ALL),
    ]

    plans = plan_many(
        requests=requests,
        rules=RULES,
        now=wall("2026-09-01 12:00"),
        occupied=[stale, elsewhere("2026-10-20 15:00")],
    )

    assert times(plans["meeting"]) == {"post": "2026-10-13 17:00"}
    assert times(plans["festival"]) == {"post": "2026-10-20 18:00"}


def test_a_daily_maximum_of_none_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError):
        replace(RULES, max_per_day=0)
