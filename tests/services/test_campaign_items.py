"""The items of a campaign: added, begun in it, taken out of it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from promo.errors import InvalidInput, NotAllowed
from promo.models import Campaign, CampaignItem, Item
from promo.services import campaign_items, campaigns
from tests import making

pytestmark = pytest.mark.django_db
State = Campaign.State


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    making.installation()


@pytest.fixture
def week() -> Campaign:
    return Campaign.objects.create(name="Tydzień Bibliotek", state=State.QUEUED)


def add(campaign: Campaign, *items: Item) -> int:
    return campaign_items.add(campaign=campaign, items=items, now=timezone.now())


def campaign_of(item: Item) -> Campaign:
    return CampaignItem.objects.get(item=item).campaign


def test_items_leave_their_own_campaigns_with_all_their_publications(week: Campaign) -> None:
    items = [making.approved(title=f"Spotkanie {number}") for number in range(2)]
    own = [campaign_of(item) for item in items]
    assert add(week, *items) == 2
    assert [campaign_of(item) for item in items] == [week, week]
    assert week.publications.count() == sum(item.publications.count() for item in items)
    assert not Campaign.objects.filter(pk__in=[one.pk for one in own]).exists()


def test_adding_an_item_again_changes_nothing(week: Campaign) -> None:
    item = making.approved()
    assert [add(week, item), add(week, item)] == [1, 0]
    assert Campaign.objects.count() == 1


def test_an_item_of_another_campaign_moves_and_that_one_stays_with_the_rest(
    week: Campaign,
) -> None:
    first, second = making.approved(title="Jedno"), making.approved(title="Drugie")
    other = Campaign.objects.create(name="Inna", state=State.QUEUED)
    add(other, first, second)
    add(week, first)
    assert campaign_of(second) == other
    assert set(other.publications.values_list("item", flat=True)) == {second.pk}


@pytest.mark.parametrize(
    ("state", "held"), [(State.DRAFT, True), (State.PAUSED, True), (State.QUEUED, False)]
)
def test_what_is_added_runs_or_waits_as_the_campaign_does(
    week: Campaign,
    state: State,
    held: bool,  # noqa: FBT001  (what the case expects)
) -> None:
    Campaign.objects.filter(pk=week.pk).update(state=state)
    item = making.approved()
    add(week, item)
    assert set(item.publications.values_list("held", flat=True)) == {held}


def test_what_waited_in_a_paused_campaign_goes_on_in_one_that_runs(week: Campaign) -> None:
    item = making.approved()
    campaigns.pause(campaign=campaign_of(item))
    add(week, item)
    assert not item.publications.filter(held=True).exists()


def test_a_cancelled_campaign_takes_nothing(week: Campaign) -> None:
    Campaign.objects.filter(pk=week.pk).update(state=State.CANCELLED)
    item = making.approved()
    with pytest.raises(NotAllowed):
        add(week, item)
    assert campaign_of(item) != week


def test_a_new_item_is_begun_as_a_draft_in_the_campaign(week: Campaign) -> None:
    ewa = User.objects.create_user("ewa")
    item = campaign_items.begin(
        campaign=week, title=" Noc bibliotek ", kind="workshop", user=ewa, now=timezone.now()
    )
    assert campaign_of(item) == week
    assert (item.title, item.live) == ("Noc bibliotek", False)
    assert item.latest_revision.user == ewa


def test_a_new_item_needs_a_title(week: Campaign) -> None:
    ewa = User.objects.create_user("ewa")
    with pytest.raises(InvalidInput):
        campaign_items.begin(
            campaign=week, title="  ", kind="workshop", user=ewa, now=timezone.now()
        )
    assert not week.entries.exists()


@pytest.mark.parametrize("state", [State.DRAFT, State.PAUSED, State.QUEUED])
def test_taken_out_an_item_goes_on_as_it_stood_in_a_campaign_of_its_own(
    week: Campaign, state: State
) -> None:
    item = making.approved()
    add(week, item)
    Campaign.objects.filter(pk=week.pk).update(state=state)
    campaign_items.add(campaign=week, items=[], now=timezone.now())
    held = set(item.publications.values_list("held", flat=True))
    own = campaign_items.take_out(campaign=week, item=item, user=None)
    assert own is not None
    assert (campaign_of(item), own.state) == (own, state)
    assert set(item.publications.values_list("held", flat=True)) == held
    assert not week.publications.exists()


def test_a_draft_that_is_taken_out_needs_no_campaign(week: Campaign) -> None:
    draft = making.item()
    add(week, draft)
    assert campaign_items.take_out(campaign=week, item=draft, user=None) is None
    assert not CampaignItem.objects.filter(item=draft).exists()


def test_what_is_not_in_it_cannot_be_taken_out(week: Campaign) -> None:
    with pytest.raises(NotAllowed):
        campaign_items.take_out(campaign=week, item=making.item(), user=None)
