"""Publications whose attempts are used up: tried again or dropped, several at once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.desk.screens import Screen, staff
from promo.errors import NotAllowed
from promo.models import Publication
from promo.services import publications
from promo.services.clock import database_now


class ManyView(Screen):
    """Does to the ticked ones what was asked by POST; asks back before they are dropped."""

    permission = "promo.change_publication"
    template_name = "promo/desk/given_up_question.html"
    http_method_names = ["post"]
    header_icon = "warning"

    def get_page_title(self) -> str:
        count = len(self._ticked())
        text = ngettext("Drop %(count)d publication?", "Drop %(count)d publications?", count)
        return text % {"count": count}

    def _ticked(self) -> Sequence[Publication]:
        ids = [int(one) for one in self.request.POST.getlist("id") if one.isdecimal()]
        rows = Publication.objects.select_related("item", "issue", "destination")
        return list(rows.filter(pk__in=ids).order_by("planned_at", "id"))

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        rows, act = self._ticked(), request.POST.get("act", "")
        if not rows:
            messages.error(request, _("Tick at least one publication first."))
        elif act == "drop" and "sure" not in request.POST:
            return self.render_to_response(self.get_context_data(rows=rows))
        elif act == "drop":
            done = _each(rows, publications.drop, user=staff(request), request=request)
            text = ngettext(
                "%(count)d publication was dropped.", "%(count)d publications were dropped.", done
            )
            messages.success(request, text % {"count": done})
        elif act == "retry":
            done = _each(rows, publications.retry, user=staff(request), request=request)
            text = ngettext(
                "Promo is trying %(count)d publication again.",
                "Promo is trying %(count)d publications again.",
                done,
            )
            messages.success(request, text % {"count": done})
        return redirect(f"{reverse('publications:index')}?show=given_up")


def _each(
    rows: Sequence[Publication],
    decide: Callable[..., None],
    *,
    user: User,
    request: HttpRequest,
) -> int:
    """How many it was done to; of the others it is told why not."""
    now: datetime = database_now()
    done = 0
    for row in rows:
        try:
            decide(publication_id=row.pk, user=user, now=now)
        except NotAllowed as error:
            messages.error(request, f"{row.subject}: {error.text}")
        else:
            done += 1
    return done
