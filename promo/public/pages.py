"""Agenda, item pages, marker links, signs of life."""

from uuid import UUID

from django.db import DatabaseError
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from promo.channels.website.filters import Chosen
from promo.models import Item, Publication
from promo.public.clicks import is_person
from promo.services import health, pages, standstill
from promo.services.clock import database_now
from promo.services.facts import absolute, item_facts


@require_safe
def agenda(request: HttpRequest) -> HttpResponse:
    """What is on."""
    chosen = Chosen(*(request.GET.get(name, "") for name in ("kind", "branch", "audience")))
    language = request.LANGUAGE_CODE
    return HttpResponse(
        pages.agenda(chosen=chosen, path=request.path, language=language, now=database_now())
    )


def _out_or_404(uuid: UUID) -> Item:
    item = pages.out().filter(uuid=uuid).first()
    if item is None:
        raise Http404
    return item


@require_safe
def item(request: HttpRequest, uuid: UUID, slug: str = "") -> HttpResponse:
    """One item; an old slug leads to today's address."""
    found = _out_or_404(uuid)
    if request.path != found.path:
        return redirect(found.path, permanent=True)
    (shown,) = standstill.as_shown([found])
    return HttpResponse(pages.item_page(item_facts(shown), out_at=found.out_at))


@require_safe
def item_calendar(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The file behind "add to calendar"; news that has no time has none."""
    found = _out_or_404(uuid)
    if found.starts_at is None and found.deadline_at is None and found.previous_starts_at is None:
        raise Http404
    body = pages.one_in_calendar(found, path=request.path)
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="event.ics"'
    return answer


@require_safe
def marker(request: HttpRequest, marker: str) -> HttpResponse:
    """The short link of a publication: it leads to the item and counts the click, nobody's name.

    Where the item is not out on the website yet, its page is here.
    """
    known = Publication.objects.select_related("item")
    row = known.filter(marker=marker).first() or known.filter(former_markers__marker=marker).first()
    if row is None:
        raise Http404
    if is_person(request):
        Publication.objects.filter(id=row.id).update(clicks=F("clicks") + 1)
    here = pages.item_page_ahead(row)
    there = absolute(row.item.path if row.item else "/")
    answer = HttpResponse(here) if here else HttpResponseRedirect(there)
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether database, Redis, worker and beat are alive; 503 where one is not."""
    try:
        now = database_now()
    except DatabaseError:
        return JsonResponse({"ok": False, "database": False}, status=503)
    parts = health.parts(now=now)
    alive = all(parts.values())
    answer = {"ok": alive, **parts, **health.figures(now=now)}
    return JsonResponse(answer, status=200 if alive else 503)
