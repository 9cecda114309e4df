"""A desk at which hypothesis sits: items are approved, changed, moved, held and sent at random.

Real services on the real database; only the network is played. After each act its item is planned
again and again, and `planned_rightly` holds the plan against the rules.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import time_machine
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from promo.errors import PromoError
from promo.models import (
    Branch,
    Campaign,
    ClosedDay,
    Destination,
    EventAct,
    FairShare,
    Institution,
    Item,
    Partner,
    Publication,
)
from promo.protocol import DUE, UNSENT, Event, State
from promo.services import (
    approvals,
    campaign_items,
    campaigns,
    destinations,
    event_acts,
    looking,
    plans,
    publications,
    publishing,
    series_dates,
)
from promo.values import Receipt
from tests import making
from tests.services.planned_rightly import WARSAW, Stands, check_plan, check_sent, stands

CLOCK_CHANGES = (date(2027, 3, 28), date(2027, 10, 31))
MOST_ITEMS = 3
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Kind = EventAct.Kind

LENGTHS: dict[str, dict[str, Any]] = {
    "author_meeting": {"ends": 2 * HOUR},
    "concert": {"ends": 2 * HOUR},
    "dkk": {"ends": 2 * HOUR, "recurrence": "FREQ=WEEKLY;COUNT=3"},
    "exhibition": {"ends": 12 * DAY},
    "contest": {"deadline": 12 * DAY},
    "recommendation": {},
    "opening_hours": {"ends": 5 * HOUR},
}

days = st.integers(-3, 14)
hours = st.builds(time, st.sampled_from([1, 2, 9, 12, 17, 22]), st.sampled_from([0, 30]))
which = st.integers(0, MOST_ITEMS - 1)


@dataclass(frozen=True, slots=True)
class House:
    """The rules that this house has set for itself."""

    gap: int
    a_day: int
    a_week: int | None
    rest: str
    most: int | None
    apart: int | None
    kept: int | None
    closed: int
    closed_for: int


houses = st.builds(
    House,
    gap=st.sampled_from([0, 60, 180]),
    a_day=st.integers(1, 3),
    a_week=st.none() | st.integers(2, 5),
    rest=st.sampled_from(Institution.PostsRest.values),
    most=st.none() | st.integers(1, 2),
    apart=st.none() | st.sampled_from([5, 48]),
    kept=st.none() | st.just(1),
    closed=days,
    closed_for=st.integers(0, 4),
)


@dataclass(frozen=True, slots=True)
class New:
    """An item that somebody writes."""

    kind: str
    day: int
    at: time
    branch: int
    partnered: bool
    all_day: bool


news = st.builds(
    New,
    kind=st.sampled_from(sorted(LENGTHS)),
    day=days,
    at=hours,
    branch=st.integers(0, 1),
    partnered=st.booleans(),
    all_day=st.booleans(),
)


class EditedDesk(RuleBasedStateMachine):
    """One example is one house around one change of the clocks; the database forgets it after."""

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self._open.enter_context(transaction.atomic())
        self.items: list[int] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._open.close()

    @initialize(
        change=st.sampled_from(CLOCK_CHANGES),
        ahead=st.integers(1, 25),
        house=houses,
        news=st.lists(news, min_size=2, max_size=2),
    )
    def opens(self, change: date, ahead: int, house: House, news: list[New]) -> None:
        self.change = change
        # In UTC: what is added to it are real hours.
        self.now = self._local(-ahead, time(8, 20)).astimezone(UTC)
        self._time = self._open.enter_context(time_machine.travel(self.now, tick=False))
        self.user = User.objects.create_superuser("ewa")
        self.branches = (making.branch(), Branch.objects.create(name="Filia", slug="filia"))
        self.partner = Partner.objects.create(name="Dom Kultury")
        _furnish(house, change)
        for new in news:
            self.approve(new)

    # What people do

    @precondition(lambda self: len(self.items) < MOST_ITEMS)
    @rule(new=news)
    def approve(self, new: New) -> None:
        item = making.item(
            kind=new.kind,
            branch=self.branches[new.branch],
            all_day=new.all_day and new.kind in ("concert", "exhibition"),
            **_dates(new.kind, self._local(new.day, new.at)),
        )
        if new.partnered:
            item.partners.add(self.partner)
        self.items.append(item.pk)
        self._approve(item)

    @rule(which=which, shift=st.sampled_from([0, 0, -5, 1, 7]), hour=st.integers(-3, 3))
    def approve_again(self, which: int, shift: int, hour: int) -> None:
        item = self._item(which)
        for name in ("starts_at", "ends_at", "deadline_at"):
            if getattr(item, name) is not None and shift:
                setattr(item, name, getattr(item, name) + shift * DAY + hour * HOUR)
        item.title = f"{item.title[:60]} {shift}{hour}"
        self._approve(item)

    @rule(which=which, nth=st.integers(0, 7), shift=st.integers(-6, 9), regretted=st.booleans())
    def act(self, which: int, nth: int, shift: int, *, regretted: bool) -> None:
        item = self._item(which)
        possible = event_acts.possible(item, now=self.now)
        if not possible:
            return
        kind = possible[nth % len(possible)]
        given = _given(item, kind, shift or 1, now=self.now)
        plans.replan(item=item, now=self.now)
        before = stands(item)
        try:
            seen = event_acts.preview(item=item, kind=kind, given=given, now=self.now)
        except PromoError:
            return
        act = event_acts.carry_out(
            item_id=item.pk, kind=kind, given=given, seal=seen.seal, user=self.user, now=self.now
        )
        assert act is not None, "what was shown is what happens"
        self._check(item.pk, settled=True)
        if regretted:
            self._later(timedelta(minutes=1))
            event_acts.undo(act_id=act.pk, user=self.user, now=self.now)
            assert _roughly(stands(item), self.now) == _roughly(before, self.now)
            self._check(item.pk, settled=True)

    @rule(which=which, nth=st.integers(0, 9), day=days, at=hours)
    def move_by_hand(self, which: int, nth: int, day: int, at: time) -> None:
        row = self._unsent(which, nth)
        # In UTC: what the clocks skip or repeat is equal to nothing in another zone (PEP 495).
        to = self._local(day, at).astimezone(UTC)
        if row is None:
            return
        try:
            publications.move(publication_id=row.pk, to=to, user=self.user, now=self.now)
        except PromoError:
            return
        self._check(row.item_id)
        row.refresh_from_db()
        assert row.planned_at == to

    @rule(which=which, nth=st.integers(0, 9))
    def drop_by_hand(self, which: int, nth: int) -> None:
        row = self._unsent(which, nth)
        if row is not None:
            publications.drop(publication_id=row.pk, user=self.user, now=self.now)
            self._check(row.item_id)

    @rule(which=which)
    def hold_campaign(self, which: int) -> None:
        campaign = Campaign.objects.get(entries__item=self.items[which % len(self.items)])
        if campaign.state == Campaign.State.QUEUED:
            campaigns.pause(campaign=campaign)
        elif campaign.state == Campaign.State.PAUSED:
            campaigns.resume(campaign=campaign, now=self.now)

    @rule(which=which)
    def gather(self, which: int) -> None:
        campaign = Campaign.objects.get(entries__item=self.items[which % len(self.items)])
        rows = Item.objects.filter(pk__in=self.items)
        campaign_items.add(campaign=campaign, items=rows, now=self.now)

    @rule()
    def hold_page(self) -> None:
        page = Destination.objects.filter(channel="facebook_page")[0]
        if page.paused_at is None:
            destinations.pause(destination=page, because="", now=self.now)
        else:
            destinations.resume(destination=page)

    # What time does

    @rule(length=st.sampled_from([HOUR, DAY, 3 * DAY, 9 * DAY]))
    def time_passes(self, length: timedelta) -> None:
        until = self.now + length
        while (row := self._next_due(until)) is not None:
            self._later(max(row.due_at - self.now, timedelta(0)))
            self._publish(row)
        self._later(until - self.now)

    @rule(length=st.sampled_from([HOUR, DAY, 5 * DAY]))
    def outage(self, length: timedelta) -> None:
        self._later(length)
        self.time_passes(timedelta(0))

    @rule(which=which)
    def plan_again(self, which: int) -> None:
        """As the desk does once its rules, a pause or an outage are over."""
        self._check(self._item(which).pk)

    # The rest

    def _local(self, day: int, at: time) -> datetime:
        return datetime.combine(self.change + day * DAY, at, tzinfo=WARSAW)

    def _later(self, length: timedelta) -> None:
        self.now += length
        self._time.move_to(self.now)

    def _item(self, which: int) -> Item:
        return Item.objects.get(pk=self.items[which % len(self.items)])

    def _unsent(self, which: int, nth: int) -> Publication | None:
        rows = list(self._item(which).publications.filter(state__in=UNSENT).order_by("id"))
        return rows[nth % len(rows)] if rows else None

    def _approve(self, item: Item) -> None:
        self._later(timedelta(minutes=1))
        approvals.approve(content=item)
        self._check(item.pk, settled=True)

    def _next_due(self, until: datetime) -> Publication | None:
        rows = Publication.objects.filter(state__in=DUE, held=False, due_at__lte=until)
        return rows.order_by("due_at", "id").first()

    def _publish(self, row: Publication) -> None:
        claimed = publishing.claim(row.pk, now=self.now)
        assert claimed is not None
        if publishing.mark(claimed, now=self.now):
            looking.settle(row.pk, Receipt(str(row.pk)), event=Event.RECEIPT, now=self.now)
            check_sent(Publication.objects.get(pk=row.pk))
        else:
            assert Publication.objects.get(pk=row.pk).state == State.MISSED

    def _check(self, pk: int, *, settled: bool = False) -> None:
        """Plan it again; `settled`: it was planned this very minute, so nothing may change."""
        item = Item.objects.get(pk=pk)
        chosen = _chosen(item, self.now)
        if not settled:
            made = plans.plan(item=item, now=self.now)
            assert plans.replan(item=item, now=self.now) == made
            assert chosen <= _chosen(item, self.now), "what a person chose stays"
        once = stands(item)
        plans.replan(item=item, now=self.now)
        assert stands(item) == once
        check_plan(item, now=self.now)


def _chosen(item: Item, now: datetime) -> set[tuple[int, datetime]]:
    """What a person has put somewhere, and where; all that is still to come."""
    rows = item.publications.filter(state__in=UNSENT, moved_by_hand=True, planned_at__gt=now)
    return set(rows.values_list("id", "planned_at"))


def _furnish(house: House, change: date) -> None:
    row = Institution.load()
    row.min_gap_minutes, row.max_per_day, row.max_per_week = house.gap, house.a_day, house.a_week
    row.posts_rest = house.rest
    first = change + house.closed * DAY
    row.closed_days.set([ClosedDay(on=first, until=first + house.closed_for * DAY)])
    row.save()
    shares = {"most_a_week": house.most, "gap_hours": house.apart, "kept_a_week": house.kept}
    FairShare.objects.create(whose="branches", **shares)
    FairShare.objects.create(whose="partners", most_a_week=house.most)


def _dates(kind: str, start: datetime) -> dict[str, Any]:
    length = LENGTHS[kind]
    ends, deadline = length.get("ends"), length.get("deadline")
    return {
        "starts_at": start if ends else None,
        "ends_at": start + ends if ends else None,
        "deadline_at": start + deadline if deadline else None,
        "recurrence": length.get("recurrence", ""),
    }


def _given(item: Item, kind: Kind, shift: int, *, now: datetime) -> dict[str, Any]:
    """What a person fills in for this act."""
    given: dict[str, Any] = {
        name: getattr(item, name) for name in event_acts.FIELDS[kind] if hasattr(item, name)
    }
    for name in ("starts_at", "ends_at", "deadline_at"):
        if given.get(name) is not None:
            given[name] += shift * DAY
    if kind in (Kind.DATE_MOVE, Kind.DATE_OFF):
        one = series_dates.coming(item, now=now)[0]
        begins = one.starts_at or one.was_at
        given = {"on": one.on, "starts_at": begins + shift * DAY, "branch": item.branch}
    return given


def _roughly(found: Stands, now: datetime) -> dict[Any, Any]:
    """What is to come, and when; "at once" is a minute later after a minute."""
    near = now + timedelta(minutes=15)
    return {
        place: (state, "at once" if at < near else at)
        for place, (state, at, *_rest) in found.items()
        if state in UNSENT
    }
