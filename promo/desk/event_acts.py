"""Acts on an event: choose one, see everything that follows from it, confirm, take it back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse, reverse_lazy
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets import AdminDateTimeInput

from promo.desk import consequences
from promo.desk.date_acts import DateForm
from promo.desk.screens import Screen, staff
from promo.errors import InvalidInput, PromoError
from promo.models import Branch, EventAct, Institution, Item
from promo.planning.calendar import end_as_long
from promo.services import date_acts, event_acts
from promo.services.clock import database_now

Kind = EventAct.Kind
CHANGE = "promo.change_item"

TELLS = {
    Kind.MOVE: gettext_lazy(
        "Another time or another place. Whoever has been told the old one gets a correction."
    ),
    Kind.CANCEL: gettext_lazy(
        "It will not take place. Whoever has been told of it hears so, once."
    ),
    Kind.POSTPONE: gettext_lazy("It will take place later, but nobody knows yet when."),
    Kind.SOLD_OUT: gettext_lazy(
        "Nobody is invited any more. Where people sign up, there is a reserve list."
    ),
    Kind.DEADLINE: gettext_lazy("The closing date of entries or of the sign-up."),
    Kind.END_EARLY: gettext_lazy("It closes sooner than was announced."),
    Kind.DATE_MOVE: gettext_lazy(
        "Another time or place for one date only. The rest of the series stays as it is."
    ),
    Kind.DATE_OFF: gettext_lazy(
        "One date does not take place. The rest of the series stays as it is."
    ),
}
BUTTONS = {
    Kind.MOVE: gettext_lazy("Move the event"),
    Kind.CANCEL: gettext_lazy("Cancel the event"),
    Kind.POSTPONE: gettext_lazy("Postpone the event"),
    Kind.SOLD_OUT: gettext_lazy("Mark it as full"),
    Kind.DEADLINE: gettext_lazy("Change the closing date"),
    Kind.END_EARLY: gettext_lazy("End it earlier"),
    Kind.DATE_MOVE: gettext_lazy("Move this date"),
    Kind.DATE_OFF: gettext_lazy("Cancel this date"),
}
GRAVE = frozenset({Kind.CANCEL, Kind.POSTPONE, Kind.DATE_OFF})
_PARENTS = (
    {
        "url": reverse_lazy("wagtailsnippets_promo_item:list"),
        "label": gettext_lazy("Events and news"),
    },
)


class EventActsViewSet(ViewSet):
    name = url_namespace = "event_acts"
    url_prefix = "items/acts"
    icon = "date"

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("<int:pk>/", ChooseView.as_view(), name="index"),
            path("<int:pk>/<slug:kind>/", AskView.as_view(), name="ask"),
            path("undo/<int:act>/", undo, name="undo"),
        ]


class ChooseView(Screen):
    """What can be done to the event, what was done, and the way back."""

    permission = CHANGE
    template_name = "promo/desk/event_acts.html"
    header_icon = "date"
    parents = _PARENTS

    def get_page_title(self) -> str:
        return str(_item(self.kwargs["pk"]))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        item, now = _item(self.kwargs["pk"]), database_now()
        undoable = event_acts.undoable(item=item, now=now)
        return context | {
            "item": item,
            "kinds": [
                {"kind": kind.value, "label": kind.label, "text": TELLS[kind]}
                for kind in event_acts.possible(item, now=now)
            ],
            "may_approve": self.request.user.has_perm(event_acts.APPROVE),
            "undoable": undoable,
            "until": undoable and undoable.at + event_acts.UNDO_WITHIN,
            "acts": item.acts.select_related("user", "undone_by")[:10],
        }


class ActForm(forms.Form):
    """The fields of one act, with what stands now."""

    starts_at = forms.DateTimeField(
        label=gettext_lazy("New start"), required=False, widget=AdminDateTimeInput
    )
    ends_at = forms.DateTimeField(
        label=gettext_lazy("New end"), required=False, widget=AdminDateTimeInput
    )
    branch = forms.ModelChoiceField(
        Branch.objects.none(), label=gettext_lazy("Branch"), required=False
    )
    venue = forms.CharField(
        label=gettext_lazy("Place"),
        max_length=160,
        required=False,
        help_text=gettext_lazy("A room, or an address outside the library."),
    )
    deadline_at = forms.DateTimeField(
        label=gettext_lazy("Closing date"), required=False, widget=AdminDateTimeInput
    )
    sign_up_until_at = forms.DateTimeField(
        label=gettext_lazy("Sign-up closes"), required=False, widget=AdminDateTimeInput
    )

    def __init__(self, *args: Any, item: Item, kind: Kind, **kwargs: Any) -> None:
        names = event_acts.FIELDS[kind]
        kwargs.setdefault("initial", {name: getattr(item, name) for name in names})
        super().__init__(*args, **kwargs)
        for name in self.fields.keys() - set(names):
            del self.fields[name]
        if kind is Kind.DEADLINE:
            for name in names:
                if getattr(item, name) is None:
                    del self.fields[name]
        if "branch" in self.fields:
            self.fields["branch"].queryset = Branch.objects.all()  # type: ignore[attr-defined]
        if kind is Kind.MOVE:
            self.fields["ends_at"].help_text = gettext_lazy(
                "Leave the old end to keep the event as long as it is."
            )
        self._item, self._kind = item, kind

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        item = self._item
        start, end = given.get("starts_at"), given.get("ends_at")
        same_end = end is not None and end == item.ends_at
        if self._kind is Kind.MOVE and start and item.starts_at and item.ends_at and same_end:
            given["ends_at"] = end_as_long(
                start, first=item.starts_at, last=item.ends_at, zone=Institution.load().tz
            )
        return given


def form_of(data: Any = None, *, item: Item, kind: Kind) -> forms.Form:
    """The form of this act, as it was filled in."""
    if kind in date_acts.KINDS:
        return DateForm(data, item=item, kind=kind)
    return ActForm(data, item=item, kind=kind)


class AskView(Screen):
    """One act: its fields, then all its consequences, then the button."""

    permission = CHANGE
    template_name = "promo/desk/event_act.html"
    header_icon = "date"

    @property
    def parents(self) -> tuple[dict[str, Any], ...]:  # type: ignore[override]
        item = _item(self.kwargs["pk"])
        here = {"url": reverse("event_acts:index", args=[item.pk]), "label": str(item)}
        return (*_PARENTS, here)

    def _kind(self) -> Kind:
        try:
            return Kind(self.kwargs["kind"])
        except ValueError as error:
            raise Http404 from error

    def get_page_title(self) -> str:
        return str(self._kind().label)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        item, kind = _item(self.kwargs["pk"]), self._kind()
        if kind not in event_acts.possible(item, now=database_now()):
            messages.error(request, _("This is not possible for this event as it is now."))
            return redirect("event_acts:index", pk=item.pk)
        if event_acts.FIELDS[kind]:
            return super().get(request, *args, **kwargs)
        return self._show(item, kind, form_of({}, item=item, kind=kind))

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        item, kind = _item(self.kwargs["pk"]), self._kind()
        form = form_of(request.POST, item=item, kind=kind)
        if "seal" not in request.POST or "change" in request.POST or not form.is_valid():
            if "change" in request.POST:
                return self.render_to_response(self.get_context_data(form=form))
            return self._show(item, kind, form)
        try:
            if not request.user.has_perm(event_acts.APPROVE):
                event_acts.submit(
                    item_id=item.pk,
                    kind=kind,
                    given=form.cleaned_data,
                    user=staff(request),
                    now=database_now(),
                )
                messages.success(
                    request, _("Sent for approval. Nothing changes until it is approved.")
                )
                return redirect("event_acts:index", pk=item.pk)
            act = event_acts.carry_out(
                item_id=item.pk,
                kind=kind,
                given=form.cleaned_data,
                seal=request.POST["seal"],
                user=staff(request),
                now=database_now(),
            )
        except PromoError as error:
            messages.error(request, error.text)
            return redirect("event_acts:index", pk=item.pk)
        if act is None:
            messages.warning(
                request,
                _("The plan has changed while you were reading. Please look at it once more."),
            )
            return self._show(item, kind, form)
        messages.success(request, _("Done. You can take it back until something goes out."))
        return redirect("event_acts:index", pk=item.pk)

    def _show(self, item: Item, kind: Kind, form: forms.Form) -> HttpResponse:
        """The consequences of what the form says, or its errors."""
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        try:
            seen = event_acts.preview(
                item=item, kind=kind, given=form.cleaned_data, now=database_now()
            )
        except InvalidInput as error:
            form.add_error(error.field if error.field in form.fields else None, error.text)
            return self.render_to_response(self.get_context_data(form=form))
        return self.render_to_response(
            self.get_context_data(
                form=form,
                seal=seen.seal,
                places=consequences.in_words(seen.consequences),
                given=_given(form),
            )
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        item, kind = _item(self.kwargs["pk"]), self._kind()
        return {
            "item": item,
            "kind": kind.value,
            "button": BUTTONS[kind],
            "text": TELLS[kind],
            "grave": kind in GRAVE,
            "form": form_of(item=item, kind=kind),
            "may_approve": self.request.user.has_perm(event_acts.APPROVE),
            "grace": int(event_acts.GRACE.total_seconds() // 60),
            "draft": item.has_unpublished_changes,
            "in_review": item.current_workflow_state is not None,
        } | context


@require_POST
def undo(request: HttpRequest, act: int) -> HttpResponse:
    """Take the last act back."""
    if not request.user.has_perms((CHANGE, event_acts.APPROVE)):
        raise Http404
    row = get_object_or_404(EventAct, pk=act)
    try:
        event_acts.undo(act_id=row.pk, user=staff(request), now=database_now())
    except PromoError as error:
        messages.error(request, error.text)
    else:
        messages.success(request, _("Taken back. Everything stands as it stood before."))
    return redirect("event_acts:index", pk=row.item_id)


def _item(pk: int) -> Item:
    return get_object_or_404(Item.objects.select_related("branch", "live_revision"), pk=pk)


def _given(form: forms.Form) -> list[tuple[Any, str, str]]:
    """What was given: label, words, and nothing for what was left empty."""
    found = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if value and isinstance(field, forms.TypedChoiceField):
            labels = dict(form[name].field.widget.choices)
            found.append((field.label, str(labels[form.data[name]]), name))
        elif value:
            shown = value if not hasattr(value, "tzinfo") else _moment(value)
            found.append((field.label, str(shown), name))
    return found


def _moment(at: Any) -> str:
    local = localtime(at)
    return f"{date_format(local, 'l, j E Y')}, {date_format(local, 'H:i')}"
