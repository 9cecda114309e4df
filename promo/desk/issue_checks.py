"""Before an issue goes out: what is wrong with it, its weight, how long it takes, test mails."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import formats
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin.panels import Panel
from wagtail.admin.viewsets.base import ViewSet

from promo.desk.durations import about
from promo.desk.previews import issue_message
from promo.desk.screens import staff
from promo.errors import PromoError
from promo.mailing.limits import Limit
from promo.models import Issue, Newsletter, Proof
from promo.models.newsletters import testers_of
from promo.services import forecasts, gate, proofs
from promo.services.clock import database_now

PERMISSION = "promo.change_issue"
KB = 1024
_PERIODS = {1: "s", 60: "m", 3600: "h", 86_400: "d"}


class IssueChecksPanel(Panel):
    """Follows the form as it is written; its buttons send tests of what was saved."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "promo/desk/issue_checks_panel.html"
        media = Media(js=["promo/newsletters.js"])

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            if self.instance.pk is None:
                return context
            return context | _tests(self.instance) | {"email": self.request.user.email}


class IssueChecksViewSet(ViewSet):
    name = url_namespace = "issue_checks"
    add_to_admin_menu = False

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("<int:pk>/", show, name="show"),
            path("<int:pk>/test/", test, name="test"),
            path("<int:pk>/tests/", tests, name="tests"),
        ]


@require_POST
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The checks of the posted form, as a fragment. Nothing is saved."""
    issue = _issue(request, pk).get_latest_revision_as_object()
    from promo.desk.issues import IssueViewSet  # noqa: PLC0415  (its edit handler holds this panel)

    form_class = IssueViewSet().get_edit_handler().get_form_class()
    form = form_class(request.POST, request.FILES, instance=issue, for_user=request.user)
    form.defer_required_fields()
    if not form.is_valid():
        hint = gettext("The checks will appear once the form has no errors.")
        return render(request, "promo/desk/issue_checks.html", {"hint": hint})
    issue = form.save(commit=False)
    try:
        context = _checked(issue)
    except PromoError as error:
        context = {"hint": error.text}
    return render(request, "promo/desk/issue_checks.html", context)


def _checked(issue: Issue) -> dict[str, Any]:
    weight = len(issue_message(issue).html.encode("utf-8", "replace")) / KB
    return {
        "problems": gate.check(issue),
        "weight": gettext("The mail weighs {size} KB. Gmail cuts off what is over 102 KB.").format(
            size=formats.number_format(max(round(weight), 1), use_l10n=True)
        ),
        "forecast": forecast_lines(issue.newsletter),
    }


def forecast_lines(newsletter: Newsletter) -> list[str]:
    """To how many it goes and how long that takes, a sentence each."""
    outlook = forecasts.outlook(newsletter)
    if not outlook.readers:
        return [gettext("Nobody reads this newsletter yet.")]
    readers = ngettext(
        "It goes to %(count)s reader.", "It goes to %(count)s readers.", outlook.readers
    ) % {"count": formats.number_format(outlook.readers, force_grouping=True)}
    lines = [readers]
    if outlook.measured is not None:
        text = gettext("At the rate of the last issue: {duration}.")
        lines.append(text.format(duration=about(outlook.measured)))
    if outlook.limited is not None:
        text = gettext("With the mail server’s limit {limits}: {duration}.")
        limits = " + ".join(map(_limit, outlook.limits))
        lines.append(text.format(limits=limits, duration=about(outlook.limited)))
    if len(lines) == 1:
        lines.append(gettext("How long that takes is known after the first issue."))
    return lines


def _limit(limit: Limit) -> str:
    return f"{limit.count}/{_PERIODS[limit.seconds]}"


@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a test of the saved draft mailed to oneself, or to the newsletter's list."""
    issue = _issue(request, pk)
    user = staff(request)
    problem = ""
    try:
        if request.POST.get("to") == "list":
            addresses = testers_of(issue.newsletter.testers)
        else:
            addresses = [user.email] if user.email else []
        proofs.ask(issue=issue, addresses=addresses, user=user, now=database_now())
    except PromoError as error:
        problem = error.text
    return _shown(request, issue, problem=problem)


@require_safe
def tests(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of the last test mails, as a fragment."""
    return _shown(request, _issue(request, pk))


def _shown(request: HttpRequest, issue: Issue, *, problem: str = "") -> HttpResponse:
    context = _tests(issue) | {"problem": problem}
    return render(request, "promo/desk/issue_tests.html", context)


def _tests(issue: Issue) -> dict[str, Any]:
    rows = proofs.lately(issue)
    going = any(row.state in {Proof.State.WAITING, Proof.State.SENDING} for row in rows)
    testers = issue.newsletter.testers.split() if issue.newsletter_id else []
    return {"proofs": rows, "going": going, "testers": len(testers), "issue": issue}


def _issue(request: HttpRequest, pk: int) -> Issue:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    return get_object_or_404(Issue.objects.select_related("newsletter__destination"), pk=pk)
