"""S2 and the too-late rule: what is planned, and until when it may still be sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from promo.planning import ReasonCode, Subject
from promo.values import EventStatus, Variant

from .worlds import (
    MAIL,
    PAGE,
    RULES,
    SITE,
    approved,
    dropped,
    event,
    planned,
    post,
    shown,
    step,
    times,
    wall,
)

TODAY = step("D 09:00", Variant.TODAY, key="today")


def test_nothing_invites_once_it_has_begun() -> None:
    subject = approved(event(), "2026-10-20 17:00")

    made = planned(subject)

    assert times(made) == times(made, MAIL) == {}
    assert dropped(made)["fb_announce"] is ReasonCode.AFTER_START
    # the website's entry is worth having until the end
    assert times(made, SITE) == {"web_announce": "2026-10-20 17:00"}


def test_once_it_is_over_the_website_has_nothing_to_announce_either() -> None:
    made = planned(approved(event(), "2026-10-20 19:00"))

    assert times(made, SITE) == {}
    assert dropped(made, SITE)["web_announce"] is ReasonCode.AFTER_END


def test_a_minute_before_the_start_is_still_in_time() -> None:
    made = planned(approved(event(), "2026-10-20 16:59"))

    assert times(made) == {"fb_announce": "2026-10-20 16:59"}


@pytest.mark.parametrize(
    ("notation", "variant", "channel", "until"),
    [
        ("D-14 17:00", Variant.ANNOUNCE, "facebook_page", "2026-10-20 17:00"),
        ("D-1 17:00", Variant.REMINDER, "facebook_page", "2026-10-20 17:00"),
        ("D 09:00", Variant.TODAY, "facebook_page", "2026-10-20 17:00"),
        ("D-14 10:00", Variant.ANNOUNCE, "newsletter_email", "2026-10-20 17:00"),
        ("D-14 10:00", Variant.ANNOUNCE, "website", "2026-10-20 19:00"),
        ("D-14 10:00", Variant.NEWS, "facebook_page", "2026-10-20 19:00"),
        ("D+1 11:00", Variant.REPORT, "facebook_page", "2026-10-28 00:00"),
    ],
)
def test_every_post_knows_when_it_is_too_late(
    notation: str, variant: Variant, channel: str, until: str
) -> None:
    wanted = step(notation, variant, channel=channel, key="wanted")

    not_after_at = post(planned(event(), wanted), "wanted").not_after_at

    assert not_after_at
    assert shown(not_after_at) == until


def test_what_has_no_date_is_never_too_late() -> None:
    notice = Subject(ref="notice", kind="announcement", approved_at=wall("2026-10-20 12:00"))

    made = planned(notice)

    assert [(p.step_key, p.not_after_at) for p in made.planned] == [("web_news", None)]


def test_news_of_the_librarys_own_service_is_good_until_the_end() -> None:
    closure = Subject(
        ref="closure",
        kind="opening_hours",
        operational=True,
        starts_at=wall("2026-10-20 08:00"),
        ends_at=wall("2026-10-22 18:00"),
        approved_at=wall("2026-10-21 09:00"),
    )

    made = planned(closure)

    assert times(made) == {"fb_announce": "2026-10-21 09:00"}
    assert post(made, "fb_announce").not_after_at == wall("2026-10-22 18:00")


@pytest.mark.parametrize(("starts", "stays"), [("11:59", False), ("12:00", True)])
def test_today_is_only_for_what_begins_at_noon_or_later(*, starts: str, stays: bool) -> None:
    made = planned(event(f"2026-10-20 {starts}"), TODAY)

    assert ("today" in times(made)) is stays
    if not stays:
        assert dropped(made) == {"today": ReasonCode.STARTS_EARLY}


def test_noon_is_a_setting_and_a_step_may_have_its_own() -> None:
    morning = event("2026-10-20 10:00")
    early = replace(RULES, today_needs_start_after=time(10))
    own = replace(TODAY, only_if_starts_after=time(9, 30))

    assert "today" in times(planned(morning, TODAY, rules=early))
    assert "today" in times(planned(morning, own))


def test_any_step_may_be_only_for_late_events() -> None:
    reminder = step("D-1 17:00", Variant.REMINDER, key="r", only_if_starts_after=time(18))

    assert dropped(planned(event(), reminder)) == {"r": ReasonCode.STARTS_EARLY}
    assert "r" in times(planned(event("2026-10-20 18:00"), reminder))


@pytest.mark.parametrize(("at", "stays"), [("09:00", True), ("09:01", False)])
def test_today_of_an_all_day_event_goes_out_by_nine_or_not_at_all(*, at: str, stays: bool) -> None:
    festival = event("2026-06-01 00:00", ends_at=None, all_day=True)

    made = planned(festival, step(f"D {at}", Variant.TODAY, key="today"))

    assert ("today" in times(made)) is stays
    if not stays:
        assert dropped(made) == {"today": ReasonCode.ALL_DAY_LATE}


def test_today_of_an_all_day_event_that_was_held_up_may_go_out_on_that_day() -> None:
    festival = event("2026-06-01 00:00", ends_at=None, all_day=True)

    not_after_at = post(planned(festival, TODAY), "today").not_after_at

    assert not_after_at == wall("2026-06-02 00:00")


def test_an_all_day_event_is_announced_before_its_day_begins() -> None:
    festival = event("2026-06-01 00:00", ends_at=None, all_day=True)

    assert times(planned(approved(festival, "2026-05-31 20:00"), step("D-7 17:00")))
    assert dropped(planned(approved(festival, "2026-06-01 08:00"), step("D-7 17:00")))


def test_the_last_days_of_a_short_exhibition_are_not_announced_before_it_opens() -> None:
    short = event("2026-10-20 10:00", ends_at=wall("2026-10-22 18:00"))

    made = planned(short, step("end-5 17:00", Variant.LAST_DAYS, key="last"))

    assert dropped(made) == {"last": ReasonCode.BEFORE_START}


def test_a_contest_invites_until_its_deadline() -> None:
    contest = Subject(
        ref="contest",
        kind="contest",
        starts_at=wall("2026-10-01 08:00"),
        deadline_at=wall("2026-10-31 23:59"),
        approved_at=wall("2026-10-05 12:00"),
    )

    made = planned(contest)

    assert times(made) == {
        "fb_announce": "2026-10-05 12:00",
        "fb_half": "2026-10-16 17:00",
        "fb_week_left": "2026-10-24 17:00",
        "fb_day_left": "2026-10-30 17:00",
    }
    assert post(made, "fb_day_left").not_after_at == wall("2026-10-31 23:59")


def test_a_closed_group_is_reported_but_not_invited() -> None:
    lesson = event(kind="library_lesson", closed_group=True, report_ready=True)

    made = planned(lesson, step("D-7 17:00"), step("D+1 11:00", Variant.REPORT, key="report"))

    assert times(made) == {"report": "2026-10-21 11:00"}
    assert dropped(made) == {"announce D-7 17:00": ReasonCode.CLOSED_GROUP}


def test_a_full_event_invites_nobody_but_stays_on_the_website() -> None:
    made = planned(event(status=EventStatus.SOLD_OUT))

    assert times(made) == times(made, MAIL) == {}
    assert dropped(made)["fb_reminder"] is ReasonCode.SOLD_OUT
    assert "web_announce" in times(made, SITE)


@pytest.mark.parametrize(
    ("notation", "code"),
    [
        ("D-14 17:00", ReasonCode.NO_DATE),
        ("end-5 17:00", ReasonCode.NO_END),
        ("half 17:00", ReasonCode.NO_END),
        ("deadline-7 17:00", ReasonCode.NO_DEADLINE),
        ("each-3 17:00", ReasonCode.NO_DATE),
    ],
)
def test_a_step_waits_for_the_date_it_is_counted_from(notation: str, code: ReasonCode) -> None:
    undated = Subject(ref="walk", kind="heritage", approved_at=wall("2026-10-20 12:00"))

    assert dropped(planned(undated, step(notation, key="step"))) == {"step": code}


def test_a_channel_without_a_destination_is_named() -> None:
    made = planned(event(), step("D-14 17:00", key="post"), destinations=(SITE,))

    assert [(d.step_key, d.destination, d.reason.code) for d in made.dropped] == [
        ("post", "", ReasonCode.NO_DESTINATION)
    ]


def test_a_paused_destination_is_planned_and_says_so() -> None:
    paused = replace(PAGE, paused=True)

    made = planned(event(), step("D-14 17:00", key="post"), destinations=(paused, SITE))

    assert ReasonCode.DESTINATION_PAUSED in [r.code for r in post(made, "post").reasons]
