"""The drafts whose posts are kept as golden files, by the file's name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from promo.values import Draft, EventStatus, PlaceFacts, Variant
from tests.channels import samples

NO_PLACE = PlaceFacts()


def _at(day: int, hour: int = 15, minute: int = 0, *, month: int = 10) -> datetime:
    """An instant of autumn 2026; Warsaw is two hours ahead of it until 25 October, then one."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def _due(made: Draft, due_at: datetime) -> Draft:
    return dataclasses.replace(made, due_at=due_at)


def _workshop(variant: Variant, language: str = "pl") -> Draft:
    polish = language == "pl"
    return samples.draft(
        variant,
        language=language,
        kind="workshop",
        title="Ebru, czyli malowanie na wodzie" if polish else "Ebru: painting on water",
        lead=(
            'Poznaj tureckie "malowanie na wodzie" - bez pędzla i bez doświadczenia.'
            if polish
            else "Try Turkish water painting: no brush and no experience needed."
        ),
        audiences=("dzieci 7–10 lat", "rodziny") if polish else ("children aged 7–10", "families"),
        price="15 zł",
        is_free=False,
        capacity=12,
        sign_up="tel. 77 418 00 00 lub w wypożyczalni" if polish else "call 77 418 00 00",
        sign_up_url="https://biblioteka.example/zapisy/ebru",
        sign_up_until_at=_at(16, 10),
        partners=(),
        hashtags=("Ebru", "warsztaty dla rodzin"),
    )


def _exhibition(variant: Variant, **changes: Any) -> Draft:
    return samples.draft(
        variant,
        **{
            "kind": "exhibition",
            "title": "Wystawa „Kluczbork na starej fotografii”",
            "lead": "Ponad 60 odbitek z lat 1890-1939 ze zbiorów mieszkanek i mieszkańców.",
            "starts_at": datetime(2026, 10, 2, 22, 0, tzinfo=UTC),  # 3 October in Warsaw
            "ends_at": datetime(2026, 11, 13, 23, 0, tzinfo=UTC),  # 14 November in Warsaw
            "all_day": True,
            "funding_note": "Dofinansowano ze środków Ministra Kultury i Dziedzictwa Narodowego.",
            "hashtags": ("StaryKluczbork",),
            **changes,
        },
    )


def _contest(variant: Variant, **changes: Any) -> Draft:
    return samples.draft(
        variant,
        **{
            "kind": "contest",
            "title": "Konkurs na zakładkę do książki",
            "lead": "Zaprojektuj zakładkę i wygraj książkę. Prace przyjmujemy w każdej filii.",
            "starts_at": None,
            "ends_at": None,
            "deadline_at": _at(30, 16),
            "place": NO_PLACE,
            "accessibility": "",
            "hashtags": (),
            **changes,
        },
    )


def _holiday_hours(variant: Variant) -> Draft:
    return samples.draft(
        variant,
        kind="opening_hours",
        title="Biblioteka nieczynna 24–27 grudnia",
        lead="Zwroty można zostawiać we wrzutni przy wejściu. Wesołych świąt!",
        starts_at=datetime(2026, 12, 23, 23, 0, tzinfo=UTC),
        ends_at=datetime(2026, 12, 26, 23, 0, tzinfo=UTC),
        all_day=True,
        place=PlaceFacts(branch="wszystkie filie"),
        audiences=(),
        partners=(),
        contact="",
        accessibility="",
        hashtags=(),
    )


LONG_TITLE = (
    "„Zażółć gęślą jaźń” – międzypokoleniowe głośne czytanie wierszy Wisławy Szymborskiej "
    "z udziałem Chóru Źródło, Zespołu Łącznik i Orkiestry Dętej Ćmielów"
)
OWN_WORDS = (
    "Kto z Was czytał „Gęśle i jaźń” w jedną noc? 📚\n\nAutorka przyjedzie do nas prosto z Łodzi."
)

CASES: Mapping[str, Callable[[], Draft]] = {
    "pl-announce": lambda: samples.draft(Variant.ANNOUNCE),
    "pl-reminder-tomorrow": lambda: _due(samples.draft(Variant.REMINDER), _at(19)),
    "pl-reminder-a-week-before": lambda: _due(samples.draft(Variant.REMINDER), _at(13)),
    "pl-today": lambda: _due(samples.draft(Variant.TODAY), _at(20, 7)),
    "pl-long-title": lambda: samples.draft(
        Variant.ANNOUNCE, title=LONG_TITLE, hashtags=("CzytamyRazem", "Żółć", "ŁącznikPokoleń")
    ),
    "pl-own-words": lambda: samples.draft(
        Variant.ANNOUNCE, channel_texts={"facebook_page": OWN_WORDS}
    ),
    "pl-sold-out": lambda: samples.draft(
        Variant.ANNOUNCE, status=EventStatus.SOLD_OUT, capacity=40, sign_up="w czytelni"
    ),
    "pl-changed-date": lambda: samples.draft(
        Variant.CHANGED,
        status=EventStatus.RESCHEDULED,
        previous_starts_at=_at(20),
        starts_at=_at(27, 16),
        ends_at=None,
    ),
    "pl-changed-postponed": lambda: samples.draft(Variant.CHANGED, status=EventStatus.POSTPONED),
    "pl-changed-place": lambda: samples.draft(Variant.CHANGED),
    "pl-cancelled": lambda: samples.draft(
        Variant.CANCELLED,
        status=EventStatus.CANCELLED,
        channel_texts={"facebook_page": OWN_WORDS},
    ),
    "pl-report": lambda: _due(samples.draft(Variant.REPORT), _at(22, 9)),
    "pl-workshop-announce": lambda: _workshop(Variant.ANNOUNCE),
    "pl-exhibition-opens-today": lambda: _due(_exhibition(Variant.TODAY), _at(3, 7)),
    "pl-exhibition-goes-on": lambda: _due(_exhibition(Variant.REMINDER), _at(20)),
    "pl-exhibition-last-days": lambda: _due(_exhibition(Variant.LAST_DAYS), _at(9, month=11)),
    "pl-contest-announce": lambda: _contest(Variant.ANNOUNCE),
    "pl-contest-last-days": lambda: _due(_contest(Variant.LAST_DAYS), _at(29)),
    "pl-contest-last-day": lambda: _due(_contest(Variant.LAST_DAYS), _at(30, 8)),
    "pl-contest-results": lambda: _contest(
        Variant.RESULTS, lead="Nagrodziliśmy 5 prac. Gratulujemy wszystkim, którzy wzięli udział!"
    ),
    "pl-opening-hours": lambda: _holiday_hours(Variant.NEWS),
    "en-announce": lambda: samples.draft(Variant.ANNOUNCE, language="en"),
    "en-reminder-tomorrow": lambda: _due(samples.draft(Variant.REMINDER, language="en"), _at(19)),
    "en-today": lambda: _due(samples.draft(Variant.TODAY, language="en"), _at(20, 7)),
    "en-workshop-announce": lambda: _workshop(Variant.ANNOUNCE, "en"),
    "en-changed-date": lambda: samples.draft(
        Variant.CHANGED,
        language="en",
        status=EventStatus.RESCHEDULED,
        previous_starts_at=_at(20),
        starts_at=_at(27, 16),
        ends_at=None,
    ),
    "en-cancelled": lambda: samples.draft(
        Variant.CANCELLED, language="en", status=EventStatus.CANCELLED
    ),
    "en-report": lambda: samples.draft(Variant.REPORT, language="en"),
}
