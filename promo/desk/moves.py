"""Moving a publication on the board: what stands against each moment, the move, and its panel."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from promo.desk.publications import PublicationView
from promo.desk.screens import staff
from promo.errors import PromoError
from promo.models import Institution, Publication
from promo.planning.verdicts import Objection
from promo.services import moving, publications
from promo.services.clock import database_now

DECIDES = "promo.change_publication"
MOST_DAYS = 62
"""Days that one question may be about."""


class PanelView(PublicationView):
    """The message as it will look, its plan and the acts: a fragment beside the board."""

    template_name = "promo/desk/calendar_panel.html"


@require_safe
def verdicts(request: HttpRequest, pk: int) -> JsonResponse:
    """What stands against each hour of the days from `first` to `last`.

    `days` maps each day to 24 places in `verdicts`, whose first says that nothing does.
    """
    row = _movable(request, pk)
    first, last = _days(request)
    found = moving.verdicts(publication=row, first=first, last=last, now=database_now())
    known: dict[tuple[Objection, ...], int] = {(): 0}
    days = {
        day.isoformat(): [known.setdefault(hour, len(known)) for hour in hours]
        for day, hours in found.items()
    }
    return JsonResponse({"days": days, "verdicts": [_verdict(one) for one in known]})


def _verdict(found: tuple[Objection, ...]) -> dict[str, str]:
    tone = "free" if not found else "refused" if found[0].refuses else "asks"
    return {"tone": tone, "why": " ".join(one.text for one in found)}


def _days(request: HttpRequest) -> tuple[date, date]:
    """The days that the address names; a wrong one is a fault of ours, so today stands for it."""
    try:
        first = date.fromisoformat(request.GET.get("first", ""))
        last = date.fromisoformat(request.GET.get("last", ""))
    except ValueError:
        first = last = database_now().astimezone(Institution.load().tz).date()
    return first, max(first, min(last, first + timedelta(days=MOST_DAYS)))


@require_POST
def move(request: HttpRequest, pk: int) -> JsonResponse:
    """Move it to the local time `to`. 409 with what is to be asked first, 422 with why not."""
    row, now, zone = _movable(request, pk), database_now(), Institution.load().tz
    try:
        to = datetime.fromisoformat(request.POST.get("to", "")).replace(tzinfo=zone)
    except ValueError:
        return _refused(_("Enter a date and a time."))
    found = moving.objections_to(publication=row, at=to, now=now)
    if found and not found[0].refuses and "sure" not in request.POST:
        return JsonResponse({"ask": [one.text for one in found]}, status=HTTPStatus.CONFLICT)
    try:
        publications.move(publication_id=row.pk, to=to, user=staff(request), now=now)
    except PromoError as error:
        return _refused(error.text)
    said = _("Moved to {day}, {time}.").format(
        day=date_format(to, "l, j E"), time=date_format(to, "H:i")
    )
    return JsonResponse({"said": said})


def _refused(why: str) -> JsonResponse:
    return JsonResponse({"why": why}, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _movable(request: HttpRequest, pk: int) -> Publication:
    if not request.user.has_perm(DECIDES):
        raise PermissionDenied
    rows: Any = Publication.objects.select_related("item", "destination")
    found: Publication = get_object_or_404(rows, pk=pk)
    return found
