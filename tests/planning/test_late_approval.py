"""S1: what was approved late is told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from promo.planning import Destination, Occupied, ReasonCode, Subject
from promo.values import Variant

from .worlds import (
    MAIL,
    PAGE,
    RULES,
    SITE,
    approved,
    codes,
    dropped,
    event,
    planned,
    post,
    remembered,
    step,
    times,
    wall,
)


def test_in_time_every_step_stands_where_the_timetable_puts_it() -> None:
    made = planned(event())

    assert times(made) == {
        "fb_announce": "2026-10-06 17:00",
        "fb_about": "2026-10-13 18:00",
        "fb_reminder": "2026-10-19 17:00",
        "fb_today": "2026-10-20 09:00",
    }
    assert times(made, SITE) == {"web_announce": "2026-09-29 10:00"}
    assert times(made, MAIL) == {"nl_announce": "2026-10-06 10:00"}
    assert all(not entry.reasons for entry in made.planned)


def test_added_two_days_before_there_is_one_announcement_not_four() -> None:
    made = planned(approved(event(), "2026-10-18 15:00"))

    assert times(made) == {
        "fb_announce": "2026-10-18 15:00",
        "fb_reminder": "2026-10-19 17:00",
        "fb_today": "2026-10-20 09:00",
    }
    assert times(made, SITE) == {"web_announce": "2026-10-18 15:00"}
    assert dropped(made)["fb_about"] is ReasonCode.LATE_REMINDER
    assert codes(post(made, "fb_announce")) == [ReasonCode.LATE_NOW]


def test_several_overdue_announcements_collapse_into_the_first() -> None:
    steps = [step("D-14 17:00"), step("D-7 17:00"), step("D-3 17:00")]

    made = planned(approved(event(), "2026-10-18 15:00"), *steps)

    assert times(made) == {"announce D-14 17:00": "2026-10-18 15:00"}
    assert dropped(made) == {
        "announce D-7 17:00": ReasonCode.LATE_COLLAPSED,
        "announce D-3 17:00": ReasonCode.LATE_COLLAPSED,
    }


def test_now_means_the_next_whole_minute() -> None:
    subject = approved(event(), "2026-10-18 15:00")

    made = planned(subject, step("D-14 17:00"), now=wall("2026-10-18 15:00:01"))

    assert times(made) == {"announce D-14 17:00": "2026-10-18 15:01"}


def test_now_waits_for_the_morning() -> None:
    made = planned(approved(event(), "2026-10-18 22:30"), step("D-14 17:00"))

    assert times(made) == {"announce D-14 17:00": "2026-10-19 07:00"}
    assert codes(post(made, "announce D-14 17:00")) == [
        ReasonCode.LATE_NOW,
        ReasonCode.MOVED_QUIET_HOURS,
    ]


def test_a_reminder_in_the_shadow_of_the_late_announcement_is_dropped() -> None:
    made = planned(approved(event(), "2026-10-19 11:00"))

    assert times(made) == {
        "fb_announce": "2026-10-19 11:00",
        "fb_today": "2026-10-20 09:00",
    }
    assert dropped(made)["fb_reminder"] is ReasonCode.NEAR_ANNOUNCEMENT


def test_a_reminder_exactly_twelve_hours_away_stays() -> None:
    subject = approved(event(), "2026-10-18 19:00")

    made = planned(
        subject,
        step("D-14 17:00"),
        step("D-1 07:00", Variant.REMINDER, key="just far enough"),
        step("D-1 06:59", Variant.REMINDER, key="moved to the same minute"),
    )

    assert times(made)["just far enough"] == "2026-10-19 07:00"
    # the quiet hours count: from 6:59 it moves to 7:00, and then three hours away from its twin
    assert times(made)["moved to the same minute"] == "2026-10-19 10:00"


def test_the_distance_is_a_setting() -> None:
    subject = approved(event(), "2026-10-19 11:00")
    near = replace(RULES, reminder_collapse=timedelta(hours=6))

    assert "fb_reminder" in times(planned(subject, rules=near))


def test_on_the_day_itself_only_one_post_is_left() -> None:
    made = planned(approved(event(), "2026-10-20 10:00"))

    assert times(made) == {"fb_announce": "2026-10-20 10:00"}
    assert dropped(made)["fb_today"] is ReasonCode.LATE_REMINDER


def test_each_destination_gets_its_own_announcement() -> None:
    second = Destination("branch page", "facebook_page")

    made = planned(
        approved(event(), "2026-10-18 15:00"),
        step("D-14 17:00"),
        destinations=(PAGE, second, SITE),
    )

    assert times(made) == times(made, second) == {"announce D-14 17:00": "2026-10-18 15:00"}


def test_a_destination_that_was_told_is_not_told_late_again() -> None:
    steps = [step("D-14 17:00"), step("D-7 17:00")]
    subject = approved(event(), "2026-10-18 15:00")

    made = planned(subject, *steps, told={PAGE.ref})

    assert times(made) == {}
    assert set(dropped(made).values()) == {ReasonCode.ALREADY_TOLD}


def test_planning_again_after_the_announcement_went_out_brings_nothing_back() -> None:
    subject = approved(event(), "2026-10-19 11:00")
    first = planned(subject)
    later = wall("2026-10-19 11:30")

    again = planned(subject, now=later, occupied=remembered(first, subject, now=later))

    assert times(again) == {"fb_today": "2026-10-20 09:00"}
    assert dropped(again)["fb_announce"] is ReasonCode.ALREADY_OUT
    assert dropped(again)["fb_reminder"] is ReasonCode.NEAR_ANNOUNCEMENT


def test_a_reminder_that_is_just_being_sent_is_not_late() -> None:
    subject = event()
    first = planned(subject)
    later = wall("2026-10-19 17:00:20")
    memory = [
        # everything is out but the reminder that is due right now
        *remembered(first, subject, now=wall("2026-10-19 16:59")),
    ]

    again = planned(subject, now=later, occupied=memory)

    assert times(again)["fb_reminder"] == "2026-10-19 17:01"


def test_of_a_late_exhibition_the_last_word_on_the_last_days_goes_out() -> None:
    exhibition = Subject(
        ref="exhibition",
        kind="exhibition",
        starts_at=wall("2026-10-01 10:00"),
        ends_at=wall("2026-10-31 18:00"),
        approved_at=wall("2026-10-29 12:00"),
    )

    made = planned(exhibition)

    assert times(made) == {"fb_last_days": "2026-10-29 12:00"}
    assert dropped(made)["fb_half"] is ReasonCode.LATE_COLLAPSED
    assert dropped(made)["fb_announce"] is ReasonCode.AFTER_START


def test_of_a_series_the_nearest_overdue_meeting_is_told_and_the_others_remind() -> None:
    club = Subject(
        ref="club",
        kind="story_time",
        starts_at=wall("2026-10-20 17:00"),
        occurrences=(wall("2026-10-20 17:00"), wall("2026-10-21 17:00")),
        approved_at=wall("2026-10-18 18:00"),
    )

    made = planned(club)

    page = [(p.step_key, p.occurrence_at) for p in made.planned if p.destination == PAGE.ref]
    assert page == [
        ("fb_announce", wall("2026-10-20 17:00")),
        ("fb_reminder", wall("2026-10-20 17:00")),
        ("fb_reminder", wall("2026-10-21 17:00")),
    ]


ABOUT = step("D-7 17:00", Variant.REMINDER, key="about")
TOMORROW = step("D-1 17:00", Variant.REMINDER, key="tomorrow")


def held_up(now: str) -> dict[str, str]:
    """What is planned for the page where its first reminder could not go out until then."""
    waiting = [
        Occupied(PAGE.ref, wall("2026-10-13 17:00"), "meeting", slot="about"),
        Occupied(PAGE.ref, wall("2026-10-19 17:00"), "meeting", slot="tomorrow"),
    ]
    return times(planned(event(), ABOUT, TOMORROW, now=now, occupied=waiting, told=["page"]))


def test_a_reminder_that_was_held_up_for_an_hour_still_goes_out() -> None:
    assert held_up("2026-10-13 18:00")["about"] == "2026-10-13 18:00"


def test_a_reminder_that_was_held_up_for_days_does_not_take_the_place_of_the_next_one() -> None:
    assert held_up("2026-10-18 17:30") == {"tomorrow": "2026-10-19 17:00"}
