"""What is approved while a post is on the wire: once it is due again, it goes out as approved."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User

from promo.errors import Rejected, Unreachable
from promo.models import Destination, Issue, Item, Mailing, Publication
from promo.protocol import State
from promo.services import approvals, channels, looking, publications, publishing
from promo.services.publishing import Claim
from promo.values import EventStatus
from tests import making
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]

CHANGED = "Czytelnia nieczynna, wypożyczalnia czynna"
QUIET = {"minutes": 16}


@pytest.fixture
def row(page: Destination) -> Publication:
    """A post of an approved item, due now: what is urgent waits for no hour and no day."""
    making.installation()
    item = making.approved(kind="emergency_closure", title="W piątek nieczynne")
    return item.publications.get(destination=page, slot="fb_announce")


def marked(row: Publication, clock: Clock) -> Claim:
    claim = publishing.claim(row.pk, now=clock())
    assert claim is not None
    assert publishing.mark(claim, now=clock())
    row.refresh_from_db()
    return claim


def approve_again(row: Publication, clock: Clock, **changed: str) -> None:
    item = row.item
    assert item is not None
    for name, value in changed.items():
        setattr(item, name, value)
    with time_machine.travel(clock.forward(seconds=1), tick=False):
        approvals.approve(content=item)


def put_off(row: Publication, claim: Claim, clock: Clock) -> None:
    channel = channels.channel_for(row.destination)
    publishing.settle_error(row, claim, Unreachable("-"), channel=channel, now=clock())


def lost(row: Publication, claim: Claim, clock: Clock) -> None:
    publishing.lose(claim, look_at=clock(), text="-", detail="", now=clock())


def dead(row: Publication, claim: Claim, clock: Clock) -> None:
    looking.sweep(now=clock.forward(minutes=6))


@pytest.mark.parametrize("ends", [put_off, lost, dead])
@pytest.mark.parametrize("before", [True, False], ids=["on the wire", "afterwards"])
def test_what_was_on_the_wire_goes_out_as_it_was_approved_meanwhile(
    ends: object, row: Publication, clock: Clock, outside: World, *, before: bool
) -> None:
    assert callable(ends)
    claim = marked(row, clock)
    if before:
        approve_again(row, clock, title=CHANGED)
        ends(row, claim, clock)
    else:
        ends(row, claim, clock)
        approve_again(row, clock, title=CHANGED)
    for _look in range(4):
        clock.forward(**QUIET)
        tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    (post,) = [one for one in outside.posts() if row.marker in one["text"]]
    assert post["text"] == row.message.text
    assert CHANGED in post["text"]


def test_what_was_on_the_wire_is_dropped_where_the_event_was_cancelled_meanwhile(
    row: Publication, clock: Clock, outside: World
) -> None:
    claim = marked(row, clock)
    approve_again(row, clock, status=EventStatus.CANCELLED.value)
    put_off(row, claim, clock)
    clock.forward(**QUIET)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.CANCELLED
    assert not [one for one in outside.posts() if row.marker in one["text"]]


def test_what_was_refused_and_is_tried_again_by_a_person_says_what_is_approved_now(
    row: Publication, clock: Clock, outside: World, admin_user: User
) -> None:
    claim = marked(row, clock)
    channel = channels.channel_for(row.destination)
    publishing.settle_error(row, claim, Rejected("-"), channel=channel, now=clock())
    approve_again(row, clock, title=CHANGED)
    publications.retry(publication_id=row.pk, user=admin_user, now=clock.forward(seconds=1))
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    (post,) = [one for one in outside.posts() if row.marker in one["text"]]
    assert CHANGED in post["text"]


def test_what_a_person_has_decided_since_no_plan_drops(
    page: Destination, clock: Clock, outside: World, admin_user: User
) -> None:
    row = making.due_publication(page)
    claim = marked(row, clock)
    lost(row, claim, clock)
    now = clock.forward(seconds=1)
    Item.objects.filter(pk=row.item_id).update(last_published_at=now)
    publications.retry(publication_id=row.pk, user=admin_user, now=now + timedelta(seconds=1))
    clock.forward(**QUIET)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    assert len(outside.posts()) == 1


# -- an issue of a newsletter

SUBJECT = "Nowy termin spotkania"


@pytest.fixture
def issue(outside: World, clock: Clock) -> Issue:
    """An approved one, due now."""
    made = Issue.objects.create(
        newsletter=making.newsletter(1),
        subject="Spotkanie we wtorek",
        send_at=clock(),
        preheader="Spotkania i warsztaty: co robić w grudniu w bibliotece.",
        blocks=[("text", "<p>Zapraszamy do czytelni.</p>")],
    )
    approvals.approve(content=made)
    return made


def approved_with(issue: Issue, subject: str, clock: Clock) -> None:
    issue.subject = subject
    with time_machine.travel(clock.forward(seconds=1), tick=False):
        approvals.approve(content=issue)


def said_by(mailing: Mailing) -> str:
    """The subject in everybody's mail."""
    return mailing.publication.message.subject


def test_an_issue_approved_again_while_a_worker_prepares_it_is_taken_back_from_it(
    issue: Issue, clock: Clock
) -> None:
    row = Publication.objects.get(issue=issue)
    claim = publishing.claim(row.pk, now=clock())
    assert claim is not None
    approved_with(issue, SUBJECT, clock)
    assert not publishing.mark(claim, now=clock())
    tick(clock)
    assert said_by(Mailing.objects.get(publication=row)) == SUBJECT


def test_an_issue_put_off_goes_out_as_it_was_approved_meanwhile(issue: Issue, clock: Clock) -> None:
    row = Publication.objects.get(issue=issue)
    claim = marked(row, clock)
    approved_with(issue, SUBJECT, clock)
    put_off(row, claim, clock)
    clock.forward(**QUIET)
    tick(clock)
    assert said_by(Mailing.objects.get(publication=row)) == SUBJECT
