"""Approval makes the plan; what changes later moves it; what is out stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from promo.models import Item, Publication
from promo.protocol import State
from promo.services import approvals, composing, plans, publications, publishing
from promo.values import EventStatus, Variant
from tests import making
from tests.driving import Clock

pytestmark = pytest.mark.django_db

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    making.installation()


def in_days(days: int) -> datetime:
    """At five in the afternoon, local time."""
    day = timezone.now().astimezone(WARSAW) + timedelta(days=days)
    return day.replace(hour=17, minute=0, second=0, microsecond=0)


@pytest.fixture
def meeting() -> Item:
    return making.approved(starts_at=in_days(40), ends_at=in_days(40) + timedelta(hours=2))


def rows(item: Item, *states: State) -> list[Publication]:
    found = item.publications.select_related("destination").order_by("planned_at", "id")
    return list(found.filter(state__in=states) if states else found)


def publish(row: Publication, *, at: datetime | None = None) -> None:
    Publication.objects.filter(pk=row.pk).update(
        state=State.PUBLISHED, published_at=at or timezone.now()
    )


def move(item: Item, *, days: int) -> None:
    assert item.starts_at is not None
    assert item.ends_at is not None
    item.starts_at += timedelta(days=days)
    item.ends_at += timedelta(days=days)


def test_a_draft_has_no_publications() -> None:
    assert rows(making.item()) == []


def test_approval_plans_and_composes_every_step(meeting: Item) -> None:
    found = rows(meeting)
    assert {row.destination.channel for row in found} == {"website", "facebook_page"}
    assert {row.state for row in found} == {State.PLANNED}
    assert all(row.planned_at == row.due_at for row in found)
    assert all("Żółkiewską" in row.message.text for row in found if row.variant == "announce")
    assert all(row.message.digest == row.digest for row in found)
    assert all(row.reasons is not None for row in found)


def test_an_edit_that_nobody_approved_changes_nothing(meeting: Item) -> None:
    before = [(row.pk, row.due_at, row.digest) for row in rows(meeting)]
    meeting.title = "Zupełnie inny tytuł"
    move(meeting, days=3)
    meeting.save_revision()
    assert [(row.pk, row.due_at, row.digest) for row in rows(meeting)] == before
    publication = rows(meeting)[0]
    publishing.publish(publication.pk, clock=Clock(publication.due_at))
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED
    assert "Zupełnie inny" not in publication.message.text


def test_approving_an_edit_composes_what_is_unsent_anew(meeting: Item) -> None:
    out, *unsent = rows(meeting)
    text = out.message.text
    Publication.objects.filter(pk=out.pk).update(state=State.UNKNOWN)
    meeting.title = "Zupełnie inny tytuł"
    approvals.approve(content=meeting)
    assert {row.pk for row in rows(meeting)} == {out.pk, *(row.pk for row in unsent)}
    out.refresh_from_db()
    assert out.message.text == text
    fresh = [row for row in rows(meeting) if row.pk != out.pk and row.variant == "announce"]
    assert fresh
    assert all("Zupełnie inny tytuł" in row.message.text for row in fresh)
    assert all(row.message.digest == row.digest for row in fresh)


def test_approving_the_same_again_changes_nothing(meeting: Item) -> None:
    before = [(row.pk, row.due_at, row.digest) for row in rows(meeting)]
    approvals.approve(content=meeting)
    assert [(row.pk, row.due_at, row.digest) for row in rows(meeting)] == before


def test_moving_the_event_moves_every_unsent_step(meeting: Item) -> None:
    before = {row.slot: row for row in rows(meeting)}
    move(meeting, days=7)
    approvals.approve(content=meeting)
    after = {row.slot: row for row in rows(meeting, State.PLANNED)}
    assert after.keys() == before.keys()
    for slot, row in after.items():
        assert row.pk == before[slot].pk
        moved = (
            row.planned_at.astimezone(WARSAW).date()
            - before[slot].planned_at.astimezone(WARSAW).date()
        )
        assert timedelta(days=5) <= moved <= timedelta(days=9), "a day off may shift it"
        assert row.digest != before[slot].digest


def test_a_new_date_is_told_where_the_old_one_was_told(meeting: Item) -> None:
    first = rows(meeting)[0]
    publish(first, at=timezone.now() - timedelta(hours=1))
    move(meeting, days=7)
    approvals.approve(content=meeting)
    (notice,) = [row for row in rows(meeting) if row.variant == Variant.CHANGED]
    assert notice.destination == first.destination
    assert notice.state == State.PLANNED
    assert notice.due_at - timezone.now() < timedelta(days=3)
    first.refresh_from_db()
    assert first.state == State.PUBLISHED


def test_a_new_date_that_nobody_had_been_told_needs_no_notice(meeting: Item) -> None:
    move(meeting, days=7)
    approvals.approve(content=meeting)
    assert [row for row in rows(meeting) if row.variant == Variant.CHANGED] == []


def test_a_second_move_gets_a_notice_of_its_own(meeting: Item) -> None:
    publish(rows(meeting)[0], at=timezone.now() - timedelta(hours=1))
    for _time in range(2):
        move(meeting, days=7)
        approvals.approve(content=meeting)
        (notice,) = [row for row in rows(meeting, State.PLANNED) if row.variant == Variant.CHANGED]
        publish(notice)
    assert len([row for row in rows(meeting) if row.variant == Variant.CHANGED]) == 2


def test_a_cancelled_event_drops_what_is_unsent_and_tells_those_who_know(meeting: Item) -> None:
    first = rows(meeting)[0]
    publish(first, at=timezone.now() - timedelta(hours=1))
    meeting.status = EventStatus.CANCELLED
    approvals.approve(content=meeting)
    (notice,) = rows(meeting, State.PLANNED)
    assert notice.variant == Variant.CANCELLED
    assert notice.destination == first.destination
    others = [row for row in rows(meeting) if row.pk not in {first.pk, notice.pk}]
    assert {row.state for row in others} == {State.CANCELLED}
    assert all(row.ledger.reverse()[0].user is None for row in others)


def test_an_event_that_takes_place_after_all_is_planned_again(meeting: Item) -> None:
    planned = {row.slot for row in rows(meeting)}
    meeting.status = EventStatus.CANCELLED
    approvals.approve(content=meeting)
    assert rows(meeting, State.PLANNED) == []
    meeting.status = EventStatus.SCHEDULED
    approvals.approve(content=meeting)
    assert {row.slot for row in rows(meeting, State.PLANNED)} == planned


def test_what_a_person_dropped_stays_dropped_whatever_is_approved_later(
    meeting: Item, admin_user: User
) -> None:
    """Above all one whose outcome was unknown: it may be out."""
    dropped = rows(meeting)[-1]
    Publication.objects.filter(pk=dropped.pk).update(state=State.UNKNOWN)
    publications.drop(publication_id=dropped.pk, user=admin_user, now=timezone.now())
    meeting.title = "Zupełnie inny tytuł"
    approvals.approve(content=meeting)
    dropped.refresh_from_db()
    assert dropped.state == State.CANCELLED


def test_withdrawing_the_approval_drops_what_is_unsent_even_if_a_worker_has_it(
    meeting: Item,
) -> None:
    claimed = rows(meeting)[0]
    at = claimed.due_at
    claim = publishing.claim(claimed.pk, now=at)
    assert claim is not None
    meeting.unpublish()
    assert {row.state for row in rows(meeting)} == {State.CANCELLED}
    assert publishing.mark(claim, now=at) is False


def test_an_approval_takes_back_what_a_worker_has_claimed(meeting: Item) -> None:
    claimed = rows(meeting)[0]
    at = claimed.due_at
    claim = publishing.claim(claimed.pk, now=at)
    assert claim is not None
    meeting.title = "Zupełnie inny tytuł"
    approvals.approve(content=meeting)
    assert publishing.mark(claim, now=at) is False
    claimed.refresh_from_db()
    assert claimed.state == State.PLANNED
    assert claimed.message.digest == claimed.digest
    assert "Zupełnie inny tytuł" in claimed.message.text


def test_what_was_moved_by_hand_keeps_its_time(meeting: Item, admin_user: User) -> None:
    row = rows(meeting)[1]
    to = in_days(20)
    publications.move(publication_id=row.pk, to=to, user=admin_user, now=timezone.now())
    approvals.approve(content=meeting)
    row.refresh_from_db()
    assert row.planned_at == to
    assert row.due_at == to


def test_every_approval_is_written_down_with_its_author(admin_user: User) -> None:
    item = making.item()
    approvals.approve(content=item, user=admin_user)
    approvals.approve(content=item, user=admin_user)
    move(item, days=1)
    approvals.approve(content=item, user=admin_user)
    found = list(item.approvals.all())
    assert [approval.sequence for approval in found] == [0, 0, 1]
    assert {approval.user for approval in found} == {admin_user}
    assert found[-1].starts_at == item.starts_at


def test_the_preview_of_a_plan_stores_nothing(meeting: Item) -> None:
    before = [(row.pk, row.due_at, row.digest) for row in rows(meeting)]
    move(meeting, days=7)
    made = plans.plan(item=meeting, now=timezone.now())
    assert made.planned
    assert [(row.pk, row.due_at, row.digest) for row in rows(meeting)] == before


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "contest", "starts_at": None, "ends_at": None}, "deadline_at"),
        ({"starts_at": None, "ends_at": None}, "starts_at"),
        ({"kind": "exhibition", "ends_at": None}, "ends_at"),
    ],
)
def test_what_an_approval_would_miss_is_named_by_its_field(
    values: dict[str, object], field: str
) -> None:
    assert [gap.field for gap in approvals.gaps(making.item(**values))] == [field]


def test_nothing_is_missed_by_a_complete_meeting(meeting: Item) -> None:
    assert approvals.gaps(meeting) == []


def test_a_series_keeps_its_hour_across_the_change_of_clocks() -> None:
    item = making.item(
        kind="dkk",
        starts_at=datetime(2027, 10, 19, 15, tzinfo=UTC),
        ends_at=datetime(2027, 10, 19, 17, tzinfo=UTC),
        recurrence="FREQ=WEEKLY;COUNT=4",
    )
    found = plans.occurrences(item, datetime(2027, 10, 1, tzinfo=UTC))
    local = [at.astimezone(WARSAW) for at in found]
    assert [at.hour for at in local] == [17] * 4
    assert [at.day for at in local] == [19, 26, 2, 9]


def test_a_post_tells_until_when_its_meeting_is_although_the_clock_changed_during_the_first() -> (
    None
):
    item = making.item(
        kind="dkk",
        starts_at=datetime(2027, 3, 28, 0, tzinfo=UTC),  # from 1:00, for an hour, until 3:00
        ends_at=datetime(2027, 3, 28, 1, tzinfo=UTC),
        recurrence="FREQ=WEEKLY;COUNT=3",
    )
    row = Publication(item=item, variant="announce", planned_at=timezone.now())
    row.occurrence_at = datetime(2027, 4, 3, 23, tzinfo=UTC)
    told = composing.draft_of(row).item
    assert told is not None
    assert told.ends_at is not None
    assert told.ends_at.astimezone(WARSAW).hour == 3


def test_each_meeting_of_a_series_tells_its_own_date() -> None:
    item = making.approved(
        kind="dkk",
        starts_at=in_days(14),
        ends_at=in_days(14) + timedelta(hours=2),
        recurrence="FREQ=WEEKLY;COUNT=3",
    )
    posts = item.publications.filter(destination__channel="facebook_page", variant="announce")
    assert {row.occurrence_at for row in posts} == {in_days(14), in_days(21), in_days(28)}
    assert len({row.message.text for row in posts}) == 3
