"""Acts on many readers: choose one, answer its question, follow it, read what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.viewsets.base import ViewSet

from promo.desk.bulk_forms import FORMS, ActForm
from promo.desk.screens import FROM_SUBSCRIBERS, Screen, staff
from promo.desk.selection import Selection, selected
from promo.errors import PromoError
from promo.models import Branch, BulkAct, Newsletter, Suppression
from promo.planning.kinds import TOPICS
from promo.services import bulk_acts
from promo.services.clock import database_now

ALLOWED = "promo.add_bulkact"
SHOWN = 20
Kind, State = BulkAct.Kind, BulkAct.State
GRAVE = {Kind.ERASE, Kind.SUPPRESS}
NEEDED = {Kind.ERASE: "promo.delete_subscriber"}
"""What an act needs beyond `ALLOWED` and changing subscribers."""

TELLS = {
    Kind.SUBSCRIBE: gettext_lazy(
        "Only with their consent. Whoever has unsubscribed, or must not be mailed, is left alone."
    ),
    Kind.UNSUBSCRIBE: gettext_lazy("They get no more issues of it. Their data stay."),
    Kind.LANGUAGE: gettext_lazy("The language of what they get and of their pages."),
    Kind.TOPICS: gettext_lazy("What they want to read about."),
    Kind.BRANCHES: gettext_lazy("Which branches they want to hear of."),
    Kind.SUPPRESS: gettext_lazy(
        "They are unsubscribed from everything, and no import brings them back."
    ),
    Kind.ERASE: gettext_lazy(
        "Everything about them is deleted for good. This cannot be undone, not by us either."
    ),
}
COUNTS = {
    "changed": pgettext_lazy("result of an act", "done"),
    "already": pgettext_lazy("result of an act", "were so already"),
    "left": pgettext_lazy("result of an act", "unsubscribed earlier, left alone"),
    "suppressed": pgettext_lazy("result of an act", "must not be mailed"),
    "gone": pgettext_lazy("result of an act", "no longer there"),
}


class BulkActsViewSet(ViewSet):
    name = url_namespace = "bulk_acts"
    url_prefix = "subscribers/acts"
    icon = "group"

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", ChooseView.as_view(), name="index"),
            path("new/<slug:kind>/", AskView.as_view(), name="ask"),
            path("<int:pk>/", ActView.as_view(), name="show"),
            path("<int:pk>/progress/", ProgressView.as_view(), name="progress"),
            path("<int:pk>/cancel/", cancel, name="cancel"),
        ]


def _may(request: HttpRequest, kind: str) -> bool:
    needed = (ALLOWED, "promo.change_subscriber", NEEDED.get(Kind(kind), ALLOWED))
    return bool(request.user.has_perms(needed))


class ChooseView(Screen):
    """What can be done with these readers, and what was done before."""

    permission = ALLOWED
    template_name = "promo/desk/bulk_choose.html"
    page_title = gettext_lazy("Act on many readers")
    header_icon = "group"
    parents = FROM_SUBSCRIBERS

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        selection = selected(self.request.GET)
        return context | {
            "selection": selection,
            "count": selection.count(now=database_now()),
            "kinds": [
                {"kind": kind.value, "label": kind.label, "text": text, "grave": kind in GRAVE}
                for kind, text in TELLS.items()
                if _may(self.request, kind)
            ],
            "acts": BulkAct.objects.select_related("started_by")[:SHOWN],
        }


class AskView(Screen):
    """The question before an act: on how many readers, and what exactly."""

    permission = ALLOWED
    template_name = "promo/desk/bulk_ask.html"
    header_icon = "group"
    parents = (
        *ChooseView.parents,
        {"url": reverse_lazy("bulk_acts:index"), "label": gettext_lazy("Act on many readers")},
    )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["kind"] not in FORMS:
            raise Http404
        if not _may(request, kwargs["kind"]):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self) -> str:
        return str(Kind(self.kwargs["kind"]).label)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        kind = Kind(self.kwargs["kind"])
        selection = kwargs.get("selection") or selected(self.request.GET)
        count = kwargs["count"] if "count" in kwargs else selection.count(now=database_now())
        return context | {
            "selection": selection,
            "count": count,
            "form": kwargs.get("form") or FORMS[kind](count=count),
            "text": TELLS[kind],
            "grave": kind in GRAVE,
            "label": kind.label,
        }

    def post(self, request: HttpRequest, *_args: Any, **kwargs: Any) -> HttpResponse:
        selection = selected(request.GET)
        count = selection.count(now=database_now())
        form = FORMS[kwargs["kind"]](request.POST, count=count)
        if not form.is_valid():
            context = self.get_context_data(form=form, selection=selection, count=count)
            return self.render_to_response(context)
        act = _begin(request, Kind(kwargs["kind"]), selection, form)
        return redirect("bulk_acts:show", pk=act.pk)


def _begin(request: HttpRequest, kind: BulkAct.Kind, selection: Selection, form: ActForm) -> Any:
    return bulk_acts.ask(
        kind=kind,
        given=form.given,
        why=form.cleaned_data["why"],
        wording=form.agreed,
        rows=selection.rows,
        ids=selection.ids,
        about=selection.about,
        user=staff(request),
        now=database_now(),
    )


class ActView(Screen):
    """How far an act is, and what came of it."""

    permission = ALLOWED
    template_name = "promo/desk/bulk_act.html"
    header_icon = "group"
    parents = AskView.parents

    def get_object(self) -> BulkAct:
        return get_object_or_404(BulkAct.objects.select_related("started_by"), pk=self.kwargs["pk"])

    def get_page_title(self) -> str:
        return self.get_object().get_kind_display()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        act = self.get_object()
        return context | standing(act) | {"given": _given(act)}


class ProgressView(Screen):
    """How far an act is, as a fragment, asked for while it runs."""

    permission = ALLOWED
    template_name = "promo/desk/bulk_progress.html"

    def get_context_data(self, **_kwargs: Any) -> dict[str, Any]:
        return standing(get_object_or_404(BulkAct, pk=self.kwargs["pk"]))


def standing(act: BulkAct) -> dict[str, Any]:
    """How an act stands, for its page and its fragment."""
    return {
        "act": act,
        "under_way": act.state in bulk_acts.UNDER_WAY,
        "counts": [(label, getattr(act, key)) for key, label in COUNTS.items()],
        "whole": act.state == State.DONE,
    }


def _given(act: BulkAct) -> str:
    """What the act was given, in words."""
    given = act.given
    if "newsletter" in given:
        named = Newsletter.objects.filter(pk=given["newsletter"]).first()
        return named.name if named else _("(deleted)")
    if "language" in given:
        return {"pl": _("Polish"), "en": _("English")}[given["language"]]
    if "reason" in given:
        return str(Suppression.Reason(given["reason"]).label)
    chosen = [str(one.label) for one in TOPICS if one.key in given.get("topics", ())]
    chosen += Branch.objects.filter(pk__in=given.get("branches", ())).values_list("name", flat=True)
    return ", ".join(chosen) or (_("none: they get everything") if given else "")


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it; what is done stays done."""
    if not request.user.has_perm(ALLOWED):
        raise PermissionDenied
    try:
        bulk_acts.cancel(act=get_object_or_404(BulkAct, pk=pk), now=database_now())
    except PromoError as error:
        messages.error(request, error.text)
    else:
        messages.success(request, _("Stopped. What was done until now stays."))
    return redirect(reverse("bulk_acts:show", args=[pk]))
