"""The first login: whoever comes by the link learns whose password it is."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from lxml import html

from promo.services import first_run

pytestmark = pytest.mark.django_db

PASSWORD = "Kluczbork i okolice 2026"


def words(page: bytes) -> str:
    return " ".join(html.fromstring(page.decode()).xpath("string(//main)").split())


def test_the_preparation_tells_where_and_as_whom_to_come_in() -> None:
    said = StringIO()
    call_command("prepare", stdout=said)
    told = json.loads(said.getvalue())
    assert told["first_login_user"] == first_run.FIRST_ADMINISTRATOR
    assert Client().get(told["first_login_url"], follow=True).status_code == 200


def test_choosing_the_first_password_names_the_user_before_and_after() -> None:
    browser = Client(headers={"accept-language": "pl"})
    form = browser.get(first_run.prepare(), follow=True)
    assert "Twoja nazwa użytkownika to admin." in words(form.content)
    address = form.redirect_chain[-1][0]
    chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    done = browser.post(address, chosen, follow=True)
    assert "Zaloguj się jako admin, podając nowe hasło." in words(done.content)
    assert browser.login(username="admin", password=PASSWORD)


def test_a_link_that_was_used_names_nobody() -> None:
    first_run.prepare()
    page = Client().get("/desk/password_reset/confirm/MQ/set-password/")
    assert page.status_code == 200
    assert "admin" not in words(page.content)
    assert "admin" not in words(Client().get("/desk/password_reset/complete/").content)
