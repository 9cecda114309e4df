"""Before an issue goes out: what is wrong with it, its weight, how long it takes, test mails."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import formats
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin.panels import Panel
from wagtail.admin.viewsets.base import ViewSet

from promo.desk.outlook_words import forecast_lines, readers_lines
from promo.desk.previews import MAIL
from promo.desk.screens import staff
from promo.errors import InvalidInput, PromoError
from promo.models import Issue, Proof
from promo.models.newsletters import testers_of
from promo.services import addressees, composing, forecasts, gate, proofs, segments, weights
from promo.services.clock import database_now

PERMISSION = "promo.change_issue"
KB = 1024


class IssueChecksPanel(Panel):
    """Follows the form as it is written; its buttons send tests of what was saved."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "promo/desk/issue_checks_panel.html"
        media = Media(js=["promo/newsletters.js"])

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            if self.instance.pk is None:
                return context
            return (
                context
                | _tests(self.instance)
                | {
                    "email": self.request.user.email,
                    "languages": languages(self.instance),
                }
            )


def languages(issue: Issue) -> list[tuple[str, str]]:
    """Whose mail a test can be: of readers of the issue's own language, first, or of another."""
    others = [(key, str(name)) for key, name in settings.LANGUAGES if key != issue.language]
    return [("", str(dict(settings.LANGUAGES)[issue.language])), *others]


class IssueChecksViewSet(ViewSet):
    name = url_namespace = "issue_checks"
    add_to_admin_menu = False

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("readers/", new_readers, name="new_readers"),
            path("<int:pk>/", show, name="show"),
            path("<int:pk>/readers/", readers, name="readers"),
            path("<int:pk>/test/", test, name="test"),
            path("<int:pk>/tests/", tests, name="tests"),
        ]


@require_POST
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The checks of the posted form, as a fragment. Nothing is saved."""
    issue = posted(request, _issue(request, pk).get_latest_revision_as_object())
    if issue is None:
        hint = gettext("The checks will appear once the form has no errors.")
        return render(request, "promo/desk/issue_checks.html", {"hint": hint})
    try:
        context = _checked(issue)
    except PromoError as error:
        context = {"hint": error.text}
    return render(request, "promo/desk/issue_checks.html", context)


def posted(request: HttpRequest, issue: Issue) -> Issue | None:
    """The issue as the posted form would have it; None where the form has errors."""
    from promo.desk.issues import IssueViewSet  # noqa: PLC0415  (its edit handler holds this panel)

    form_class = IssueViewSet().get_edit_handler().get_form_class()
    form = form_class(request.POST, request.FILES, instance=issue, for_user=request.user)
    form.defer_required_fields()
    return form.save(commit=False) if form.is_valid() else None


def _checked(issue: Issue) -> dict[str, Any]:
    message = composing.compose(composing.issue_draft(issue), channel=MAIL)
    weight = weights.heaviest(message, counted=issue.newsletter.tracking) / KB
    return {
        "problems": gate.check(issue),
        "weight": gettext(
            "At its heaviest the mail weighs {size} KB. Gmail cuts off what is over 102 KB."
        ).format(size=formats.number_format(max(round(weight), 1), use_l10n=True)),
        "forecast": forecast_lines(issue, forecasts.outlook(issue, now=database_now())),
    }


class IssueReadersPanel(Panel):
    """Beside the choice of segment and time: to how many the issue goes as things stand."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "promo/desk/issue_readers.html"
        media = Media(js=["promo/newsletters.js"])

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | _meant(self.instance)


@require_POST
def readers(request: HttpRequest, pk: int) -> HttpResponse:
    """To how many the posted form's issue goes, in sentences. Nothing is saved."""
    return _told(request, _issue(request, pk).get_latest_revision_as_object())


@require_POST
def new_readers(request: HttpRequest) -> HttpResponse:
    """The same for an issue that was never saved."""
    if not request.user.has_perm("promo.add_issue"):
        raise PermissionDenied
    return _told(request, Issue())


def _told(request: HttpRequest, issue: Issue) -> HttpResponse:
    if not request.POST.get("newsletter"):
        return render(request, "promo/desk/issue_readers_count.html", {"newsletter": None})
    meant = posted(request, issue)
    context = _meant(meant) if meant else {"unclear": True}
    return render(request, "promo/desk/issue_readers_count.html", context)


def _meant(issue: Issue) -> dict[str, Any]:
    if issue.newsletter_id is None:
        return {"newsletter": None}
    segment = issue.segment
    try:
        found = addressees.of(issue, now=database_now())
    except InvalidInput as error:
        return {"newsletter": issue.newsletter, "problem": error.text}
    return {
        "newsletter": issue.newsletter,
        "segment": segment,
        "lines": readers_lines(issue, found),
        "where": segments.in_words(segments.rows_for(segment)) if segment else "",
    }


@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a test of the saved draft mailed to oneself, or to the newsletter's list."""
    issue = _issue(request, pk)
    user, known = staff(request), dict(settings.LANGUAGES)
    problem = ""
    try:
        if request.POST.get("to") == "list":
            addresses = testers_of(issue.newsletter.testers)
        else:
            addresses = [user.email] if user.email else []
        proofs.ask(
            issue=issue,
            addresses=addresses,
            user=user,
            readers=wanted if (wanted := request.POST.get("readers")) in known else "",
            now=database_now(),
        )
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
