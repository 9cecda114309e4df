"""The rhythm of a newsletter, chosen by people instead of written as a rule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from wagtail.admin.panels import Panel
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets import AdminDateInput, AdminTimeInput

from promo.desk.rhythm_words import DAYS, EVERY, NTHS, WEEKDAYS, choice_of, rule_of, sentence
from promo.desk.screens import Screen
from promo.errors import InvalidInput
from promo.models import Branch, Newsletter, Rhythm
from promo.planning import reason_text
from promo.services import rhythms
from promo.services.clock import database_now

PERMISSION = "promo.change_newsletter"


class RhythmViewSet(ViewSet):
    name = url_namespace = "rhythms"
    add_to_admin_menu = False

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("<int:pk>/", RhythmView.as_view(), name="edit"),
            path("<int:pk>/dates/", dates, name="dates"),
        ]


class RhythmPanel(Panel):
    """In a newsletter's form: whether its issues compose themselves, and the way there."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "promo/desk/rhythm_panel.html"

        def is_shown(self) -> bool:
            return self.instance.pk is not None

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | {"told": told(self.instance)}


def told(newsletter: Newsletter) -> str:
    """The rhythm in words; "" where the newsletter has none."""
    row = Rhythm.objects.filter(newsletter=newsletter, active=True).first()
    return sentence(row) if row else ""


class RhythmForm(forms.ModelForm):  # type: ignore[type-arg]  # no subscript at run time
    every = forms.ChoiceField(label=_("How often"), choices=EVERY)
    nth = forms.ChoiceField(label=_("Which time in the month"), choices=NTHS, required=False)
    weekday = forms.ChoiceField(label=_("Weekday"), choices=WEEKDAYS, required=False)
    day = forms.ChoiceField(label=_("Day of the month"), choices=DAYS, required=False)
    branches = forms.ModelMultipleChoiceField(
        Branch.objects.all(),
        label=_("Branches"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all of them. What has no branch is always collected."),
    )

    class Meta:
        model = Rhythm
        fields = [
            *("active", "starts_on", "at", "lead_hours", "horizon_days", "at_least"),
            *("responsible", "topics", "kinds", "audiences"),
        ]
        labels = {
            "active": _("Issues compose themselves"),
            "starts_on": _("Counted from the week of"),
            "at": _("At what hour it goes out"),
            "lead_hours": _("How many hours before that the draft is composed"),
            "horizon_days": _("How many days ahead it looks"),
            "at_least": _("Fewest items"),
            "responsible": _("Responsible person"),
            "topics": _("Topics"),
            "kinds": _("Kinds"),
            "audiences": _("For whom"),
        }
        help_texts = {
            "lead_hours": _("48 means two days: the time you have to read and approve it."),
            "horizon_days": _("Events of these days, and news of as many days back."),
            "at_least": _("With fewer there is no issue this time; you are told."),
            "responsible": _("Gets a mail when a draft is ready, missed or left out."),
            "topics": _(
                "Each stands for all of its kinds. Changes of opening hours are always collected."
            ),
            "kinds": _(
                "Besides those of the topics ticked above. None ticked here or there: all of them."
            ),
            "audiences": _("None ticked: everybody."),
        }
        widgets = {"starts_on": AdminDateInput, "at": AdminTimeInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.rule:
            self.initial.update(choice_of(self.instance.rule))
            self.initial["branches"] = list(self.instance.branches.all())
        people = User.objects.with_perm(
            "promo.change_issue", backend="django.contrib.auth.backends.ModelBackend"
        )
        self.fields["responsible"] = _Person(
            people.order_by("last_name", "first_name", "username"),
            label=self.fields["responsible"].label,
            help_text=self.fields["responsible"].help_text,
            empty_label=gettext("Choose a person"),
        )
        self.fields["starts_on"].required = False

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            self.instance.rule = rule_of(given)
            if not given.get("starts_on"):
                given["starts_on"] = self.instance.starts_on or timezone.localdate()
        return given


class _Person(forms.ModelChoiceField):  # type: ignore[type-arg]  # no subscript at run time
    def label_from_instance(self, obj: Any) -> str:
        name = obj.get_full_name() or obj.get_username()
        return name if obj.email else gettext("{name} (no e-mail address)").format(name=name)


class RhythmView(Screen):
    permission = PERMISSION
    template_name = "promo/desk/rhythm.html"
    page_title = _("Issues that compose themselves")
    header_icon = "date"
    parents = (
        {
            "url": reverse_lazy("wagtailsnippets_promo_newsletter:list"),
            "label": _("Newsletters"),
        },
    )

    def get_page_subtitle(self) -> str:
        return str(self._newsletter())

    def _newsletter(self) -> Newsletter:
        return get_object_or_404(Newsletter, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        newsletter = self._newsletter()
        form = kwargs.get("form") or RhythmForm(instance=rhythm_of(newsletter, self.request.user))
        return context | {"newsletter": newsletter, "form": form} | _dates(form)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        newsletter = self._newsletter()
        form = RhythmForm(request.POST, instance=rhythm_of(newsletter, self.request.user))
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        rhythm = form.save(commit=False)
        rhythm.handled_on = newsletter_handled_on(newsletter)
        rhythms.save(
            rhythm=rhythm, branches=list(form.cleaned_data["branches"]), now=database_now()
        )
        messages.success(request, gettext("Saved."))
        return redirect(reverse("rhythms:edit", args=[newsletter.pk]))


def newsletter_handled_on(newsletter: Newsletter) -> Any:
    """The turn handled last, read anew: a draft may have been composed while the form was open."""
    rows = Rhythm.objects.filter(newsletter=newsletter)
    return rows.values_list("handled_on", flat=True).first()


def rhythm_of(newsletter: Newsletter, user: Any) -> Rhythm:
    """The newsletter's rhythm, or a new one of whoever asks: every Thursday at ten."""
    known = Rhythm.objects.filter(newsletter=newsletter).first()
    return known or Rhythm(
        newsletter=newsletter,
        responsible=user,
        rule="FREQ=WEEKLY;BYDAY=TH",
        at=datetime.strptime("10:00", "%H:%M").time(),  # noqa: DTZ007  (a wall clock's)
        starts_on=timezone.localdate(),
    )


@require_POST
def dates(request: HttpRequest, pk: int) -> HttpResponse:
    """The next dates of the posted form, as a fragment. Nothing is saved."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    rhythm = rhythm_of(get_object_or_404(Newsletter, pk=pk), request.user)
    form = RhythmForm(request.POST, instance=rhythm)
    return render(request, "promo/desk/rhythm_dates.html", _dates(form))


def _dates(form: RhythmForm) -> dict[str, Any]:
    rhythm = form.instance
    if form.is_bound and not form.is_valid():
        return {"turns": [], "hint": gettext("The dates will appear once the form has no errors.")}
    if form.is_bound:
        rhythm = form.instance
        rhythm.starts_on = form.cleaned_data["starts_on"]
    if not rhythm.active:
        return {"turns": [], "hint": gettext("Switched off: no draft is composed.")}
    try:
        found = rhythms.upcoming(rhythm, now=database_now())
    except InvalidInput as error:
        return {"turns": [], "hint": error.text}
    turns = [
        {"turn": turn, "reasons": [reason_text(reason) for reason in turn.reasons]}
        for turn in found
    ]
    said = sentence(rhythm)
    return {"turns": turns, "sentence": said[:1].upper() + said[1:], "now": database_now()}
