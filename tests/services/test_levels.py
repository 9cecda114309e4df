"""Levels of promotion at the gate: too late is said at once, and an approver may allow it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from promo.errors import InvalidInput
from promo.models import Institution, Item
from promo.services import approvals, gate, levels
from tests import making

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def deadlines(db: None) -> None:
    making.installation()
    house = Institution.load()
    house.level2_days, house.level3_days = 7, 28
    house.save()


@pytest.fixture
def ewa(db: None) -> User:
    return User.objects.create_user("ewa", first_name="Ewa")


def in_days(days: int, **values: object) -> Item:
    start = timezone.now() + timedelta(days=days)
    return making.item(starts_at=start, ends_at=start + timedelta(hours=2), **values)


def possible(item: Item) -> list[int]:
    found = levels.levels(item=item, now=timezone.now())
    return [level.number for level in found if level.possible]


def refused(item: Item) -> str:
    return " ".join(fault.text for fault in gate.faults(item) if fault.code == "level_late")


@pytest.mark.parametrize(("days", "expected"), [(40, [1, 2, 3]), (10, [1, 2]), (3, [1])])
def test_the_days_left_decide_what_is_possible(days: int, expected: list[int]) -> None:
    assert possible(in_days(days)) == expected


def test_a_late_level_is_refused_with_the_one_that_is_still_possible() -> None:
    item = in_days(10, level=3)

    assert "Wybierz poziom 2" in refused(item)
    item.level = 2
    assert refused(item) == ""


def test_an_approver_allows_a_late_level_with_a_reason(ewa: User) -> None:
    item = in_days(3, level=3)
    levels.grant(
        item=item, level=2, reason="Gość potwierdził wczoraj", user=ewa, now=timezone.now()
    )

    assert possible(item) == [1, 2]
    assert "Wybierz poziom 2" in refused(item)
    levels.grant(item=item, level=3, reason="Zgoda dyrekcji", user=ewa, now=timezone.now())
    assert refused(item) == ""


def test_without_a_reason_nothing_is_allowed(ewa: User) -> None:
    item = in_days(3)
    with pytest.raises(InvalidInput):
        levels.grant(item=item, level=3, reason="  ", user=ewa, now=timezone.now())
    assert not item.level_grants.exists()


def test_what_was_sent_to_review_in_time_stays_possible() -> None:
    item = in_days(40, level=3)
    item.save_revision()
    item.get_workflow().start(item, None)
    soon = timezone.now() + timedelta(days=35)

    found = levels.levels(item=item, now=soon)

    assert [level.possible for level in found] == [True, True, True]


def test_what_was_approved_before_may_be_approved_again() -> None:
    item = in_days(40, level=3)
    approvals.approve(content=item)
    item.starts_at, item.ends_at = timezone.now() + timedelta(days=2), None

    assert refused(item) == ""


@pytest.mark.parametrize("kind", ["opening_hours", "emergency_closure", "library_lesson"])
def test_news_of_the_house_and_closed_groups_have_no_deadline(kind: str) -> None:
    assert levels.levels(item=in_days(1, kind=kind), now=timezone.now()) == ()


def test_a_house_without_deadlines_says_nothing() -> None:
    Institution.objects.update(level2_days=None, level3_days=None)

    assert levels.levels(item=in_days(1), now=timezone.now()) == ()
