"""What people see where there is no such page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from promo.services import pages


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The way back to what is on, with status 404."""
    if request.path.startswith("/desk/"):
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
