"""What people see where there is no page, no access, or something went wrong.

At the desk the way out leads to the desk, elsewhere to what is on.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from promo.services import pages


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The way back to what is on, with status 404."""
    if _at_the_desk(request):
        return render(request, "wagtailadmin/404.html", status=404)
    language = "en" if get_language() == "en" else "pl"
    body = pages.page(
        "not_found",
        language=language,
        page_title=_("There is no such page"),
        indexed=False,
        site=pages.site(language, "/"),
    )
    return HttpResponse(body, status=404)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django turned away, with status 400."""
    return _plain("400.html", request, status=400)


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No access, with status 403."""
    return _plain("403.html", request, status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """An error of ours, with status 500."""
    return _plain("500.html", request, status=500)


def _plain(template: str, request: HttpRequest, *, status: int) -> HttpResponse:
    """Without the request: its context processors ask the database, which may be what is down."""
    page = render_to_string(template, {"at_the_desk": _at_the_desk(request)})
    return HttpResponse(page, status=status)


def _at_the_desk(request: HttpRequest) -> bool:
    return request.path.startswith("/desk/")
