"""S3: the night, Sundays and public holidays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from promo.planning import Closure, ReasonCode, Subject, reason_text
from promo.values import Variant

from .worlds import (
    MAIL,
    PAGE,
    RULES,
    SITE,
    codes,
    event,
    planned,
    post,
    step,
    times,
    wall,
)


def _mail(notation: str, variant: Variant = Variant.ANNOUNCE) -> Any:
    return step(notation, variant, channel="newsletter_email", key="mail")


@pytest.mark.parametrize(
    ("at", "moved"),
    [
        ("20:59", "2026-10-13 20:59"),
        ("21:00", "2026-10-14 07:00"),
        ("23:30", "2026-10-14 07:00"),
        ("00:00", "2026-10-13 07:00"),
        ("06:59", "2026-10-13 07:00"),
        ("07:00", "2026-10-13 07:00"),
    ],
)
def test_the_page_is_silent_at_night(at: str, moved: str) -> None:
    made = planned(event(), step(f"D-7 {at}", key="post"))

    assert times(made) == {"post": moved}


def test_the_website_never_sleeps() -> None:
    made = planned(event(), step("D-7 03:00", channel="website", key="entry"))

    assert times(made, SITE) == {"entry": "2026-10-13 03:00"}


def test_the_page_speaks_on_sundays() -> None:
    # 18 October 2026 is a Sunday
    assert times(planned(event(), step("D-2 17:00", key="p"))) == {"p": "2026-10-18 17:00"}


def test_the_newsletter_counted_back_moves_from_sunday_to_saturday() -> None:
    made = planned(event(), _mail("D-2 10:00"))

    assert times(made, MAIL) == {"mail": "2026-10-17 10:00"}
    (reason,) = post(made, "mail").reasons
    assert reason_text(reason) == "moved from Sunday: a quiet day"


def test_the_newsletter_counted_forward_moves_from_sunday_to_monday() -> None:
    saturday = event("2026-10-17 17:00", report_ready=True)

    made = planned(saturday, _mail("D+1 10:00", Variant.REPORT))

    assert times(made, MAIL) == {"mail": "2026-10-19 10:00"}


def test_on_the_very_day_the_newsletter_moves_back_so_that_it_still_invites() -> None:
    sunday = event("2026-10-18 17:00")

    assert times(planned(sunday, _mail("D 10:00")), MAIL) == {"mail": "2026-10-17 10:00"}


def test_the_newsletter_moves_over_a_whole_run_of_holidays() -> None:
    # 25 and 26 December and 27 December, a Sunday; the 24th is a holiday from 2025 on
    january = event("2027-01-03 17:00")

    made = planned(january, _mail("D-7 10:00"))

    assert times(made, MAIL) == {"mail": "2026-12-23 10:00"}
    assert codes(post(made, "mail")) == [ReasonCode.MOVED_SUNDAY]


def test_a_holiday_is_called_by_its_name() -> None:
    made = planned(event("2026-11-12 17:00"), _mail("D-1 10:00"))

    assert times(made, MAIL) == {"mail": "2026-11-10 10:00"}
    (reason,) = post(made, "mail").reasons
    assert dict(reason.params) == {"name": "Narodowe Święto Niepodległości"}


@pytest.mark.parametrize(("year", "sent"), [(2024, "2024-12-24 10:00"), (2025, "2025-12-23 10:00")])
def test_christmas_eve_2024_was_a_working_day_and_2025_was_not(year: int, sent: str) -> None:
    made = planned(event(f"{year}-12-31 17:00"), _mail("D-7 10:00"))

    assert times(made, MAIL) == {"mail": sent}


def test_a_day_on_which_the_library_is_closed_is_like_a_holiday() -> None:
    rules = replace(RULES, closures=(Closure(date(2026, 10, 16), date(2026, 10, 16)),))

    made = planned(event(), _mail("D-4 10:00"), rules=rules)

    assert times(made, MAIL) == {"mail": "2026-10-15 10:00"}
    assert codes(post(made, "mail")) == [ReasonCode.MOVED_CLOSED]


def test_the_newsletter_of_saturday_night_goes_out_on_saturday_morning() -> None:
    # Saturday 22:00 would become Sunday 7:00, which is a day off
    assert times(planned(event(), _mail("D-3 22:00")), MAIL) == {"mail": "2026-10-17 07:00"}


def test_approved_on_sunday_the_late_newsletter_goes_out_on_monday_morning() -> None:
    subject = replace(event(), approved_at=wall("2026-10-18 15:00"))

    made = planned(subject, _mail("D-7 10:00"))

    assert times(made, MAIL) == {"mail": "2026-10-19 07:00"}


def test_a_step_moved_back_before_the_approval_goes_out_at_once() -> None:
    # wanted on Sunday 18 October, moved to Saturday 10:00, approved on Saturday at noon
    subject = replace(event(), approved_at=wall("2026-10-17 12:00"))

    assert times(planned(subject, _mail("D-2 10:00")), MAIL) == {"mail": "2026-10-17 12:00"}


def test_no_morning_is_left_before_an_early_start() -> None:
    breakfast = event("2026-10-20 06:30")

    made = planned(breakfast, step("D-1 22:00", Variant.REMINDER, key="r"))

    assert made.planned == ()
    assert [d.reason.code for d in made.dropped] == [ReasonCode.AFTER_START]


def test_an_emergency_waits_for_nothing() -> None:
    burst_pipe = Subject(
        ref="pipe",
        kind="emergency_closure",
        operational=True,
        urgent=True,
        approved_at=wall("2026-10-18 23:10"),
    )

    made = planned(burst_pipe)

    assert times(made) == {"fb_announce": "2026-10-18 23:10"}
    assert times(made, SITE) == {"web_announce": "2026-10-18 23:10"}


def test_operational_news_that_is_not_urgent_keeps_the_night() -> None:
    closure = Subject(
        ref="closure",
        kind="opening_hours",
        operational=True,
        starts_at=wall("2026-10-25 08:00"),
        ends_at=wall("2026-10-26 18:00"),
        approved_at=wall("2026-10-18 23:10"),
    )

    assert times(planned(closure))["fb_announce"] == "2026-10-19 07:00"


def test_quiet_hours_may_lie_within_one_day_or_be_switched_off() -> None:
    siesta = replace(RULES, quiet_from=time(13), quiet_until=time(15))
    never = replace(RULES, quiet_from=time(0), quiet_until=time(0))

    assert times(planned(event(), step("D-7 14:00", key="p"), rules=siesta)) == {
        "p": "2026-10-13 15:00"
    }
    assert times(planned(event(), step("D-7 23:00", key="p"), rules=never)) == {
        "p": "2026-10-13 23:00"
    }


def test_an_unknown_channel_is_treated_as_a_social_network() -> None:
    toots = replace(PAGE, ref="toots", channel="toots")

    made = planned(event(), step("D-7 22:00", channel="toots", key="t"), destinations=(toots, SITE))

    assert times(made, toots) == {"t": "2026-10-14 07:00"}
    assert times(made, SITE) == {"twin_page": "2026-10-14 07:00"}
