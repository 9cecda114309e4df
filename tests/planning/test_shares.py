"""Fair shares: quotas, gaps and kept places of branches and partners, and why an item waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from promo.errors import ConfigurationError
from promo.planning import Occupied, ReasonCode, Rules, Share, Subject, branch_voice, reason_text
from promo.values import Variant

from .worlds import MAIL, PAGE, RULES, codes, dropped, elsewhere, event, planned, post, step, times

BIG, SMALL = branch_voice(1), branch_voice(2)
POST = step("D-7 17:00", key="post")  # a Tuesday


def share(voice: str = BIG, **values: Any) -> Share:
    return Share(voice=voice, name="Filia nr 2", destination=PAGE.ref, **values)


def ruled(*shares: Share, **values: Any) -> Rules:
    return replace(RULES, shares=shares, **values)


def of(voice: str, **values: Any) -> Subject:
    return event(voices=frozenset({voice}), **values)


def others(*instants: str, voice: str = BIG) -> Iterable[Occupied]:
    return [elsewhere(at, voices=frozenset({voice})) for at in instants]


def test_a_branch_that_has_had_its_posts_waits_for_the_next_week() -> None:
    week = others("2026-10-12 09:00", "2026-10-18 19:00")
    made = planned(of(BIG), POST, occupied=week, rules=ruled(share(most_a_week=2)))

    assert times(made) == {"post": "2026-10-19 17:00"}
    assert codes(post(made, "post")) == [ReasonCode.MOVED_SHARE_USED]
    assert reason_text(post(made, "post").reasons[0]) == (
        "moved to the next week: Filia nr 2 has as many posts as it may have in one week (2)"
    )


@pytest.mark.parametrize(
    ("subject", "rules"),
    [
        (of(SMALL), ruled(share(most_a_week=1))),
        (of(BIG), ruled(replace(share(most_a_week=1), destination="another page"))),
        (of(BIG, operational=True), ruled(share(most_a_week=1))),
        (of(BIG, urgent=True), ruled(share(most_a_week=1))),
    ],
    ids=["another branch", "another page", "operational", "urgent"],
)
def test_a_quota_holds_for_its_branch_on_its_page_and_for_nothing_urgent(
    subject: Subject, rules: Rules
) -> None:
    made = planned(subject, POST, occupied=others("2026-10-12 09:00"), rules=rules)

    assert times(made) == {"post": "2026-10-13 17:00"}


def test_what_the_quota_would_push_past_the_start_is_dropped_with_its_name() -> None:
    reminder = step("D-1 17:00", Variant.REMINDER, key="r")
    week = others("2026-10-19 09:00")
    made = planned(of(BIG), reminder, occupied=week, rules=ruled(share(most_a_week=1)))

    assert dropped(made) == {"r": ReasonCode.NO_ROOM_IN_SHARE}


def test_posts_of_one_partner_keep_their_own_distance() -> None:
    near = others("2026-10-12 18:00")
    made = planned(of(BIG), POST, occupied=near, rules=ruled(share(gap=timedelta(hours=48))))

    assert times(made) == {"post": "2026-10-14 18:00"}
    assert codes(post(made, "post")) == [ReasonCode.MOVED_SHARE_GAP]


def test_a_full_week_moves_the_post_to_the_same_hour_of_the_next_monday() -> None:
    week = [elsewhere("2026-10-12 09:00"), elsewhere("2026-10-14 09:00")]
    made = planned(event(), POST, occupied=week, rules=ruled(max_per_week=2))

    assert times(made) == {"post": "2026-10-19 17:00"}
    assert codes(post(made, "post")) == [ReasonCode.MOVED_WEEK_FULL]


def test_the_last_places_of_a_week_are_kept_for_the_small_branch() -> None:
    rules = ruled(share(SMALL, kept_a_week=1), max_per_week=3)
    week = others("2026-10-12 09:00", "2026-10-14 09:00")

    big = planned(of(BIG), POST, occupied=week, rules=rules)
    small = planned(of(SMALL), POST, occupied=week, rules=rules)

    assert times(big) == {"post": "2026-10-19 17:00"}
    assert codes(post(big, "post")) == [ReasonCode.MOVED_WEEK_KEPT]
    assert times(small) == {"post": "2026-10-13 17:00"}


def test_kept_places_are_free_for_all_once_used_or_once_the_week_has_begun() -> None:
    rules = ruled(share(SMALL, kept_a_week=1), max_per_week=3)
    used = [*others("2026-10-12 09:00"), *others("2026-10-14 09:00", voice=SMALL)]
    unused = others("2026-10-12 09:00", "2026-10-14 09:00")

    assert times(planned(of(BIG), POST, occupied=used, rules=rules)) == {"post": "2026-10-13 17:00"}
    begun = planned(of(BIG), POST, now="2026-10-13 10:00", occupied=unused, rules=rules)
    assert times(begun) == {"post": "2026-10-13 17:00"}


def test_however_much_is_promised_one_place_of_a_week_is_left_to_the_others() -> None:
    rules = ruled(share(SMALL, kept_a_week=9), max_per_week=3)

    assert times(planned(of(BIG), POST, rules=rules)) == {"post": "2026-10-13 17:00"}


def test_a_week_ends_at_the_local_midnight_of_sunday() -> None:
    late = others("2026-10-25 23:30")  # the night is an hour longer: the clock changes that day
    rules = ruled(share(most_a_week=1))
    monday = planned(of(BIG, starts="2026-11-02 17:00"), POST, occupied=late, rules=rules)
    sunday = planned(of(BIG, starts="2026-11-01 17:00"), POST, occupied=late, rules=rules)

    assert times(monday) == {"post": "2026-10-26 17:00"}
    assert times(sunday) == {"post": "2026-10-26 17:00"}
    assert codes(post(sunday, "post")) == [ReasonCode.MOVED_SHARE_USED]


def test_newsletters_have_no_share() -> None:
    mail = step("D-7 17:00", channel="newsletter_email", key="mail")
    rules = ruled(replace(share(most_a_week=1), destination=MAIL.ref))
    busy = [elsewhere("2026-10-12 09:00", MAIL, voices=frozenset({BIG}))]

    assert times(planned(of(BIG), mail, occupied=busy, rules=rules), MAIL) == {
        "mail": "2026-10-13 17:00"
    }


@pytest.mark.parametrize("made", [lambda: share(most_a_week=0), lambda: ruled(max_per_week=0)])
def test_a_weekly_maximum_of_nothing_is_refused(made: Any) -> None:
    with pytest.raises(ConfigurationError, match="weekly maximum"):
        made()
