"""What stands against a moment that a person chooses for a publication."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from promo.planning import Closure, Occupied, Rules, Share, branch_voice
from promo.planning.reasons import Reason, ReasonCode, reason_text
from promo.planning.spacing import Book, Room
from promo.planning.verdicts import Against, Movable, channel_of, objections

ZONE = ZoneInfo("Europe/Warsaw")
RULES = Rules(
    zone=ZONE,
    closures=(Closure(date(2026, 11, 27), date(2026, 11, 27)),),
    holidays={date(2026, 11, 11): "Narodowe Święto Niepodległości"},
)
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
FILIA, OTHERS = frozenset({branch_voice(1)}), frozenset({branch_voice(2)})


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def post(
    *others: datetime,
    urgent: bool = False,
    operational: bool = False,
    rules: Rules = RULES,
    theirs: frozenset[str] = frozenset(),
    **limits: object,
) -> Movable:
    """A post of the branch Filia, among others of `theirs`."""
    channel = channel_of(rules, "facebook_page", urgent=urgent, operational=operational)
    taken = [Occupied("page", moment, "another", voices=theirs) for moment in others]
    room = Room(Book(taken, rules.zone), "page", rules, FILIA, NOW) if channel.spaced else None
    return Movable(channel=channel, room=room, **limits)  # type: ignore[arg-type]


def mail() -> Movable:
    return Movable(channel=channel_of(RULES, "newsletter_email", urgent=False, operational=False))


def codes(moment: datetime, movable: Movable) -> list[Against]:
    return [one.code for one in objections(moment, movable=movable, rules=RULES, now=NOW)]


def shared(**share: Any) -> Rules:
    """Rules of a house in which Filia has this share of the page, and the other branch none."""
    return replace(RULES, shares=(Share(branch_voice(1), "Filia", "page", **share),))


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


def test_week_that_is_full_says_so() -> None:
    rules = replace(RULES, max_per_week=2)
    full = post(at(23, 9), at(25, 9), rules=rules)
    assert codes(at(28, 12), full) == [Against.WEEK_FULL]
    assert codes(at(30, 12), full) == []


def test_branch_that_has_its_posts_of_the_week_says_so_until_monday() -> None:
    used = post(at(23, 9), rules=shared(most_a_week=1), theirs=FILIA)
    assert codes(at(28, 12), used) == [Against.SHARE_USED]
    assert codes(at(30, 12), used) == []


def test_posts_of_one_branch_keep_their_own_distance_and_those_of_others_do_not() -> None:
    rules = shared(gap=timedelta(hours=48))
    assert codes(at(25, 8), post(at(23, 9), rules=rules, theirs=FILIA)) == [Against.SHARE_GAP]
    assert codes(at(25, 9), post(at(23, 9), rules=rules, theirs=FILIA)) == []
    assert codes(at(25, 8), post(at(23, 9), rules=rules, theirs=OTHERS)) == []


def test_places_kept_for_another_branch_are_kept_until_their_week_begins() -> None:
    small = Share(branch_voice(2), "Mała", "page", kept_a_week=1)
    rules = replace(RULES, max_per_week=2, shares=(small,))
    others = (at(3, 18), at(23, 9))
    assert codes(at(28, 12), post(*others, rules=rules)) == [Against.WEEK_KEPT]
    assert codes(at(5, 12), post(*others, rules=rules)) == []
    assert codes(at(28, 12), post(*others, rules=rules, theirs=OTHERS)) == []


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (shared(most_a_week=1), ReasonCode.MOVED_SHARE_USED),
        (replace(RULES, max_per_week=1), ReasonCode.MOVED_WEEK_FULL),
        (shared(gap=timedelta(hours=120)), ReasonCode.MOVED_SHARE_GAP),
    ],
)
def test_a_share_is_told_in_the_words_by_which_the_planner_says_why_an_item_waits(
    rules: Rules, code: ReasonCode
) -> None:
    movable = post(at(23, 9), rules=rules, theirs=FILIA)
    (found,) = objections(at(26, 9), movable=movable, rules=rules, now=NOW)
    waits = reason_text(Reason(code, found.params))
    assert waits.partition(": ")[2].casefold() in found.text.casefold()


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
    found = objections(at(24, 13), movable=post(rules=siesta), rules=siesta, now=NOW)
    assert [one.code for one in found] == [Against.QUIET]
