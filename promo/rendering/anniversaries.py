"""The words of an anniversary: `100 lat temu: …`, `24 grudnia 1926 r., 100 lat temu: …`."""

from __future__ import annotations

from datetime import date

from promo.rendering.dates import format_date
from promo.rendering.plurals import choose
from promo.rendering.text import shorten

_NO_BREAK = "\u00a0"


def years_ago(years: int, *, language: str = "pl") -> str:
    """`rok temu`, `102 lata temu`, `100 lat temu`; in English "a year ago", "100 years ago"."""
    if not language.startswith("pl"):
        return "a year ago" if years == 1 else f"{years} years ago"
    noun = choose(years, "rok", "lata", "lat", language=language)
    return "rok temu" if years == 1 else f"{years} {noun} temu"


def headline(title: str, years: int, *, language: str = "pl") -> str:
    """The title of a round anniversary: `100 lat temu: Otwarto czytelnię`."""
    return f"{years_ago(years, language=language)}: {title}"


def opening(happened_on: date, years: int | None, text: str, *, language: str, most: int) -> str:
    """When it was, and how the text begins, within `most` characters.

    `years` is None where the year is not known: then it is not said, and `happened_on` gives only
    the day.
    """
    known = years is not None
    day = format_date(happened_on, language=language, year=known).replace(_NO_BREAK, " ")
    when = f"{day}, {years_ago(years, language=language)}" if years is not None else day
    if not text:
        return when if when.endswith(".") else f"{when}."
    return f"{when}: {shorten(text, most - len(when) - 2)}"
