"""The board as the server sees it: filters, following, verdicts, moves, and who may do what."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from promo.models import Attempt, Destination, FairShare, Institution, Publication
from promo.protocol import State
from promo.services import composing
from tests import making
from tests.desk.scenes import Scene

QUERIES = 30
"""Signing in, the menu and the frame included; what matters is that it does not grow."""


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name))
    return client


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def at(days: int, hour: int, minute: int = 0) -> datetime:
    day = timezone.localdate() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=Institution.load().tz)


def post_at(moment: datetime, *, slot: str, **values: object) -> Publication:
    """A planned post on the page, of an item that begins in three hundred days."""
    page = Destination.objects.filter(channel="facebook_page", paused_at=None)[0]
    item = making.item(title=f"Wpis {slot}", starts_at=at(300, 17), ends_at=at(300, 19))
    plain = {"item": item, "destination": page, "slot": slot, "variant": "announce"}
    row = Publication(**{**plain, "planned_at": moment, "due_at": moment, **values})
    composing.recompose(row)
    row.save()
    return row


@pytest.fixture
def post(scene: Scene) -> Publication:
    return post_at(at(200, 12), slot="alone")


def wall(moment: datetime) -> str:
    return f"{moment.astimezone(Institution.load().tz):%Y-%m-%dT%H:%M}"


def views(moment: datetime) -> list[str]:
    day = f"{moment:%Y/%-m/%-d}/"
    return [
        f"/desk/calendar/{moment:%Y/%-m}/",
        f"/desk/calendar/week/{day}",
        f"/desk/calendar/agenda/{day}",
    ]


def test_every_view_shows_the_publication_and_keeps_its_filters(post: Publication) -> None:
    client = client_of("anna")
    for path in views(post.planned_at):
        asked = f"?destination={post.destination_id}&kind={post.item.kind}"
        page = page_of(client, path + asked)
        assert f'data-pk="{post.pk}"' in page
        assert page.count(asked.replace("&", "&amp;")) >= 5, path  # the ways on keep them


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("state=coming", True),
        ("state=out", False),
        ("state=hand", False),
        ("kind=author_meeting", True),
        ("kind=issue", False),
        ("branch={branch}", True),
        ("branch=999999", False),
        ("destination={destination}", True),
        ("destination=999999", False),
        ("campaign=999999", False),
        ("destination=nonsense&state=nonsense&kind=nonsense&branch=-1", True),
    ],
)
def test_filters_let_through_what_they_name(asked: str, shown: bool, post: Publication) -> None:  # noqa: FBT001  (a table's column)
    values = {"branch": post.item.branch_id, "destination": post.destination_id}
    client = client_of("anna")
    for path in views(post.planned_at):
        page = page_of(client, f"{path}?{asked.format(**values)}")
        assert (f'data-pk="{post.pk}"' in page) is shown, path


def test_what_was_dropped_is_shown_to_who_asks_for_it(post: Publication) -> None:
    Publication.objects.filter(pk=post.pk).update(state=State.CANCELLED)
    client = client_of("anna")
    path = views(post.planned_at)[0]
    assert f'data-pk="{post.pk}"' not in page_of(client, path)
    assert f'data-pk="{post.pk}"' in page_of(client, f"{path}?state=dropped")


def test_day_keeps_the_filters_too(post: Publication) -> None:
    path = f"/desk/calendar/{post.planned_at:%Y/%-m/%-d}/"
    client = client_of("anna")
    assert f"/publications/{post.pk}/" in page_of(client, f"{path}?state=coming")
    assert f"/publications/{post.pk}/" not in page_of(client, f"{path}?state=out")


def test_board_is_sent_again_only_when_it_has_changed(post: Publication) -> None:
    client = client_of("anna")
    for path in views(post.planned_at):
        first = client.get(f"{path}?live=1")
        assert f'data-pk="{post.pk}"' in first.content.decode()
        assert "<html" not in first.content.decode()
        tag = first["ETag"]
        assert client.get(f"{path}?live=1", headers={"If-None-Match": tag}).status_code == 304
        now = "waiting" if post.state == "planned" else "planned"
        Publication.objects.filter(pk=post.pk).update(state=now)
        post.state = now
        again = client.get(f"{path}?live=1", headers={"If-None-Match": tag})
        assert again.status_code == 200
        assert again["ETag"] != tag


def test_views_ask_the_database_no_more_for_more_publications(
    post: Publication, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [
        Publication(
            item=post.item,
            destination=post.destination,
            slot=f"crowd-{number}",
            variant="announce",
            planned_at=post.planned_at + timedelta(minutes=7 * number),
            due_at=post.planned_at,
        )
        for number in range(150)
    ]
    Publication.objects.bulk_create(rows)
    client = client_of("anna")
    for path in views(post.planned_at):
        with django_assert_max_num_queries(QUERIES):
            page_of(client, path)


def verdicts(client: Client, row: Publication, days: int = 1) -> dict[str, list[str]]:
    first = row.planned_at.astimezone(Institution.load().tz).date()
    asked = {"first": first.isoformat(), "last": (first + timedelta(days=days)).isoformat()}
    told = client.get(f"/desk/calendar/moves/{row.pk}/verdicts/", asked).json()
    return {
        day: [told["verdicts"][place]["tone"] for place in hours]
        for day, hours in told["days"].items()
    }


def test_verdicts_of_each_hour_come_in_one_answer(post: Publication) -> None:
    post_at(at(200, 17), slot="neighbour")
    told = verdicts(client_of("ewa"), post)
    assert len(told) == 2
    today = told[post.planned_at.astimezone(Institution.load().tz).date().isoformat()]
    assert [today[hour] for hour in (6, 7, 14, 15, 17, 19, 20, 21)] == [
        *("asks", "free", "free"),  # quiet hours end at seven
        *("asks", "asks", "asks"),  # the neighbour
        *("free", "asks"),
    ]


def test_verdicts_cost_as_many_statements_for_two_months_as_for_a_day(post: Publication) -> None:
    client = client_of("ewa")

    def statements(days: int) -> int:
        with CaptureQueriesContext(connection) as told:
            verdicts(client, post, days=days)
        return len(told)

    statements(1)
    assert statements(60) == statements(1)


def test_share_of_a_branch_stands_against_the_hours_of_its_week(post: Publication) -> None:
    FairShare.objects.create(whose="branches", most_a_week=1)
    monday = post.planned_at.astimezone(Institution.load().tz).date()
    monday += timedelta(days=7 - monday.weekday())
    zone = Institution.load().tz
    post_at(datetime(monday.year, monday.month, monday.day, 9, tzinfo=zone), slot="of the week")
    first, last = monday - timedelta(days=1), monday + timedelta(days=7)
    told = client_of("ewa").get(
        f"/desk/calendar/moves/{post.pk}/verdicts/",
        {"first": first.isoformat(), "last": last.isoformat()},
    )
    found = told.json()
    at_noon = {day: found["verdicts"][hours[12]] for day, hours in found["days"].items()}
    in_the_week = {(monday + timedelta(days=day)).isoformat() for day in range(7)}
    assert {day for day, one in at_noon.items() if one["tone"] == "asks"} == in_the_week
    friday = at_noon[(monday + timedelta(days=4)).isoformat()]
    assert str(post.item.branch) in friday["why"]


def test_move_stands_and_is_written_down(post: Publication) -> None:
    to = at(201, 9)
    answer = client_of("ewa").post(f"/desk/calendar/moves/{post.pk}/", {"to": wall(to)})
    assert answer.status_code == 200, answer.content
    post.refresh_from_db()
    assert (post.planned_at, post.due_at, post.moved_by_hand) == (to, to, True)
    line = post.ledger.last()
    assert line is not None
    assert (line.event, line.user.username) == (Attempt.Event.DECIDED, "ewa")


def test_move_against_a_rule_asks_first(post: Publication) -> None:
    client, to = client_of("ewa"), at(201, 22)
    path = f"/desk/calendar/moves/{post.pk}/"
    asked = client.post(path, {"to": wall(to)})
    assert asked.status_code == 409
    assert len(asked.json()["ask"]) == 1
    post.refresh_from_db()
    assert post.planned_at == at(200, 12)
    assert client.post(path, {"to": wall(to), "sure": "yes"}).status_code == 200
    post.refresh_from_db()
    assert post.planned_at == to


@pytest.mark.parametrize("days", [-1, 300, 301])
def test_move_into_the_past_or_after_the_start_is_refused_however_sure(
    days: int, post: Publication
) -> None:
    Publication.objects.filter(pk=post.pk).update(not_after_at=post.item.starts_at)
    given = {"to": wall(at(days, 17)), "sure": "yes"}
    answer = client_of("ewa").post(f"/desk/calendar/moves/{post.pk}/", given)
    assert answer.status_code == 422
    assert answer.json()["why"]
    post.refresh_from_db()
    assert post.planned_at == at(200, 12)


def test_today_is_refused_on_another_day_on_the_page_of_the_publication_too(
    post: Publication,
) -> None:
    Publication.objects.filter(pk=post.pk).update(variant="today")
    given = {"act": "move", "to": f"{at(299, 12):%Y-%m-%d %H:%M}"}
    client_of("ewa").post(f"/desk/publications/{post.pk}/act/", given)
    post.refresh_from_db()
    assert post.planned_at == at(200, 12)


def test_page_of_the_publication_asks_before_it_breaks_a_rule_and_leads_back(
    post: Publication,
) -> None:
    client, path = client_of("ewa"), f"/desk/publications/{post.pk}/act/"
    given = {"act": "move", "to": f"{at(201, 23):%Y-%m-%d %H:%M}", "back": "/desk/calendar/week/"}
    asked = client.post(path, given)
    page = asked.content.decode()
    assert f'name="to" value="{given["to"]}"' in page
    assert 'href="/desk/calendar/week/"' in page
    answer = client.post(path, {**given, "sure": "yes"})
    assert answer.headers["Location"] == "/desk/calendar/week/"
    post.refresh_from_db()
    assert post.planned_at == at(201, 23)


def test_nobody_is_led_to_another_site_by_the_way_back(post: Publication) -> None:
    given = {"act": "drop", "sure": "yes", "back": "https://evil.example.org/"}
    answer = client_of("ewa").post(f"/desk/publications/{post.pk}/act/", given)
    assert answer.headers["Location"] == f"/desk/publications/{post.pk}/"


@pytest.mark.parametrize("to", ["", "tomorrow", "2026-13-01T09:00"])
def test_move_to_no_time_is_refused_in_plain_words(to: str, post: Publication) -> None:
    answer = client_of("ewa").post(f"/desk/calendar/moves/{post.pk}/", {"to": to})
    assert answer.status_code == 422


def test_what_is_out_does_not_move(scene: Scene) -> None:
    given = {"to": wall(at(20, 12)), "sure": "yes"}
    answer = client_of("ewa").post(f"/desk/calendar/moves/{scene.published.pk}/", given)
    assert answer.status_code == 422


def test_writers_see_the_board_and_move_nothing(post: Publication) -> None:
    client = client_of("jan")
    page = page_of(client, views(post.planned_at)[1])
    assert f'data-pk="{post.pk}"' in page
    assert f'data-pk="{post.pk}" data-movable' not in page
    path = f"/desk/calendar/moves/{post.pk}/"
    assert client.post(path, {"to": wall(at(201, 9))}).status_code == 302
    assert client.get(f"{path}verdicts/").status_code == 302
    post.refresh_from_db()
    assert post.planned_at == at(200, 12)


def test_panel_shows_the_stored_message_and_what_may_be_done(post: Publication) -> None:
    panel = page_of(client_of("ewa"), f"/desk/calendar/panel/{post.pk}/")
    assert f'src="/desk/publications/{post.pk}/message/"' in panel
    assert f'data-move-pk="{post.pk}"' in panel
    assert 'value="drop"' in panel
    assert "<html" not in panel
    seen_only = page_of(client_of("jan"), f"/desk/calendar/panel/{post.pk}/")
    assert 'value="drop"' not in seen_only
    assert "data-move-pk" not in seen_only


@pytest.mark.parametrize(
    "path", ["week/2026/2/30/", "agenda/1999/1/1/", "week/2101/1/1/", "2026/13/"]
)
def test_days_that_there_are_not_are_not_found(path: str, scene: Scene) -> None:
    assert client_of("anna").get(f"/desk/calendar/{path}").status_code == 404


@pytest.mark.parametrize("path", ["week/2000/1/1/", "week/2100/12/31/", "agenda/2100/12/31/"])
def test_first_and_last_days_are_shown(path: str, scene: Scene) -> None:
    page_of(client_of("anna"), f"/desk/calendar/{path}")


def test_dashboard_says_what_goes_out_within_a_day(scene: Scene) -> None:
    soon = post_at(timezone.now() + timedelta(hours=20), slot="soon")
    late = post_at(timezone.now() + timedelta(hours=28), slot="late")
    client = client_of("jan")
    first = client.get("/desk/calendar/next-day/")
    panel = first.content.decode()
    assert soon.item.title in panel
    assert f"/publications/{late.pk}/" not in panel
    given = {"If-None-Match": first["ETag"]}
    assert client.get("/desk/calendar/next-day/", headers=given).status_code == 304
    assert "next-day" in page_of(client, "/desk/")
    soon.state = State.CANCELLED.value
    soon.save()
    assert client.get("/desk/calendar/next-day/", headers=given).status_code == 200
