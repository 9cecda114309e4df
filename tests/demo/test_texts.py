"""The texts of the demonstration: complete, in good Polish typography, true on any day."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from promo.importing import ItemInput
from promo.planning.kinds import AUDIENCES, KINDS
from promo.planning.timetables import default_timetable
from promo.rendering import to_text
from promo.values import EventStatus
from tests.importing.files import ZONE, demo_text, read_yaml

READ = (
    "title",
    "lead",
    "venue",
    "price",
    "sign_up",
    "funding_note",
    "contact",
    "accessibility",
    "facebook_text",
)
NOT_SHOWN = {"library_lesson", "service"}
"""A closed group: nobody is invited, one stands among the drafts. And what is shown at any time."""

DAYS_AND_MONTHS = re.compile(
    r"\b(poniedziałek|wtorek|środa|środę|czwartek|piątek|sobota|sobotę|niedziela|niedzielę|dziś|dzisiaj"
    r"|jutro|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października"
    r"|listopada|grudnia|20\d\d)\b",
    re.IGNORECASE,
)


def items(name: str = "items.yaml", today: date = date(2026, 11, 23)) -> list[ItemInput]:
    return read_yaml(demo_text(name), zone=ZONE, today=today)


def texts(item: ItemInput) -> dict[str, str]:
    """Everything people will read of the item, by field."""
    named = {name: getattr(item, name) for name in READ}
    alts = {f"alt of {one.file}": one.alt for one in item.pictures}
    return {**named, **alts, "body": to_text(item.body), "partners": "; ".join(item.partners)}


ALL = [*items(), *items("drafts.yaml")]


def test_every_kind_that_is_promoted_is_there() -> None:
    assert {item.kind for item in items()} == set(KINDS) - NOT_SHOWN
    assert len(items()) >= 18


def test_every_audience_but_the_youngest_is_invited() -> None:
    invited = {audience for item in items() for audience in item.audiences}
    assert invited == {audience.key for audience in AUDIENCES} - {"children_0_3"}


def test_there_is_one_of_each_case_that_needs_care() -> None:
    shown = items()
    statuses = [item.status for item in shown]
    for status in (EventStatus.CANCELLED, EventStatus.RESCHEDULED, EventStatus.SOLD_OUT):
        assert statuses.count(status) == 1
    assert [item.language for item in shown].count("en") == 1
    assert max(len(item.title) for item in shown) > 120
    assert any(item.recurrence for item in shown)
    assert any(item.all_day and item.ends_at for item in shown)
    assert any(item.deadline_at for item in shown)
    assert sum(bool(item.pictures) for item in shown) >= 8


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.title[:30])
def test_the_typography_is_right(item: ItemInput) -> None:
    for name, text in texts(item).items():
        assert not re.search(r"[\"']", text), f"{name}: straight quotation marks"
        assert "..." not in text, f"{name}: three full stops"
        assert " - " not in text, f"{name}: a hyphen for a dash"
        assert not re.search(r"\d-\d", text), f"{name}: a hyphen in a range"
        assert "  " not in text, f"{name}: two spaces"
        assert not re.search(r"\s[,.;:!?]", text), f"{name}: a space before punctuation"
        assert text.count("„") == text.count("”") - text.count("“"), f"{name}: open quotation"
        if item.language == "pl":
            assert not re.search(r"\d:\d\d", text), f"{name}: hours are written 17.00"


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.title[:30])
def test_no_text_names_a_day_that_the_date_could_contradict(item: ItemInput) -> None:
    for name, text in texts(item).items():
        assert not DAYS_AND_MONTHS.search(text), name


@pytest.mark.parametrize("item", items(), ids=lambda item: item.title[:30])
def test_a_lead_says_enough_and_ends_as_a_sentence(item: ItemInput) -> None:
    assert 90 <= len(item.lead) <= 160
    assert item.lead.endswith((".", "!", "?"))
    assert not item.title.endswith(".")
    assert item.contact or item.kind in {"new_titles", "recommendation", "report", "partner_news"}


@pytest.mark.parametrize("item", items(), ids=lambda item: item.title[:30])
def test_the_hour_in_the_lead_is_the_hour_of_the_event(item: ItemInput) -> None:
    named = re.search(r"\b(?:godz\. |at )(\d{1,2})[.:](\d\d)", item.lead)
    if named and item.starts_at and not item.all_day:
        local = item.starts_at.astimezone(ZONE)
        assert (int(named[1]), int(named[2])) == (local.hour, local.minute)


@pytest.mark.parametrize("weekday", range(7))
def test_the_first_item_is_announced_at_once_on_whatever_day_one_begins(weekday: int) -> None:
    today = date(2026, 11, 23) + timedelta(days=weekday)
    first = items(today=today)[0]
    assert first.starts_at
    steps = default_timetable(first.kind).steps
    announced = next(step.when for step in steps if step.channel == "website")
    assert first.starts_at.date() - today < timedelta(days=-announced.offset_days)


@pytest.mark.parametrize("shift", range(0, 400, 13))
def test_the_dates_are_right_on_every_day_of_the_year(shift: int) -> None:
    today = date(2026, 11, 23) + timedelta(days=shift)
    now = datetime(today.year, today.month, today.day, 23, tzinfo=UTC)
    for item in items(today=today):
        if item.starts_at:
            assert item.starts_at > now - timedelta(days=1)
            assert item.previous_starts_at is None or item.previous_starts_at > now
        closes = item.sign_up_until_at
        assert closes is None or item.starts_at is None or closes < item.starts_at
