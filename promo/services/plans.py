"""From an item to its publications: the planner's answer, stored."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import compress, pairwise

from django.db import transaction

from promo import planning
from promo.models import (
    Approval,
    Attempt,
    Branch,
    CampaignItem,
    Destination,
    Institution,
    Item,
    Publication,
    Timetable,
    TimetableStep,
)
from promo.planning.calendar import polish_holidays
from promo.planning.kinds import KINDS
from promo.planning.meetings import Meeting
from promo.protocol import UNSENT, Event, State, after
from promo.services import (
    armed,
    changes,
    channels,
    composing,
    fair_shares,
    halts,
    ledger,
    neighbours,
    series_dates,
    showings,
)
from promo.services.facts import lasting, status_of
from promo.values import EventStatus, ImageConsent, Variant

HORIZON = timedelta(days=400)
"""How far ahead occurrences of a series are planned."""

MOST_OCCURRENCES = 60

NEAR = timedelta(days=8)
"""How far around now other publications matter for what is sent next."""


def timetable_of(item: Item) -> Timetable | None:
    """The item's own timetable, or the usual one: of several for its kind, the one that fits."""
    if item.timetable is not None:
        return item.timetable
    known = {row.key: row for row in Timetable.objects.filter(kinds__contains=[item.kind])}
    dated = item.starts_at is not None or item.deadline_at is not None
    usual = planning.default_timetable(item.kind, dated=dated)
    return known.get(usual.key) or next(iter(known.values()), None)


def plan(*, item: Item, now: datetime) -> planning.Plan:
    """What would go out, where and when, with the reasons; nothing is stored."""
    destinations, rules = _destinations(item), house_rules(now)
    make = _maker(item, destinations, rules, now)
    return neighbours.among(
        make,
        item=item,
        destinations=destinations,
        rules=rules,
        now=now,
        gives_way=showings.settings_of(item) is not None,
    )


def outlook(*, item: Item, now: datetime) -> planning.Plan:
    """What becomes of each step of this item, and why. Looks at no other item's publications:
    quick, and wrong only in what gaps, maxima and shares would change.
    """
    rules = house_rules(now)
    make = _maker(item, _destinations(item), rules, now)
    return make(neighbours.own(item, rules, now))


def _maker(
    item: Item, destinations: list[planning.Destination], rules: planning.Rules, now: datetime
) -> neighbours.Make:
    """The planner for this item, which wants only to know what is occupied."""
    timetable = timetable_of(item)
    steps = [_step(row) for row in timetable.steps.all()] if timetable else []
    steps = [step for step in steps if _on_level(step.channel, item.level)]
    subject = _subject(item, now)
    shown = showings.of(item, destinations, rules, now)
    if shown is not None:
        steps = [step for step in steps if not rules.channel(step.channel).spaced]

    def make(occupied: list[planning.Occupied]) -> planning.Plan:
        made = planning.plan(
            subject=subject,
            steps=steps,
            destinations=destinations,
            rules=rules,
            occupied=occupied,
            now=now,
        )
        if shown is None:
            return made
        return shown.added_to(made, subject=subject, rules=rules, occupied=occupied, now=now)

    return make


def replan(*, item: Item, now: datetime) -> planning.Plan:
    """Plan the item and store it: unsent publications move, come and go; what is out stays."""
    entry = CampaignItem.objects.filter(item=item).first()
    campaign_id = entry.campaign_id if entry else None
    destinations = {str(row.uuid): row for row in Destination.objects.all()}
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=item.pk)  # one plan of an item at a time
        made = plan(item=item, now=now)
        rows = {
            (str(row.destination.uuid), row.slot): row
            for row in Publication.objects.select_for_update(of=("self",))
            .select_related("destination")
            .filter(item=item)
        }
        anew = changes.posted_anew(rows, item=item, now=now)
        kept = set(anew)
        for planned in made.planned:
            place = (planned.destination, planned.slot)
            if place in anew:
                continue
            kept.add(place)
            row = rows.get(place) or Publication(
                item=item, destination=destinations[planned.destination], slot=planned.slot
            )
            if row.pk is None or row.state in UNSENT or row.is_ahead or _may_come_back(row):
                row.campaign_id = campaign_id
                _store(row, planned, now)
        _drop_others(rows, kept, now)
        if halts.standing() is None:
            _renew_what_is_ours(rows.values())
    return made


def renew(*, item: Item) -> None:
    """Let the entries on our own ground show what was approved while everything was stopped."""
    _renew_what_is_ours(item.publications.select_related("destination"))


def _may_come_back(row: Publication) -> bool:
    """What was missed or dropped by a plan may; what a person dropped stays dropped.

    So may an entry on our own ground that went down with the whole item.
    """
    if row.state == State.WITHDRAWN and channels.traits_of(row.destination.channel).on_our_ground:
        hidden = row.ledger.filter(event=Attempt.Event.WITHDRAWN).last()
        return hidden is not None and hidden.user_id is None
    if row.state != State.CANCELLED:
        return row.state == State.MISSED
    dropped = row.ledger.filter(event=Attempt.Event.CANCELLED).last()
    return dropped is None or dropped.user_id is None


def _store(row: Publication, planned: planning.Planned, now: datetime) -> None:
    stood = row.moved_by_hand and row.state not in (State.CANCELLED, State.MISSED)
    if row.state == State.CLAIMED:  # taken back: the mark of its worker will fail
        row.state = after(State.CLAIMED, Event.LEASE_OVER)
    if not row.is_ahead:
        row.state = after(State(row.state), Event.PLAN) if row.pk else State.PLANNED
        row.hinted_at = None
        row.problem = ""
    row.variant = planned.variant.value
    by_hand = row.planned_at if stood else None
    row.planned_at = planning.stands_at(planned, by_hand)
    row.moved_by_hand = row.planned_at == by_hand
    row.due_at = row.planned_at
    row.not_after_at = planned.not_after_at
    row.occurrence_at = planned.occurrence_at
    row.reasons = [reason.to_json() for reason in planned.reasons]
    row.recalled = False
    campaign = row.campaign
    row.held = row.destination.paused_at is not None or (
        campaign is not None and campaign.state != campaign.State.QUEUED
    )
    composing.recompose(row)
    armed.plan_arming(row)
    armed.wanted_changed(row, now=now)
    row.save()


def _renew_what_is_ours(rows: Iterable[Publication]) -> None:
    """Entries on our own ground show what was approved last; nobody else needs to be asked."""
    for row in rows:
        if (
            row.state == State.PUBLISHED
            and channels.traits_of(row.destination.channel).on_our_ground
        ):
            composing.recompose(row)
            row.save(update_fields=["message_json", "digest"])


def _drop_others(
    rows: Mapping[tuple[str, str], Publication], kept: set[tuple[str, str]], now: datetime
) -> None:
    for place, row in rows.items():
        if place not in kept and row.is_ahead and not row.recalled:
            armed.recall(row, user=None, now=now)
        elif place not in kept and row.state in UNSENT:
            row.state = after(State(row.state), Event.CANCEL)
            row.save(update_fields=["state"])
            ledger.write(row, Attempt.Event.CANCELLED, at=now)


def standing(item: Item) -> list[planning.Standing]:
    """What is there of the item, as a new plan finds it."""
    rows = item.publications.select_related("destination").defer("message_json", "reasons")
    return [
        planning.Standing(
            destination=str(row.destination.uuid),
            slot=row.slot,
            variant=Variant(row.variant),
            at=row.planned_at if _is_coming(row) else row.published_at or row.planned_at,
            hold=_hold(row),
            by_hand=row.moved_by_hand,
            ours=channels.traits_of(row.destination.channel).on_our_ground,
            occurrence_at=row.occurrence_at,
        )
        for row in rows
    ]


def _is_coming(row: Publication) -> bool:
    """Nobody has seen it: it is with us, or a network holds it and gives it back."""
    return row.state in UNSENT or row.is_ahead


def _hold(row: Publication) -> planning.Hold:
    if _is_coming(row):
        return planning.Hold.UNSENT
    if row.state not in neighbours.NOT_STANDING:
        return planning.Hold.OUT
    return planning.Hold.RETURNS if _may_come_back(row) else planning.Hold.CLOSED


def drop(*, item: Item, now: datetime) -> None:
    """Cancel every publication of the item that is not out; what a network holds is recalled."""
    with transaction.atomic():
        rows = Publication.objects.select_for_update().filter(item=item)
        _drop_others({("", str(row.pk)): row for row in rows}, set(), now)


def _step(row: TimetableStep) -> planning.Step:
    return planning.Step.parse(
        row.when,
        key=row.key,
        channel=row.channel,
        variant=Variant(row.variant),
        only_if_starts_after=row.only_if_starts_after,
        needs=frozenset(planning.Need(need) for need in row.needs),
    )


def _on_level(channel: str, level: int) -> bool:
    return channel in channels.installed() and channels.traits_of(channel).level <= level


def _destinations(item: Item) -> list[planning.Destination]:
    rows = Destination.objects.filter(active=True)
    return [
        planning.Destination(
            ref=str(row.uuid), channel=row.channel, paused=row.paused_at is not None
        )
        for row in rows.order_by("id")
        if _on_level(row.channel, item.level)
    ]


def _subject(item: Item, now: datetime) -> planning.Subject:
    kind = KINDS[item.kind]
    approvals = list(item.approvals.all()) if item.pk else []
    dates = series_dates.dates(item)
    starts_at, ends_at = series_dates.first_span(item, dates)
    return planning.Subject(
        ref=str(item.uuid),
        kind=item.kind,
        priority=kind.priority,
        operational=kind.operational,
        urgent=kind.urgent,
        closed_group=kind.closed_group,
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=item.all_day,
        deadline_at=item.deadline_at,
        occurrences=_coming(dates, now),
        altered=series_dates.altered(item, dates, approvals, now),
        approved_at=_approved_at(approvals),
        changed_at=_changed_at(item, approvals, now),
        report_ready=_report_ready(item),
        results_ready=bool(item.report),
        places_left=item.status != EventStatus.SOLD_OUT,
        main_branch=item.branch_id is None or item.branch_id == _main_branch_id(),
        voices=fair_shares.voices(item),
        **status_of(item, approvals),
    )


def _approved_at(approvals: list[Approval]) -> datetime | None:
    return approvals[0].at if approvals else None


def _changed_at(item: Item, approvals: list[Approval], now: datetime) -> datetime | None:
    """When the date or the status last changed (or the place of an event that an act has moved):
    now, where this content is not approved yet.
    """
    approvals = lasting(item, approvals)
    told = [_told(row.starts_at, row.status, row.place) for row in approvals]
    if told and told[-1] != _told(item.starts_at, item.status, item.place_key):
        return now
    changed = (before != now_told for before, now_told in pairwise(told))
    instants = (approval.at for approval in approvals[1:])
    return max(compress(instants, changed), default=None)


def _told(starts_at: datetime | None, status: str, place: str) -> tuple[object, ...]:
    """A room is corrected more often than changed: it counts where an act has moved the event."""
    return starts_at, status, place if status == EventStatus.RESCHEDULED else ""


def _main_branch_id() -> int | None:
    return Branch.objects.order_by("id").values_list("id", flat=True).first()


def _report_ready(item: Item) -> bool:
    """S9: a text, a picture with an alternative, and no missing consent."""
    photos = [row for row in item.photos.all() if row.alt or row.photo.description]
    missing = (ImageConsent.NONE.value, ImageConsent.WITHDRAWN.value)
    consent = all(row.photo.consent not in missing for row in item.photos.all())
    text = item.report or (item.body if item.kind == "report" else "")
    return bool(text) and bool(photos) and consent


def occurrences(item: Item, now: datetime) -> tuple[datetime, ...]:
    """The coming starts of a series, by the institution's wall clock, as they take place."""
    return _coming(series_dates.dates(item), now)


def _coming(dates: Iterable[Meeting], now: datetime) -> tuple[datetime, ...]:
    starts = sorted(one.starts_at for one in dates if one.starts_at is not None)
    return tuple(at for at in starts if now <= at <= now + HORIZON)[:MOST_OCCURRENCES]


def house_rules(now: datetime) -> planning.Rules:
    """The institution's rules of time: its zone, quiet hours, days off of this and two years, and
    what branches and partners may take of the pages in use."""
    row = Institution.load()
    years = range(now.year, now.year + 3)
    return planning.Rules(
        zone=row.tz,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        min_gap=timedelta(minutes=row.min_gap_minutes),
        max_per_day=row.max_per_day,
        max_per_week=row.max_per_week,
        closures=tuple(
            planning.Closure(one.on, one.until or one.on, name=one.name, yearly=one.yearly)
            for one in row.closed_days.all()
        ),
        holidays=polish_holidays(years),
        channel_rules=_channel_rules(row),
        shares=fair_shares.shares(fair_shares.pages()),
    )


def _channel_rules(row: Institution) -> Mapping[str, planning.ChannelRules]:
    """How the channels behave in time; pages also keep the days on which staff want them silent."""
    usual = planning.Rules(zone=row.tz)
    known = {key: usual.channel(key) for key in channels.installed()}
    rest = Institution.PostsRest
    return {
        key: replace(
            channel,
            working_days_only=row.posts_rest == rest.DAYS_OFF,
            open_days_only=row.posts_rest != rest.NEVER,
        )
        if channel.spaced
        else channel
        for key, channel in known.items()
    }
