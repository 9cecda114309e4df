"""Regional anniversaries become drafts in good time, each once a year. None goes out unapproved."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.html import escape, urlize

from promo.errors import InvalidInput
from promo.importing.anniversaries import AnniversaryInput
from promo.importing.records import refused
from promo.models import Anniversary, Institution, Item, ItemPhoto, Remembrance
from promo.planning.anniversaries import coming_up, day_in, is_round
from promo.rendering.anniversaries import headline, opening

KIND = "heritage"
LEAD = 160
LEVEL = 2
"""Website and social media; newsletters collect what they want of it by themselves."""

A_YEAR = 365
A_LEAP_YEAR = 2000
_SOURCE = {"pl": "Źródło", "en": "Source"}


def due(*, now: datetime) -> list[int]:
    """The anniversaries that come up and have no draft of this year yet."""
    house = Institution.load()
    today = now.astimezone(house.tz).date()
    wanted = Q(pk__in=[])
    for year, days in coming_up(today=today, days_ahead=house.anniversary_days):
        made = Remembrance.objects.filter(year=year).values("anniversary")
        known = Q(year=None) | Q(year__lt=year)
        wanted |= Q(on__in=days) & known & ~Q(pk__in=made)
    return list(Anniversary.objects.filter(wanted, active=True).values_list("pk", flat=True))


def remember(anniversary_id: int, *, now: datetime) -> None:
    """Make this year's draft and ask for its approval, if it is time; nothing happens twice."""
    house = Institution.load()
    today = now.astimezone(house.tz).date()
    with transaction.atomic():
        row = (
            Anniversary.objects.select_for_update(of=("self",))
            .filter(pk=anniversary_id, active=True)
            .first()
        )
        if row is None:
            return
        on = _next_day(row, today)
        too_early = on > today + timedelta(days=house.anniversary_days)
        to_come = row.year is not None and row.year >= on.year
        if too_early or to_come or row.remembrances.filter(year=on.year).exists():
            return
        item = _draft(row, on, language=house.language)
        Remembrance.objects.create(anniversary=row, year=on.year, item=item, made_at=now)
        workflow = item.get_workflow()
        if workflow is not None:
            workflow.start(item, None)


def _next_day(row: Anniversary, today: date) -> date:
    this_year = day_in(today.year, row.on)
    return this_year if this_year >= today else day_in(today.year + 1, row.on)


def _draft(row: Anniversary, on: date, *, language: str) -> Item:
    """A draft that is shown on that day alone, once on each page."""
    years = None if row.year is None else on.year - row.year
    happened_on = day_in(row.year or A_LEAP_YEAR, row.on)
    rounded = years is not None and is_round(years)
    item = Item(
        kind=KIND,
        title=headline(row.title, years, language=language) if years and rounded else row.title,
        lead=opening(happened_on, years, _plain(row.text), language=language, most=LEAD),
        body=body_of(row, language=language),
        language=language,
        branch=row.branch,
        level=LEVEL,
        again_after_days=A_YEAR,
        season_from=f"{on:%m-%d}",
        season_until=f"{on:%m-%d}",
        most_showings=1,
        shown_until_on=on,
        live=False,
        has_unpublished_changes=True,
    )
    if row.photo is not None:
        item.photos.add(ItemPhoto(photo=row.photo))
    item.full_clean()
    item.save()
    item.save_revision(clean=False)
    return item


def _plain(text: str) -> str:
    return " ".join(text.split())


def body_of(row: Anniversary, *, language: str) -> str:
    """The text in paragraphs, and where it is written, as the editor keeps it."""
    paragraphs = [part for part in re.split(r"\r?\n\s*\r?\n", row.text.strip()) if part.strip()]
    told = [escape(" ".join(part.split())) for part in paragraphs]
    source = urlize(row.source, autoescape=True)
    return "".join(f"<p>{part}</p>" for part in (*told, f"{_SOURCE[language]}: {source}"))


def take_in(*, inputs: Sequence[AnniversaryInput]) -> int:
    """Put the rows of a file into the calendar; gives how many were new.

    All or none: raises InvalidRows. What is there already (day, year, title) is left as it is.
    """
    errors: list[InvalidInput] = []
    added = 0
    with transaction.atomic():
        for given in inputs:
            known = {"on": given.on, "year": given.year, "title": given.title}
            if Anniversary.objects.filter(**known).exists():
                continue
            row = Anniversary(**known, text=given.text, source=given.source)
            try:
                row.full_clean()
            except ValidationError as error:
                errors += [
                    InvalidInput(" ".join(texts), field=name, row=given.row)
                    for name, texts in error.message_dict.items()
                ]
                continue
            row.save()
            added += 1
        if errors:
            raise refused(errors)
    return added
