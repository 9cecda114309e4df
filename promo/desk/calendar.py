"""The calendar of publications: a month, a week by the hour, an agenda, one day in full."""

import calendar
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.base import ViewSet

from promo.desk import moves, next_day, planfeed
from promo.desk.board import (
    BoardView,
    Filters,
    agenda_url,
    day_of,
    day_url,
    facts_of,
    few_of_each,
    holidays_of,
    month_url,
    publications,
    week_url,
)
from promo.desk.screens import Screen, menu_item_for
from promo.models import Institution
from promo.planning.calendar import polish_holidays

DECEMBER = 12
SHOWN = 5
"""Publications of a day that the month reads and shows; the day's own page shows all."""
SHOWN_IN_HOUR = 3
SHOWN_IN_AGENDA = 20
PAGE = 100
"""Publications on one page of a day."""
WEEK = 7
AGENDA = 14
"""Days of an agenda."""
LAST_HOUR = 23


class CalendarViewSet(ViewSet):
    name = url_namespace = "calendar"
    icon = "calendar-alt"
    menu_label = _("Calendar")
    menu_order = 120
    menu_item_class = menu_item_for("promo.view_item")
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[Any]:
        day = "<int:year>/<int:month>/<int:day>/"
        return [
            path("", MonthView.as_view(), name="index"),
            path("<int:year>/<int:month>/", MonthView.as_view(), name="month"),
            path(day, DayView.as_view(), name="day"),
            path("week/", WeekView.as_view(), name="week"),
            path(f"week/{day}", WeekView.as_view(), name="week_of"),
            path("agenda/", AgendaView.as_view(), name="agenda"),
            path(f"agenda/{day}", AgendaView.as_view(), name="agenda_from"),
            path("moves/<int:pk>/verdicts/", moves.verdicts, name="verdicts"),
            path("moves/<int:pk>/", moves.move, name="move"),
            path("panel/<int:pk>/", moves.PanelView.as_view(), name="panel"),
            path("next-day/", next_day.show, name="next_day"),
            path("feed/", planfeed.AddressView.as_view(), name="feed"),
        ]


class MonthView(BoardView):
    view = "month"
    fragment = "promo/desk/calendar_month.html"

    def day(self) -> date:
        if "year" in self.kwargs:
            return day_of(self.kwargs["year"], self.kwargs["month"])
        return timezone.localdate()

    def board(self) -> dict[str, Any]:
        first = self.day().replace(day=1)
        weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
        days = [day for week in weeks for day in week]
        found = few_of_each(publications(days[0], days[-1], self.filters), shown=SHOWN)
        holidays = holidays_of(days)
        shown = [
            [
                facts_of(day, holidays)
                | {"inside": day.month == first.month}
                | _place(found.get((day, 0), []), SHOWN)
                for day in week
            ]
            for week in weeks
        ]
        return {
            "first": days[0],
            "last": days[-1],
            "rows": [row for rows in found.values() for row in rows],
            "title": date_format(first, "F Y"),
            "weeks": shown,
            "places": [day for week in shown for day in week],
            "weekdays": [date_format(day, "l") for day in days[:WEEK]],
            "previous_url": month_url(first - timedelta(days=1)),
            "next_url": month_url(_next_month(first)),
            "today_url": reverse("calendar:index"),
        }


class WeekView(BoardView):
    view = "week"
    fragment = "promo/desk/calendar_week.html"

    def board(self) -> dict[str, Any]:
        monday = self.day() - timedelta(days=self.day().weekday())
        days = [monday + timedelta(days=number) for number in range(WEEK)]
        rows = publications(days[0], days[-1], self.filters)
        found = few_of_each(rows, shown=SHOWN_IN_HOUR, hourly=True)
        holidays = holidays_of(days)
        hours: list[dict[str, Any]] = [
            {
                "hour": hour,
                "used": any(found.get((day, hour)) for day in days),
                "cells": [
                    {"on": day} | _place(found.get((day, hour), []), SHOWN_IN_HOUR) for day in days
                ],
            }
            for hour in _hours({hour for (_day, hour), rows in found.items() if rows})
        ]
        return {
            "first": days[0],
            "last": days[-1],
            "rows": [row for rows in found.values() for row in rows],
            "title": _span(days[0], days[-1]),
            "days": [facts_of(day, holidays) for day in days],
            "hours": hours,
            "places": [cell for hour in hours for cell in hour["cells"]],
            "previous_url": week_url(monday - timedelta(days=WEEK)),
            "next_url": week_url(monday + timedelta(days=WEEK)),
            "today_url": reverse("calendar:week"),
        }


class AgendaView(BoardView):
    view = "agenda"
    fragment = "promo/desk/calendar_agenda.html"

    def board(self) -> dict[str, Any]:
        first = self.day()
        days = [first + timedelta(days=number) for number in range(AGENDA)]
        rows = publications(days[0], days[-1], self.filters)
        found = few_of_each(rows, shown=SHOWN_IN_AGENDA)
        holidays = holidays_of(days)
        shown = [
            facts_of(day, holidays) | _place(found.get((day, 0), []), SHOWN_IN_AGENDA)
            for day in days
        ]
        return {
            "first": days[0],
            "last": days[-1],
            "rows": [row for rows in found.values() for row in rows],
            "title": _span(days[0], days[-1]),
            "days": shown,
            "places": shown,
            "previous_url": agenda_url(first - timedelta(days=AGENDA)),
            "next_url": agenda_url(first + timedelta(days=AGENDA)),
            "today_url": reverse("calendar:agenda"),
        }


class DayView(Screen):
    """Everything of one day."""

    template_name = "promo/desk/calendar_day.html"
    header_icon = "calendar-alt"

    @property
    def parents(self) -> tuple[dict[str, Any], ...]:  # type: ignore[override]
        month = date_format(self._day(), "F Y")
        return ({"url": month_url(self._day()), "label": month},)

    def _day(self) -> date:
        return day_of(self.kwargs["year"], self.kwargs["month"], self.kwargs["day"])

    def get_page_title(self) -> str:
        return date_format(self._day(), "l, j E Y")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        on, filters = self._day(), Filters.of(self.request.GET)
        rows = publications(on, on, filters)
        pages = Paginator(rows.order_by("planned_at", "id"), PAGE)
        return context | {
            "page": pages.get_page(self.request.GET.get("p")),
            "holiday": polish_holidays({on.year}).get(on, ""),
            "month_url": month_url(on) + filters.query,
            "previous_url": day_url(on - timedelta(days=1)) + filters.query,
            "next_url": day_url(on + timedelta(days=1)) + filters.query,
        }


def _place(rows: list[Any], shown: int) -> dict[str, Any]:
    return {"publications": rows, "hidden": rows[0].of_the_place - shown if rows else 0}


def _hours(used: set[int]) -> range:
    """The hours that a week shows: those in which something may go out, and those that are used."""
    row = Institution.load()
    overnight = row.quiet_from > row.quiet_until
    first, last = (row.quiet_until.hour, row.quiet_from.hour) if overnight else (0, LAST_HOUR)
    return range(min({first, *used}), max({min(last, LAST_HOUR), *used}) + 1)


def _span(first: date, last: date) -> str:
    """From one day to another, as short as it can be said."""
    if first.year != last.year:
        return f"{date_format(first, 'j E Y')} – {date_format(last, 'j E Y')}"
    if first.month != last.month:
        return f"{date_format(first, 'j E')} – {date_format(last, 'j E Y')}"
    return f"{first.day}–{date_format(last, 'j E Y')}"


def _next_month(first: date) -> date:
    return date(first.year + first.month // DECEMBER, first.month % DECEMBER + 1, 1)
