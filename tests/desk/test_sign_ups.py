"""Sign-ups at the desk: what is pasted into other websites, and what is held back."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from promo.models import Newsletter
from promo.services import newsletters, subscribers
from promo.services.clock import database_now
from tests import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ewa"))
    return client


def pasted(desk: Client, newsletter: Newsletter) -> list[str]:
    """What a person copies out of the text areas."""
    page = desk.get(f"/desk/newsletters/edit/{newsletter.pk}/").content.decode()
    areas = re.findall(r'<textarea id="promo-embed-\w+"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return [html.unescape(area) for area in areas]


def address_in(snippet: str, attribute: str) -> str:
    found = re.search(rf'{attribute}="([^"]+)"', snippet)
    assert found is not None
    parts = urlsplit(html.unescape(found[1]))
    return f"{parts.path}?{parts.query}"


def test_both_lead_to_the_form_of_this_newsletter(desk: Client) -> None:
    newsletter = making.newsletter()
    newsletter.name = "Nowości & <b>wieści</b>"
    newsletters.save(newsletter=newsletter)
    form, frame = pasted(desk, newsletter)
    assert "<b>" not in frame
    for address in (address_in(form, "action"), address_in(frame, "src")):
        page = Client().get(address)
        assert page.status_code == 200
        assert f'value="{newsletter.pk}"' in page.content.decode()
    handed = Client(enforce_csrf_checks=True).post(
        address_in(form, "action"),
        {"email": "ola@example.org"},
        headers={"Origin": "https://partner.example.org"},
    )
    assert 'value="ola@example.org"' in handed.content.decode()


def test_there_is_nothing_to_paste_for_a_closed_newsletter(desk: Client) -> None:
    newsletter = making.newsletter()
    newsletter.open_to_sign_up = False
    newsletters.save(newsletter=newsletter)
    assert pasted(desk, newsletter) == []
    assert desk.get("/desk/newsletters/add/").status_code == 200


def test_sign_ups_held_back_by_the_hours_cap_are_told_on_the_first_screen(
    desk: Client, settings: Settings
) -> None:
    subscribers.sign_up(
        email="zofia@example.org",
        name="",
        newsletter=making.newsletter(),
        language="pl",
        wording="zgoda",
        source="test",
        ip=None,
        now=database_now(),
    )
    settings.PROMO_CONFIRMATIONS_AN_HOUR = 1
    assert "promo-card--alert" not in desk.get("/desk/").content.decode()
    settings.PROMO_CONFIRMATIONS_AN_HOUR = 0
    assert "promo-card--alert" in desk.get("/desk/").content.decode()
