"""One date of a series moved or cancelled: shown first, done in one act, taken back as one."""

from __future__ import annotations

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
from promo.services import event_acts, first_run, series_dates
from promo.services.facts import item_facts
from promo.values import EventStatus, Variant
from tests import making

pytestmark = pytest.mark.django_db

WARSAW = ZoneInfo("Europe/Warsaw")
Kind = EventAct.Kind
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    making.installation()
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
def club(installed: None) -> Item:
    """A club on four days a week apart, the first in forty days; website and page have told of it
    and of nothing but the first of them."""
    item = making.approved(
        kind="dkk",
        title="Klub książki",
        starts_at=in_days(40),
        ends_at=in_days(40) + timedelta(hours=2),
        recurrence="FREQ=WEEKLY;COUNT=4",
    )
    rows = [item.publications.filter(destination__channel="website").order_by("planned_at")[0]]
    destination = item.publications.filter(destination__channel="facebook_page")[0].destination
    rows.append(
        Publication.objects.create(
            item=item,
            destination=destination,
            slot="series",
            variant=Variant.ANNOUNCE,
            planned_at=timezone.now(),
            due_at=timezone.now(),
        )
    )
    for row in rows:
        Publication.objects.filter(pk=row.pk).update(
            state=State.PUBLISHED, published_at=timezone.now(), remote_id="1"
        )
    return Item.objects.get(pk=item.pk)


def day(nth: int) -> Any:
    return (in_days(40) + WEEK * nth).date()


def moved(nth: int, to: datetime | None, item: Item, **values: Any) -> dict[str, Any]:
    usual = {"branch": item.branch, "venue": item.venue, "ends_at": None}
    return {"on": day(nth), "starts_at": to, **usual, **values}


def done(item: Item, kind: Kind, user: User, given: dict[str, Any]) -> EventAct:
    now = timezone.now()
    seen = event_acts.preview(item=item, kind=kind, given=given, now=now)
    act = event_acts.carry_out(
        item_id=item.pk, kind=kind, given=given, seal=seen.seal, user=user, now=now
    )
    assert act is not None
    item.refresh_from_db()
    return act


def unsent(item: Item) -> dict[tuple[str, str], tuple[datetime, datetime | None]]:
    rows = item.publications.filter(state__in=UNSENT).select_related("destination")
    return {
        (row.destination.channel, row.slot): (row.planned_at, row.occurrence_at) for row in rows
    }


def about(item: Item, occurrence: datetime) -> set[str]:
    return {
        slot.partition("@")[0]
        for (_channel, slot), (_at, occurrence_at) in unsent(item).items()
        if occurrence_at == occurrence
    }


def test_a_series_may_have_one_date_moved_or_cancelled_and_a_single_event_not(club: Item) -> None:
    now = timezone.now()
    assert {Kind.DATE_MOVE, Kind.DATE_OFF} <= set(event_acts.possible(club, now=now))
    single = making.approved(title="Spotkanie")
    assert not {Kind.DATE_MOVE, Kind.DATE_OFF} & set(event_acts.possible(single, now=now))


def test_the_preview_tells_what_is_dropped_and_who_hears_of_it(club: Item) -> None:
    seen = event_acts.preview(
        item=club, kind=Kind.DATE_OFF, given={"on": day(1)}, now=timezone.now()
    )
    effects = {}
    for one in seen.consequences:
        if one.occurrence_at == in_days(40) + WEEK:
            effects.setdefault(one.effect, []).append(one.slot.partition("@")[0])
    assert set(effects[Effect.NOTICE]) == {"date_off"}
    assert "fb_announce" in effects[Effect.DROPPED]
    assert not Item.objects.get(pk=club.pk).changed_dates


def test_a_cancelled_date_loses_its_steps_and_the_others_keep_theirs(club: Item, ewa: User) -> None:
    before = unsent(club)
    done(club, Kind.DATE_OFF, ewa, {"on": day(1)})
    assert about(club, in_days(40) + WEEK) == {"date_off"}
    for nth in (0, 2, 3):
        at = in_days(40) + WEEK * nth
        mine = {place: times for place, times in before.items() if times[1] == at}
        assert mine.items() <= unsent(club).items()


def test_the_notice_speaks_of_that_date_alone(club: Item, ewa: User) -> None:
    done(club, Kind.DATE_OFF, ewa, {"on": day(1)})
    row = club.publications.get(variant=Variant.CANCELLED, destination__channel="facebook_page")
    assert row.occurrence_at == in_days(40) + WEEK
    assert "Odwołujemy" in row.message.text or "Only this one date" in row.message.text
    assert club.status == EventStatus.SCHEDULED


def test_the_steps_of_a_moved_date_keep_their_rows_and_tell_the_new_time(
    club: Item, ewa: User
) -> None:
    old, new = in_days(40) + WEEK * 2, in_days(40) + WEEK * 2 + timedelta(days=1)
    rows = set(club.publications.filter(occurrence_at=old, state__in=UNSENT).values_list("pk"))
    done(club, Kind.DATE_MOVE, ewa, moved(2, new, club))
    kept = club.publications.filter(occurrence_at=new, state__in=UNSENT)
    assert rows
    assert rows <= set(kept.values_list("pk"))
    assert not club.publications.filter(occurrence_at=old, state__in=UNSENT).exists()
    (one,) = item_facts(club).changed_dates
    assert (one.starts_at, one.ends_at) == (new, new + timedelta(hours=2))


def test_only_the_place_of_one_date_changes(club: Item, ewa: User) -> None:
    done(club, Kind.DATE_MOVE, ewa, moved(2, None, club, venue="Sala kominkowa"))
    (one,) = item_facts(club).changed_dates
    assert one.starts_at == one.was_at
    assert one.place is not None
    assert one.place.name == "Sala kominkowa"
    assert Variant.CHANGED in {row.variant for row in club.publications.filter(state="planned")}


@pytest.mark.parametrize("kind", [Kind.DATE_OFF, Kind.DATE_MOVE])
def test_taken_back_everything_stands_as_it_stood(club: Item, ewa: User, kind: Kind) -> None:
    before, facts = unsent(club), item_facts(club)
    new = in_days(40) + WEEK + timedelta(hours=1)
    act = done(club, kind, ewa, moved(1, new, club) if kind is Kind.DATE_MOVE else {"on": day(1)})
    assert unsent(club) != before
    event_acts.undo(act_id=act.pk, user=ewa, now=timezone.now())
    after = Item.objects.get(pk=club.pk)
    assert unsent(after) == before
    assert item_facts(after).changed_dates == ()
    assert item_facts(after).sequence > facts.sequence


def test_the_calendar_is_told_to_read_again(club: Item, ewa: User) -> None:
    before = item_facts(club).sequence
    done(club, Kind.DATE_OFF, ewa, {"on": day(1)})
    assert item_facts(club).sequence == before + 1


def test_planning_again_later_tells_nobody_twice(club: Item, ewa: User) -> None:
    from promo.services import plans  # noqa: PLC0415  (as the approval does it)

    done(club, Kind.DATE_OFF, ewa, {"on": day(1)})
    club.publications.filter(variant=Variant.CANCELLED).update(
        state=State.PUBLISHED, published_at=timezone.now(), remote_id="2"
    )
    plans.replan(item=club, now=timezone.now() + timedelta(hours=1))
    assert about(club, in_days(40) + WEEK) == set()


def test_a_cancelled_date_may_take_place_after_all(club: Item, ewa: User) -> None:
    done(club, Kind.DATE_OFF, ewa, {"on": day(1)})
    done(club, Kind.DATE_MOVE, ewa, moved(1, in_days(40) + WEEK, club))
    assert "fb_announce" in about(club, in_days(40) + WEEK)
    assert {one.starts_at for one in series_dates.dates(club)} == {
        in_days(40) + WEEK * nth for nth in range(4)
    }


def test_the_first_date_moves_and_the_invitation_to_the_series_with_it(
    club: Item, ewa: User
) -> None:
    new = in_days(40) - timedelta(days=1)
    done(club, Kind.DATE_MOVE, ewa, moved(0, new, club))
    assert series_dates.first_span(club, series_dates.dates(club))[0] == new
    for (channel, _slot), (at, occurrence) in unsent(club).items():
        if channel == "facebook_page" and occurrence == new:
            assert at < new + timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        (Kind.DATE_OFF, lambda _item: {"on": None}, "on"),
        (Kind.DATE_OFF, lambda _item: {"on": day(0) + timedelta(days=1)}, "on"),
        (Kind.DATE_MOVE, lambda item: moved(1, None, item), "starts_at"),
        (Kind.DATE_MOVE, lambda item: moved(1, in_days(-1), item), "starts_at"),
        (Kind.DATE_MOVE, lambda item: moved(1, in_days(40), item), "starts_at"),
        (
            Kind.DATE_MOVE,
            lambda item: moved(1, in_days(50), item, ends_at=in_days(49)),
            "ends_at",
        ),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    club: Item, kind: Kind, given: Any, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        event_acts.preview(item=club, kind=kind, given=given(club), now=timezone.now())
    # What no field of the item holds is shown above the form's fields by the form itself.
    assert refused.value.field == field


def test_the_last_date_left_is_cancelled_with_the_whole_event(club: Item, ewa: User) -> None:
    for nth in range(3):
        done(club, Kind.DATE_OFF, ewa, {"on": day(nth)})
    assert Kind.DATE_OFF not in event_acts.possible(club, now=timezone.now())
    with pytest.raises(NotAllowed):
        event_acts.preview(item=club, kind=Kind.DATE_OFF, given={"on": day(3)}, now=timezone.now())


def test_another_rule_that_no_longer_has_the_day_forgets_the_exception(
    club: Item, ewa: User
) -> None:
    done(club, Kind.DATE_OFF, ewa, {"on": day(1)})
    club.recurrence = "FREQ=WEEKLY;INTERVAL=2;COUNT=2"
    assert item_facts(club).changed_dates == ()
    assert all(one.starts_at for one in series_dates.dates(club))
