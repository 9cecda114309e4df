"""The pages that tell of a mistake, and where they lead."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver
from lxml import html
from pytest_django.fixtures import Settings

AT_THE_DESK = ("/desk/", "Przejdź na pulpit")
ELSEWHERE = ("/", "Przejdź na stronę główną")


def way_out(answer: HttpResponse) -> tuple[str, str]:
    """Where the button leads, and what it says."""
    (button,) = html.fromstring(answer.content.decode()).xpath("//a[@class='button']")
    return button.get("href"), button.text


@pytest.mark.parametrize("status", [400, 403, 500])
@pytest.mark.parametrize(
    ("path", "expected"), [("/desk/items/", AT_THE_DESK), ("/preferences/abc/", ELSEWHERE)]
)
def test_a_mistake_leads_back_to_where_one_was(
    status: int, path: str, expected: tuple[str, str]
) -> None:
    """Without the database, which may be what is broken: pytest-django would refuse it."""
    handler = get_resolver().resolve_error_handler(status)
    given = () if status == 500 else (ValueError("as Django hands it over"),)
    answer = handler(RequestFactory().get(path), *given)
    assert answer.status_code == status
    assert way_out(answer) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "expected"), [("/desk/login/", AT_THE_DESK), ("/preferences/abc/", ELSEWHERE)]
)
def test_a_form_that_was_open_too_long_leads_back_to_where_one_was(
    path: str, expected: tuple[str, str]
) -> None:
    answer = Client(enforce_csrf_checks=True).post(path, headers={"accept-language": "pl"})
    assert answer.status_code == 403
    assert way_out(answer) == expected


@pytest.mark.django_db
def test_a_request_that_django_turns_away_is_answered_with_a_page(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["biblioteka.example.org"]
    answer = Client().get("/desk/login/", headers={"host": "somewhere.example.org"})
    assert answer.status_code == 400
    assert way_out(answer) == AT_THE_DESK
