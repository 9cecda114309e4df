"""What is late: whether it still makes sense, and when it may go out next."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from promo.planning.calendar import is_quiet
from promo.planning.waited import Late, Sense, Waiting, next_times, sense
from promo.values import Variant

from .worlds import MAIL, PAGE, RULES, WARSAW, wall

START, END = wall("2026-10-20 17:00"), wall("2026-10-20 19:00")


def judged(variant: Variant, now: str, **values: object) -> Sense:
    late = Late(variant, START, END, **values)  # type: ignore[arg-type]
    return sense(late, zone=WARSAW, now=wall(now))


def test_an_invitation_makes_sense_until_the_start_and_no_longer() -> None:
    assert judged(Variant.REMINDER, "2026-10-20 16:59") is Sense.STILL
    assert judged(Variant.REMINDER, "2026-10-20 17:00") is Sense.BEGUN
    assert judged(Variant.ANNOUNCE, "2026-10-20 19:00") is Sense.OVER


def test_today_makes_sense_on_its_day_only() -> None:
    assert judged(Variant.TODAY, "2026-10-20 10:00") is Sense.STILL
    assert judged(Variant.TODAY, "2026-10-19 23:59") is Sense.ANOTHER_DAY


def test_a_report_is_late_by_its_own_limit_only() -> None:
    limit = wall("2026-10-28 00:00")
    assert judged(Variant.REPORT, "2026-10-25 12:00", not_after_at=limit) is Sense.STILL
    assert judged(Variant.REPORT, "2026-10-29 12:00", not_after_at=limit) is Sense.TOO_LATE


minutes = st.integers(0, 60 * 24 * 4)


@settings(deadline=None, max_examples=60)
@given(st.lists(minutes, min_size=1, max_size=8), minutes)
def test_what_waited_keeps_quiet_hours_gaps_and_the_daily_maximum(
    due: list[int], shift: int
) -> None:
    first = wall("2026-10-12 00:00")
    now = first + timedelta(days=4, minutes=shift)
    waiting = [
        Waiting(str(nth), PAGE.ref, PAGE.channel, first + timedelta(minutes=minute))
        for nth, minute in enumerate(due)
    ]
    found = next_times(waiting, taken={PAGE.ref: [now]}, rules=RULES, now=now)
    times = sorted(at for at in found.values() if at is not None)
    assert len(times) == len(waiting)
    assert all(at >= now for at in times)
    assert not any(is_quiet(at.astimezone(WARSAW).time(), RULES) for at in times)
    assert all(b - a >= RULES.min_gap for a, b in zip([now, *times], times, strict=False))
    days = [at.astimezone(WARSAW).date() for at in [now, *times]]
    assert max(days.count(day) for day in days) <= RULES.max_per_day


def test_what_would_come_too_late_has_no_next_time() -> None:
    now = wall("2026-10-16 22:00")  # a Friday evening
    waiting = Waiting("1", MAIL.ref, MAIL.channel, now, not_after_at=wall("2026-10-17 06:00"))
    assert next_times([waiting], taken={}, rules=RULES, now=now) == {"1": None}
