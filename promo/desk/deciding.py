"""What a person decides about a publication: the acts, and the question before those that hurt."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.widgets import AdminDateTimeInput

from promo.desk import changes
from promo.desk.screens import Screen, staff
from promo.errors import InvalidInput, PromoError
from promo.models import Publication, Subject
from promo.protocol import State
from promo.services import mailings, moving, providers, publications, subjects
from promo.services.clock import database_now

GO_BACK = gettext_lazy("No, go back")
KEPT = ("to", "back")
"""What a question hands on, beside the act itself."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before an act, and how its two buttons are named."""

    title: Any
    text: Any
    yes: Any
    no: Any = GO_BACK


class MoveForm(forms.Form):
    to = forms.DateTimeField(label=gettext_lazy("New date and time"), widget=AdminDateTimeInput)


MOVE_ANYWAY = gettext_lazy("Move it there all the same?")
AGAIN = Question(
    gettext_lazy("Send again?"),
    gettext_lazy(
        "We do not know whether it has been published. If it has, everyone will see it twice. "
        "Please check first."
    ),
    gettext_lazy("I have checked: send again"),
)
DROP = Question(
    gettext_lazy("Drop this publication?"),
    gettext_lazy("It will not be published. The item’s other publications stay as planned."),
    gettext_lazy("Drop"),
)
TAKE_DOWN = Question(
    gettext_lazy("Take it down?"),
    gettext_lazy("It will disappear from where it was published, with all comments and reactions."),
    gettext_lazy("Take down"),
)
POST_ANEW = gettext_lazy("Take the post down and post it anew?")
MAIL_AGAIN = Question(
    gettext_lazy("Send to these readers again?"),
    gettext_lazy(
        "The mail server’s answer was lost for some readers. "
        "Anyone who did get the message will get it twice."
    ),
    gettext_lazy("Send again"),
)


class ActView(Screen):
    """Does what was asked by POST; asks back first where it cannot be undone."""

    permission = "promo.change_publication"
    template_name = "promo/desk/question.html"
    http_method_names = ["post"]
    header_icon = "warning"

    def get_page_title(self) -> str:
        question = self._question()
        return str(question.title) if question else ""

    def _publication(self) -> Publication:
        rows = Publication.objects.select_related("item", "issue", "destination")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def _question(self) -> Question | None:
        act = self.request.POST.get("act", "")
        if act == "retry":
            return AGAIN if self._publication().state == State.UNKNOWN else None
        if act == "move":
            return _before_a_move(self.request, self._publication())
        if act == "post_anew":
            lost = changes.what_is_lost(self._publication())
            return Question(POST_ANEW, lost, gettext_lazy("Take down and post anew"))
        return QUESTIONS.get(act)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        publication = self._publication()
        if self._question() and "sure" not in request.POST:
            return self.render_to_response(self.get_context_data())
        decide = ACTS.get(request.POST.get("act", ""))
        try:
            if decide is not None:
                messages.success(request, decide(request, publication, database_now()))
        except PromoError as error:
            messages.error(request, error.text)
        return redirect(self._back() or reverse("publications:show", args=[publication.pk]))

    def _back(self) -> str:
        """The screen that the act was chosen on, where it asked to be led back to."""
        back = self.request.POST.get("back", "")
        ours = url_has_allowed_host_and_scheme(back, {self.request.get_host()})
        return back if ours else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        publication = self._publication()
        return context | {
            "publication": publication,
            "question": self._question(),
            "act": self.request.POST["act"],
            "kept": {name: self.request.POST[name] for name in KEPT if name in self.request.POST},
            "back_url": self._back() or reverse("publications:show", args=[publication.pk]),
        }


def _retry(request: HttpRequest, row: Publication, now: datetime) -> str:
    publications.retry(publication_id=row.pk, user=staff(request), now=now)
    return _("It will be sent again shortly.")


def _it_is_out(request: HttpRequest, row: Publication, now: datetime) -> str:
    url = request.POST.get("url", "").strip()
    publications.it_is_out(publication_id=row.pk, url=url, user=staff(request), now=now)
    return _("Noted as published.")


def _drop(request: HttpRequest, row: Publication, now: datetime) -> str:
    publications.drop(publication_id=row.pk, user=staff(request), now=now)
    return _("Dropped. It will not be published.")


def _move(request: HttpRequest, row: Publication, now: datetime) -> str:
    form = MoveForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(_("Enter a date and a time."), field="to")
    to = form.cleaned_data["to"]
    publications.move(publication_id=row.pk, to=to, user=staff(request), now=now)
    return _("Moved to the new time.")


def _before_a_move(request: HttpRequest, row: Publication) -> Question | None:
    """Asked where the new time breaks a rule that a person may overrule."""
    form = MoveForm(request.POST)
    if not form.is_valid():
        return None
    to, now = form.cleaned_data["to"], database_now()
    found = moving.objections_to(publication=row, at=to, now=now)
    if not found or found[0].refuses:
        return None
    return Question(MOVE_ANYWAY, " ".join(one.text for one in found), gettext_lazy("Move anyway"))


def _take_down(request: HttpRequest, row: Publication, now: datetime) -> str:
    if publications.take_down(publication_id=row.pk, user=staff(request), now=now):
        return _("It has been taken down.")
    return _("It will be taken down shortly.")


def _pause_mailing(_request: HttpRequest, row: Publication, _now: datetime) -> str:
    mailings.pause(mailing=row.mailing)
    return _("Paused. Whoever has not got it yet waits.")


def _resume_mailing(_request: HttpRequest, row: Publication, now: datetime) -> str:
    mailings.resume(mailing=row.mailing, now=now)
    return _("It goes on.")


def _go_on_with_provider(request: HttpRequest, _row: Publication, now: datetime) -> str:
    domain = request.POST.get("domain", "")
    providers.go_on(domain=domain, now=now)
    return _("Readers at {domain} are mailed again.").format(domain=domain)


def _cancel_mailing(_request: HttpRequest, row: Publication, now: datetime) -> str:
    mailings.cancel(mailing=row.mailing, now=now)
    return _("Cancelled. Nobody else will get it.")


def _choose_first(request: HttpRequest, row: Publication, now: datetime) -> str:
    return _choose(request, row, Subject.FIRST, now)


def _choose_second(request: HttpRequest, row: Publication, now: datetime) -> str:
    return _choose(request, row, Subject.SECOND, now)


def _choose(request: HttpRequest, row: Publication, subject: Subject, now: datetime) -> str:
    subjects.choose(mailing=row.mailing, subject=subject, user=staff(request), now=now)
    return _("Chosen. Those who waited get the issue now.")


def _mail_again(_request: HttpRequest, row: Publication, now: datetime) -> str:
    count = mailings.send_to_unknown_again(mailing=row.mailing, now=now)
    return ngettext(
        "Sending to %(count)d reader again.", "Sending to %(count)d readers again.", count
    ) % {"count": count}


CANCEL_MAILING = Question(
    gettext_lazy("Stop this mailing for good?"),
    gettext_lazy(
        "Whoever has it already keeps it; nobody else will get it. This cannot be undone. "
        "To stop for a while, pause it instead."
    ),
    gettext_lazy("Stop for good"),
)
CHOOSE_TEXT = gettext_lazy(
    "Everyone who still waits gets the issue with this subject at once. This cannot be undone."
)
QUESTIONS = {
    "choose_a": Question(
        gettext_lazy("Choose subject A now?"), CHOOSE_TEXT, gettext_lazy("Choose A")
    ),
    "choose_b": Question(
        gettext_lazy("Choose subject B now?"), CHOOSE_TEXT, gettext_lazy("Choose B")
    ),
    "drop": DROP,
    "take_down": TAKE_DOWN,
    "mail_again": MAIL_AGAIN,
    "cancel_mailing": CANCEL_MAILING,
}
ACTS: dict[str, Callable[[HttpRequest, Publication, datetime], str]] = {
    "retry": _retry,
    "it_is_out": _it_is_out,
    "drop": _drop,
    "move": _move,
    "take_down": _take_down,
    "change_text": changes.change_text,
    "post_anew": changes.post_anew,
    "change_again": changes.again,
    "change_off": changes.call_off,
    "pause_mailing": _pause_mailing,
    "resume_mailing": _resume_mailing,
    "cancel_mailing": _cancel_mailing,
    "go_on_with_provider": _go_on_with_provider,
    "choose_a": _choose_first,
    "choose_b": _choose_second,
    "mail_again": _mail_again,
}
