"""What has used up its attempts, and destinations that rest: told in plain words, with a way on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from promo.models import Destination, Publication
from promo.models.publications import TRIES
from promo.protocol import State
from promo.services import breaker, destinations, first_run
from tests import making

pytestmark = pytest.mark.django_db

LIST = "/desk/publications/?show=given_up"
MANY = "/desk/publications/many/"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ewa"))
    return client


@pytest.fixture
def website() -> Destination:
    return destinations.create(channel="website", name="Strona biblioteki")


@pytest.fixture
def rows(website: Destination) -> list[Publication]:
    """Two whose attempts are used up, and one that was refused at once."""
    made = [making.due_publication(website, title=f"Spotkanie nr {n}") for n in range(3)]
    ids = [row.pk for row in made[:2]]
    Publication.objects.update(state=State.FAILED, problem="Facebook milczy.", attempts=1)
    Publication.objects.filter(pk__in=ids).update(attempts=TRIES)
    return made


def states(rows: list[Publication]) -> list[str]:
    for row in rows:
        row.refresh_from_db()
    return [row.state for row in rows]


def test_the_list_has_those_whose_attempts_are_used_up_with_the_reason(
    desk: Client, rows: list[Publication]
) -> None:
    answer = desk.get(LIST)
    assert set(answer.context["page"].object_list) == set(rows[:2])
    assert "Facebook milczy." in answer.content.decode()


def test_several_are_tried_again_by_one_act(desk: Client, rows: list[Publication]) -> None:
    desk.post(MANY, {"id": [row.pk for row in rows[:2]], "act": "retry"})
    assert states(rows) == [State.WAITING, State.WAITING, State.FAILED]
    assert [row.budget for row in rows] == [2 * TRIES, 2 * TRIES, TRIES]


def test_dropping_asks_first(desk: Client, rows: list[Publication]) -> None:
    chosen = {"id": [row.pk for row in rows[:2]], "act": "drop"}
    answer = desk.post(MANY, chosen)
    assert rows[0].subject in answer.content.decode()
    assert states(rows) == [State.FAILED] * 3
    desk.post(MANY, {**chosen, "sure": "yes"})
    assert states(rows) == [State.CANCELLED, State.CANCELLED, State.FAILED]


def test_one_that_has_changed_meanwhile_keeps_nobody_else_back(
    desk: Client, rows: list[Publication]
) -> None:
    Publication.objects.filter(pk=rows[0].pk).update(
        state=State.PUBLISHED, published_at=timezone.now()
    )
    answer = desk.post(MANY, {"id": [row.pk for row in rows], "act": "retry"}, follow=True)
    assert states(rows) == [State.PUBLISHED, State.WAITING, State.WAITING]
    assert [message.level_tag for message in answer.context["messages"]] == ["error", "success"]


@pytest.mark.parametrize("chosen", [{}, {"id": ["x", "999999"]}])
def test_nothing_ticked_is_told(desk: Client, chosen: dict[str, list[str]]) -> None:
    answer = desk.post(MANY, {**chosen, "act": "retry"}, follow=True)
    (message,) = answer.context["messages"]
    assert message.level_tag == "error"


def test_a_writer_sees_the_list_and_decides_nothing(
    client: Client, rows: list[Publication]
) -> None:
    first_run.prepare()
    jan = User.objects.create_user("jan")
    jan.groups.add(Group.objects.get(name=first_run.WRITERS))
    client.force_login(jan)
    assert 'type="checkbox"' not in client.get(LIST).content.decode()
    client.post(MANY, {"id": [rows[0].pk], "act": "retry"})
    assert states(rows) == [State.FAILED] * 3


def test_a_destination_that_rests_says_why_and_until_when_and_may_be_tried_now(
    desk: Client, website: Destination
) -> None:
    until = timezone.now() + timedelta(hours=1)
    breaker.rest(website, until=until, because="Facebook prosi o przerwę.")
    hour = timezone.localtime(until).strftime("%H:%M")
    shown = desk.get("/desk/destinations/").content.decode()
    assert "Facebook prosi o przerwę." in shown
    assert hour in shown
    assert "Facebook prosi o przerwę." in desk.get("/desk/").content.decode()
    desk.post(f"/desk/destinations/{website.pk}/act/", {"act": "resume"})
    website.refresh_from_db()
    assert website.rests_until_at is None
