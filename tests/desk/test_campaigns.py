"""A campaign's page: its theme, goal and items, its line, and the report at the end."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from promo.models import Campaign, CampaignItem, Item, Publication
from promo.protocol import State
from promo.services import campaign_items
from tests import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    making.installation()
    client.force_login(User.objects.create_superuser("ewa"))
    return client


@pytest.fixture
def week(desk: Client) -> Campaign:
    made = Campaign.objects.create(
        name="Tydzień Bibliotek",
        theme="Czytanie łączy",
        goal="więcej młodzieży w maju",
        goal_visits=200,
        state=Campaign.State.QUEUED,
    )
    items = [making.approved(title=f"Spotkanie {number}") for number in range(2)]
    campaign_items.add(campaign=made, items=items, now=timezone.now())
    return made


def read(client: Client, path: str) -> str:
    with override("en"):
        answer = client.get(f"/desk/campaigns/{path}", headers={"accept-language": "en"})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def rows_of(client: Client, campaign: Campaign) -> list[list[str]]:
    answer = client.get(f"/desk/campaigns/report/{campaign.pk}/csv/")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(content), delimiter=";"))


def test_the_page_shows_theme_goal_items_and_a_mark_for_each_publication(
    desk: Client, week: Campaign
) -> None:
    page = read(desk, f"inspect/{week.pk}/")
    assert "Czytanie łączy" in page
    assert "więcej młodzieży w maju" in page
    line = page.partition('id="line"')[2].partition('id="does"')[0]
    for row in week.publications.all():
        assert f'href="/desk/publications/{row.pk}/"' in line
    assert page.count("Spotkanie 1") > 1


def test_a_new_campaign_leads_to_its_page_where_items_are_chosen(desk: Client) -> None:
    answer = desk.post("/desk/campaigns/add/", {"name": "Ferie", "theme": "", "goal": ""})
    made = Campaign.objects.get(name="Ferie")
    assert answer.headers["Location"] == f"/desk/campaigns/inspect/{made.pk}/"
    assert f"/desk/campaigns/items/{made.pk}/" in read(desk, f"inspect/{made.pk}/")


def test_existing_items_are_found_chosen_and_added(desk: Client, week: Campaign) -> None:
    wanted = making.approved(title="Warsztaty komiksu")
    making.approved(title="Koncert")
    page = read(desk, f"items/{week.pk}/?q=komiks")
    assert "Warsztaty komiksu" in page
    assert "Koncert" not in page
    desk.post(f"/desk/campaigns/items/{week.pk}/?q=komiks", {"item": [wanted.pk]})
    assert CampaignItem.objects.get(item=wanted).campaign == week


def test_nothing_ticked_is_said_and_nothing_done(desk: Client, week: Campaign) -> None:
    answer = desk.post(f"/desk/campaigns/items/{week.pk}/", {}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/desk/campaigns/items/{week.pk}/"
    assert week.entries.count() == 2


def test_a_new_item_is_begun_in_the_campaign_and_its_editor_opens(
    desk: Client, week: Campaign
) -> None:
    data = {"begin": "yes", "title": "Noc bibliotek", "kind": "workshop"}
    answer = desk.post(f"/desk/campaigns/items/{week.pk}/", data)
    item = Item.objects.get(title="Noc bibliotek")
    assert answer.headers["Location"] == f"/desk/items/edit/{item.pk}/"
    assert CampaignItem.objects.get(item=item).campaign == week
    assert desk.get(f"/desk/items/edit/{item.pk}/").status_code == 200


def test_an_item_without_a_title_is_not_begun(desk: Client, week: Campaign) -> None:
    data = {"begin": "yes", "title": "", "kind": "workshop"}
    answer = desk.post(f"/desk/campaigns/items/{week.pk}/", data)
    assert answer.status_code == 200
    assert week.entries.count() == 2


def test_an_item_is_taken_out(desk: Client, week: Campaign) -> None:
    item = week.entries.all()[0].item
    desk.post(f"/desk/campaigns/items/{week.pk}/take-out/{item.pk}/")
    assert CampaignItem.objects.get(item=item).campaign != week


def test_the_report_stands_beside_the_goal(desk: Client, week: Campaign) -> None:
    out, failed = week.publications.order_by("planned_at", "id")[:2]
    Publication.objects.filter(pk=out.pk).update(
        state=State.PUBLISHED, published_at=timezone.now(), clicks=50
    )
    Publication.objects.filter(pk=failed.pk).update(state=State.FAILED, problem="Za duże zdjęcie.")
    page = read(desk, f"report/{week.pk}/")
    assert "Za duże zdjęcie." in page
    assert "więcej młodzieży w maju" in page
    assert "50" in page
    assert "25.0%" in page or "25,0%" in page


def test_the_file_has_every_publication_and_nothing_in_it_is_computed(
    desk: Client, week: Campaign
) -> None:
    Campaign.objects.filter(pk=week.pk).update(theme="=HYPERLINK(1)")
    row = week.publications.order_by("planned_at", "id")[0]
    Publication.objects.filter(pk=row.pk).update(state=State.FAILED, problem="@SUM(A1)")
    rows = rows_of(desk, week)
    cells = [cell for line in rows for cell in line]
    assert "'=HYPERLINK(1)" in cells
    assert "'@SUM(A1)" in cells
    names = {destination for line in rows for destination in line[2:3]}
    for publication in week.publications.select_related("destination"):
        assert publication.destination.name in names


def test_a_campaign_without_anything_has_an_empty_report(desk: Client) -> None:
    empty = Campaign.objects.create(name="Pusta")
    assert "report" in read(desk, f"report/{empty.pk}/").lower()
    assert rows_of(desk, empty)[0][1] == "Pusta"
