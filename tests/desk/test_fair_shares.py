"""The rules of fair shares at the desk, and the levels of promotion beside the plan."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.utils import timezone

from promo.models import Branch, Destination, FairShare, Institution, Item
from promo.services import levels
from tests import making
from tests.desk.browsing import pl
from tests.desk.scenes import Scene
from tests.desk.test_plan import _plan
from tests.desk.test_screens import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(scene: Scene) -> Item:
    """A draft three days before its event, in a house with deadlines."""
    Institution.objects.update(level2_days=7, level3_days=28)
    start = timezone.now() + timedelta(days=3)
    return making.item(
        title="Spóźnione", starts_at=start, ends_at=start + timedelta(hours=2), level=3
    )


def save(**values: object) -> HttpResponse:
    """Fill in the form of a new rule."""
    client = browser_of("approver")
    return client.post("/desk/fair-shares/add/", {"destination": "", **values})


def person(name: str) -> User:
    return User.objects.get(username=name)


def test_a_rule_for_one_branch_is_made_in_one_field(scene: Scene) -> None:
    branch = Branch.objects.create(name="Filia nr 7", slug="filia-7")
    save(voice=f"branch:{branch.pk}", most_a_week=2, gap_hours="", kept_a_week=1)

    made = FairShare.objects.get(branch=branch)
    assert (made.whose, made.most_a_week, made.kept_a_week) == ("branch", 2, 1)
    shown = browser_of("approver").get("/desk/fair-shares/").content.decode()
    assert "Filia nr 7" in shown
    assert pl("all pages") in shown


def test_a_rule_for_each_branch_on_one_page(scene: Scene) -> None:
    page = Destination.objects.filter(channel="facebook_page")[0]
    save(voice="branches", destination=page.pk, gap_hours=48)

    made = FairShare.objects.get(whose="branches")
    assert (made.destination, made.gap_hours, made.most_a_week) == (page, 48, None)


def test_the_same_rule_twice_and_one_that_says_nothing_are_refused_in_words(scene: Scene) -> None:
    known = FairShare.objects.count()
    again = save(voice="partners", most_a_week=1)
    empty = save(voice="branches")

    assert pl("There is a rule for this already: change that one.") in again.content.decode()
    words = "Set at least one of them: how many posts, how far apart, or places kept."
    assert pl(words) in empty.content.decode()
    assert FairShare.objects.count() == known


def test_the_plan_tells_which_level_is_still_possible(scene: Scene, late: Item) -> None:
    plan = _plan(late, person("jan"))

    assert pl("Promotion still possible") in plan
    assert plan.count("is-late") == 2
    assert f"/desk/levels/{late.pk}/3/" not in plan, "a writer has nothing to allow"
    assert f"/desk/levels/{late.pk}/3/" in _plan(late, person("ewa"))


def test_an_approver_allows_a_late_level_and_the_plan_says_who_and_why(
    scene: Scene, late: Item
) -> None:
    ewa = browser_of("approver")
    address = f"/desk/levels/{late.pk}/3/"
    assert ewa.post(address, {"reason": ""}).context["form"].errors["reason"]

    ewa.post(address, {"reason": "Autorka potwierdziła wczoraj"})

    (grant,) = late.level_grants.all()
    assert (grant.level, grant.user.username) == (3, "ewa")
    assert all(one.possible for one in levels.levels(item=late, now=timezone.now()))
    plan = _plan(late, person("jan"))
    assert "Ewa" in plan
    assert "Autorka potwierdziła wczoraj" in plan
    assert browser_of("writer").post(address, {"reason": "Bo tak"}).status_code in (302, 403)
    assert late.level_grants.count() == 1
