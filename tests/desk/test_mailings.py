"""A mailing at the desk: paused, resumed, stopped for good; and the readers who stand out."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings
from django.utils.text import capfirst

from promo.models import Delivery, DeliveryEvent, Mailing, Publication, UnknownPolicy
from promo.services import deliveries, lookups, mailings
from promo.services.clock import database_now
from tests import making

pytestmark = pytest.mark.django_db

READERS = 4


@pytest.fixture
def mailing() -> Mailing:
    row = making.due_publication(making.newsletter(READERS).destination)
    Publication.objects.update(state="published", published_at=database_now())
    mailings.start(destination=row.destination, key=row.marker, now=database_now())
    return Mailing.objects.get()


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ewa"))
    return client


def refuse_first(text: str) -> Delivery:
    """The first reader's mail is refused with these words."""
    row = Delivery.objects.order_by("id")[0]
    event = deliveries.Event(row.pk, DeliveryEvent.Kind.REFUSED, "address", 550, "5.1.1", text)
    deliveries.refuse([event], state=Delivery.State.REFUSED, now=database_now())
    return row


def act(desk: Client, mailing: Mailing, name: str, **more: str) -> str:
    address = f"/desk/publications/{mailing.publication_id}/act/"
    answer = desk.post(address, {"act": name, **more}, follow=True)
    mailing.refresh_from_db()
    return answer.content.decode()


def test_a_mailing_is_paused_resumed_and_after_a_question_stopped(
    desk: Client, mailing: Mailing
) -> None:
    act(desk, mailing, "pause_mailing")
    assert mailing.state == Mailing.State.PAUSED
    assert 'value="resume_mailing"' in act(desk, mailing, "pause_mailing"), "twice does no harm"
    act(desk, mailing, "resume_mailing")
    assert mailing.state == Mailing.State.RUNNING
    assert 'name="sure"' in act(desk, mailing, "cancel_mailing")
    assert mailing.state == Mailing.State.RUNNING, "first it asks"
    act(desk, mailing, "cancel_mailing", sure="yes")
    assert mailing.state == Mailing.State.CANCELLED
    assert mailings.progress(mailing)["cancelled"] == READERS


def test_who_stands_out_is_listed_with_the_servers_words(desk: Client, mailing: Mailing) -> None:
    row = refuse_first("5.1.1 user unknown")
    page = desk.get(f"/desk/publications/{mailing.publication_id}/").content.decode()
    assert f"/desk/publications/{mailing.publication_id}/readers/?kind=refused" in page
    listed = desk.get(f"/desk/publications/{mailing.publication_id}/readers/?kind=refused")
    assert row.subscriber is not None
    assert row.subscriber.email in listed.content.decode()
    assert "user unknown" in listed.content.decode()


def test_the_list_is_a_file_too_and_nothing_in_it_is_computed(
    desk: Client, mailing: Mailing
) -> None:
    row = refuse_first('=HYPERLINK("https://evil.example")')
    answer = desk.get(f"/desk/publications/{mailing.publication_id}/readers.csv")
    _head, line = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert row.subscriber is not None
    assert line.startswith(f"{row.subscriber.email};")
    assert "'=HYPERLINK" in line


def test_addresses_are_only_for_those_who_may_see_subscribers(
    client: Client, mailing: Mailing
) -> None:
    writer = User.objects.create_user("jan")
    writer.user_permissions.set(
        Permission.objects.filter(codename__in=["access_admin", "view_item"])
    )
    client.force_login(writer)
    refuse_first("5.1.1 user unknown")
    page = client.get(f"/desk/publications/{mailing.publication_id}/").content.decode()
    assert "/readers/" not in page
    for path in ("readers/", "readers.csv"):
        answer = client.get(f"/desk/publications/{mailing.publication_id}/{path}")
        assert answer.status_code in {302, 403}


def test_the_report_tells_who_did_not_get_it_by_their_own_wish(
    desk: Client, mailing: Mailing
) -> None:
    address = f"/desk/publications/{mailing.publication_id}/"
    assert "left_out" in desk.get(address).context
    assert desk.get(address).context["left_out"]["count"] == 0
    Mailing.objects.update(wish_pause=3, wish_frequency=9)
    told = desk.get(address).context["left_out"]
    assert (told["count"], [number for _why, number in told["why"]]) == (12, [3, 9])
    assert ": 12 (" in desk.get(address).content.decode()


@override_settings(PROMO_RELAY_LOG="/nowhere/mail.log")
def test_while_the_log_is_asked_the_desk_says_so_and_afterwards_why_it_did_not_help(
    desk: Client, mailing: Mailing
) -> None:
    lost = [deliveries.Event(row.pk, DeliveryEvent.Kind.UNKNOWN) for row in Delivery.objects.all()]
    deliveries.lose(lost, policy=UnknownPolicy.LEAVE, now=database_now())
    Mailing.objects.update(state="finished", finished_at=database_now())
    pages = [f"/desk/publications/{mailing.publication_id}/{page}" for page in ("", "report/")]
    for page in pages:
        shown = desk.get(page).content.decode()
        assert "data-lookup" in shown
        assert 'value="mail_again"' not in shown, "nobody sends again before the log was asked"
    later = database_now() + 4 * settings.PROMO_RELAY_QUIET
    lookups.look(mailing.pk, clock=lambda: later)
    for page in pages:
        shown = desk.get(page).content.decode()
        assert str(Mailing.LookProblem.UNREADABLE.label) in shown
    shown = desk.get(pages[0]).content.decode()
    assert 'value="mail_again"' in shown
    assert f">{capfirst(DeliveryEvent.Kind.LEFT.label)}: " in shown, "without anybody’s word"
    Mailing.objects.update(state="cancelled")
    assert 'value="mail_again"' not in desk.get(pages[0]).content.decode()


def test_an_issue_that_the_mail_server_holds_up_is_on_the_first_screen(
    desk: Client, mailing: Mailing
) -> None:
    said = "421 4.3.2 closing"
    assert said not in desk.get("/desk/").content.decode()
    Mailing.objects.update(problem=said)
    home = desk.get("/desk/").content.decode()
    assert said in home
    assert f"/desk/publications/{mailing.publication_id}/" in home
    Mailing.objects.update(state="finished", finished_at=database_now())
    assert said not in desk.get("/desk/").content.decode()
