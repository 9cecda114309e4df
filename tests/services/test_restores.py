"""An old backup in the database's place is noticed, and sends nothing a second time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings

from promo.models import Attempt, Destination, Halt, Mailing, Publication
from promo.protocol import State
from promo.services import (
    confirmations,
    halts,
    looking,
    mailings,
    own_data,
    publishing,
    releases,
    restores,
    subscribers,
)
from promo.services.clock import database_now
from promo.services.releases import Choice
from tests import making
from tests.world import World

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def forgetful_redis(db: None) -> None:
    """A Redis that has never heard of this database."""
    making.installation()
    forget()


def forget() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(*client.keys("promo:seen:*") or ["nothing"])


def put_back(*, by: timedelta = DAY) -> tuple[Halt | None, datetime]:
    """The database as it was a day ago: everything but its own line stays, for the test."""
    now = database_now()
    assert restores.check(now=now - by) is None
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        [key] = client.keys("promo:seen:*")
        client.set(key, (now - timedelta(minutes=5)).isoformat())
    return restores.check(now=now), now


def test_a_database_that_goes_on_is_no_backup() -> None:
    now = database_now()
    for minutes in range(3):
        assert restores.check(now=now + minutes * DAY) is None
    assert halts.standing() is None


def test_an_older_database_than_redis_knows_of_stops_everything() -> None:
    halt, now = put_back()
    assert halt is not None
    assert halts.standing() == halt
    assert (halt.put_back_to, halt.began_at, halt.began_by) == (now - DAY, now, None)
    assert "kopi" in halt.because
    assert restores.check(now=now) is None, "once is enough"


def test_a_redis_without_memory_trusts_only_a_database_seen_a_moment_ago() -> None:
    now = database_now()
    restores.check(now=now)
    forget()
    assert restores.check(now=now + restores.FORGETFUL) is None
    forget()
    halt = restores.check(now=now + 3 * restores.FORGETFUL)
    assert halt is not None
    assert halt.put_back_to == now + restores.FORGETFUL


def test_files_known_to_be_a_copy_stop_everything_at_once_but_not_a_new_database() -> None:
    now = database_now()
    assert restores.check(now=now, copied=True) is None
    assert restores.check(now=now, copied=True) is not None


def test_without_redis_nothing_is_found_out_and_nothing_breaks() -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:9/0"):
        assert restores.check(now=database_now()) is None


def test_a_stop_in_the_backup_goes_on_as_one_after_a_backup(django_user_model: type[User]) -> None:
    ewa = django_user_model.objects.create_user("ewa")
    stop = halts.begin(because="Żałoba", user=ewa, now=database_now())
    halt, _now = put_back()
    assert halt == stop
    assert halt.because == "Żałoba"
    assert halt.put_back_to is not None


def test_what_was_due_is_looked_for_or_waits_for_a_person(page: Destination) -> None:
    post = making.due_publication(page)
    later = making.due_publication(page, title="Za tydzień")
    Publication.objects.filter(pk=later.pk).update(due_at=database_now() + DAY)
    entry = making.due_publication(Destination.objects.get(channel="website"))
    issue = making.due_publication(making.newsletter().destination)
    _halt, now = put_back()
    for row in (post, later, entry, issue):
        row.refresh_from_db()
    assert (post.state, issue.state) == (State.UNKNOWN, State.UNKNOWN)
    assert post.look_at is not None
    assert issue.look_at is None
    assert list(restores.in_doubt()) == [post, issue]
    assert (later.state, entry.state) == (State.PLANNED, State.PLANNED)
    assert post.ledger.get().event == Attempt.Event.PUT_BACK
    assert publishing.hand_out(now=now) == []


def test_one_that_was_being_sent_is_no_exception(page: Destination) -> None:
    issue = making.due_publication(making.newsletter().destination)
    claimed = publishing.claim(issue.pk, now=database_now())
    assert claimed is not None
    assert publishing.mark(claimed, now=database_now())
    _halt, now = put_back()
    looking.sweep(now=now + DAY)
    issue.refresh_from_db()
    assert issue.state == State.UNKNOWN
    assert not publishing.mark(claimed, now=now)


def test_a_mailing_under_way_pauses() -> None:
    newsletter = making.newsletter(readers=3)
    issue = making.due_publication(newsletter.destination)
    mailings.start(destination=newsletter.destination, key=issue.marker, now=database_now())
    put_back()
    mailing = Mailing.objects.get()
    assert mailing.state == Mailing.State.PAUSED
    assert mailing.problem


def test_answers_to_readers_wait_for_the_release_as_well(
    django_user_model: type[User],
) -> None:
    now = database_now()
    (row,) = subscribers.sign_up(
        email="zofia@example.org",
        name="",
        newsletter=making.newsletter(),
        language="pl",
        wording="zgoda",
        source="test",
        ip=None,
        now=now,
    )
    own_data.ask(subscriber=row.subscriber, now=now)
    asked = ([row.pk], [row.subscriber.data_requests.get().pk])
    assert (confirmations.due(now=now), own_data.due(now=now)) == asked
    put_back()
    assert (confirmations.due(now=now), own_data.due(now=now)) == ([], [])
    ewa = django_user_model.objects.create_user("ewa")
    releases.release(choices={}, paused=frozenset(), user=ewa, now=now)
    assert (confirmations.due(now=now), own_data.due(now=now)) == asked


def test_only_a_stop_of_promos_own_is_called_that(django_user_model: type[User]) -> None:
    halt, _now = put_back()
    assert halt is not None
    assert halt.by_itself
    ewa = django_user_model.objects.create_user("ewa")
    releases.release(choices={}, paused=frozenset(), user=ewa, now=database_now())
    theirs = halts.begin(because="Żałoba", user=ewa, now=database_now())
    ewa.delete()
    theirs.refresh_from_db()
    assert not theirs.by_itself


def test_a_post_that_is_out_is_found_and_one_that_is_not_goes_on_after_the_release(
    page: Destination, outside: World, django_user_model: type[User]
) -> None:
    out, absent = making.due_publication(page), making.due_publication(page, title="Nie wyszło")
    publishing.publish(out.pk)
    Publication.objects.filter(pk=out.pk).update(
        state=State.PLANNED, remote_id="", published_at=None
    )
    _halt, now = put_back()
    quiet = settings.PROMO_QUIET_PERIOD
    for minutes in range(2):
        for row in (out, absent):
            looking.look(row.pk, clock=lambda: now + quiet * (minutes + 1.5))  # noqa: B023
    out.refresh_from_db()
    absent.refresh_from_db()
    assert (out.state, absent.state) == (State.PUBLISHED, State.WAITING)
    later = now + 4 * quiet
    assert publishing.hand_out(now=later) == []
    [waits] = [one for one in releases.waited(now=later) if one.publication == absent]
    assert not waits.may_be_out
    ewa = django_user_model.objects.create_user("ewa")
    releases.release(choices={absent.pk: Choice.NOW}, paused=frozenset(), user=ewa, now=later)
    publishing.publish(absent.pk, clock=lambda: later)
    texts = [post["text"] for post in outside.posts()]
    assert [sum(row.marker in text for text in texts) for row in (out, absent)] == [1, 1]


def test_what_was_written_anew_for_a_time_before_the_backup_was_found_is_advised_against(
    page: Destination,
) -> None:
    _halt, now = put_back()
    anew = making.due_publication(page)
    Publication.objects.filter(pk=anew.pk).update(planned_at=now - timedelta(hours=1))
    [waits] = releases.waited(now=database_now())
    assert waits.may_be_out
    assert waits.advice is Choice.DROP
