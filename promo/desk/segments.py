"""Segments of readers: the list, and the editor that counts while one works."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column
from wagtail.log_actions import log

from promo.desk.screens import Screen, staff
from promo.desk.segment_forms import (
    ConditionForm,
    NameForm,
    forms_of,
    offered,
    posted,
    with_another,
)
from promo.desk.snippets import CarefulDelete, DateColumn, DeskViewSet
from promo.errors import InvalidInput
from promo.models import Issue, Segment
from promo.services import segments
from promo.services.clock import database_now
from promo.services.criteria import Row

ADDRESSES_SEEN = "promo.view_subscriber"


class SegmentEditor(Screen):
    """Name and conditions. Works without JavaScript: every button posts the whole form."""

    permission = "promo.change_segment"
    template_name = "promo/desk/segment.html"
    header_icon = "group"
    parents = (
        {
            "url": reverse_lazy("wagtailsnippets_promo_segment:list"),
            "label": gettext_lazy("Segments"),
        },
    )

    def get_object(self) -> Segment:
        if "pk" not in self.kwargs:
            return Segment(created_by=staff(self.request))
        return get_object_or_404(Segment, pk=self.kwargs["pk"])

    def get_page_title(self) -> str:
        return self.get_object().name or _("New segment")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        segment = self.get_object()
        if "conditions" not in kwargs:
            context |= self._stored(segment)
        return context | {
            "segment": segment,
            "offered": offered(),
            "issues": Issue.objects.filter(segment=segment) if segment.pk else (),
        }

    def _stored(self, segment: Segment) -> dict[str, Any]:
        try:
            rows = segments.rows_of(segment.rules)
            conditions = forms_of(rows)
        except InvalidInput as error:
            messages.error(self.request, error.text)
            rows, conditions = (), []
        name = NameForm(initial={"name": segment.name})
        counted = found(self.request, rows, patient=False) if segment.pk else {"rows": None}
        return {"conditions": conditions, "name_form": name, **counted}

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        conditions = posted(request.POST)
        try:
            if "add" in request.POST:
                conditions = with_another(conditions, request.POST.get("new", ""))
        except InvalidInput as error:
            messages.error(request, error.text)
        valid = all(form.is_valid() for form in conditions if form.is_bound)
        name = NameForm(request.POST)
        if "save" in request.POST and valid and name.is_valid():
            done = self._save(name, [form.row for form in conditions])
            if done is not None:
                return done
        context = {"conditions": conditions, "name_form": name, "counted": "count" in request.POST}
        if "save" not in request.POST:
            name.errors.clear()
        return self._shown(request, context, valid=valid)

    def _shown(self, request: HttpRequest, context: dict[str, Any], *, valid: bool) -> HttpResponse:
        """The page, or the part of it that a script has asked for."""
        asked = request.headers.get("X-Promo-Part", "")
        conditions: list[ConditionForm] = context["conditions"]
        bound = all(form.is_bound for form in conditions)
        if "count" in request.POST and valid and bound:
            rows = [form.row for form in conditions]
            context |= found(request, rows, patient=not asked)
        if asked == "result":
            return render(request, "promo/desk/segment_result.html", context)
        if asked == "conditions":
            return render(request, "promo/desk/segment_conditions.html", context)
        return self.render_to_response(self.get_context_data(**context))

    def _save(self, name: NameForm, rows: list[Row]) -> HttpResponse | None:
        segment = self.get_object()
        action = "wagtail.edit" if segment.pk else "wagtail.create"
        segment.name = name.cleaned_data["name"]
        segment.rules = segments.rules_of(rows)
        try:
            segments.save(segment=segment, now=database_now())
        except ValidationError as error:
            name.add_error("name", error.message_dict.get("name", error.messages))
            return None
        log(instance=segment, action=action)
        messages.success(self.request, _("“{name}” has been saved.").format(name=segment))
        return redirect("wagtailsnippets_promo_segment:edit", segment.pk)


class SegmentAdd(SegmentEditor):
    permission = "promo.add_segment"


def found(request: HttpRequest, rows: Any, *, patient: bool) -> dict[str, Any]:
    """How many readers the conditions mean, and ten of them for who may see addresses."""
    now = database_now()
    if patient:
        told = segments.Estimate(segments.count(rows, now=now))
    else:
        told = segments.quick_count(rows, now=now)
    seen = request.user.has_perm(ADDRESSES_SEEN) and told.number is not None
    sample = segments.sample(rows, now=now) if seen else []
    return {"counted": True, "told": told, "sample": sample, "rows": rows}


class SegmentDelete(CarefulDelete):
    """Goes only while no issue names it."""

    def delete_action(self) -> None:
        log(instance=self.object, action="wagtail.delete")
        segments.remove(segment=self.object)


class WordsColumn(Column):
    """The conditions in words."""

    def get_value(self, instance: Segment) -> str:
        try:
            return segments.in_words(segments.rows_of(instance.rules))
        except InvalidInput as error:
            return error.text


class SegmentViewSet(DeskViewSet):
    model = Segment
    icon = "group"
    url_prefix = "segments"
    menu_label = gettext_lazy("Segments")
    delete_view_class = SegmentDelete
    list_display = [
        "name",
        WordsColumn("rules", label=gettext_lazy("Who is in it")),
        DateColumn("changed_at", label=gettext_lazy("Changed"), sort_key="changed_at"),
    ]
    search_fields = ["name"]

    @property
    def add_view(self) -> Any:
        return SegmentAdd.as_view()

    @property
    def edit_view(self) -> Any:
        return SegmentEditor.as_view()
