"""The previews of an issue: a mail for each language of its readers, and who is greeted how."""

import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from promo.models import Issue, Publication
from promo.services import issues
from tests.desk.scenes import Scene

pytestmark = pytest.mark.django_db


def preview(issue: Issue, mode: str) -> str:
    content: bytes = issue.serve_preview(HttpRequest(), mode).content
    return content.decode()


@pytest.mark.parametrize(
    ("language", "modes"),
    [
        ("pl", ["html", "text", "html-en", "text-en", "unnamed"]),
        ("en", ["html", "text", "html-pl", "text-pl", "unnamed"]),
    ],
)
def test_the_mail_in_its_own_language_comes_first(language: str, modes: list[str]) -> None:
    issue = Issue(language=language)
    assert [mode for mode, _label in issue.preview_modes] == modes
    assert issue.default_preview_mode == "html"


def test_each_mode_shows_the_mail_of_one_reader(scene: Scene) -> None:
    own, english = preview(scene.issue, "html"), preview(scene.issue, "html-en")
    assert "Zrezygnuj z subskrypcji" in own
    assert "Dzień dobry, <bdi>Anna</bdi>!" in own
    assert "Unsubscribe" in english
    assert "W\u00a0grudniu u\u00a0nas" in english
    assert "Unsubscribe:" in preview(scene.issue, "text-en")
    assert "Dzień dobry, Anna!" in preview(scene.issue, "text")
    unnamed = preview(scene.issue, "unnamed")
    assert "Dzień dobry!" in unnamed
    assert "Anna" not in unnamed


def test_the_stored_message_is_shown_in_each_language_it_goes_out_in(
    scene: Scene, admin_client: Client
) -> None:
    row: Publication = issues.plan(issue=scene.issue, now=timezone.now())
    page = admin_client.get(reverse("publications:show", args=[row.pk])).content.decode()
    address = reverse("publications:message", args=[row.pk])
    for readers, words in (("pl", "Zrezygnuj z subskrypcji"), ("en", "Unsubscribe")):
        assert f'href="{address}?readers={readers}"' in page
        shown = admin_client.get(address, {"readers": readers}).content.decode()
        assert words in shown
        assert ".slot.invalid" not in shown


def test_a_message_that_is_one_for_all_has_no_choice_of_language(
    scene: Scene, admin_client: Client
) -> None:
    row = Publication.objects.filter(destination__channel="facebook_page")[0]
    page = admin_client.get(reverse("publications:show", args=[row.pk])).content.decode()
    assert "?readers=" not in page
