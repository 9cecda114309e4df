"""The filters of our templates.

Those that say dates and hours read the institution's zone and clock from the template's context
(`institution`, or `draft.institution`), and the day it is read from `draft.due_on`; macros that use
them are imported `with context`. All speak the language of the rendering.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from email.utils import format_datetime
from typing import Any, cast
from urllib.parse import urljoin

import jinja2
from django.utils import translation
from markupsafe import Markup

from promo.rendering import dates, polish
from promo.rendering.dates import Case, ClockStyle, DateStyle, RangeStyle, TimeStyle
from promo.rendering.html import clean
from promo.rendering.plurals import Number, count
from promo.rendering.text import hashtag, shorten, strip_control, wrap_text
from promo.rendering.to_text import to_text
from promo.rendering.when import WhenStyle, format_when
from promo.values import Draft, InstitutionFacts


def _language() -> str:
    return translation.get_language() or "pl"


def _institution(context: jinja2.runtime.Context) -> InstitutionFacts:
    found = context.get("institution")
    draft = context.get("draft")
    if found is None and isinstance(draft, Draft):
        found = draft.institution
    if not isinstance(found, InstitutionFacts):
        message = (
            "dates and addresses need `institution` in the context"
            " (import macros that use them `with context`)"
        )
        raise jinja2.TemplateRuntimeError(message)
    return found


def _day(context: jinja2.runtime.Context, value: date) -> date:
    if isinstance(value, datetime):
        return dates.local(value, _institution(context).zone).date()
    return value


def _typeset(value: str) -> str:
    if isinstance(value, Markup):
        return _typeset_html(value)
    return polish.typeset(str(value), language=_language())


def _typeset_html(value: str) -> Markup:
    return Markup(polish.typeset_html(str(value), language=_language()))  # noqa: S704  (its input is HTML)


def _plain(value: str) -> str:
    done = polish.plain(str(value))
    return Markup(done) if isinstance(value, Markup) else done  # noqa: S704  (was safe before)


@jinja2.pass_context
def _clean(context: jinja2.runtime.Context, value: str, base_url: str | None = None) -> Markup:
    base = _institution(context).base_url if base_url is None else base_url
    safe = clean(str(value), base_url=base)
    return Markup(safe)  # noqa: S704  (sanitised)


@jinja2.pass_context
def _date(
    context: jinja2.runtime.Context, value: date, style: DateStyle = "long", *, year: bool = True
) -> str:
    return dates.format_date(_day(context, value), language=_language(), style=style, year=year)


@jinja2.pass_context
def _date_range(
    context: jinja2.runtime.Context,
    start: date,
    end: date,
    style: RangeStyle = "dash",
    *,
    year: bool = True,
) -> str:
    first, last = _day(context, start), _day(context, end)
    return dates.format_range(first, last, language=_language(), style=style, year=year)


@jinja2.pass_context
def _time(
    context: jinja2.runtime.Context,
    value: time | datetime,
    style: TimeStyle = "bare",
    clock: ClockStyle | None = None,
) -> str:
    institution = _institution(context)
    if isinstance(value, datetime):
        value = dates.local(value, institution.zone).time()
    return dates.format_time(
        value,
        language=_language(),
        clock_style=clock or institution.clock_style,
        style=style,
    )


@jinja2.pass_context
def _when(
    context: jinja2.runtime.Context,
    starts_at: datetime,
    ends_at: datetime | None = None,
    all_day: bool = False,  # noqa: FBT001, FBT002  (as in format_when)
    *,
    style: WhenStyle = "list",
    relative: bool = False,
    omit_year: bool = False,
    today: date | None = None,
) -> str:
    institution = _institution(context)
    draft = context.get("draft")
    return format_when(
        starts_at,
        ends_at,
        all_day,
        zone=institution.zone,
        language=_language(),
        clock_style=institution.clock_style,
        today=today or (draft.due_on if isinstance(draft, Draft) else None),
        relative=relative,
        omit_year=omit_year,
        style=style,
    )


@jinja2.pass_context
def _weekday(context: jinja2.runtime.Context, value: date, case: Case = "nominative") -> str:
    return dates.weekday(_day(context, value), language=_language(), case=case)


def _count(n: Number, one: str, few: str, many: str = "", other: str = "") -> str:
    return count(n, one, few, many, other, language=_language())


def _to_text(value: str) -> str:
    return to_text(str(value))


def _wrap(value: str, width: int = 72) -> str:
    return wrap_text(str(value), width)


@jinja2.pass_context
def _absolute(context: jinja2.runtime.Context, value: str) -> str:
    return urljoin(f"{_institution(context).base_url}/", str(value))


@jinja2.pass_context
def _rfc822(context: jinja2.runtime.Context, value: datetime) -> str:
    """English names whatever the language, numeric offset: `Tue, 20 Oct 2026 17:00:00 +0200`."""
    return format_datetime(dates.local(value, _institution(context).zone))


@jinja2.pass_context
def _rfc3339(context: jinja2.runtime.Context, value: datetime) -> str:
    """`2026-10-20T17:00:00+02:00`, with the offset of that day."""
    return dates.local(value, _institution(context).zone).isoformat(timespec="seconds")


def _xml_safe(value: str) -> str:
    done = strip_control(str(value))
    return Markup(done) if isinstance(value, Markup) else done  # noqa: S704  (was safe before)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "absolute": _absolute,
    "clean": _clean,
    "count": _count,
    "date": _date,
    "date_range": _date_range,
    "hashtag": hashtag,
    "plain": _plain,
    "rfc3339": _rfc3339,
    "rfc822": _rfc822,
    "shorten": shorten,
    "time": _time,
    "to_text": _to_text,
    "typeset": _typeset,
    "typeset_html": _typeset_html,
    "weekday": _weekday,
    "when": _when,
    "wrap": _wrap,
    "xml_safe": _xml_safe,
}

NEED_THE_INSTITUTION = frozenset(
    name for name, used in FILTERS.items() if cast("Any", used).__dict__.get("jinja_pass_arg")
)
"""Filters that read the context; in a macro they work only where it is imported `with context`."""
