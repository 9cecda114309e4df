"""Where is my event? Whoever submitted it reads, channel by channel, what has become of it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from wagtail.models import Workflow
from wagtail.users.models import UserProfile

from promo.models import Destination, Item, Publication
from promo.protocol import State
from tests import making
from tests.desk.scenes import Scene


@pytest.fixture
def jan(scene: Scene) -> Client:
    client, user = Client(), User.objects.get(username="jan")
    client.force_login(user)
    profile = UserProfile.get_for_user(user)
    profile.preferred_language = "en"
    profile.save()
    return client


def told(client: Client, item: Item) -> str:
    answer = client.get(f"/desk/whereabouts/{item.pk}/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_what_waits_for_an_approval_says_for_whose(scene: Scene, jan: Client) -> None:
    page = told(jan, scene.in_review)
    assert "Submitted by Jan" in page
    assert "Waits for approval by: Ewa" in page
    assert "once it is approved" in page


def test_draft_says_that_nobody_was_asked(scene: Scene, jan: Client) -> None:
    draft = making.item(title="Szkic bez daty", starts_at=None, ends_at=None)
    draft.save_revision(user=User.objects.get(username="jan"))
    page = told(jan, draft)
    assert "nobody has been asked" in page
    assert "Still missing:" in page


def test_what_is_out_has_its_link_and_what_is_planned_its_time(scene: Scene, jan: Client) -> None:
    out = Publication.objects.filter(state=State.PUBLISHED, destination__channel="website")[0]
    page = told(jan, out.item)
    assert f'href="{out.remote_url}"' in page
    assert "out since" in page
    assert "planned for" in page
    assert "Approved by" in page


def test_what_does_not_go_out_says_why(scene: Scene, jan: Client) -> None:
    page = told(jan, scene.failed.item)
    assert "refused; somebody" in page
    assert scene.failed.problem in page
    assert "waits for the report" in page


def test_each_state_is_said_in_words(scene: Scene, jan: Client) -> None:
    row = scene.planned
    for state in State:
        values = {"state": state.value, "published_at": row.planned_at}
        Publication.objects.filter(pk=row.pk).update(**values)
        assert "{" not in told(jan, row.item).partition("promo-where")[2].partition("</main")[0]


def test_own_list_shows_what_one_submitted_and_nobody_elses(scene: Scene, jan: Client) -> None:
    others = making.item(title="Cudze wydarzenie")
    others.save_revision(user=User.objects.get(username="anna"))
    page = jan.get("/desk/whereabouts/").content.decode()
    assert f'href="/desk/whereabouts/{scene.in_review.pk}/"' in page
    assert "Cudze" not in page


def test_own_list_asks_no_more_for_more_items(
    scene: Scene, jan: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    user = User.objects.get(username="jan")
    for number in range(12):
        item = making.item(title=f"Zgłoszenie {number}")
        item.save_revision(user=user)
        Workflow.objects.get(name="akceptacji").start(item, user)
    with django_assert_max_num_queries(70):
        assert jan.get("/desk/whereabouts/").status_code == 200


def test_item_without_any_channel_says_so(scene: Scene, jan: Client) -> None:
    Destination.objects.update(active=False)
    lonely = making.item(title="Bez kanału")
    assert "No channel is set up" in told(jan, lonely)
