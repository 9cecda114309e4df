"""Shares as staff set them: the nearest rule counts, and the plan keeps to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from promo.models import Branch, Destination, FairShare, Institution, Item, Partner, Publication
from promo.planning import ReasonCode, branch_voice, partner_voice
from promo.services import fair_shares, plans
from tests import making

pytestmark = pytest.mark.django_db

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    making.installation()


@pytest.fixture
def small(db: None) -> Branch:
    return Branch.objects.create(name="Filia nr 2", slug="filia-2")


def page() -> Destination:
    return Destination.objects.get(channel="facebook_page")


def monday_in(weeks: int) -> datetime:
    """At five in the afternoon of a Monday to come, local time."""
    today = timezone.now().astimezone(WARSAW)
    day = today + timedelta(days=7 * weeks - today.weekday())
    return day.replace(hour=17, minute=0, second=0, microsecond=0)


def meeting(weeks: int, branch: Branch, **values: object) -> Item:
    start = monday_in(weeks) + timedelta(days=6)
    ends = start + timedelta(hours=2)
    return making.approved(starts_at=start, ends_at=ends, branch=branch, **values)


def posts(item: Item) -> list[Publication]:
    rows = item.publications.filter(destination__channel="facebook_page")
    return list(rows.order_by("planned_at", "slot"))


def codes(row: Publication) -> set[str]:
    return {reason["code"] for reason in row.reasons}


def test_without_rules_nothing_is_shared() -> None:
    assert fair_shares.shares(fair_shares.pages()) == ()


def test_the_nearest_rule_counts_as_a_whole(small: Branch) -> None:
    main = making.branch()
    FairShare.objects.create(whose="branches", most_a_week=3, gap_hours=24)
    FairShare.objects.create(whose="branches", destination=page(), most_a_week=2)
    FairShare.objects.create(whose="branch", branch=small, most_a_week=1, kept_a_week=1)

    found = {share.voice: share for share in fair_shares.shares(fair_shares.pages())}

    assert found.keys() == {branch_voice(main.pk), branch_voice(small.pk)}
    assert found[branch_voice(main.pk)].most_a_week == 2
    assert found[branch_voice(main.pk)].gap == timedelta(0)
    assert found[branch_voice(small.pk)].most_a_week == 1
    assert found[branch_voice(small.pk)].kept_a_week == 1
    assert {share.destination for share in found.values()} == {str(page().uuid)}


def test_an_item_speaks_for_its_branch_and_its_partners() -> None:
    partner = Partner.objects.create(name="Dom Kultury")
    item = making.item()
    item.partners.add(partner)

    assert item.branch_id
    assert fair_shares.voices(item) == {branch_voice(item.branch_id), partner_voice(partner.pk)}


def test_the_second_item_of_a_branch_waits_and_says_why(small: Branch) -> None:
    FairShare.objects.create(whose="branches", most_a_week=1)
    first, second = (
        making.approved(
            kind="recommendation", title=title, branch=small, starts_at=None, ends_at=None
        )
        for title in ("Polecamy", "Polecamy też")
    )

    (early,), (later,) = posts(first), posts(second)
    weeks = [row.planned_at.astimezone(WARSAW).isocalendar()[:2] for row in (early, later)]
    assert weeks[0] < weeks[1]
    assert ReasonCode.MOVED_SHARE_USED.value in codes(later)


def test_partners_of_other_items_are_counted(small: Branch) -> None:
    partner = Partner.objects.create(name="Dom Kultury")
    FairShare.objects.create(whose="partner", partner=partner, gap_hours=24 * 20)
    first = meeting(8, small)
    plan = plans.plan(item=first, now=timezone.now())
    other = making.item(
        starts_at=monday_in(8) + timedelta(days=6), ends_at=monday_in(8) + timedelta(days=7)
    )
    other.partners.add(partner)
    other.save()
    assert plans.plan(item=other, now=timezone.now()).planned
    first.partners.add(partner)
    first.save()
    again = plans.plan(item=other, now=timezone.now())

    assert plan.planned
    moved = {reason.code for post in again.planned for reason in post.reasons}
    dropped = {step.reason.code for step in again.dropped}
    assert ReasonCode.MOVED_SHARE_GAP in moved or ReasonCode.NO_ROOM in dropped


def test_closing_days_of_the_house_reach_the_planner(small: Branch) -> None:
    house = Institution.load()
    house.posts_rest = Institution.PostsRest.CLOSED
    week_before = monday_in(5).date() + timedelta(days=6)
    house.closed_days.create(on=week_before, name="inwentaryzacja")
    house.save()

    item = meeting(6, small)

    days = {row.planned_at.astimezone(WARSAW).date() for row in posts(item)}
    assert week_before not in days
    assert any(ReasonCode.MOVED_CLOSED.value in codes(row) for row in posts(item))


@pytest.mark.parametrize(
    "values", [{"whose": "branches"}, {"whose": "branch", "most_a_week": 1}, {"whose": "partners"}]
)
def test_a_rule_that_says_nothing_or_is_for_nobody_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FairShare(**values).full_clean()


def test_the_same_rule_is_not_made_twice() -> None:
    FairShare.objects.create(whose="branches", most_a_week=1)

    with pytest.raises(ValidationError, match="Taka zasada już istnieje"):
        FairShare(whose="branches", most_a_week=2).full_clean()
