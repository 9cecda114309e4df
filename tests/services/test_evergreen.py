"""Evergreen items in the database: one showing stands on each page, and gives way in time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from promo.models import Attempt, Campaign, Destination, Item, Publication, Showings
from promo.planning import ReasonCode
from promo.planning.evergreen import PREFIX, slot_of
from promo.protocol import UNSENT, State
from promo.services import approvals, campaigns, evergreen, ledger, publications
from tests import making

pytestmark = pytest.mark.django_db

WARSAW = ZoneInfo("Europe/Warsaw")
MORNING = datetime(2027, 6, 1, 9, tzinfo=WARSAW)  # a Tuesday
NOON = datetime(2027, 6, 1, 12, tzinfo=WARSAW)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    making.installation()


@pytest.fixture
def walk(db: None) -> Item:
    """A walk through the old town, shown four times a year."""
    return approved(again_after_days=90)


@pytest.fixture
def ewa(db: None) -> User:
    return User.objects.create_user("ewa")


def approved(*, at: datetime = MORNING, **values: Any) -> Item:
    """An item that was approved at that moment."""
    undated = {"starts_at": None, "ends_at": None, "level": 2}
    item = making.item(
        **{"kind": "heritage", "title": "Spacer po starym mieście", **undated, **values}
    )
    return approve(item, at=at)


def approve(item: Item, *, at: datetime) -> Item:
    item.live = True
    item.save()
    approvals.item_approved(item=item, user=None, now=at.astimezone(UTC))
    return item


def page() -> Destination:
    return Destination.objects.get(channel="facebook_page")


def coming(item: Item) -> Publication:
    """The one showing that is to come."""
    (row,) = item.publications.filter(slot__startswith=PREFIX, state__in=UNSENT)
    return row


def codes(row: Publication) -> list[str]:
    return [reason["code"] for reason in row.reasons]


def out(row: Publication) -> None:
    """The network has shown it at its time."""
    row.state, row.published_at = State.PUBLISHED.value, row.planned_at
    row.save()


def keep(item: Item, at: datetime) -> None:
    evergreen.keep(item.pk, now=at.astimezone(UTC))


def test_an_approved_evergreen_item_stands_on_the_website_and_is_shown_at_noon(walk: Item) -> None:
    slots = set(walk.publications.values_list("destination__channel", "slot"))

    assert slots == {("website", "web_news"), ("facebook_page", slot_of(1))}
    row = coming(walk)
    assert row.planned_at == NOON
    assert row.not_after_at == datetime(2027, 6, 2, tzinfo=WARSAW)
    assert row.message_json, "what was approved is what goes out"


def test_looking_again_changes_nothing(walk: Item) -> None:
    before = list(walk.publications.order_by("id").values())
    keep(walk, MORNING + MINUTE)
    keep(walk, MORNING + MINUTE)
    assert list(walk.publications.order_by("id").values()) == before


def test_once_it_is_out_the_next_one_is_planned_after_the_pause(walk: Item) -> None:
    out(coming(walk))
    keep(walk, NOON + MINUTE)

    row = coming(walk)
    assert row.slot == slot_of(2)
    assert row.planned_at == NOON + 90 * DAY
    assert codes(row) == [ReasonCode.SHOWN_AGAIN.value]


def test_an_event_takes_the_place_and_the_showing_moves_and_says_so(walk: Item) -> None:
    half_past = MORNING + 30 * MINUTE
    start = MORNING + 2 * DAY
    Showings.objects.update(look_at=MORNING + DAY)
    meeting = approved(
        kind="author_meeting",
        title="Spotkanie autorskie",
        starts_at=start,
        ends_at=start + timedelta(hours=2),
        at=half_past,
    )
    told = meeting.publications.filter(destination=page()).order_by("planned_at")[0]
    assert told.planned_at == half_past, "an event does not wait for what has no date"
    assert ReasonCode.MOVED_GAP.value not in codes(told)

    assert evergreen.hand_out(now=half_past) == [walk.pk]
    assert evergreen.hand_out(now=half_past) == [], "each look is handed out once"
    keep(walk, half_past)

    row = coming(walk)
    assert row.planned_at == half_past + timedelta(hours=3)
    assert ReasonCode.GIVES_WAY.value in codes(row)


def test_a_showing_is_in_nobodys_way_when_an_event_is_moved_by_hand(walk: Item, ewa: User) -> None:
    start = MORNING + 8 * DAY
    meeting = approved(kind="author_meeting", starts_at=start, ends_at=start + timedelta(hours=2))
    row = meeting.publications.filter(destination=page()).latest("planned_at")
    Showings.objects.update(look_at=MORNING + DAY)
    publications.move(publication_id=row.pk, to=NOON, user=ewa, now=MORNING)

    assert evergreen.hand_out(now=MORNING) == [walk.pk]
    keep(walk, MORNING)
    assert coming(walk).planned_at >= NOON + timedelta(hours=3)


def test_what_a_person_drops_is_passed_over_for_one_pause(walk: Item, ewa: User) -> None:
    publications.drop(publication_id=coming(walk).pk, user=ewa, now=MORNING)
    keep(walk, MORNING + MINUTE)
    assert coming(walk).planned_at == NOON + 90 * DAY


def test_what_a_person_moves_stays_there_for_that_day(walk: Item, ewa: User) -> None:
    to = NOON + 5 * DAY + timedelta(hours=7)
    publications.move(publication_id=coming(walk).pk, to=to, user=ewa, now=MORNING)
    keep(walk, MORNING + MINUTE)

    row = coming(walk)
    assert row.planned_at == to
    assert row.moved_by_hand
    assert row.not_after_at == datetime(2027, 6, 7, tzinfo=WARSAW)


def test_a_missed_showing_comes_back_by_itself_on_a_later_day(walk: Item) -> None:
    row = coming(walk)
    row.state, row.moved_by_hand = State.MISSED.value, True
    row.save()
    keep(walk, NOON + DAY + MINUTE)

    again = coming(walk)
    assert again.pk == row.pk
    assert again.planned_at == NOON + 2 * DAY
    assert not again.moved_by_hand


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN, State.FAILED])
def test_nothing_more_is_planned_while_nobody_knows_what_became_of_the_last_one(
    walk: Item, state: State
) -> None:
    row = coming(walk)
    row.state = state.value
    row.save()
    keep(walk, NOON + 100 * DAY)
    assert list(walk.publications.filter(slot__startswith=PREFIX)) == [row]


def test_what_was_taken_down_is_shown_again_only_after_a_new_approval(walk: Item) -> None:
    row = coming(walk)
    out(row)
    row.state = State.WITHDRAWN.value
    row.save()
    later = NOON + 100 * DAY
    ledger.write(row, Attempt.Event.WITHDRAWN, at=later)
    keep(walk, later + MINUTE)
    assert walk.publications.filter(slot__startswith=PREFIX).count() == 1

    approve(walk, at=later + DAY)
    assert coming(walk).slot == slot_of(2)


def test_it_ends_when_it_was_shown_as_often_as_it_may_be() -> None:
    item = approved(again_after_days=30, most_showings=1)
    out(coming(item))
    keep(item, NOON + 60 * DAY)
    assert not item.publications.filter(slot__startswith=PREFIX, state__in=UNSENT).exists()


def test_its_season_and_last_day_decide_when_it_is_shown() -> None:
    item = approved(
        again_after_days=30,
        season_from="12-01",
        season_until="01-06",
        shown_until_on=date(2028, 1, 1),
    )
    assert coming(item).planned_at == datetime(2027, 12, 1, 12, tzinfo=WARSAW)


def test_an_item_that_is_not_shown_again_any_more_loses_its_showing(walk: Item) -> None:
    row = coming(walk)
    walk.again_after_days = None
    approve(walk, at=MORNING + MINUTE)

    row.refresh_from_db()
    assert row.state == State.CANCELLED
    assert not Showings.objects.exists()
    assert walk.publications.filter(slot="fb_news", state=State.PLANNED).exists()


def test_with_its_approval_its_showings_end() -> None:
    item = making.item(kind="heritage", starts_at=None, ends_at=None, level=2, again_after_days=30)
    approvals.approve(content=item)
    assert coming(item)
    item.unpublish()
    assert not Showings.objects.exists()
    assert not item.publications.filter(state__in=UNSENT).exists()


def test_a_paused_or_cancelled_campaign_is_left_alone(walk: Item) -> None:
    campaign = Campaign.objects.get(entries__item=walk)
    campaigns.cancel(campaign=campaign, user=None, now=MORNING)
    keep(walk, MORNING + DAY)
    assert not walk.publications.filter(state__in=UNSENT).exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"season_from": "12-01"}, "season_until"),
        ({"season_until": "12-01"}, "season_from"),
        ({"again_after_days": 3}, "again_after_days"),
        ({"starts_at": NOON}, "again_after_days"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, Any], field: str) -> None:
    plain = {"kind": "heritage", "starts_at": None, "ends_at": None, "again_after_days": 30}
    with pytest.raises(ValidationError) as refused:
        making.item(**{**plain, **values})
    assert set(refused.value.message_dict) == {field}


def test_an_event_has_no_showings_whatever_was_written_there() -> None:
    item = making.item(kind="author_meeting", again_after_days=30)
    assert not item.is_evergreen
