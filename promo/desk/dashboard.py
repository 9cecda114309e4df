"""The first screen: what needs a hand, what waits for an approval, what goes out next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.ui.components import Component
from wagtail.models import TaskState, WorkflowState

from promo.desk import next_day
from promo.desk.screens import staff
from promo.models import Destination, DomainHold, Entry, Item, Mailing, Publication
from promo.protocol import AHEAD, DUE, NEEDS_A_HAND, State
from promo.services import accesses, confirmations, fetching, missed, returns, sightings
from promo.services.clock import database_now

SOON = timedelta(days=7)
COMING = DUE | AHEAD
SHOWN = 12
FEW = 6


class Panel(Component):
    """A panel of the first screen; `column` says on which side it stands."""

    column = "main"

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        # A component gets nothing of the page's context, not even `perms`.
        may = self.request.user.has_perm
        return {
            "request": self.request,
            "may_write": may("promo.add_item"),
            "may_connect": may("promo.change_destination"),
        }


class NeedsAHandPanel(Panel):
    """Refused, unknown and missed publications, paused destinations, returned mail that nobody
    could read or fetch: each with a way on.
    """

    name = "needs_a_hand"
    template_name = "promo/desk/home_needs_a_hand.html"
    order = 10

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        rows = _with_names(Publication.objects.filter(state__in=NEEDS_A_HAND))
        return super().get_context_data(parent_context) | {
            "publications": rows.order_by("-planned_at")[:FEW],
            "count": rows.count(),
            "missed": missed.rows().count(),
            "paused": Destination.objects.filter(paused_at__isnull=False, access_lost_at=None),
            "resting": Destination.objects.filter(paused_at=None, rests_until_at__isnull=False),
            "access": accesses.warnings(),
            "held": _held(),
            "held_up": _held_up(),
            "held_back": confirmations.held_back(now=database_now()),
            "cap": settings.PROMO_CONFIRMATIONS_AN_HOUR,
            "mailbox_problem": fetching.problem(),
            "returned": returns.for_a_person() if self._may_see_readers() else 0,
        }

    def _may_see_readers(self) -> bool:
        return self.request.user.has_perm("promo.view_subscriber")


class AccessPanel(Panel):
    """Networks that have logged us out or soon will, and posts that somebody is to look at: one
    sentence and its buttons each.
    """

    name = "access"
    template_name = "promo/desk/home_access.html"
    order = 1

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        context = super().get_context_data(parent_context)
        questions = list(sightings.questions()) if context["may_connect"] else []
        return context | {
            "warnings": accesses.warnings(),
            "questions": questions,
            "csrf_token": get_token(self.request),
        }


def _held() -> list[dict[str, Any]]:
    """Providers that refuse our mail, each with the publication that waits for them."""
    rows = _with_names(Publication.objects.filter(mailing__finished_at=None))
    return [
        {"hold": hold, "publication": rows.filter(mailing__batches__domain=hold.domain).last()}
        for hold in DomainHold.objects.all()
    ]


def _held_up() -> QuerySet[Publication]:
    """Issues on their way that the mail server holds up, as their own pages say."""
    going = [Mailing.State.RUNNING, Mailing.State.PAUSED]
    rows = Publication.objects.filter(mailing__state__in=going).exclude(mailing__problem="")
    return _with_names(rows).select_related("mailing").order_by("mailing__started_at")


class ReviewPanel(Panel):
    """What waits for this person's approval."""

    name = "review"
    template_name = "promo/desk/home_review.html"
    order = 5

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        states = (
            TaskState.objects.reviewable_by(self.request.user)
            .select_related("revision__user")
            .prefetch_related("revision__content_object")
            .order_by("started_at")
        )
        rows = [_review(state) for state in states if state.revision.content_object]
        return super().get_context_data(parent_context) | {"rows": rows}


def _review(state: TaskState) -> dict[str, Any]:
    content = state.revision.content_object
    return {
        "content": content,
        "url": edit_url(content),
        "by": state.revision.user,
        "at": state.started_at,
    }


class OwnPanel(Panel):
    """The person's own drafts, and what of theirs is in review."""

    name = "own"
    template_name = "promo/desk/home_own.html"
    order = 30
    column = "side"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        user = staff(self.request)
        asked = WorkflowState.objects.active().filter(requested_by=user)
        reviewed = [row.content_object for row in asked.prefetch_related("content_object")]
        known = {row.pk for row in reviewed if isinstance(row, Item)}
        drafts = (
            Item.objects.filter(latest_revision__user=user, has_unpublished_changes=True)
            .exclude(pk__in=known)
            .select_related("latest_revision")
            .order_by("-latest_revision__created_at")[:FEW]
        )
        return super().get_context_data(parent_context) | {
            "reviewed": [{"content": row, "url": edit_url(row)} for row in reviewed if row],
            "drafts": [{"content": row, "url": edit_url(row)} for row in drafts],
        }


class InboxPanel(Panel):
    """The newest of what the sources brought."""

    name = "inbox"
    template_name = "promo/desk/home_inbox.html"
    order = 40
    column = "side"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        rows = Entry.objects.filter(state=Entry.State.NEW)
        return super().get_context_data(parent_context) | {
            "entries": rows.select_related("source")[:3],
            "count": rows.count(),
        }


@dataclass(frozen=True, slots=True)
class Moment:
    """What goes out of one item at one minute: once on each destination."""

    at: datetime
    subject: str
    url: str
    publications: tuple[Publication, ...]

    @property
    def on(self) -> date:
        return timezone.localdate(self.at)


class NextDayPanel(Panel):
    """What goes out in the next 24 hours; it follows what happens."""

    name = "next_day"
    template_name = next_day.TEMPLATE
    order = 15

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return super().get_context_data(parent_context) | next_day.next_day(database_now())


class NextPanel(Panel):
    """What goes out in the coming week after the next 24 hours, day by day."""

    name = "next"
    template_name = "promo/desk/home_next.html"
    order = 20

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        now = timezone.now()
        since = now + next_day.SPAN
        rows = _with_names(
            Publication.objects.filter(state__in=COMING, due_at__gte=since, due_at__lte=now + SOON)
        )
        moments = list(_moments(rows.order_by("due_at", "item_id", "issue_id", "id")))
        today = timezone.localdate()
        return super().get_context_data(parent_context) | {
            "moments": moments[:SHOWN],
            "more": len(moments) > SHOWN,
            "today": today,
            "tomorrow": today + timedelta(days=1),
        }


def _moments(rows: Iterable[Publication]) -> Iterable[Moment]:
    def place(row: Publication) -> tuple[datetime, int | None, int | None]:
        return row.due_at.replace(second=0, microsecond=0), row.item_id, row.issue_id

    for (at, _item, _issue), group in groupby(rows, place):
        together = tuple(group)
        content = together[0].item or together[0].issue
        yield Moment(at, together[0].subject, edit_url(content), together)


class LatelyOutPanel(Panel):
    """What went out lately, with its address."""

    name = "lately_out"
    template_name = "promo/desk/home_lately.html"
    order = 50
    column = "side"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        rows = _with_names(Publication.objects.filter(state=State.PUBLISHED))
        return super().get_context_data(parent_context) | {
            "publications": rows.order_by("-published_at")[:FEW]
        }


def edit_url(content: Any) -> str:
    """The editor of an item or an issue."""
    return reverse(content.snippet_viewset.get_url_name("edit"), args=[content.pk])


def _with_names(rows: QuerySet[Publication]) -> QuerySet[Publication]:
    return rows.select_related("item", "issue", "destination")


def home_panels(request: HttpRequest) -> list[Panel]:
    """The panels of the first screen that this person has a use for."""
    may = request.user.has_perm
    kinds: list[type[Panel]] = [
        *(ReviewPanel, NextDayPanel, NextPanel),
        *(OwnPanel, LatelyOutPanel),
    ]
    if may("promo.change_publication"):
        kinds += [AccessPanel, NeedsAHandPanel]
    if may("promo.view_entry"):
        kinds.append(InboxPanel)
    return [kind(request) for kind in kinds]
