"""Acts on an event: what was shown is what happens, and until something goes out it is undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from promo.errors import InvalidInput, NotAllowed
from promo.models import EventAct, Institution, Item, Publication
from promo.planning import Effect
from promo.protocol import UNSENT, State
from promo.services import event_acts, first_run
from promo.services.facts import item_facts
from promo.values import EventStatus, Variant
from tests import making

pytestmark = pytest.mark.django_db

WARSAW = ZoneInfo("Europe/Warsaw")
Kind = EventAct.Kind


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    making.installation()
    # Whatever the hour at which the tests run: nothing is moved by the night or by other posts.
    house = Institution.load()
    house.quiet_from = house.quiet_until
    house.save()


@pytest.fixture
def ewa(installed: None) -> User:
    user = User.objects.create_user("ewa")
    user.groups.add(Group.objects.get(name=first_run.APPROVERS))
    return user


def in_days(days: int) -> datetime:
    day = timezone.now().astimezone(WARSAW) + timedelta(days=days)
    return day.replace(hour=17, minute=0, second=0, microsecond=0)


@pytest.fixture
def meeting() -> Item:
    """A meeting in forty days, of which the website and the page have told."""
    item = making.approved(starts_at=in_days(40), ends_at=in_days(40) + timedelta(hours=2))
    for channel in ("website", "facebook_page"):
        row = item.publications.filter(destination__channel=channel).order_by("planned_at")[0]
        Publication.objects.filter(pk=row.pk).update(
            state=State.PUBLISHED, published_at=timezone.now(), remote_id="1"
        )
    return item


def rows(item: Item) -> dict[tuple[str, str], tuple[str, datetime, str]]:
    """What stands, but for what was dropped."""
    found = item.publications.exclude(state=State.CANCELLED).select_related("destination")
    return {
        (row.destination.channel, row.slot): (row.state, row.planned_at, row.digest)
        for row in found
    }


def given_of(item: Item, **values: Any) -> Mapping[str, Any]:
    plain = {"branch": item.branch, "venue": item.venue}
    return {"starts_at": item.starts_at, "ends_at": item.ends_at, **plain, **values}


def done(item: Item, kind: Kind, user: User, given: Mapping[str, Any] | None = None) -> EventAct:
    now = timezone.now()
    seen = event_acts.preview(item=item, kind=kind, given=given or {}, now=now)
    act = event_acts.carry_out(
        item_id=item.pk, kind=kind, given=given or {}, seal=seen.seal, user=user, now=now
    )
    assert act is not None
    item.refresh_from_db()
    return act


def moved(item: Item, days: int = 7) -> Mapping[str, Any]:
    assert item.starts_at
    assert item.ends_at
    shift = timedelta(days=days)
    return given_of(item, starts_at=item.starts_at + shift, ends_at=item.ends_at + shift)


ACTS: list[tuple[Kind, Any]] = [
    (Kind.MOVE, moved),
    (Kind.MOVE, lambda item: given_of(item, venue="Sala kominkowa")),
    (Kind.CANCEL, lambda _item: {}),
    (Kind.POSTPONE, lambda _item: {}),
    (Kind.SOLD_OUT, lambda _item: {}),
]


@pytest.mark.parametrize(("kind", "given"), ACTS)
def test_what_was_shown_is_what_happens(meeting: Item, ewa: User, kind: Kind, given: Any) -> None:
    values = given(meeting)
    before = rows(meeting)
    seen = event_acts.preview(item=meeting, kind=kind, given=values, now=timezone.now())
    done(meeting, kind, ewa, values)
    destinations = {
        str(row.destination.uuid): row.destination.channel
        for row in meeting.publications.select_related("destination")
    }
    after = rows(meeting)
    for one in seen.consequences:
        place = (destinations[one.destination], one.slot)
        match one.effect:
            case Effect.DROPPED:
                assert place in before
                assert place not in after
            case Effect.MOVED | Effect.ADDED | Effect.STAYS:
                assert after[place][0] in UNSENT
                assert one.after is not None
                assert abs(after[place][1] - one.after) < timedelta(minutes=2)
            case Effect.NOTICE:
                told = [row for row in meeting.publications.all() if row.variant == one.variant]
                where = [destinations[str(row.destination.uuid)] for row in told]
                assert where.count(place[0]) == 1
            case _:
                assert after[place][:2] == before[place][:2]
    shown = {
        (destinations[one.destination], one.slot.partition("@")[0]) for one in seen.consequences
    }
    assert {(channel, slot.partition("@")[0]) for channel, slot in after} <= shown


@pytest.mark.parametrize(("kind", "given"), ACTS)
def test_undoing_leaves_revision_and_plan_as_they_were(
    meeting: Item, ewa: User, kind: Kind, given: Any
) -> None:
    before, facts = rows(meeting), item_facts(meeting)
    act = done(meeting, kind, ewa, given(meeting))
    assert rows(meeting) != before
    event_acts.undo(act_id=act.pk, user=ewa, now=timezone.now())
    meeting = Item.objects.get(pk=meeting.pk)
    assert rows(meeting) == before
    after = item_facts(meeting)
    assert (after.starts_at, after.status, after.previous_starts_at, after.place) == (
        facts.starts_at,
        facts.status,
        None,
        facts.place,
    )
    assert after.sequence > facts.sequence, "calendars that have read the change must read again"


def test_a_second_move_after_an_undone_one_tells_the_date_people_know(
    meeting: Item, ewa: User
) -> None:
    known = meeting.starts_at
    act = done(meeting, Kind.MOVE, ewa, moved(meeting, 7))
    event_acts.undo(act_id=act.pk, user=ewa, now=timezone.now())
    done(Item.objects.get(pk=meeting.pk), Kind.MOVE, ewa, moved(meeting, 14))
    facts = item_facts(Item.objects.get(pk=meeting.pk))
    assert (facts.status, facts.previous_starts_at) == (EventStatus.RESCHEDULED, known)


def test_each_destination_that_was_told_hears_of_the_cancellation_once(
    meeting: Item, ewa: User
) -> None:
    done(meeting, Kind.CANCEL, ewa)
    notices = meeting.publications.filter(variant=Variant.CANCELLED)
    channels = [row.destination.channel for row in notices.select_related("destination")]
    assert sorted(channels) == ["facebook_page", "website"]
    left = meeting.publications.filter(state__in=UNSENT)
    assert {row.variant for row in left} == {Variant.CANCELLED}


def test_what_leaves_at_once_leaves_time_to_undo(meeting: Item, ewa: User) -> None:
    act = done(meeting, Kind.CANCEL, ewa)
    notices = meeting.publications.filter(variant=Variant.CANCELLED)
    assert {row.due_at for row in notices} == {act.at + event_acts.GRACE}


def test_nothing_is_taken_back_once_anything_has_gone_out(meeting: Item, ewa: User) -> None:
    act = done(meeting, Kind.CANCEL, ewa)
    notice = meeting.publications.filter(variant=Variant.CANCELLED)[0]
    Publication.objects.filter(pk=notice.pk).update(
        state=State.SENDING, marked_at=timezone.now(), lease_until_at=timezone.now()
    )
    assert event_acts.undoable(item=meeting, now=timezone.now()) is None
    with pytest.raises(NotAllowed):
        event_acts.undo(act_id=act.pk, user=ewa, now=timezone.now())
    meeting.refresh_from_db()
    assert meeting.status == EventStatus.CANCELLED


def test_an_act_can_be_taken_back_for_an_hour_and_only_once(meeting: Item, ewa: User) -> None:
    act = done(meeting, Kind.POSTPONE, ewa)
    late = act.at + event_acts.UNDO_WITHIN + timedelta(seconds=1)
    assert event_acts.undoable(item=meeting, now=late) is None
    event_acts.undo(act_id=act.pk, user=ewa, now=timezone.now())
    with pytest.raises(NotAllowed):
        event_acts.undo(act_id=act.pk, user=ewa, now=timezone.now())


def test_a_plan_that_has_changed_meanwhile_is_shown_anew(meeting: Item, ewa: User) -> None:
    now = timezone.now()
    seen = event_acts.preview(item=meeting, kind=Kind.CANCEL, given={}, now=now)
    row = meeting.publications.filter(state=State.PLANNED)[0]
    Publication.objects.filter(pk=row.pk).update(state=State.PUBLISHED, published_at=now)
    act = event_acts.carry_out(
        item_id=meeting.pk, kind=Kind.CANCEL, given={}, seal=seen.seal, user=ewa, now=now
    )
    assert act is None
    meeting.refresh_from_db()
    assert meeting.status == EventStatus.SCHEDULED


def test_what_is_being_written_stays_a_draft(meeting: Item, ewa: User) -> None:
    meeting.title = "Tytuł, którego nikt nie zatwierdził"
    meeting.save_revision(user=ewa)
    item = Item.objects.get(pk=meeting.pk)
    act = done(item, Kind.CANCEL, ewa)
    item = Item.objects.get(pk=meeting.pk)
    assert "nikt nie zatwierdził" not in item.title
    draft = item.get_latest_revision_as_object()
    assert item.has_unpublished_changes
    assert (draft.title, draft.status) == (
        "Tytuł, którego nikt nie zatwierdził",
        EventStatus.CANCELLED,
    )
    event_acts.undo(act_id=act.pk, user=ewa, now=timezone.now())
    item = Item.objects.get(pk=meeting.pk)
    draft = item.get_latest_revision_as_object()
    assert (item.status, draft.status) == (EventStatus.SCHEDULED, EventStatus.SCHEDULED)
    assert draft.title == "Tytuł, którego nikt nie zatwierdził"


def test_a_writers_act_waits_for_approval(meeting: Item) -> None:
    jan = User.objects.create_user("jan")
    before = rows(meeting)
    event_acts.submit(item_id=meeting.pk, kind=Kind.CANCEL, given={}, user=jan, now=timezone.now())
    item = Item.objects.get(pk=meeting.pk)
    assert (item.status, rows(item)) == (EventStatus.SCHEDULED, before)
    assert item.current_workflow_state is not None
    assert item.get_latest_revision_as_object().status == EventStatus.CANCELLED
    seen = event_acts.preview(item=item, kind=Kind.CANCEL, given={}, now=timezone.now())
    with pytest.raises(NotAllowed):
        event_acts.carry_out(
            item_id=item.pk,
            kind=Kind.CANCEL,
            given={},
            seal=seen.seal,
            user=jan,
            now=timezone.now(),
        )
    with pytest.raises(NotAllowed):
        event_acts.submit(
            item_id=meeting.pk, kind=Kind.POSTPONE, given={}, user=jan, now=timezone.now()
        )


def test_another_room_is_told_where_the_old_one_was_told(meeting: Item, ewa: User) -> None:
    done(meeting, Kind.MOVE, ewa, given_of(meeting, venue="Sala kominkowa"))
    notices = list(meeting.publications.filter(variant=Variant.CHANGED))
    assert len(notices) == 2
    assert all("Sala kominkowa" in row.message.text for row in notices)
    assert not any("moved to another date" in row.message.text for row in notices)


def test_an_end_that_comes_sooner_moves_the_last_days(ewa: User) -> None:
    show = making.approved(
        kind="exhibition", title="Wystawa", starts_at=in_days(2), ends_at=in_days(40)
    )
    last = show.publications.get(slot="fb_last_days")
    done(show, Kind.END_EARLY, ewa, {"ends_at": in_days(30)})
    assert show.publications.get(pk=last.pk).planned_at < last.planned_at - timedelta(days=8)
    with pytest.raises(InvalidInput):
        event_acts.preview(
            item=show, kind=Kind.END_EARLY, given={"ends_at": in_days(50)}, now=timezone.now()
        )


def test_a_later_closing_date_moves_its_reminders(ewa: User) -> None:
    contest = making.approved(
        kind="contest", title="Konkurs", starts_at=None, ends_at=None, deadline_at=in_days(30)
    )
    reminder = contest.publications.get(slot="fb_day_left")
    done(contest, Kind.DEADLINE, ewa, {"deadline_at": in_days(37), "sign_up_until_at": None})
    after = contest.publications.get(pk=reminder.pk)
    assert after.planned_at.date() == reminder.planned_at.date() + timedelta(days=7)


@pytest.mark.parametrize(
    "values",
    [
        {"starts_at": None},
        {"starts_at": timezone.now() - timedelta(days=1)},
        {},
        {"ends_at": in_days(39)},
    ],
)
def test_a_move_that_cannot_be_is_refused(meeting: Item, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        event_acts.preview(
            item=meeting, kind=Kind.MOVE, given=given_of(meeting, **values), now=timezone.now()
        )


def test_an_event_that_is_over_or_a_draft_has_no_acts(meeting: Item) -> None:
    assert event_acts.possible(making.item(title="Szkic"), now=timezone.now()) == []
    assert event_acts.possible(meeting, now=in_days(41)) == []
    with pytest.raises(NotAllowed):
        event_acts.preview(item=meeting, kind=Kind.CANCEL, given={}, now=in_days(41))
