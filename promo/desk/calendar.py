"""The month of publications: a grid on a desk, a list on a phone."""

import calendar
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.http import Http404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.base import ViewSet

from promo.desk.screens import Screen
from promo.models import Destination, Institution, Publication
from promo.planning.calendar import polish_holidays
from promo.protocol import State

DECEMBER = 12


class CalendarViewSet(ViewSet):
    name = url_namespace = "calendar"
    icon = "calendar-alt"
    menu_label = _("Calendar")
    menu_order = 100
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", CalendarView.as_view(), name="index"),
            path("<int:year>/<int:month>/", CalendarView.as_view(), name="month"),
        ]


class CalendarView(Screen):
    template_name = "promo/desk/calendar.html"
    page_title = _("Publication calendar")
    header_icon = "calendar-alt"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        first = self._first_day()
        destination = self.request.GET.get("destination", "")
        context |= {
            "month": first,
            "weeks": self._weeks(first, destination),
            "weekdays": [
                date_format(date(2026, 6, day), "l") for day in range(1, 8)
            ],  # 1 June 2026 is a Monday
            "previous_url": _month_url(first - timedelta(days=1)),
            "next_url": _month_url(_next_month(first)),
            "today": timezone.localdate(),
            "destinations": Destination.objects.filter(active=True),
            "chosen": destination,
        }
        return context

    def _first_day(self) -> date:
        today = timezone.localdate()
        try:
            return date(
                self.kwargs.get("year", today.year), self.kwargs.get("month", today.month), 1
            )
        except ValueError as error:
            raise Http404 from error

    def _weeks(self, first: date, destination: str) -> list[list[dict[str, Any]]]:
        weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
        by_day = _publications(weeks[0][0], weeks[-1][-1], destination)
        holidays = polish_holidays({day.year for week in weeks for day in week})
        return [
            [
                {
                    "on": day,
                    "inside": day.month == first.month,
                    "holiday": holidays.get(day, ""),
                    "publications": by_day[day],
                }
                for day in week
            ]
            for week in weeks
        ]


def _publications(
    first: date, last: date, destination: str
) -> defaultdict[date, list[Publication]]:
    zone = Institution.load().tz
    since = datetime.combine(first, datetime.min.time(), zone)
    until = datetime.combine(last + timedelta(days=1), datetime.min.time(), zone)
    rows = Publication.objects.filter(planned_at__gte=since, planned_at__lt=until)
    if destination.isdigit():
        rows = rows.filter(destination_id=int(destination))
    rows = rows.exclude(state=State.CANCELLED).select_related("item", "issue", "destination")
    by_day: defaultdict[date, list[Publication]] = defaultdict(list)
    for row in rows.order_by("planned_at", "id"):
        by_day[row.planned_at.astimezone(zone).date()].append(row)
    return by_day


def _next_month(first: date) -> date:
    return date(first.year + first.month // DECEMBER, first.month % DECEMBER + 1, 1)


def _month_url(day: date) -> str:
    return reverse("calendar:month", args=[day.year, day.month])
