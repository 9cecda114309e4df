"""Readers at the desk: who is deleted is forgotten, and their troubles are seen."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry

from promo.models import Consent, Subscriber, Subscription, Suppression
from promo.services import subscribers
from tests import making
from tests.desk.scenes import Scene
from tests.desk.test_screens import browser_of, told
from tests.services.test_subscribers import traces

ADDRESS = "nowa@example.org"


@pytest.fixture
def reader(scene: Scene) -> Subscriber:
    return Subscriber.objects.get(email=ADDRESS)


def test_deleting_a_reader_forgets_all_but_a_hash(reader: Subscriber) -> None:
    client = browser_of("approver")
    edit = f"/desk/subscribers/edit/{reader.pk}/"
    client.post(edit, {"email": ADDRESS, "name": "Nowak", "language": "pl"})
    assert "wagtailcore_modellogentry" in traces(ADDRESS)
    address = f"/desk/subscribers/delete/{reader.pk}/"
    assert client.get(address).status_code == 200
    assert client.post(address, follow=True).status_code == 200
    assert traces(ADDRESS) == []
    assert subscribers.is_suppressed(ADDRESS)
    assert Suppression.objects.get().reason == Suppression.Reason.WISH


def test_who_forgot_a_reader_stays_known(reader: Subscriber) -> None:
    browser_of("approver").post(f"/desk/subscribers/delete/{reader.pk}/")
    entry = ModelLogEntry.objects.get(object_id=str(reader.pk), action="wagtail.delete")
    assert entry.user is not None
    assert entry.user.get_username() == "ewa"
    assert entry.label == ""


def test_forgetting_does_not_soften_a_complaint(reader: Subscriber) -> None:
    subscribers.erase(subscriber=reader, now=reader.created_at)
    Suppression.objects.update(reason=Suppression.Reason.COMPLAINT)
    again = Subscriber.objects.create(email=ADDRESS)
    browser_of("approver").post(f"/desk/subscribers/delete/{again.pk}/")
    assert Suppression.objects.get().reason == Suppression.Reason.COMPLAINT


@pytest.mark.parametrize("which", ["id={reader}", "id=all"])
def test_readers_are_not_deleted_by_the_dozen(reader: Subscriber, which: str) -> None:
    """Wagtail's own way would delete the rows bare, and an import would mail them again."""
    before = Subscriber.objects.count(), Consent.objects.count()
    query = which.format(reader=reader.pk)
    answer = browser_of("administrator").post(f"/desk/bulk/promo/subscriber/delete/?{query}")
    assert told(answer)
    assert (Subscriber.objects.count(), Consent.objects.count()) == before
    assert not Suppression.objects.exists()


def test_list_tells_whose_confirmation_did_not_arrive(reader: Subscriber) -> None:
    problem = "The mail relay has refused the mail."
    Subscription.objects.filter(subscriber=reader).update(confirm_at=None, problem=problem)
    page = browser_of("approver").get("/desk/subscribers/").content.decode()
    assert problem in page


def test_list_asks_the_database_no_more_for_more_readers(scene: Scene) -> None:
    client = browser_of("approver")
    counts = []
    for readers in (1, 20):
        making.newsletter(readers)
        client.get("/desk/subscribers/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/desk/subscribers/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
