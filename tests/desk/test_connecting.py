"""Connecting a page at the desk, against the rehearsed Facebook, without a browser."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from time_machine import travel

from promo.models import Destination, Handshake
from promo.protocol import State
from promo.services import accesses, connections
from promo.services.clock import database_now
from tests import making
from tests.consenting import asked_in, consent
from tests.desk import scenes
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]

START = "/desk/destinations/connect/facebook_page/"
LIST = "/desk/destinations/"


@pytest.fixture
def outside(world: World) -> Iterator[World]:
    with override_settings(
        PROMO_FACEBOOK_GRAPH_URL=world.graph_url,
        PROMO_FACEBOOK_DIALOG_URL=world.graph_url,
        EMAIL_URL=f"smtp://{world.host}:{world.smtp_port}",
    ):
        yield world


@pytest.fixture
def anna(db: None, outside: World) -> Client:
    making.installation()
    scenes.people()
    Destination.objects.filter(channel="facebook_page").delete()
    return signed_in("anna")


def signed_in(name: str) -> Client:
    client = Client()
    assert client.login(username=name, password=scenes.PASSWORD)
    return client


def keys(world: World, **changes: str) -> dict[str, str]:
    seed = world.seed()
    return {"app_id": seed["app_id"], "app_secret": seed["app_secret"], **changes}


def to_the_dialog(client: Client, world: World, start: str = START, **changes: str) -> str:
    answer = client.post(start, keys(world, **changes))
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def back(client: Client, address: str) -> HttpResponse:
    """Follow the network's way back to the desk."""
    parts = urlsplit(address)
    answer: HttpResponse = client.get(f"{parts.path}?{parts.query}")
    return answer


def to_the_choice(client: Client, world: World, start: str = START, **choices: Any) -> str:
    address = to_the_dialog(client, world, start)
    answer = back(client, consent(address, **{"pages": [world.seed()["page_id"]], **choices}))
    assert answer.status_code == 302
    return answer["Location"]


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_page_is_connected_in_one_sitting(anna: Client, outside: World) -> None:
    choice = to_the_choice(anna, outside)
    seed = outside.seed()
    answer = anna.post(choice, {"act": "choose", "place": seed["page_id"]}, follow=True)
    assert answer.redirect_chain[-1][0] == LIST
    row = Destination.objects.get(channel="facebook_page")
    assert row.name == row.config["page_name"] == "Biblioteka Miejska (próba)"
    assert row.config["app_id"] == seed["app_id"]
    assert row.secrets["app_secret"] == seed["app_secret"]
    assert row.secrets["page_token"] not in row.sealed
    assert set(row.secrets) == {"app_secret", "page_token"}, "the person's token is not kept"
    assert Handshake.objects.count() == 0
    assert row.checked_at is not None
    assert accesses.check(destination=row, now=database_now()) == []


def test_the_guide_shows_the_redirect_address_that_the_dialog_gets(
    anna: Client, outside: World
) -> None:
    shown = anna.get(START).content.decode()
    asked = asked_in(to_the_dialog(anna, outside))
    assert f'value="{asked["redirect_uri"]}"' in shown
    assert asked["redirect_uri"] == connections.redirect_uri()


def test_wrong_keys_are_told_before_anybody_is_sent_away(anna: Client, outside: World) -> None:
    answer = anna.post(START, keys(outside, app_secret="wrong-s3cret"))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "wrong-s3cret" not in page
    assert answer.context["form"].non_field_errors()
    assert Handshake.objects.count() == 0


def test_a_state_works_once_in_its_own_session_and_not_for_long(
    anna: Client, outside: World
) -> None:
    address = consent(to_the_dialog(anna, outside), pages=[outside.seed()["page_id"]])
    stranger = signed_in("ewa")
    assert back(stranger, address)["Location"] == LIST
    assert back(anna, address)["Location"] != LIST, "another session's try has not used it up"
    assert back(anna, address)["Location"] == LIST
    assert back(anna, address.replace("state=", "state=x"))["Location"] == LIST

    late = consent(to_the_dialog(anna, outside), pages=[outside.seed()["page_id"]])
    Handshake.objects.update(expires_at=database_now() - timedelta(seconds=1))
    assert back(anna, late)["Location"] == LIST
    connections.sweep(now=database_now())
    assert Handshake.objects.count() == 0


def test_the_choice_belongs_to_the_session_too(anna: Client, outside: World) -> None:
    choice = to_the_choice(anna, outside)
    answer = signed_in("ewa").get(choice, follow=True)
    assert answer.redirect_chain[-1][0] == LIST
    assert anna.get(choice).status_code == 200


def test_who_may_not_connect_gets_nowhere(anna: Client, outside: World) -> None:
    choice = to_the_choice(anna, outside)
    writer = signed_in("jan")
    for path in (START, choice, "/desk/destinations/connected/?code=x&state=y"):
        assert writer.get(path).status_code in {302, 403}
    assert writer.post(START, keys(outside)).status_code in {302, 403}
    assert Handshake.objects.count() == 1


def test_who_cancels_at_the_network_comes_back_to_the_list(anna: Client, outside: World) -> None:
    address = consent(to_the_dialog(anna, outside), pages=[], decision="cancel")
    answer = anna.get(urlsplit(address).path + "?" + urlsplit(address).query, follow=True)
    assert "Logowanie przerwano" in said(answer) or "nic się nie zmieniło" in said(answer)
    assert Destination.objects.filter(channel="facebook_page").count() == 0


def test_pages_that_cannot_be_chosen_are_named_with_the_reason(
    anna: Client, outside: World
) -> None:
    seed = outside.seed()
    making.page(outside)  # the first page is connected already
    pages = [seed["page_id"], seed["unticked_page_id"], seed["watched_page_id"]]
    choice = to_the_choice(anna, outside, pages=pages)
    offer = anna.get(choice).context["offer"]
    closed = {place.key: place.why_not for place in offer.places if place.why_not}
    assert set(closed) == {seed["page_id"], seed["watched_page_id"]}
    assert "Strona biblioteki" in closed[seed["page_id"]]
    for key, why_not in closed.items():
        answer = anna.post(choice, {"act": "choose", "place": key})
        assert answer.status_code == 200
        assert answer.context["problem"] == why_not
    assert Destination.objects.filter(channel="facebook_page").count() == 1
    answer = anna.post(choice, {"act": "choose", "place": "999"})
    assert answer.context["problem"]


def test_a_declined_permission_is_told_and_asked_for_again(anna: Client, outside: World) -> None:
    choice = to_the_choice(anna, outside, declined=["pages_manage_posts"])
    shown = anna.get(choice)
    assert "pages_manage_posts" in shown.content.decode()
    assert not shown.context["open"]
    dialog = anna.post(choice, {"act": "again"})["Location"]
    assert asked_in(dialog)["auth_type"] == "rerequest"
    answer = back(anna, consent(dialog, pages=[outside.seed()["page_id"]]))
    assert answer["Location"] == choice
    assert anna.get(choice).context["open"]


def test_connecting_again_keeps_the_row_its_history_and_its_queue(
    anna: Client, outside: World
) -> None:
    row = making.page(outside)
    publication = making.due_publication(row)
    accesses.lose(destination=row, because="Wylogowano.", used_at=None, now=database_now())
    publication.refresh_from_db()
    assert publication.held
    start = f"/desk/destinations/{row.pk}/connect/"
    address = anna.post(start, {"app_id": row.config["app_id"], "app_secret": ""})["Location"]
    assert asked_in(address)["auth_type"] == "reauthorize"
    seed = outside.seed()
    pages = [seed["page_id"], seed["unticked_page_id"]]
    choice = back(anna, consent(address, pages=pages))["Location"]
    closed = {p.key for p in anna.get(choice).context["offer"].places if p.why_not}
    assert closed == {seed["unticked_page_id"]}, "another page is another destination"
    anna.post(choice, {"act": "choose", "place": seed["page_id"]})
    fresh = Destination.objects.get(pk=row.pk)
    assert fresh.name == "Strona biblioteki"
    assert fresh.paused_at is None
    assert fresh.access_lost_at is None
    publication.refresh_from_db()
    assert (publication.state, publication.held) == (State.PLANNED, False)


def test_a_stored_secret_does_not_follow_to_another_app(anna: Client, outside: World) -> None:
    row = making.page(outside)
    answer = anna.post(
        f"/desk/destinations/{row.pk}/connect/",
        {"app_id": outside.seed()["other_app_id"], "app_secret": ""},
    )
    assert answer.status_code == 200
    assert "app_secret" in answer.context["form"].errors
    assert outside.calls() == []


def test_banner_says_it_plainly_and_its_one_button_leads_into_the_flow(
    anna: Client, outside: World
) -> None:
    row = making.page(outside)
    accesses.lose(
        destination=row, because="Facebook nas wylogował.", used_at=None, now=database_now()
    )
    page = anna.get("/desk/").content.decode()
    assert "Facebook nas wylogował." in page
    assert page.count(f"/desk/destinations/{row.pk}/connect/") == 1


def test_no_secret_shows_on_a_page_in_a_log_or_in_an_address(
    anna: Client, outside: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The whole flow and its failures, then a search for everything that must not be seen."""
    caplog.set_level(logging.DEBUG)
    seed = outside.seed()
    seen: list[str] = []

    def note(answer: Any) -> Any:
        seen.append(f"{answer.headers} {answer.content.decode()}")
        return answer

    note(anna.get(START))
    note(anna.post(START, keys(outside, app_secret="mistyped-s3cret")))
    started = note(anna.post(START, keys(outside)))
    address = consent(started["Location"], pages=[seed["page_id"]])
    outside.fault(fault="refuse", path="access_token", code=100, subcode=36007, times=1)
    note(back(anna, address))
    outside.fault(fault="bad_gateway", path="access_token", times=1)
    note(back(anna, consent(to_the_dialog(anna, outside), pages=[seed["page_id"]])))
    choice = to_the_choice(anna, outside)
    held = Handshake.objects.latest("pk").secrets
    outside.fault(fault="refuse", path="accounts", code=190, times=1)
    note(anna.get(choice))
    note(anna.get(choice))
    note(anna.post(choice, {"act": "choose", "place": "1"}))
    note(anna.post(choice, {"act": "choose", "place": seed["page_id"]}, follow=True))
    row = Destination.objects.get(channel="facebook_page")
    outside.post("/api/events", {"event": "password_changed"})
    note(anna.post(f"/desk/destinations/{row.pk}/act/", {"act": "check"}, follow=True))
    note(anna.get(f"/desk/destinations/{row.pk}/"))
    note(anna.get(f"/desk/destinations/{row.pk}/connect/"))
    note(anna.get("/desk/"))

    secrets = {*held.values(), *row.secrets.values(), "mistyped-s3cret", seed["app_secret"]}
    assert len(secrets) == 4
    everything = "\n".join([*seen, caplog.text, repr(row), repr(row.__dict__ | {"sealed": ""})])
    assert [secret for secret in secrets if secret in everything] == []


def test_a_sign_in_that_was_left_alone_is_over_after_half_an_hour(
    anna: Client, outside: World
) -> None:
    choice = to_the_choice(anna, outside)
    Handshake.objects.update(expires_at=database_now())
    with travel(database_now() + timedelta(seconds=1)):
        answer = anna.get(choice, follow=True)
    assert answer.redirect_chain[-1][0] == LIST


def test_a_secret_that_no_key_opens_any_more_is_no_obstacle(anna: Client, outside: World) -> None:
    row = making.page(outside)
    Destination.objects.filter(pk=row.pk).update(sealed="gAAAA-broken")
    choice = to_the_choice(anna, outside, f"/desk/destinations/{row.pk}/connect/")
    anna.post(choice, {"act": "choose", "place": outside.seed()["page_id"]})
    assert set(Destination.objects.get(pk=row.pk).secrets) == {"app_secret", "page_token"}
