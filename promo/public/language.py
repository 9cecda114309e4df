"""The language of a page: what the reader asked for, else the browser's, else the institution's."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

KNOWN = {code for code, _name in settings.LANGUAGES}


class LanguageMiddleware:
    """Activates `?lang=`, which a cookie remembers, or what the browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("lang", "")
        remembered = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = next(
            (code for code in (asked, remembered) if code in KNOWN), _of_browser(request)
        )
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        if asked in KNOWN:
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, asked, max_age=31_536_000)
        return response


def _of_browser(request: HttpRequest) -> str:
    if not request.headers.get("Accept-Language"):
        return settings.LANGUAGE_CODE
    return translation.get_language_from_request(request)
