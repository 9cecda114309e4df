"""The rhythm of a newsletter: right across clock changes, days off, years and long sleeps."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from promo.errors import InvalidInput
from promo.planning import ReasonCode, Rules, polish_holidays
from promo.planning.rhythm import Rhythm, Turn, coming, due_turn, turns

WARSAW = ZoneInfo("Europe/Warsaw")
RULES = Rules(zone=WARSAW, holidays=polish_holidays(range(2026, 2032)))
THURSDAYS = "FREQ=WEEKLY;BYDAY=TH"


def rhythm(rule: str = THURSDAYS, **values: object) -> Rhythm:
    plain = {"at": time(10), "starts_on": date(2026, 3, 2), "lead": timedelta(hours=48)}
    return Rhythm(rule, **{**plain, **values})  # type: ignore[arg-type]


def first(made: Rhythm, count: int, after: date | None = None) -> list[Turn]:
    return list(islice(turns(made, rules=RULES, after=after), count))


def wall(at: datetime) -> str:
    return f"{at.astimezone(WARSAW):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(("month", "days"), [(3, [26, 2]), (10, [22, 29])])
def test_the_hour_stays_the_same_across_both_clock_changes(month: int, days: list[int]) -> None:
    before, after = first(rhythm(), 2, date(2026, month, days[0] - 1))
    assert [before.send_at.astimezone(WARSAW).day, after.send_at.astimezone(WARSAW).day] == days
    assert {at.send_at.astimezone(WARSAW).hour for at in (before, after)} == {10}
    assert after.send_at - before.send_at != timedelta(days=7)
    assert after.compose_at == after.send_at - timedelta(hours=48)


def test_the_first_monday_of_the_month_is_found() -> None:
    made = rhythm("FREQ=MONTHLY;BYDAY=1MO", at=time(9))
    assert [wall(turn.send_at) for turn in first(made, 3, date(2026, 9, 1))] == [
        "2026-09-07 09:00",
        "2026-10-05 09:00",
        "2026-11-02 09:00",
    ]


def test_every_two_weeks_keeps_its_step_for_years() -> None:
    made = rhythm("FREQ=WEEKLY;INTERVAL=2;BYDAY=TH", starts_on=date(2026, 3, 5))
    late = first(made, 1, date(2031, 3, 1))[0]
    assert (late.on - date(2026, 3, 5)).days % 14 == 0
    assert date(2031, 3, 1) < late.on <= date(2031, 3, 15)


def test_an_issue_of_a_holiday_goes_out_on_the_working_day_before_and_says_why() -> None:
    made = rhythm("FREQ=WEEKLY;BYDAY=WE")
    turn = first(made, 1, date(2026, 11, 5))[0]
    assert turn.on == date(2026, 11, 11)
    assert wall(turn.send_at) == "2026-11-10 10:00"
    assert [reason.code for reason in turn.reasons] == [ReasonCode.MOVED_HOLIDAY]


def test_only_what_is_still_to_go_out_is_to_come() -> None:
    now = datetime(2026, 3, 5, 9, tzinfo=UTC)  # Thursday, 10:00 in Warsaw
    following = next(coming(rhythm(), rules=RULES, now=now))
    assert following.on == date(2026, 3, 12)


def test_a_turn_is_due_from_its_cut_off_on() -> None:
    send_at = datetime(2026, 3, 5, 9, tzinfo=UTC)
    cut_off = send_at - timedelta(hours=48)
    handled = date(2026, 2, 26)
    early = due_turn(rhythm(), rules=RULES, now=cut_off - timedelta(seconds=1), after=handled)
    due = due_turn(rhythm(), rules=RULES, now=cut_off, after=handled)
    assert early is None
    assert due is not None
    assert due.send_at == send_at


def test_of_turns_that_were_slept_through_the_latest_is_due() -> None:
    now = datetime(2026, 4, 20, 12, tzinfo=UTC)  # a Monday
    due = due_turn(rhythm(), rules=RULES, now=now, after=date(2026, 3, 5))
    assert due is not None
    assert due.on == date(2026, 4, 16)


def test_with_a_lead_longer_than_the_rhythm_no_turn_is_passed_over() -> None:
    made = rhythm(lead=timedelta(days=10))
    now = datetime(2026, 3, 9, 12, tzinfo=UTC)
    due = due_turn(made, rules=RULES, now=now, after=date(2026, 3, 5))
    assert due is not None
    assert due.on == date(2026, 3, 12)


def test_a_rule_that_ends_has_no_turn_after_its_end() -> None:
    assert len(first(rhythm(f"{THURSDAYS};COUNT=2"), 9)) == 2
    assert len(first(rhythm(f"{THURSDAYS};UNTIL=20260320"), 9)) == 3


def test_what_is_no_rule_is_refused() -> None:
    with pytest.raises(InvalidInput):
        first(rhythm("every thursday"), 1)
