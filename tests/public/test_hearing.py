"""Where Facebook tells of posts: who is answered what, and that nothing breaks it."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

from promo.models import Attempt, Destination, Publication
from promo.protocol import State
from promo.public import hearing as view
from promo.services import destinations, hearing
from promo.services.clock import database_now
from tests import making

pytestmark = pytest.mark.django_db

SECRET = "the secret of the app"
ADDRESS = "/hooks/facebook_page/4711/"


def page(page_id: str = "77", secret: str = SECRET, app_id: str = "4711") -> Destination:
    return destinations.create(
        channel="facebook_page",
        name=f"Strona {page_id}",
        config={"page_id": page_id, "app_id": app_id},
        secrets={"page_token": "token", "app_secret": secret},
    )


@pytest.fixture
def row() -> Publication:
    """Nobody knows yet whether it is out."""
    made = making.due_publication(page())
    now = database_now()
    Publication.objects.update(
        state=State.UNKNOWN, marked_at=now, look_at=now + timedelta(minutes=5)
    )
    made.refresh_from_db()
    return made


def body(row: Publication, page_id: str = "77", **value: Any) -> bytes:
    told = {"item": "share", "verb": "add", "post_id": "77_1", "message": row.message.text}
    change = {"field": "feed", "value": {**told, **value}}
    return json.dumps({"object": "page", "entry": [{"id": page_id, "changes": [change]}]}).encode()


def post(content: bytes, *, secret: str = SECRET, address: str = ADDRESS, **headers: str) -> int:
    digest = hmac.new(secret.encode(), content, "sha256").hexdigest()
    answer = Client(enforce_csrf_checks=True).post(
        address,
        content,
        content_type="application/json",
        headers={"X-Hub-Signature-256": f"sha256={digest}", **headers},
    )
    return answer.status_code


def is_sooner(row: Publication) -> bool:
    """Is it looked for sooner than in five minutes?"""
    row.refresh_from_db()
    assert row.look_at is not None
    return row.look_at < database_now() + timedelta(minutes=1)


def test_a_signed_notice_makes_us_look_sooner_and_nothing_else(row: Publication) -> None:
    known = Publication.objects.values().get()
    lines = Attempt.objects.count()
    assert post(body(row)) == 200
    assert is_sooner(row)
    assert {**Publication.objects.values().get(), "look_at": known["look_at"]} == known
    assert Attempt.objects.count() == lines


def test_a_notice_signed_by_anybody_else_is_refused(row: Publication) -> None:
    assert post(body(row), secret="another") == 403
    assert post(body(row), secret="") == 403
    digest = hmac.new(SECRET.encode(), body(row), "sha256").hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={digest}"}
    assert post(body(row) + b" ", **headers) == 403
    assert Client().post(ADDRESS, body(row), content_type="application/json").status_code == 403
    assert not is_sooner(row)


def test_the_octets_are_signed_not_what_they_mean(row: Publication) -> None:
    """Facebook escapes letters beyond ASCII; whoever writes it anew gets another signature."""
    written = body(row)
    assert b"\\u" in written
    assert post(written) == 200
    digest = hmac.new(SECRET.encode(), written, "sha256").hexdigest()
    anew = json.dumps(json.loads(written), ensure_ascii=False).encode()
    assert post(anew, **{"X-Hub-Signature-256": f"sha256={digest}"}) == 403


@pytest.mark.parametrize(
    "content",
    [
        b" ",
        b"{",
        b"\xff",
        b"[]",
        b"[" * 50_000,
        b'{"object": "page", "entry": [{"id": {}, "changes": [{"field": "feed", "value": {}}]}]}',
        b'{"object": "page", "entry": [{"id": "78", "changes": [{"field": "feed", "value": 1}]}]}',
        b'{"object": "page", "entry": [{"id": "77", "changes": [{"field": "feed", "value": '
        b'{"post_id": "a\\u0000b", "message": "/w/\\u0000 /w/\\ud800", "verb": "remove"}}]}]}',
        b'{"object": "instagram", "entry": [{"id": "77", "changes": [{"field": "comments"}]}]}',
    ],
)
def test_what_cannot_be_read_is_taken_and_forgotten(row: Publication, content: bytes) -> None:
    """Facebook would send it again for 36 hours otherwise."""
    assert post(content) == 200
    assert not is_sooner(row)


def test_a_large_notice_is_refused_unread(row: Publication) -> None:
    assert post(body(row) + b" " * view.LARGEST) == 413
    assert not is_sooner(row)


def test_only_these_two_methods_are_there(row: Publication) -> None:
    client = Client()
    assert client.put(ADDRESS, body(row), content_type="application/json").status_code == 405
    assert client.delete(ADDRESS).status_code == 405


@pytest.mark.parametrize(
    "address",
    [
        "/hooks/facebook_page/4712/",
        "/hooks/website/4711/",
        "/hooks/newsletter_email/4711/",
        "/hooks/nothing/4711/",
    ],
)
def test_there_is_no_address_of_what_is_not_connected(row: Publication, address: str) -> None:
    assert post(body(row), address=address) == 404
    assert Client().get(address).status_code == 404
    assert not is_sooner(row)


def test_an_address_that_is_entered_is_verified_by_its_token(row: Publication) -> None:
    told = hearing.set_up(destination=row.destination)
    assert told is not None
    assert told.address.endswith(ADDRESS)
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": told.token}
    answer = Client().get(ADDRESS, asked)
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer.headers["Content-Type"] == "text/plain"
    for changed in ({"hub.verify_token": "guessed"}, {"hub.challenge": "<b>"}, {"hub.mode": "x"}):
        refused = Client().get(ADDRESS, {**asked, **changed})
        assert (refused.status_code, refused.content) == (403, b"")
    assert Client().get(ADDRESS).status_code == 403


def test_the_token_is_another_one_for_each_app_and_each_installation() -> None:
    one, other = page(), page("78", app_id="4712")
    tokens = [hearing.set_up(destination=row) for row in (one, page("79"), other)]
    with override_settings(SECRET_KEY="another installation's, long enough to be one of its own"):
        tokens.append(hearing.set_up(destination=one))
    first, same_app, second, elsewhere = (told.token if told else "" for told in tokens)
    assert first == same_app
    assert len({first, second, elsewhere}) == 3


def test_each_page_of_an_app_is_told_by_its_own_secret(row: Publication) -> None:
    """Else whoever connects a page with a secret of their own could speak for another one."""
    page("78", secret="another")
    assert post(body(row), secret="another") == 200
    assert not is_sooner(row)
    assert post(body(row)) == 200
    assert is_sooner(row)


def test_a_secret_that_cannot_be_opened_refuses_the_notice(row: Publication) -> None:
    Destination.objects.update(sealed="nothing that was ever sealed")
    assert post(body(row)) == 403
    assert not is_sooner(row)


def test_a_thousand_posts_in_one_notice_are_answered_by_three_statements(
    row: Publication, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    change = json.loads(body(row))["entry"][0]["changes"][0]
    told = {"object": "page", "entry": [{"id": "77", "changes": [change] * 1000}]}
    with django_assert_max_num_queries(4):  # and the time of day
        assert post(json.dumps(told).encode()) == 200
    assert is_sooner(row)
