"""Taking down everywhere at the desk, and what the page of a publication says of its post."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import Client, RequestFactory
from django.utils import timezone
from wagtail.users.models import UserProfile

from promo.desk import changes
from promo.models import Item, PostChange, PostFigures, Publication, TakeDown
from promo.protocol import Change, State
from promo.services import composing
from tests.desk.scenes import Scene


def signed_in(name: str) -> Client:
    client, user = Client(), User.objects.get(username=name)
    client.force_login(user)
    profile = UserProfile.get_for_user(user)
    profile.preferred_language = "en"
    profile.save()
    return client


@pytest.fixture
def ewa(scene: Scene) -> Client:
    return signed_in("ewa")


def read(client: Client, path: str) -> str:
    answer = client.get(path, follow=True)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def post(scene: Scene) -> Publication:
    """A post that has been out for a day."""
    at = timezone.now() - timedelta(days=1)
    row = Publication(
        item=scene.item, destination=scene.destination, slot="out", variant="announce"
    )
    row.planned_at = row.due_at = row.published_at = at
    row.state, row.remote_id = State.PUBLISHED.value, "1_2"
    row.remote_url = "https://www.facebook.com/1/posts/2"
    composing.recompose(row)
    row.save()
    return row


def test_it_shows_all_that_follows_asks_why_and_then_lists_what_became_of_it(
    scene: Scene, ewa: Client, post: Publication
) -> None:
    address = f"/desk/items/take-down/{scene.item.pk}/"
    page = read(ewa, address)
    assert "Deleted there, with reactions and comments" in page
    assert scene.destination.name in page
    assert "Portals, calendars and search engines" in page
    answer = ewa.post(address, {"cause": "consent", "because": ""})
    assert answer.status_code == 200
    assert not TakeDown.objects.exists()
    done = ewa.post(address, {"cause": "consent", "because": "Rodzic wycofał zgodę"}, follow=True)
    told = " ".join(done.content.decode().split())
    assert "Rodzic wycofał zgodę" in told
    assert "Ewa" in told
    assert "Under way" in told
    assert not Item.objects.get(pk=scene.item.pk).live
    assert PostChange.objects.get(publication=post).kind == "take_down"
    assert "Rodzic wycofał zgodę" in read(ewa, address)


def test_a_writer_takes_nothing_down(scene: Scene) -> None:
    jan = signed_in("jan")
    address = f"/desk/items/take-down/{scene.item.pk}/"
    assert jan.get(address).status_code == 302
    jan.post(address, {"cause": "other", "because": "bo tak"})
    assert not TakeDown.objects.exists()
    assert "take-down" not in read(jan, f"/desk/items/edit/{scene.item.pk}/")


def test_a_post_that_says_something_older_can_be_changed_from_its_page(
    scene: Scene, ewa: Client, post: Publication
) -> None:
    address = f"/desk/publications/{post.pk}/"
    assert "says what was approved before" not in read(ewa, address)
    Item.objects.filter(pk=scene.item.pk).update(
        title="Nowy tytuł wieczoru", last_published_at=timezone.now()
    )
    page = read(ewa, address)
    assert "says what was approved before" in page
    assert "Nowy tytuł wieczoru" in page
    page = " ".join(
        ewa.post(f"{address}act/", {"act": "change_text"}, follow=True).content.decode().split()
    )
    assert "waiting for its turn" in page
    change = PostChange.objects.get()
    assert (change.kind, change.state) == ("text", Change.WAITING)
    ewa.post(f"{address}act/", {"act": "change_off"})
    change.refresh_from_db()
    assert change.state == Change.DROPPED


def test_posting_anew_asks_first_and_says_what_is_lost(
    scene: Scene, ewa: Client, post: Publication
) -> None:
    Item.objects.filter(pk=scene.item.pk).update(
        title="Nowy tytuł wieczoru", last_published_at=timezone.now()
    )
    PostFigures.objects.create(publication=post, reactions=17, comments=4, read_at=timezone.now())
    address = f"/desk/publications/{post.pk}/act/"
    question = ewa.post(address, {"act": "post_anew"}).content.decode()
    assert "reactions: 17, comments: 4" in question
    assert not PostChange.objects.exists()
    ewa.post(address, {"act": "post_anew", "sure": "yes"})
    assert PostChange.objects.get().kind == "repost"


def test_figures_stand_on_the_page_and_a_small_page_is_shown_as_one(
    scene: Scene, ewa: Client, post: Publication
) -> None:
    address = f"/desk/publications/{post.pk}/"
    assert "asked an hour after publishing" in read(ewa, address)
    kept = PostFigures.objects.create(
        publication=post,
        reactions=17,
        comments=4,
        shares=2,
        metrics={"post_clicks": 33},
        read_at=timezone.now(),
    )
    page = read(ewa, address)
    assert "<dt>Reactions</dt><dd>17</dd>" in page
    assert "<dt>Clicks anywhere on the post</dt><dd>33</dd>" in page
    kept.metrics, kept.withheld = {}, True
    kept.save()
    assert "at least 100 likes" in read(ewa, address)


def test_after_an_approval_posts_with_the_old_text_are_named(
    scene: Scene, post: Publication, rf: RequestFactory
) -> None:
    item = Item.objects.get(pk=scene.item.pk)
    item.title = "Nowy tytuł wieczoru"
    item.save_revision().publish()
    request = rf.post("/desk/")
    request.user, request.session = User.objects.get(username="ewa"), {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]  # noqa: SLF001  (Django’s own name)
    changes.tell_of_old_posts(request, item)
    (told,) = list(get_messages(request))
    assert f'href="/desk/publications/{post.pk}/"' in str(told)
