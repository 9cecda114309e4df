"""What a reader does on the public pages, from the form to the end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from time_machine import travel

from promo.mailing.codes import codes_of
from promo.models import Newsletter, Subscriber, Subscription
from promo.services import confirmations, newsletters, subscribers
from promo.services.clock import database_now
from tests import making
from tests.services import returning
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]

READER = "zofia@example.org"
State = Subscription.State


@pytest.fixture
def both(db: None) -> list[Newsletter]:
    return [
        making.newsletter(),
        newsletters.create(
            name="Dla dzieci",
            slug="dla-dzieci",
            from_name="Biblioteka",
            from_email="newsletter@biblioteka.example.org",
        ),
    ]


def sign_up(*wanted: Newsletter) -> HttpResponse:
    """The form, sent as by somebody who needed a minute for it."""
    with travel(timezone.now() - timedelta(minutes=1)):
        opened = signing.dumps("", salt="promo.form")
    chosen = [row.pk for row in wanted]
    return Client().post(
        "/newsletter/",
        {"email": READER, "consent": "1", "newsletters": chosen, "opened": opened, "website": ""},
    )


def link_by_mail(world: World) -> str:
    """The path in the confirmation mail, once the tick has seen to it."""
    for subscription_id in confirmations.due(now=database_now()):
        confirmations.send(subscription_id, now=database_now())
    (mail,) = world.mails(to=READER)
    (path,) = re.findall(r"https?://[^/\s]+(/confirm/\S+)", mail["text"])
    return str(path)


def states() -> set[str]:
    return set(Subscription.objects.values_list("state", flat=True))


def text(answer: HttpResponse) -> str:
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_one_link_confirms_all_newsletters_of_the_form(
    both: list[Newsletter], outside: World
) -> None:
    assert sign_up(*both).status_code == 200
    path = link_by_mail(outside)
    question = text(Client().get(path))
    assert all(row.name in question for row in both)
    assert states() == {State.PENDING}
    thanks = text(Client().post(path))
    assert all(row.name in thanks for row in both)
    assert states() == {State.ACTIVE}


def test_only_what_was_ticked_is_asked_about(both: list[Newsletter], outside: World) -> None:
    sign_up(both[1])
    question = text(Client().get(link_by_mail(outside)))
    assert both[1].name in question
    assert Subscription.objects.get().newsletter == both[1]


def test_following_the_link_again_says_thank_you_again(
    both: list[Newsletter], outside: World
) -> None:
    sign_up(*both)
    path = link_by_mail(outside)
    once = Client().post(path)
    assert text(Client().get(path)) == text(once) == text(Client().post(path))


def test_link_of_somebody_who_has_left_does_not_work_any_more(
    both: list[Newsletter], outside: World
) -> None:
    sign_up(*both)
    path = link_by_mail(outside)
    Client().post(path)
    for newsletter in both:
        subscribers.leave(
            subscriber=Subscriber.objects.get(),
            newsletter=newsletter,
            source="mail",
            now=database_now(),
        )
    assert Client().get(path).status_code == 404
    assert Client().post(path).status_code == 404
    assert states() == {State.ENDED}


@pytest.mark.parametrize("code", ["abc", "1:abc", "1-2:1tYyy:abc", "-"])
def test_code_that_we_did_not_make_confirms_nothing(
    both: list[Newsletter], outside: World, code: str
) -> None:
    sign_up(*both)
    assert Client().post(f"/confirm/{code}/").status_code == 404
    assert states() == {State.PENDING}


@pytest.fixture
def way_out(db: None) -> str:
    """The unsubscription address of a mail that somebody has got."""
    (delivery,) = returning.deliveries(returning.mailing(readers=1))
    code = codes_of(delivery.pk, key=settings.SECRET_KEY.encode()).unsubscribe
    return f"/unsubscribe/{code}/"


def test_one_click_of_the_mail_provider_acts_at_once_without_cookies(way_out: str) -> None:
    provider = Client(enforce_csrf_checks=True)
    answer = provider.post(way_out, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, states()) == (200, {State.ENDED})
    assert provider.post(way_out, {"List-Unsubscribe": "One-Click"}).status_code == 200


def test_a_scanner_that_follows_the_link_ends_nothing(way_out: str) -> None:
    assert Client().get(way_out).status_code == Client().head(way_out).status_code == 200
    assert states() == {State.ACTIVE}


def test_a_mails_link_leaves_its_newsletter_only(both: list[Newsletter], way_out: str) -> None:
    reader = Subscriber.objects.get()
    subscribers.record(
        email=reader.email,
        name="",
        newsletter=both[1],
        source="test",
        wording="zgoda",
        now=database_now(),
    )
    Client().post(way_out)
    left = dict(reader.subscriptions.values_list("newsletter__slug", "state"))
    assert left == {"co-slychac": State.ENDED, "dla-dzieci": State.ACTIVE}
