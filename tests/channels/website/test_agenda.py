"""The agenda: what is listed where, and the filters."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from promo.channels.website.filters import Chosen
from promo.channels.website.pages import agenda_context, item_context
from promo.values import EventStatus, ItemFacts
from tests.channels.website import programme

TODAY = date(2026, 10, 12)
PATH = "https://biblioteka.example.org/"


def context(*items: ItemFacts, today: date = TODAY, **changes: Any) -> dict[str, Any]:
    return agenda_context(items, programme.INSTITUTION, today, path=PATH, **changes)


def by_day(shown: dict[str, Any]) -> dict[str, list[str]]:
    return {
        day.moment: [card.title for card in day.cards]
        for month in shown["months"]
        for day in month.days
    }


def titles(cards: Any) -> list[str]:
    return [card.title for card in cards]


def test_coming_events_stand_under_their_day_and_month_in_order() -> None:
    early = programme.item(10, title="Rano", starts_at=datetime(2026, 10, 20, 7, 0, tzinfo=UTC))
    day_long = programme.item(11, title="Cały dzień", all_day=True)
    next_month = programme.item(
        12, title="W listopadzie", starts_at=datetime(2026, 11, 3, 16, tzinfo=UTC)
    )
    shown = context(programme.MEETING, next_month, early, day_long)
    assert [month.heading for month in shown["months"]] == ["październik 2026", "listopad 2026"]
    assert by_day(shown) == {
        "2026-10-20": ["Cały dzień", "Rano", "Spotkanie z Łucją Żądło-Ćwięką"],
        "2026-11-03": ["W listopadzie"],
    }
    assert shown["months"][0].days[0].heading == "wtorek, 20\u00a0października"


def test_an_event_shortly_after_local_midnight_belongs_to_the_local_day() -> None:
    late = programme.item(1, starts_at=datetime(2026, 10, 19, 22, 30, tzinfo=UTC), ends_at=None)
    assert list(by_day(context(late))) == ["2026-10-20"]


def test_what_happens_today_is_still_listed_and_yesterday_is_not() -> None:
    assert by_day(context(programme.MEETING, today=date(2026, 10, 20))) != {}
    assert context(programme.MEETING, today=date(2026, 10, 21))["total"] == 0


def test_a_running_exhibition_is_on_now_until_its_last_day() -> None:
    shown = context(programme.EXHIBITION)
    assert shown["months"] == ()
    (card,) = shown["ongoing"]
    assert card.when == "do 30\u00a0listopada 2026\u00a0r."
    assert context(programme.EXHIBITION, today=date(2026, 11, 30))["total"] == 1
    assert context(programme.EXHIBITION, today=date(2026, 12, 1))["total"] == 0


def test_a_coming_exhibition_stands_under_its_first_day_with_its_whole_range() -> None:
    shown = context(programme.EXHIBITION, today=date(2026, 10, 1))
    (card,) = shown["months"][0].days[0].cards
    assert "10\u00a0października" in card.when
    assert "30\u00a0listopada" in card.when


def test_a_series_is_listed_date_by_date_for_three_months() -> None:
    endless = dataclasses.replace(programme.SERIES, recurrence="FREQ=MONTHLY")
    assert len(by_day(context(endless))) == 3
    weekly = dataclasses.replace(programme.SERIES, recurrence="FREQ=WEEKLY")
    assert len(by_day(context(weekly))) == 8


def test_the_next_date_of_a_series_is_listed_however_far_it_is() -> None:
    yearly = dataclasses.replace(programme.SERIES, recurrence="FREQ=YEARLY;COUNT=2")
    assert list(by_day(context(yearly, today=date(2026, 11, 1)))) == ["2027-10-19"]


def test_a_cancelled_event_keeps_its_place_with_a_word() -> None:
    (card,) = context(programme.CANCELLED)["months"][0].days[0].cards
    assert (card.badge, card.is_off) == ("Odwołane", True)


def test_deadlines_are_listed_until_they_have_passed() -> None:
    shown = context(programme.CONTEST)
    assert [card.when for card in shown["deadlines"]] == [
        "termin: piątek, 30\u00a0października 2026\u00a0r."
    ]
    assert context(programme.CONTEST, today=date(2026, 10, 31))["total"] == 0


def test_news_come_the_newest_first_and_a_postponed_event_waits_among_them() -> None:
    later = programme.PUBLISHED + timedelta(days=1)
    newer = programme.news(12, title="Nowsze", first_published_at=later)
    unpublished = programme.news(13, title="Bez daty", first_published_at=None)
    shown = context(unpublished, programme.NEWS, newer, programme.POSTPONED)
    assert titles(shown["news"]) == [
        "Nowsze",
        "Nowe godziny wypożyczalni",
        "Spacer po starym mieście",
        "Bez daty",
    ]


@pytest.mark.parametrize(
    ("ends_at", "expected"),
    [
        (datetime(2026, 10, 20, 16, 30, tzinfo=UTC), "godz.\u00a017.00–18.30"),
        (None, "godz.\u00a017.00"),
        (datetime(2026, 10, 20, 15, 0, tzinfo=UTC), "godz.\u00a017.00"),
    ],
)
def test_under_its_day_an_event_says_its_hours(ends_at: datetime | None, expected: str) -> None:
    (card,) = context(programme.item(1, ends_at=ends_at))["months"][0].days[0].cards
    assert card.when == expected


OTHER = programme.item(
    20,
    kind="workshop",
    kind_label="warsztaty",
    title="Inne",
    audiences=("seniorzy",),
    audience_keys=("seniors",),
    place=dataclasses.replace(programme.MEETING.place, branch="Filia nr 2", branch_slug="filia-2"),
)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Chosen(), ["Spotkanie z Łucją Żądło-Ćwięką", "Inne"]),
        (Chosen(kind="workshop"), ["Inne"]),
        (Chosen(branch="filia-2"), ["Inne"]),
        (Chosen(audience="adults"), ["Spotkanie z Łucją Żądło-Ćwięką"]),
        (Chosen(kind="workshop", audience="adults"), []),
    ],
)
def test_a_filter_leaves_what_was_asked_for(chosen: Chosen, expected: list[str]) -> None:
    shown = context(programme.MEETING, OTHER, chosen=chosen)
    assert [title for day in by_day(shown).values() for title in day] == expected


def test_a_filter_is_a_link_that_keeps_the_other_choices() -> None:
    shown = context(programme.MEETING, OTHER, chosen=Chosen(kind="workshop"))
    branch = next(each for each in shown["filters"] if each.name == "branch")
    everywhere, *others = branch.options
    assert everywhere.chosen
    assert [(option.label, option.chosen) for option in others] == [
        ("Biblioteka Główna", False),
        ("Filia nr 2", False),
    ]
    assert branch.options[2].url == f"{PATH}?kind=workshop&branch=filia-2"
    assert shown["chosen"] == ["warsztaty"]
    assert shown["canonical_url"] == f"{PATH}?kind=workshop"


def test_filters_speak_the_language_of_the_page_whatever_the_items_speak() -> None:
    shown = context(programme.MEETING, OTHER, language="en")
    labels = {each.name: [option.label for option in each.options[1:]] for each in shown["filters"]}
    assert labels["kind"] == ["meeting with an author", "workshop"]
    assert "seniors" in labels["audience"]


def test_answers_are_in_the_order_of_the_polish_alphabet() -> None:
    names = ["Żabianka", "Ząbki", "Łany", "Lipa", "Mosty", "Źródła"]
    items = [
        programme.item(
            nth,
            place=dataclasses.replace(programme.MEETING.place, branch=name, branch_slug=f"b{nth}"),
        )
        for nth, name in enumerate(names, start=1)
    ]
    branch = next(each for each in context(*items)["filters"] if each.name == "branch")
    found = [option.label for option in branch.options[1:]]
    assert found == ["Lipa", "Łany", "Mosty", "Ząbki", "Źródła", "Żabianka"]


def test_a_filter_that_divides_nothing_is_not_shown() -> None:
    assert context(programme.MEETING)["filters"] == ()


def test_the_page_of_a_series_lists_its_coming_dates_instead_of_the_first() -> None:
    now = datetime(2026, 10, 27, tzinfo=UTC)
    shown = item_context(
        programme.SERIES, programme.INSTITUTION, now, calendar_url="https://e.org/c"
    )
    assert [each.moment for each in shown["dates"]] == [
        "2026-11-02T17:00:00+01:00",
        "2026-11-09T17:00:00+01:00",
    ]
    assert not {"when", "dates"} & {fact.key for fact in shown["facts"]}


@pytest.mark.parametrize("status", [EventStatus.CANCELLED, EventStatus.POSTPONED])
def test_what_does_not_take_place_is_not_offered_to_a_calendar(status: EventStatus) -> None:
    now = datetime(2026, 10, 12, tzinfo=UTC)
    item = dataclasses.replace(programme.SERIES, status=status)
    shown = item_context(item, programme.INSTITUTION, now, calendar_url="https://e.org/c")
    assert shown["calendar_url"] == ""
    assert shown["dates"] == []
