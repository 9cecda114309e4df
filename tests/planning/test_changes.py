"""S5: a new date, a postponement, a cancellation."""

from __future__ import annotations

from dataclasses import replace

from promo.planning import Plan, ReasonCode, Subject
from promo.values import EventStatus, Variant

from .worlds import (
    MAIL,
    PAGE,
    SITE,
    codes,
    dropped,
    elsewhere,
    event,
    planned,
    post,
    remembered,
    shown,
    times,
    wall,
)


def _moved(subject: Subject, to: str, at: str | None = None) -> Subject:
    return replace(
        subject,
        starts_at=wall(to),
        ends_at=None,
        previous_starts_at=subject.starts_at,
        status=EventStatus.RESCHEDULED,
        changed_at=wall(at) if at else None,
    )


def _notices(made: Plan) -> dict[str, str]:
    return {
        entry.destination: shown(entry.due_at)
        for entry in made.planned
        if entry.variant in (Variant.CHANGED, Variant.CANCELLED)
    }


def test_a_new_date_moves_every_unsent_step() -> None:
    made = planned(_moved(event(), "2026-11-03 18:00"), now="2026-09-21 12:00")

    assert times(made) == {
        "fb_announce": "2026-10-20 17:00",
        "fb_about": "2026-10-27 18:00",
        "fb_reminder": "2026-11-02 17:00",
        "fb_today": "2026-11-03 09:00",
    }
    assert _notices(made) == {}


def test_a_new_date_is_told_once_where_something_was_out() -> None:
    first = planned(event())
    now = wall("2026-10-15 12:00")
    memory = remembered(first, event(), now=now)
    moved = _moved(event(), "2026-11-03 18:00", at="2026-10-15 11:50")

    made = planned(moved, now=now, occupied=memory)

    assert _notices(made) == dict.fromkeys(("mail", "page", "site"), "2026-10-15 12:00")
    assert times(made) == {
        "changed": "2026-10-15 12:00",
        "fb_reminder": "2026-11-02 17:00",
        "fb_today": "2026-11-03 09:00",
    }
    assert dropped(made)["fb_announce"] is ReasonCode.ALREADY_OUT
    assert codes(next(p for p in made.planned if p.destination == "page"))[0] is (
        ReasonCode.NOTICE_CHANGED
    )


def test_the_notice_is_not_repeated_once_it_is_out() -> None:
    now = wall("2026-10-15 12:00")
    moved = _moved(event(), "2026-11-03 18:00", at="2026-10-15 11:50")
    first = planned(moved, now=now, told={"page", "mail", "site"})

    again = planned(
        moved,
        now="2026-10-15 13:00",
        occupied=remembered(first, moved, now=now),
        told={"page", "mail", "site"},
    )

    assert _notices(again) == {}
    assert dropped(again)["changed"] is ReasonCode.ALREADY_OUT


def test_a_second_move_is_told_too_even_back_to_an_earlier_date() -> None:
    there = _moved(event(), "2026-11-03 18:00", at="2026-09-28 12:00")
    back = _moved(there, "2026-10-20 17:00", at="2026-09-29 12:00")
    again = _moved(back, "2026-11-03 18:00", at="2026-09-30 12:00")

    slots = {
        post(planned(step, now="2026-10-01 12:00", told={"site"}), "changed").slot
        for step in (there, back, again)
    }

    assert len(slots) == 3


def test_what_went_out_with_the_new_date_needs_no_notice() -> None:
    moved = _moved(event(), "2026-11-03 18:00", at="2026-09-21 12:00")
    now = wall("2026-10-20 17:30")
    memory = remembered(planned(moved, now="2026-09-21 12:00"), moved, now=now)

    again = planned(moved, now=now, occupied=memory)

    assert "fb_announce" not in times(again)
    assert _notices(again) == {}


def test_the_notice_of_a_new_date_takes_the_place_of_what_is_overdue_by_it() -> None:
    moved = _moved(event("2026-11-20 17:00"), "2026-10-20 17:00")

    made = planned(moved, now="2026-10-19 12:00", told={"page", "site"})

    assert times(made) == {"changed": "2026-10-19 12:00", "fb_today": "2026-10-20 09:00"}
    assert dropped(made) == {
        "fb_announce": ReasonCode.ALREADY_TOLD,
        "fb_about": ReasonCode.LATE_REMINDER,
        "fb_reminder": ReasonCode.NEAR_ANNOUNCEMENT,
        "fb_report": ReasonCode.REPORT_NOT_READY,
    }


def test_a_cancellation_is_told_only_where_something_was_out() -> None:
    cancelled = event(status=EventStatus.CANCELLED)

    made = planned(cancelled, now="2026-10-15 12:00", told={"page", "site"})

    assert _notices(made) == {"page": "2026-10-15 12:00", "site": "2026-10-15 12:00"}
    assert len(made.planned) == 2
    assert set(dropped(made, MAIL).values()) == {ReasonCode.CANCELLED}


def test_a_cancellation_before_anything_was_out_is_silent() -> None:
    made = planned(event(status=EventStatus.CANCELLED))

    assert made.planned == ()
    assert {step.reason.code for step in made.dropped} == {ReasonCode.CANCELLED}


def test_a_postponement_is_told_and_waits_for_a_date() -> None:
    postponed = event(status=EventStatus.POSTPONED)

    made = planned(postponed, now="2026-10-15 12:00", told={"page", "site"})

    assert times(made) == {"postponed": "2026-10-15 12:00"}
    assert dropped(made)["fb_reminder"] is ReasonCode.POSTPONED


def test_a_cancellation_keeps_no_distance_from_other_posts() -> None:
    cancelled = event(status=EventStatus.CANCELLED)
    busy = [elsewhere("2026-10-15 11:30")]

    made = planned(cancelled, now="2026-10-15 12:00", told={"page"}, occupied=busy)

    assert times(made) == {"cancelled": "2026-10-15 12:00"}


def test_a_cancellation_waits_for_the_morning_when_there_is_time() -> None:
    cancelled = event(status=EventStatus.CANCELLED)

    made = planned(cancelled, now="2026-10-17 23:00", told={"page", "mail", "site"})

    # Sunday 18 October: the page in the morning, the newsletter on Monday
    assert times(made) == {"cancelled": "2026-10-18 07:00"}
    assert times(made, MAIL) == {"cancelled": "2026-10-19 07:00"}
    assert times(made, SITE) == {"cancelled": "2026-10-17 23:00"}


def test_a_cancellation_does_not_wait_past_the_event() -> None:
    sunday = event("2026-10-18 11:00", status=EventStatus.CANCELLED)

    made = planned(sunday, now="2026-10-17 23:00", told={"page", "mail"})

    assert times(made, MAIL) == {"cancelled": "2026-10-18 07:00"}
    mail = next(entry for entry in made.planned if entry.destination == MAIL.ref)
    assert ReasonCode.NOTICE_IN_TIME in codes(mail)


def test_a_cancellation_breaks_the_night_if_people_would_come_before_the_morning() -> None:
    vigil = event("2026-10-18 06:00", status=EventStatus.CANCELLED)

    made = planned(vigil, now="2026-10-18 04:30", told={"page"})

    assert times(made) == {"cancelled": "2026-10-18 04:30"}
    notice = next(entry for entry in made.planned if entry.destination == PAGE.ref)
    assert codes(notice) == [ReasonCode.NOTICE_CANCELLED, ReasonCode.NOTICE_IN_TIME]


def test_a_new_date_is_told_before_people_come_at_the_old_one() -> None:
    moved = _moved(event("2026-10-18 11:00"), "2026-10-25 11:00")

    made = planned(moved, now="2026-10-17 23:00", told={"mail", "site"})

    assert times(made, MAIL)["changed"] == "2026-10-18 07:00"


def test_what_is_over_needs_no_notice() -> None:
    made = planned(
        event(status=EventStatus.CANCELLED), now="2026-10-20 19:00", told={"page", "site"}
    )

    assert made.planned == ()
    assert dropped(made)["cancelled"] is ReasonCode.AFTER_END


def test_cancelled_for_the_page_is_on_the_website_first() -> None:
    made = planned(event(status=EventStatus.CANCELLED), now="2026-10-15 12:00", told={"page"})

    assert times(made, SITE) == {"cancelled": "2026-10-15 12:00"}
    site = next(entry for entry in made.planned if entry.destination == SITE.ref)
    assert site.variant is Variant.CANCELLED
    assert codes(site) == [ReasonCode.WEBSITE_ADDED]
