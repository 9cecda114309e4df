"""The sign-up form: for people without JavaScript, in others' frames, and against robots."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.core import signing
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils import timezone
from time_machine import travel

from promo.models import Consent, Newsletter, Subscriber, Subscription, Tracking
from promo.services import confirmations, newsletters, subscribers
from tests import making
from tests.driving import Clock
from tests.world import World

pytestmark = pytest.mark.django_db

OWN = "https://testserver"
PROXY = "10.0.0.1"


@pytest.fixture(autouse=True)
def newsletter(db: None) -> Newsletter:
    return making.newsletter()


def opened(**ago: float) -> str:
    with travel(timezone.now() - timedelta(**ago)):
        return signing.dumps("", salt="promo.form")


def send(
    path: str = "/newsletter/",
    *,
    email: str = "zofia@example.org",
    client: Client | None = None,
    headers: dict[str, str] | None = None,
    **values: str,
) -> HttpResponse:
    """The form as it comes from a page of ours, a minute after it was opened."""
    chosen = str(Newsletter.objects.order_by("id")[0].pk)
    given = {"email": email, "consent": "yes", "newsletters": chosen, "opened": opened(minutes=1)}
    # A client that would have to show a token, if there were one to show.
    client = client or Client(enforce_csrf_checks=True)
    return client.post(
        path, {**given, **values}, headers=headers or {"Origin": "http://testserver"}
    )


def text(answer: HttpResponse) -> str:
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def thanked(answer: HttpResponse) -> bool:
    return answer.status_code == 200 and "<form" not in text(answer)


def test_a_person_signs_up(newsletter: Newsletter) -> None:
    assert thanked(send())
    proof = Consent.objects.get()
    assert proof.source == "http://testserver/newsletter/"
    assert proof.wording


def ticks(page: str) -> list[str]:
    return re.findall(r'<input [^>]*name="counted"[^>]*>', page)


def test_who_may_be_told_apart_is_asked_by_a_tick_of_its_own_that_nobody_ticked(
    newsletter: Newsletter,
) -> None:
    page = "/newsletter/"
    assert ticks(text(Client().get(page))) == []
    Newsletter.objects.update(tracking=Tracking.READERS)
    (tick,) = ticks(text(Client().get(page)))
    assert "checked" not in tick
    assert ticks(text(Client().get("/newsletter/embed/"))) == [tick]
    assert thanked(send(email="bez@example.org"))
    assert thanked(send(counted=str(newsletter.pk)))
    proofs = Consent.objects.filter(about=Consent.About.COUNTING)
    (asked,) = proofs
    assert asked.subscription.subscriber.email == "zofia@example.org"
    assert newsletter.name in asked.wording
    assert asked.wording not in {one.wording for one in Consent.objects.exclude(pk=asked.pk)}
    for tie in Subscription.objects.all():
        assert tie.counted_since_at is None
        subscribers.confirm(subscription_ids=[tie.pk], ip=None, proof="mail", now=timezone.now())
    agreed = Subscription.objects.filter(counted_since_at__isnull=False)
    assert [one.subscriber.email for one in agreed] == ["zofia@example.org"]
    assert [one.act for one in proofs.order_by("id")] == ["asked", "confirmed"]


def test_what_another_site_ticked_is_not_ticked_in_our_form(newsletter: Newsletter) -> None:
    Newsletter.objects.update(tracking=Tracking.READERS)
    answer = send(headers={"Origin": "https://other.example"}, counted=str(newsletter.pk))
    (tick,) = ticks(text(answer))
    assert "checked" not in tick


def test_a_robot_that_fills_what_people_do_not_see_gets_the_same_answer_and_nothing() -> None:
    assert text(send(website="https://spam.example.org")) == text(send(email="b@example.org"))
    assert Subscriber.objects.get().email == "b@example.org"


def test_whoever_is_faster_than_people_sends_it_once_more_and_is_signed_up() -> None:
    first = opened(seconds=0)
    answer = send(opened=first)
    assert "error-summary" in text(answer)
    assert Subscriber.objects.count() == 0
    kept = re.search(r'name="opened" value="([^"]+)"', text(answer))
    assert kept is not None
    assert kept[1] == first, "the clock does not begin anew"
    with travel(timezone.now() + timedelta(seconds=5)):
        assert thanked(send(opened=kept[1]))
    assert Subscriber.objects.count() == 1


@pytest.mark.parametrize("time", ["", "made-up", "x:y:z"])
def test_a_form_without_our_time_is_shown_once_more(time: str) -> None:
    answer = send(opened=time)
    assert 'value="zofia@example.org"' in text(answer)
    assert Subscriber.objects.count() == 0


def test_a_form_that_was_open_for_days_is_shown_once_more() -> None:
    assert not thanked(send(opened=opened(days=2)))
    assert Subscriber.objects.count() == 0


@pytest.mark.parametrize("origin", ["https://partner.example.org", "null"])
def test_what_another_site_sends_is_handed_over_and_its_consent_is_none(origin: str) -> None:
    answer = send(headers={"Origin": origin})
    assert 'value="zofia@example.org"' in text(answer)
    assert "checked" not in text(answer).partition('name="consent"')[2].partition(">")[0]
    assert "error-summary" not in text(answer)
    assert Subscriber.objects.count() == 0
    assert thanked(send(opened=opened(seconds=10)))


def test_every_address_gets_the_same_answer(newsletter: Newsletter) -> None:
    making.newsletter(readers=1)
    answers = {
        text(send(email=email))
        for email in ("new@example.org", "new@example.org", "czytelnik0@example.org")
    }
    assert len(answers) == 1


def test_only_the_embedded_form_may_stand_in_a_frame(newsletter: Newsletter) -> None:
    framed = Client().get("/newsletter/embed/")
    assert "X-Frame-Options" not in framed.headers
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    for path in ("/newsletter/", "/", "/preferences/abc/"):
        assert Client().get(path).headers["X-Frame-Options"] == "SAMEORIGIN"


def test_the_embedded_form_works_without_cookies_and_keeps_to_its_newsletter(
    newsletter: Newsletter,
) -> None:
    other = newsletters.create(
        name="Dla dzieci",
        slug="dla-dzieci",
        from_name="Biblioteka",
        from_email="newsletter@biblioteka.example.org",
    )
    client = Client(enforce_csrf_checks=True)
    path = "/newsletter/embed/?newsletter=dla-dzieci"
    page = text(client.get(path))
    assert not client.cookies
    assert "site-head" not in page
    action = re.search(r'action="([^"]+)"', page)
    assert action is not None
    assert action[1] == path
    assert re.findall(r'name="newsletters" value="(\d+)"', page) == [str(other.pk)]
    assert thanked(send(action[1], newsletters=str(other.pk), client=client))
    assert Consent.objects.get().subscription.newsletter == other
    assert Client().get("/newsletter/embed/?newsletter=nothing").status_code == 404


@override_settings(PROMO_SIGN_UP_LIMITS="3/h")
def test_a_network_has_so_many_sign_ups_and_learns_it() -> None:
    network = f"2001:db8:{uuid.uuid4().hex[:4]}"
    public = network.replace("2001:db8", "2a01:110")
    answers = [
        send(email=f"r{n}@example.org", client=Client(REMOTE_ADDR=f"{public}:{n}::7"))
        for n in range(5)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert Subscriber.objects.count() == 3
    other = send(email="x@example.org", client=Client(REMOTE_ADDR="2a02:a311:1::1"))
    assert other.status_code == 200


@override_settings(PROMO_SIGN_UP_LIMITS="1/h")
def test_the_house_itself_and_a_proxy_nobody_named_are_not_counted() -> None:
    answers = [send(email=f"r{n}@example.org", client=Client(REMOTE_ADDR=PROXY)) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3


@override_settings(PROMO_SIGN_UP_LIMITS="1/h", REDIS_URL="unix:///nowhere/redis.sock")
def test_without_redis_nobody_is_turned_away() -> None:
    answers = [
        send(email=f"r{n}@example.org", client=Client(REMOTE_ADDR="8.8.8.8")) for n in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]


@override_settings(PROMO_TRUSTED_PROXIES=["10.0.0.0/8"])
@pytest.mark.parametrize(
    ("peer", "told", "expected"),
    [
        (PROXY, "203.0.113.7", "203.0.113.7"),
        (PROXY, "1.2.3.4, 203.0.113.7", "203.0.113.7"),
        (PROXY, "203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (PROXY, "203.0.113.7:4711", "203.0.113.7"),
        (PROXY, "[2001:db8::7]:4711", "2001:db8::7"),
        (PROXY, "::ffff:203.0.113.7", "203.0.113.7"),
        (PROXY, "unknown", PROXY),
        (PROXY, "", PROXY),
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
    ],
)
def test_only_a_proxy_of_ours_may_say_whence_somebody_comes(
    peer: str, told: str, expected: str
) -> None:
    headers = {"Origin": "http://testserver", "X-Forwarded-For": told}
    send(client=Client(REMOTE_ADDR=peer), headers=headers)
    assert Consent.objects.get().ip == expected


@pytest.mark.xdist_group("rehearsal")
@override_settings(PROMO_CONFIRMATIONS_AN_HOUR=2)
def test_no_more_confirmations_leave_in_an_hour_and_none_is_lost(
    outside: World, clock: Clock
) -> None:
    for number in range(5):
        send(email=f"r{number}@example.org")
    sent = []
    for _hour in range(4):
        for subscription_id in confirmations.due(now=clock()):
            confirmations.send(subscription_id, now=clock())
        assert confirmations.due(now=clock()) == []
        sent.append((len(outside.mails()), confirmations.held_back(now=clock())))
        clock.forward(hours=1, seconds=1)
    assert sent == [(2, 3), (4, 1), (5, 0), (5, 0)]
