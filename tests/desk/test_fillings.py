"""Issues that composed themselves, at the desk: told on the first screen, decided by a person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from lxml import html

from promo.models import Filling, Issue, Proof, Publication
from tests.desk.scenes import Scene
from tests.desk.test_screens import browser_of

pytestmark = pytest.mark.django_db


def text_of(client: Client, address: str) -> str:
    page = html.fromstring(client.get(address).content.decode())
    return " ".join(page.xpath("string(//main)").split())


def decide(role: str, scene: Scene, act: str, **data: str) -> str:
    """What the desk says after a decision."""
    client = browser_of(role)
    answer = client.post(f"/desk/fillings/{scene.filling.pk}/{act}/", data, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def test_the_first_screen_names_the_missed_one_with_three_ways_on(scene: Scene) -> None:
    page = html.fromstring(browser_of("approver").get("/desk/").content.decode())
    (card,) = page.xpath("//section[@aria-labelledby='missed-issues']")
    assert "Klub seniora, warsztaty i 6 innych wydarzeń" in card.text_content()
    links = [link.rpartition("/fillings/")[2] for link in card.xpath(".//a/@href")]
    pk = scene.filling.pk
    assert links[1:] == [f"{pk}/now/", f"{pk}/move/", f"{pk}/drop/"]
    told = text_of(browser_of("approver"), "/desk/")
    assert "za mało treści. Znaleziono 0 pozycji." in told


def test_a_writer_may_move_and_drop_it_and_not_send_it(scene: Scene) -> None:
    page = html.fromstring(browser_of("writer").get("/desk/").content.decode())
    assert not page.xpath("//a[contains(@href, '/now/')]")
    decide("writer", scene, "now")
    assert Filling.objects.get(pk=scene.filling.pk).state == Filling.State.MISSED


def test_send_now_approves_it_after_a_question(scene: Scene) -> None:
    asked = text_of(browser_of("approver"), f"/desk/fillings/{scene.filling.pk}/now/")
    assert "do wszystkich czytelników" in asked
    assert not Publication.objects.filter(issue=scene.filling.issue).exists()
    assert "wyjdzie za około minutę" in decide("approver", scene, "now")
    assert Publication.objects.filter(issue=scene.filling.issue).exists()


def test_another_time_is_asked_for_and_kept(scene: Scene) -> None:
    to = timezone.localtime() + timedelta(days=2)
    assert "datę i godzinę" in decide("writer", scene, "move", to="kiedyś")
    assert "Ustawiono nowy termin" in decide("writer", scene, "move", to=f"{to:%Y-%m-%d %H:%M}")
    issue = Issue.objects.get(pk=scene.filling.issue_id)
    assert timezone.localtime(issue.send_at).date() == to.date()


def test_collecting_again_offers_only_what_is_new(scene: Scene) -> None:
    client = browser_of("writer")
    page = html.fromstring(client.get(f"/desk/fillings/{scene.filling.pk}/again/").content.decode())
    assert page.xpath("//input[@name='how' and @checked]/@value") == []  # no rhythm: a word instead
    assert "nie ma już rytmu" in page.xpath("string(//main)")


def test_the_editor_tells_where_the_draft_comes_from(scene: Scene) -> None:
    client = browser_of("approver")
    told = text_of(client, f"/desk/issues/edit/{scene.filling.issue_id}/")
    assert "Numer ułożył się sam:" in told
    assert "nie został zaakceptowany na czas" in told
    assert "ułożył się sam" not in text_of(client, f"/desk/issues/edit/{scene.issue.pk}/")


def test_the_checks_follow_the_form_and_tell_weight_and_readers(scene: Scene) -> None:
    client = browser_of("writer")
    form = {
        "subject": "Temat",
        "preheader": "",
        "newsletter": str(scene.newsletter.pk),
        "language": "pl",
        "send_at": "2030-01-02 09:00",
        "blocks-count": "0",
    }
    answer = client.post(f"/desk/issue_checks/{scene.issue.pk}/", form).content.decode()
    assert "KB" in answer
    assert "Otrzyma go 12 czytelników." in answer
    assert "is-error" in answer  # an empty issue
    assert Issue.objects.get(pk=scene.issue.pk).subject == "Grudzień w bibliotece"


def test_a_test_goes_to_oneself_or_to_the_list_of_the_newsletter(scene: Scene) -> None:
    client, address = browser_of("writer"), f"/desk/issue_checks/{scene.issue.pk}/test/"
    scene.newsletter.testers = "a@example.org\nb@example.org"
    scene.newsletter.save()
    shown = client.post(address, {"to": "me"}).content.decode()
    assert "jan@biblioteka.example.org" in shown
    assert "w drodze" in shown
    assert "[Próba]" in shown
    assert "jeszcze w drodze" in client.post(address, {"to": "list"}).content.decode()
    Proof.objects.update(state=Proof.State.TAKEN)
    assert "[Test]" in client.post(address, {"to": "list", "readers": "en"}).content.decode()
    asked = Proof.objects.filter(state=Proof.State.WAITING).values_list("address", flat=True)
    assert set(asked) == {"a@example.org", "b@example.org"}


def test_who_has_no_address_is_told_so(scene: Scene) -> None:
    User.objects.filter(username="jan").update(email="")
    client = browser_of("writer")
    answer = client.post(f"/desk/issue_checks/{scene.issue.pk}/test/", {"to": "me"})
    assert "Brak adresu" in answer.content.decode()
