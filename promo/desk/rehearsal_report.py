"""What a rehearsal has shown: for the desk's screen, for a file of its own, for the console."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.protocol import State
from promo.services import rehearsal_troubles
from promo.services.rehearsals import Progress, Rehearsal

TIMELINE = "promo/desk/rehearsal_timeline.html"
STYLE = Path(__file__).parent / "static" / "promo" / "rehearsal.css"
SHORT = 90
"""Characters of a post or a subject on a line of the console."""


def context(rehearsal: Rehearsal) -> dict[str, Any]:
    """What the timeline's template reads."""
    seen = rehearsal.seen
    endings = [_alive(one) for one in seen.get("endings", [])]
    return {
        "rehearsal": rehearsal,
        "asked": rehearsal.asked,
        "troubles": [
            trouble.label for trouble in rehearsal_troubles.named(rehearsal.asked.troubles)
        ],
        "days": list(_days(seen)),
        "totals": totals(seen.get("counts", {})),
        "counts": seen.get("counts", {}),
        "endings": endings,
        "not_out": [one for one in endings if one["state"] != State.PUBLISHED or one["differs"]],
    }


def totals(counts: Mapping[str, int]) -> list[tuple[str, int, bool]]:
    """The numbers with their words, and whether one is to worry."""
    words = (
        ("published", _("published"), False),
        ("waiting", _("still waiting"), False),
        ("missed", _("missed"), True),
        ("failed", _("refused"), True),
        ("unknown", _("outcome unknown"), True),
        ("cancelled", _("dropped"), False),
        ("wrong", _("followers see something else than Promo says"), True),
        ("posts", _("posts that followers saw"), False),
        ("mails", _("mails to sample readers"), False),
        ("staffs", _("mails to staff"), False),
    )
    always = {"published", "posts", "mails"}
    return [
        (word, counts.get(key, 0), bad)
        for key, word, bad in words
        if counts.get(key) or (key in always and counts)
    ]


def write(rehearsal: Rehearsal, progress: Progress) -> None:
    """The report as one file that opens in every browser, wherever it is kept."""
    told = context(rehearsal) | {
        "progress": progress,
        "style": STYLE.read_text(encoding="utf-8"),
    }
    page = render_to_string("promo/desk/rehearsal_report.html", told)
    rehearsal.report.write_text(page, encoding="utf-8")


def lines(seen: Mapping[str, Any], *, skip: int) -> str:
    """The timeline for the console, without the entries that were told before."""
    told, left = [], skip
    for hour in seen["hours"]:
        fresh = hour["entries"][left:]
        left = max(0, left - len(hour["entries"]))
        if fresh:
            at = datetime.fromisoformat(hour["at"])
            told.append(f"\n{formats.date_format(at, 'D j.m.Y, H:i')}")
            told += [f"  {_line(entry)}" for entry in fresh]
    return "".join(f"{line}\n" for line in told)


def ending(rehearsal: Rehearsal) -> str:
    """The last words on the console."""
    told = context(rehearsal)
    found = [f"{word}: {number}" for word, number, _bad in told["totals"]]
    found += [
        f"  {one['subject']} → {one['where']}: {one['label']}. {one['problem']}".rstrip()
        for one in told["not_out"]
    ]
    found.append(_("Report: {path}").format(path=rehearsal.report))
    return "\n".join(["", *found])


def _days(seen: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The hours by day; of each its posts, mails and notes."""
    hours = [_hour(hour) for hour in seen.get("hours", [])]
    for day, of_day in groupby(hours, key=lambda hour: hour["at"].date()):
        yield {"on": day, "hours": list(of_day)}


def _hour(hour: Mapping[str, Any]) -> dict[str, Any]:
    entries = [_alive(entry) for entry in hour["entries"]]
    return {
        "at": datetime.fromisoformat(hour["at"]),
        "page": [one for one in entries if one["kind"] in {"post", "changed", "gone"}],
        "mails": [one for one in entries if one["kind"] in {"mail", "staff"}],
        "notes": [one for one in entries if one["kind"] in {"note", "off"}],
    }


def _alive(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with its instants as such."""
    moments = {"at", "until", "planned_at", "published_at"}
    return {
        name: datetime.fromisoformat(value) if name in moments and value else value
        for name, value in entry.items()
    }


def _line(entry: Mapping[str, Any]) -> str:
    at = datetime.fromisoformat(entry["at"])
    text = " ".join(str(entry.get("text", "")).split())[:SHORT]
    match entry["kind"]:
        case "post":
            pictures = len(entry["pictures"])
            more = ngettext("{n} picture", "{n} pictures", pictures).format(n=pictures)
            told = f"{entry['page']}: {text}" + (f" [{more}]" if pictures else "")
        case "changed":
            told = _("{page}, changed: {text}").format(page=entry["page"], text=text)
        case "gone":
            told = _("{page}, gone: {text}").format(page=entry["page"], text=text)
        case "mail" | "staff":
            told = f"✉ {entry['to']}: {entry['subject']}"
        case "off":
            until = datetime.fromisoformat(entry["until"])
            told = _("Promo is switched off until {hour}.").format(hour=f"{until:%H:%M}")
        case _:
            told = f"· {entry['where']}: {entry['subject']} – {entry['word']}. {entry['text']}"
    return f"{at:%H:%M} {told}".rstrip()
