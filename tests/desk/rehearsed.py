"""A rehearsal as one is kept that was played to its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from promo.services import rehearsals
from promo.services.rehearsals import Asked, Progress, Rehearsal, Stage

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> str:
    return f"2026-11-23T{hour:02}:{minute:02}:00+01:00"


def entry(kind: str, moment: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "at": moment, **more}


POST = entry(
    "post", at(17), page="Strona biblioteki", text="Zapraszamy na Noc bibliotek!", link="",
    pictures=[],
)  # fmt: skip
MAIL = entry(
    "mail", at(17, 5), to="zofia@readers.rehearsal.example", sender="Biblioteka",
    subject="Co słychać", html="<p>Dzień <b>dobry</b></p><script>alert(1)</script>", text="Dzień",
)  # fmt: skip
NOTE = entry(
    "note", at(18, 1), subject="Wieczór poezji", where="Strona biblioteki", word="pominięta",
    text="Za późno.", bad=True,
)  # fmt: skip
ENDING = {
    "subject": "Wieczór poezji", "what": "zapowiedź", "where": "Strona biblioteki",
    "state": "missed", "label": "pominięta", "planned_at": at(18), "published_at": None,
    "problem": "Za późno.", "copies": 0, "differs": False,
}  # fmt: skip
COUNTS = {"published": 2, "missed": 1, "posts": 1, "mails": 1, "wrong": 0}
SEEN = {
    "hours": [{"at": at(17), "entries": [POST, MAIL]}, {"at": at(18), "entries": [NOTE]}],
    "endings": [ENDING],
    "counts": COUNTS,
}


def played(place: Path) -> Rehearsal:
    """One with a post, a mail and something missed."""
    asked = Asked(days=2, troubles=("answer-lost",))
    made = rehearsals.make(place=place, asked=asked, campaign_name="", now=NOW)
    made.keep(SEEN)
    made.tell(Progress(Stage.DONE, 1, NOW, NOW + timedelta(days=2), NOW + timedelta(days=2)))
    return made
