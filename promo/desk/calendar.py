"""The month of publications: a grid on a desk, a list on a phone."""

import calendar
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, Count, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber, TruncDate
from django.http import Http404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets.button import HeaderButton

from promo.desk.screens import Screen, menu_item_for
from promo.models import Destination, Institution, Publication
from promo.planning.calendar import polish_holidays
from promo.protocol import NEEDS_A_HAND, State
from promo.services import channels

DECEMBER = 12
FIRST_YEAR, LAST_YEAR = 2000, 2100
SHOWN = 5
"""Publications of a day that the month reads and shows; the day's own page shows all."""
PAGE = 100
"""Publications on one page of a day."""


class CalendarViewSet(ViewSet):
    name = url_namespace = "calendar"
    icon = "calendar-alt"
    menu_label = _("Calendar")
    menu_order = 120
    menu_item_class = menu_item_for("promo.view_item")
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", CalendarView.as_view(), name="index"),
            path("<int:year>/<int:month>/", CalendarView.as_view(), name="month"),
            path("<int:year>/<int:month>/<int:day>/", DayView.as_view(), name="day"),
        ]


class CalendarView(Screen):
    template_name = "promo/desk/calendar.html"
    page_title = _("Publication calendar")
    header_icon = "calendar-alt"

    @property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.request.user.has_perm("promo.add_item"):
            return []
        add = reverse("wagtailsnippets_promo_item:add")
        return [HeaderButton(_("New event or news item"), url=add, icon_name="plus")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        first = self._first_day()
        destination = self.request.GET.get("destination", "")
        weeks = self._weeks(first, destination)
        context |= {
            "month": first,
            "weeks": weeks,
            "any": any(day["publications"] for week in weeks for day in week),
            "weekdays": [
                date_format(date(2026, 6, day), "l") for day in range(1, 8)
            ],  # 1 June 2026 is a Monday
            "previous_url": _month_url(first - timedelta(days=1)),
            "next_url": _month_url(_next_month(first)),
            "today": timezone.localdate(),
            "destinations": Destination.objects.filter(active=True),
            "chosen": destination,
            "channels": _legend(),
        }
        return context

    def _first_day(self) -> date:
        today = timezone.localdate()
        return _date(self.kwargs.get("year", today.year), self.kwargs.get("month", today.month))

    def _weeks(self, first: date, destination: str) -> list[list[dict[str, Any]]]:
        weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
        by_day = _first_of_each_day(weeks[0][0], weeks[-1][-1], destination)
        holidays = polish_holidays({day.year for week in weeks for day in week})
        return [
            [
                {
                    "on": day,
                    "inside": day.month == first.month,
                    "holiday": holidays.get(day, ""),
                    "publications": by_day[day],
                    "hidden": by_day[day][0].of_the_day - SHOWN if by_day[day] else 0,
                }
                for day in week
            ]
            for week in weeks
        ]


class DayView(Screen):
    """Everything of one day."""

    template_name = "promo/desk/calendar_day.html"
    header_icon = "calendar-alt"

    @property
    def parents(self) -> tuple[dict[str, Any], ...]:  # type: ignore[override]
        month = date_format(self._day(), "F Y")
        return ({"url": _month_url(self._day()), "label": month},)

    def _day(self) -> date:
        return _date(self.kwargs["year"], self.kwargs["month"], self.kwargs["day"])

    def get_page_title(self) -> str:
        return date_format(self._day(), "l, j E Y")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        on = self._day()
        rows = _publications(on, on, self.request.GET.get("destination", ""))
        pages = Paginator(rows.order_by("planned_at", "id"), PAGE)
        return context | {
            "page": pages.get_page(self.request.GET.get("p")),
            "holiday": polish_holidays({on.year}).get(on, ""),
            "month_url": _month_url(on),
            "previous_url": _day_url(on - timedelta(days=1)),
            "next_url": _day_url(on + timedelta(days=1)),
        }


def _date(year: int, month: int, day: int = 1) -> date:
    """The day; Http404 where there is none, or none that can be reckoned with."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Http404 from error


def _legend() -> list[dict[str, str]]:
    return [
        {"key": key, "label": str(channel.label), "icon": channel.icon}
        for key, channel in channels.installed().items()
    ]


def _publications(first: date, last: date, destination: str) -> QuerySet[Publication]:
    zone = Institution.load().tz
    since = datetime.combine(first, datetime.min.time(), zone)
    until = datetime.combine(last + timedelta(days=1), datetime.min.time(), zone)
    rows = Publication.objects.filter(planned_at__gte=since, planned_at__lt=until)
    if destination.isdecimal():
        rows = rows.filter(destination_id=int(destination))
    rows = rows.exclude(state=State.CANCELLED).select_related("item", "issue", "destination")
    return rows.defer("message_json", "reasons", "item__body", "issue__blocks")


def _first_of_each_day(first: date, last: date, destination: str) -> defaultdict[date, list[Any]]:
    """At most SHOWN of each day, in the order of time; what needs a hand is never left out for
    what does not. Each knows how many there are `of_the_day`: a month of thousands stays light.
    """
    zone = Institution.load().tz
    day = TruncDate("planned_at", tzinfo=zone)
    urgent = Case(When(state__in=NEEDS_A_HAND, then=Value(0)), default=Value(1))
    rows = (
        _publications(first, last, destination)
        .annotate(
            place=Window(RowNumber(), partition_by=[day], order_by=[urgent, "planned_at", "id"]),
            of_the_day=Window(Count("pk"), partition_by=[day]),
        )
        .filter(place__lte=SHOWN)
    )
    by_day: defaultdict[date, list[Any]] = defaultdict(list)
    for row in rows.order_by("planned_at", "id"):
        by_day[row.planned_at.astimezone(zone).date()].append(row)
    return by_day


def _next_month(first: date) -> date:
    return date(first.year + first.month // DECEMBER, first.month % DECEMBER + 1, 1)


def _month_url(day: date) -> str:
    return reverse("calendar:month", args=[day.year, day.month])


def _day_url(day: date) -> str:
    return reverse("calendar:day", args=[day.year, day.month, day.day])
