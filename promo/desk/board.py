"""What the views of the calendar share: filters in the address, the rows, following them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

from django.db.models import Case, Count, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber, TruncDate, TruncHour
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets.button import HeaderButton

from promo.desk.entries import Entries
from promo.desk.screens import Screen
from promo.models import Branch, Campaign, Destination, Institution, Publication
from promo.models.items import kind_choices
from promo.planning.calendar import polish_holidays
from promo.protocol import DUE, NEEDS_A_HAND, State
from promo.services import channels

FIRST_YEAR, LAST_YEAR = 2000, 2100
ISSUE = "issue"
MOST_CAMPAIGNS = 200
"""In the choice of campaigns: those with something on the screen."""
HEAVY = (
    *("message_json", "item__body", "item__report", "item__facebook_text", "item__recurrence"),
    *("issue__blocks", "reasons", "campaign"),
)
DROPPED = frozenset({State.CANCELLED, State.WITHDRAWN})
STATES: dict[str, tuple[Any, frozenset[State]]] = {
    "coming": (
        _("not out yet"),
        DUE | {State.CLAIMED, State.SENDING, State.ARMED},
    ),
    "out": (_("published"), frozenset({State.PUBLISHED})),
    "hand": (_("needs attention"), NEEDS_A_HAND),
    "dropped": (_("dropped or taken down"), DROPPED),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; "" where it asks for everything."""

    destination: str = ""
    campaign: str = ""
    branch: str = ""
    state: str = ""
    kind: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Self:
        """What makes no sense is left out."""
        numbers = {
            name: asked.get(name, "") if asked.get(name, "").isdecimal() else ""
            for name in ("destination", "campaign", "branch")
        }
        state, kind = asked.get("state", ""), asked.get("kind", "")
        kinds = {key for key, _label in kind_choices()} | {ISSUE}
        return cls(
            **{name: number[:18] for name, number in numbers.items()},
            state=state if state in STATES else "",
            kind=kind if kind in kinds else "",
        )

    @property
    def query(self) -> str:
        """As it is appended to an address: "" or "?…"."""
        chosen = {name: value for name, value in asdict(self).items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""

    @property
    def narrow(self) -> Q:
        wanted = ~Q(state=State.CANCELLED)
        if self.state:
            wanted = Q(state__in=STATES[self.state][1])
        for name, value in (
            ("destination_id", self.destination),
            ("campaign_id", self.campaign),
            ("item__branch_id", self.branch),
        ):
            if value:
                wanted &= Q(**{name: int(value)})
        if self.kind == ISSUE:
            wanted &= Q(issue__isnull=False)
        elif self.kind:
            wanted &= Q(item__kind=self.kind)
        return wanted


def publications(first: date, last: date, filters: Filters) -> QuerySet[Publication]:
    """Those of these days that the filters let through, without what only their own pages show."""
    zone = Institution.load().tz
    since = datetime.combine(first, datetime.min.time(), zone)
    until = datetime.combine(last + timedelta(days=1), datetime.min.time(), zone)
    rows = Publication.objects.filter(filters.narrow, planned_at__gte=since, planned_at__lt=until)
    return rows.select_related("item", "issue", "destination").defer(*HEAVY)


def few_of_each(
    rows: QuerySet[Publication], *, shown: int, hourly: bool = False
) -> defaultdict[tuple[date, int], list[Any]]:
    """At most `shown` of each day (and hour), in the order of time, by day and hour (0 for days);
    what needs a hand is never left out for what does not. Each knows how many there are
    `of_the_place`: a month of thousands stays light.
    """
    zone = Institution.load().tz
    place = (TruncHour if hourly else TruncDate)("planned_at", tzinfo=zone)
    urgent = Case(When(state__in=NEEDS_A_HAND, then=Value(0)), default=Value(1))
    found = rows.annotate(
        place=Window(RowNumber(), partition_by=[place], order_by=[urgent, "planned_at", "id"]),
        of_the_place=Window(Count("pk"), partition_by=[place]),
    ).filter(place__lte=shown)
    by_place: defaultdict[tuple[date, int], list[Any]] = defaultdict(list)
    for row in found.order_by("planned_at", "id"):
        local = row.planned_at.astimezone(zone)
        by_place[local.date(), local.hour if hourly else 0].append(row)
    return by_place


class BoardView(Screen):
    """A view of the calendar. With `?live=` it answers with what stands on the board alone, or
    with 304 where the asker has that."""

    template_name = "promo/desk/calendar.html"
    page_title = _("Publication calendar")
    header_icon = "calendar-alt"
    view: ClassVar[str]
    fragment: ClassVar[str]
    request: HttpRequest

    @property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.request.user.has_perm("promo.add_item"):
            return []
        add = reverse("wagtailsnippets_promo_item:add")
        return [HeaderButton(_("New event or news item"), url=add, icon_name="plus")]

    @property
    def filters(self) -> Filters:
        return Filters.of(self.request.GET)

    def day(self) -> date:
        """The day in the address, today without one; Http404 for one that there is not."""
        today = timezone.localdate()
        return day_of(
            self.kwargs.get("year", today.year),
            self.kwargs.get("month", today.month),
            self.kwargs.get("day", today.day),
        )

    def board(self) -> dict[str, Any]:
        """What the fragment shows: `rows` are its publications, `places` where they stand, `first`
        and `last` its days."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "live" not in request.GET:
            return super().get(request, *args, **kwargs)
        made = self._board()
        if request.headers.get("If-None-Match", "").removeprefix("W/") == made["tag"]:
            answer: HttpResponse = HttpResponseNotModified()
        else:
            self._draw(made)
            answer = HttpResponse(render_to_string(self.fragment, made, request))
        answer["ETag"] = made["tag"]
        return answer

    def _board(self) -> dict[str, Any]:
        made = self.board()
        today = timezone.localdate()
        return made | {
            "today": today,
            "query": self.filters.query,
            "tag": _tag(made["rows"], today),
            "any": bool(made["rows"]),
            "may_move": self.request.user.has_perm("promo.change_publication"),
        }

    def _draw(self, made: dict[str, Any]) -> None:
        entries = Entries(may_move=made["may_move"])
        for place in made["places"]:
            place["entries"] = [entries.draw(row) for row in place["publications"]]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        made = self._board()
        self._draw(made)
        filters = self.filters
        return (
            context
            | made
            | {
                "fragment": self.fragment,
                "view": self.view,
                "filters": filters,
                "views": self._views(),
                "here": self.request.path,
                "live_url": _joined(self.request.path, filters.query, "live=1"),
                "choices": _choices(filters, made["first"], made["last"]),
                "channels": legend(),
                "institution": Institution.load(),
            }
        )

    def _views(self) -> list[dict[str, Any]]:
        day, query = self.day(), self.filters.query
        return [
            {"key": "month", "label": _("Month"), "url": month_url(day) + query},
            {"key": "week", "label": _("Week"), "url": _dated("week_of", day) + query},
            {"key": "agenda", "label": _("Agenda"), "url": _dated("agenda_from", day) + query},
        ]


def _tag(rows: list[Publication], today: date) -> str:
    """A strong entity tag of what the board shows."""
    shown = [
        (row.pk, row.state, row.planned_at, row.held, row.subject, getattr(row, "of_the_place", 0))
        for row in rows
    ]
    told = repr((today, get_language(), shown)).encode()
    return f'"{hashlib.sha256(told).hexdigest()[:32]}"'


def _choices(filters: Filters, first: date, last: date) -> list[dict[str, Any]]:
    """The filters as a form asks for them."""
    shown = publications(first, last, Filters()).order_by().values("campaign_id")
    campaigns = Campaign.objects.filter(Q(pk__in=shown) | Q(pk=filters.campaign or None))
    states = [(key, label) for key, (label, _states) in STATES.items()]
    kinds = [*kind_choices(), (ISSUE, _("newsletter issue"))]
    asked = [
        _choice("destination", _("Destination"), _("All destinations"), _named(Destination)),
        _choice("state", _("State"), _("Every state"), states),
        _choice("kind", _("Kind"), _("Every kind"), kinds),
        _choice("branch", _("Branch"), _("All branches"), _named(Branch)),
        _choice(
            "campaign",
            _("Campaign"),
            _("All campaigns"),
            list(campaigns.order_by("name").values_list("pk", "name")[:MOST_CAMPAIGNS]),
        ),
    ]
    return [choice | {"chosen": getattr(filters, choice["name"])} for choice in asked]


def _choice(name: str, label: Any, everything: Any, options: list[Any]) -> dict[str, Any]:
    asked = [(str(key), text) for key, text in options]
    return {"name": name, "label": label, "everything": everything, "options": asked}


def _named(model: type[Destination | Branch]) -> list[Any]:
    return list(model._default_manager.values_list("pk", "name"))  # noqa: SLF001  (Django's public name)


def legend() -> list[dict[str, str]]:
    return [
        {"key": key, "label": str(channel.label), "icon": channel.icon}
        for key, channel in channels.installed().items()
    ]


def day_of(year: int, month: int, day: int = 1) -> date:
    """The day; Http404 where there is none, or none that can be reckoned with."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Http404 from error


def facts_of(day: date, holidays: Mapping[date, str]) -> dict[str, Any]:
    """What every view says about a day."""
    return {"on": day, "holiday": holidays.get(day, "")}


def holidays_of(days: list[date]) -> Mapping[date, str]:
    return polish_holidays({day.year for day in days})


def month_url(day: date) -> str:
    return reverse("calendar:month", args=[day.year, day.month])


def day_url(day: date) -> str:
    return _dated("day", day)


def week_url(day: date) -> str:
    return _dated("week_of", day)


def agenda_url(day: date) -> str:
    return _dated("agenda_from", day)


def _dated(name: str, day: date) -> str:
    return reverse(f"calendar:{name}", args=[day.year, day.month, day.day])


def _joined(path: str, query: str, more: str) -> str:
    return f"{path}{query}&{more}" if query else f"{path}?{more}"
