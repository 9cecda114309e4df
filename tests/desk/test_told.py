"""What the desk says of being told by the network: for whoever sets a page up, and only there."""

from __future__ import annotations

import pytest
from django.test import Client

from promo.models import Destination
from promo.services import destinations, hearing
from tests import making
from tests.desk import scenes

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> Destination:
    making.installation()
    scenes.people()
    return destinations.create(
        channel="facebook_page",
        name="Strona biblioteki",
        config={"page_id": "77", "app_id": "4711"},
        secrets={"page_token": "token", "app_secret": "secret"},
    )


def shown(name: str, address: str) -> str:
    client = Client()
    assert client.login(username=name, password=scenes.PASSWORD)
    return client.get(f"/desk/destinations/{address}", follow=True).content.decode()


def test_the_set_up_of_a_page_shows_address_and_token(page: Destination) -> None:
    told = hearing.set_up(destination=page)
    assert told is not None
    html = shown("anna", f"{page.pk}/")
    assert f'value="{told.address}"' in html
    assert f'value="{told.token}"' in html
    assert "secret" not in told.token
    asked = {"hub.mode": "subscribe", "hub.challenge": "7", "hub.verify_token": told.token}
    assert Client().get("/hooks/facebook_page/4711/", asked).content == b"7"


def test_whoever_may_not_connect_pages_sees_no_token(page: Destination) -> None:
    told = hearing.set_up(destination=page)
    assert told is not None
    assert told.token not in shown("jan", f"{page.pk}/")


def test_a_page_that_is_not_set_up_yet_and_other_channels_have_no_address(
    page: Destination,
) -> None:
    assert "told-address" in shown("anna", f"{page.pk}/")
    assert "told-address" not in shown("anna", "new/facebook_page/")
    page.config = {"page_id": "77", "app_id": ""}
    page.save()
    assert "told-address" not in shown("anna", f"{page.pk}/")
    for other in Destination.objects.exclude(channel="facebook_page"):
        assert hearing.set_up(destination=other) is None
