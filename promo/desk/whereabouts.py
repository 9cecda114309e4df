"""Where is my event? For whoever submitted it: channel by channel, in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Count, Min, Q
from django.shortcuts import get_object_or_404
from django.urls import path, reverse_lazy
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.viewsets.base import ViewSet
from wagtail.models import WorkflowState

from promo.desk.date_acts import in_words
from promo.desk.screens import Screen, menu_item_for, staff
from promo.errors import PromoError
from promo.models import Destination, Item, Publication
from promo.planning import Dropped, Plan, Planned, Reason, ReasonCode, reason_text
from promo.protocol import AHEAD, DUE, NEEDS_A_HAND, State
from promo.services import approvals, channels, plans, series_dates, sightings
from promo.services.clock import database_now

PAGE = 30
RECENT = 300
"""Of what somebody asked an approval for, the newest."""
NAMED = 3
TOLD_ELSEWHERE = frozenset({ReasonCode.ALREADY_OUT})


class WhereaboutsViewSet(ViewSet):
    name = url_namespace = "whereabouts"
    icon = "view"
    menu_label = gettext_lazy("Where is my event?")
    menu_order = 115
    menu_item_class = menu_item_for("promo.add_item")
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", MineView.as_view(), name="index"),
            path("<int:pk>/", WhereView.as_view(), name="show"),
        ]


class MineView(Screen):
    """What somebody has submitted or is writing, the newest first, each with how far it is."""

    permission = "promo.view_item"
    template_name = "promo/desk/whereabouts.html"
    page_title = gettext_lazy("Where is my event?")
    header_icon = "view"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        user = staff(self.request)
        asked = WorkflowState.objects.filter(requested_by=user).order_by("-created_at")
        own = Q(pk__in=[int(pk) for pk in asked.values_list("object_id", flat=True)[:RECENT]])
        items = Item.objects.filter(own | Q(latest_revision__user=user)).order_by(
            "-latest_revision__created_at", "-id"
        )
        light = items.defer("body", "report", "facebook_text")
        page = Paginator(light, PAGE).get_page(self.request.GET.get("p"))
        standing = _counts([item.pk for item in page])
        return context | {
            "page": page,
            "rows": [{"item": item, "counts": standing.get(item.pk)} for item in page],
        }


def _counts(pks: list[int]) -> dict[int, dict[str, Any]]:
    """How many publications of each item are out, to come, or in trouble; one statement."""
    rows = (
        Publication.objects.filter(item_id__in=pks)
        .order_by()
        .values("item_id")
        .annotate(
            out=Count("pk", filter=Q(state=State.PUBLISHED)),
            coming=Count("pk", filter=Q(state__in=DUE | AHEAD)),
            trouble=Count("pk", filter=Q(state__in=NEEDS_A_HAND)),
            next_at=Min("planned_at", filter=Q(state__in=DUE | AHEAD)),
        )
    )
    return {row["item_id"]: row for row in rows}


class WhereView(Screen):
    """One item: how far its approval is, and what becomes of it on each channel."""

    permission = "promo.view_item"
    template_name = "promo/desk/whereabout.html"
    header_icon = "view"
    parents = (
        {"url": reverse_lazy("whereabouts:index"), "label": gettext_lazy("Where is my event?")},
    )

    def _item(self) -> Item:
        return get_object_or_404(Item.objects.select_related("branch"), pk=self.kwargs["pk"])

    def get_page_title(self) -> str:
        return str(self._item())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        item = self._item()
        latest = item.get_latest_revision_as_object() if item.latest_revision_id else item
        return context | {
            "item": item,
            "steps": _way(item),
            "places": _places(item if item.live else latest),
            "changed_dates": [in_words(one) for one in series_dates.dates(item) if one.is_changed],
            "gaps": [] if item.live else [gap.text for gap in _gaps(latest)],
        }


def _gaps(item: Item) -> list[Any]:
    return list(approvals.gaps(item)) if item.kind else []


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is said: how it stands (the tag's colour), the words, a link where it is."""

    tone: str
    text: str
    url: str = ""
    why: tuple[str, ...] = ()
    at: datetime | None = None


def _way(item: Item) -> list[Line]:
    """From the draft to the approval: what has happened and who has the word now."""
    first = item.revisions.select_related("user").order_by("created_at").first()
    lines = []
    if first is not None:
        lines.append(
            Line("published", _said(_("Written by {name}, {day}"), first.user, first.created_at))
        )
    waiting = item.current_workflow_state
    if waiting is not None:
        by, asked_at = waiting.requested_by, waiting.created_at
        lines.append(Line("published", _said(_("Submitted by {name}, {day}"), by, asked_at)))
        lines.append(Line("waiting", _waits_for(item)))
    approved = item.approvals.select_related("user").last()
    if approved is not None:
        said = _said(_("Approved by {name}, {day}"), approved.user, approved.at)
        lines.insert(1 if lines else 0, Line("published", said))
    if waiting is None and not item.live:
        lines.append(Line("waiting", _("A draft: nobody has been asked for an approval yet.")))
    elif waiting is None and item.has_unpublished_changes:
        lines.append(Line("waiting", _("Changed since: the changes are not approved yet.")))
    return lines


def _waits_for(item: Item) -> str:
    task = item.current_workflow_task
    groups = list(task.groups.all()) if hasattr(task, "groups") else []
    people = User.objects.filter(groups__in=groups, is_active=True).distinct().order_by("id")
    names = [one.get_full_name() or one.get_username() for one in people[: NAMED + 1]]
    if not names:
        return _("Waits for an approval.")
    shown = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
    return _("Waits for approval by: {names}").format(names=shown)


def _said(words: str, user: Any, at: datetime) -> str:
    name = (user.get_full_name() or user.get_username()) if user else "Promo"
    return words.format(name=name, day=date_format(timezone.localtime(at), "j E Y, H:i"))


def _places(item: Item) -> list[dict[str, Any]]:
    """Each destination with its lines, in the order of time; what is dropped stands last."""
    stored = list(
        item.publications.select_related("destination").order_by("planned_at", "id")
        if item.pk
        else ()
    )
    made = _outlook(item)
    known = {(str(row.destination.uuid), row.slot) for row in stored}
    found: dict[str, list[Line]] = {}
    for row in stored:
        found.setdefault(str(row.destination.uuid), []).append(_stored(row))
    for step in made.planned:
        if (step.destination, step.slot) not in known:
            found.setdefault(step.destination, []).append(_to_be(step))
    for lost in made.dropped:
        told = lost.reason.code in TOLD_ELSEWHERE or (lost.destination, lost.slot) in known
        if not told:
            found.setdefault(lost.destination, []).append(_not(lost))
    return [
        {"name": name, "channel": channel, "lines": found.pop(ref, [])}
        for ref, name, channel in _destinations(item, found)
    ]


def _outlook(item: Item) -> Plan:
    try:
        return plans.outlook(item=item, now=database_now()) if item.kind else Plan()
    except PromoError:  # what the form says already, in its own words
        return Plan()


def _destinations(item: Item, found: Iterable[str]) -> list[tuple[str, str, str]]:
    """Those that have something to say about it, and those of its level that have nothing."""
    rows = Destination.objects.filter(Q(active=True) | Q(uuid__in=[ref for ref in found if ref]))
    return [
        (str(row.uuid), row.name, row.channel)
        for row in rows.order_by("id")
        if str(row.uuid) in found or _meant_for(row, item)
    ]


def _meant_for(row: Destination, item: Item) -> bool:
    known = row.channel in channels.installed()
    return known and channels.traits_of(row.channel).level <= item.level


SENTENCES = {
    State.PLANNED: gettext_lazy("planned for {when}"),
    State.ARMING: gettext_lazy("planned for {when}"),
    State.ARMED: gettext_lazy("planned for {when}; the network already has it"),
    State.CHANGING: gettext_lazy("planned for {when}; the network already has it"),
    State.CLAIMED: gettext_lazy("going out right now"),
    State.SENDING: gettext_lazy("going out right now"),
    State.WAITING: gettext_lazy("could not get through yet; next try {due}"),
    State.PUBLISHED: gettext_lazy("out since {out}"),
    State.FAILED: gettext_lazy("refused; somebody at the promotion desk has to decide"),
    State.UNKNOWN: gettext_lazy("we do not know yet whether it is out, and keep checking"),
    State.MISSED: gettext_lazy("not out: its time ({when}) passed; somebody has to decide"),
    State.CANCELLED: gettext_lazy("dropped: it will not go out"),
    State.WITHDRAWN: gettext_lazy("was out and has been taken down"),
}


def _stored(row: Publication) -> Line:
    when, due = _when(row.planned_at), _when(row.due_at)
    out = _when(row.published_at) if row.published_at else when
    said = str(SENTENCES[State(row.state)]).format(when=when, due=due, out=out)
    why = [reason_text(Reason.from_json(reason)) for reason in row.reasons]
    if row.state not in DUE:
        why = []
    if row.moved_by_hand and row.state in DUE:
        why = [_("moved by hand")]
    if row.held and row.state in DUE:
        why = [_("on hold: its campaign or its destination is paused")]
    if row.state == State.PUBLISHED and sightings.is_open(row.destination):
        why.append(str(sightings.NOBODY_LOOKED))
    if row.problem:
        why.append(row.problem)
    about = _about(row.occurrence_at)
    text = f"{row.get_variant_display()}{about} – {said}"
    return Line(row.state, text, row.remote_url, tuple(why), row.planned_at)


def _to_be(step: Planned) -> Line:
    said = _("would go out {when}, once it is approved").format(when=_when(step.due_at))
    why = tuple(reason_text(reason) for reason in step.reasons)
    return Line("planned", f"{_variant(step)}{_about(step.occurrence_at)} – {said}", why=why)


def _not(step: Dropped) -> Line:
    said = _("not planned")
    text = f"{_variant(step)}{_about(step.occurrence_at)} – {said}"
    return Line("cancelled", text, why=(reason_text(step.reason),))


def _about(occurrence_at: datetime | None) -> str:
    """Of a series: which of its dates is meant."""
    if occurrence_at is None:
        return ""
    return f" ({date_format(timezone.localtime(occurrence_at), 'j E')})"


def _variant(step: Planned | Dropped) -> str:
    labels = dict(Publication._meta.get_field("variant").flatchoices)  # noqa: SLF001  (Django's public name)
    return str(labels[step.variant.value])


def _when(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{date_format(local, 'l, j E')}, {date_format(local, 'H:i')}"
