"""What stands against a moment that a person chooses for a publication."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from promo.planning import Closure, Rules
from promo.planning.verdicts import Against, Movable, Neighbours, channel_of, objections

ZONE = ZoneInfo("Europe/Warsaw")
RULES = Rules(
    zone=ZONE,
    closures=(Closure(date(2026, 11, 27), date(2026, 11, 27)),),
    holidays={date(2026, 11, 11): "Narodowe Święto Niepodległości"},
)
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def post(
    *others: datetime, urgent: bool = False, operational: bool = False, **limits: object
) -> Movable:
    channel = channel_of(RULES, "facebook_page", urgent=urgent, operational=operational)
    return Movable(channel=channel, neighbours=Neighbours.of(others, RULES), **limits)  # type: ignore[arg-type]


def mail() -> Movable:
    return Movable(channel=channel_of(RULES, "newsletter_email", urgent=False, operational=False))


def codes(moment: datetime, movable: Movable) -> list[Against]:
    return [one.code for one in objections(moment, movable=movable, rules=RULES, now=NOW)]


def test_nothing_stands_against_a_free_moment() -> None:
    assert codes(at(24, 17), post(at(24, 9))) == []


def test_what_has_passed_is_refused_and_nothing_else_is_said() -> None:
    (found,) = objections(at(1, 23), movable=post(), rules=RULES, now=NOW)
    assert found.code is Against.PASSED
    assert found.refuses


def test_no_invitation_from_the_start_on() -> None:
    start = at(24, 17)
    invitation = post(begins_at=start, not_after_at=start)
    assert codes(at(24, 16, 59), invitation) == []
    assert codes(start, invitation) == [Against.BEGUN]


def test_what_is_not_an_invitation_has_its_own_end() -> None:
    assert codes(at(24, 17), post(not_after_at=at(24, 17))) == []
    assert codes(at(24, 17, 1), post(not_after_at=at(24, 17))) == [Against.TOO_LATE]


def test_today_is_said_on_the_day_by_the_wall_clock() -> None:
    today = post(only_on=date(2026, 11, 24))
    assert codes(at(24, 8), today) == []
    assert codes(at(23, 20), today) == [Against.OTHER_DAY]


def test_no_report_before_the_end() -> None:
    assert codes(at(24, 18), post(not_before_at=at(24, 19))) == [Against.NOT_OVER]


def test_quiet_hours_begin_with_their_first_minute_and_end_before_their_last() -> None:
    assert codes(at(24, 20, 59), post()) == []
    assert codes(at(24, 21), post()) == [Against.QUIET]
    assert codes(at(24, 6, 59), post()) == [Against.QUIET]
    assert codes(at(24, 7), post()) == []


def test_newsletter_keeps_sundays_holidays_and_closed_days() -> None:
    assert codes(at(22, 9), mail()) == [Against.SUNDAY]
    assert codes(at(11, 9), mail()) == [Against.HOLIDAY]
    assert codes(at(27, 9), mail()) == [Against.CLOSED]
    (holiday,) = objections(at(11, 9), movable=mail(), rules=RULES, now=NOW)
    assert "Narodowe Święto Niepodległości" in holiday.text
    assert codes(at(22, 9), post()) == []


def test_posts_keep_their_distance_on_both_sides() -> None:
    near = post(at(24, 12))
    assert codes(at(24, 9, 1), near) == [Against.GAP]
    assert codes(at(24, 14, 59), near) == [Against.GAP]
    assert codes(at(24, 9), near) == []
    assert codes(at(24, 15), near) == []


def test_day_that_is_full_says_so() -> None:
    full = post(at(24, 7), at(24, 11), at(24, 15))
    assert codes(at(24, 19), full) == [Against.FULL]
    assert codes(at(25, 19), full) == []


def test_several_rules_are_all_named() -> None:
    assert codes(at(24, 22), post(at(24, 20))) == [Against.QUIET, Against.GAP]


def test_operational_posts_keep_no_distance_and_urgent_ones_no_hours() -> None:
    assert codes(at(24, 12), post(at(24, 12), operational=True)) == []
    assert codes(at(24, 23), post(at(24, 23), urgent=True)) == []


def test_website_comes_no_later_than_the_social_network() -> None:
    assert codes(at(24, 9), post(website_at=at(24, 10))) == [Against.WEBSITE_FIRST]
    assert codes(at(24, 10), post(website_at=at(24, 10))) == []
    channel = channel_of(RULES, "website", urgent=False, operational=False)
    website = Movable(channel=channel, network_at=at(24, 10))
    assert codes(at(24, 11), website) == [Against.WEBSITE_FIRST]
    assert codes(at(24, 10), website) == []


def test_quiet_hours_of_one_day_are_told_apart_from_those_over_night() -> None:
    siesta = Rules(zone=ZONE, quiet_from=time(12), quiet_until=time(14), min_gap=timedelta(hours=1))
    found = objections(at(24, 13), movable=post(), rules=siesta, now=NOW)
    assert [one.code for one in found] == [Against.QUIET]
