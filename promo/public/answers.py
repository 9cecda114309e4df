"""What subscribers are answered with: a page in the site's frame, or a short message in it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.html import format_html
from django.utils.translation import gettext as _

from promo.services import pages

FRAMELESS = "public/frameless.html.j2"
"""The frame of what stands in a frame of another site: none of ours around it."""


def page(
    request: HttpRequest, name: str, *, status: int = 200, frame: str = "", **context: Any
) -> HttpResponse:
    """The page `public/<name>` in the language of the visitor; search engines leave it out.

    `frame` is the template that stands around it, "" for the site's own.
    """
    language = request.LANGUAGE_CODE
    common = {
        "current": "newsletter",
        "frame": frame,
        "indexed": False,
        "site": pages.site(language, request.path),
    }
    if "csrf_input" not in context:  # making one sets a cookie
        common["csrf_input"] = _csrf(request)
    body = pages.page(name, language=language, **{**common, **context})
    return HttpResponse(body, status=status)


def message(
    request: HttpRequest,
    heading: str,
    text: str,
    *,
    tone: str = "success",
    status: int = 200,
    frame: str = "",
) -> HttpResponse:
    """A heading and a sentence. `tone`: "success", "info" or "error"."""
    return page(
        request,
        "message",
        page_title=heading,
        heading=heading,
        text=text,
        tone=tone,
        link=None,
        status=status,
        frame=frame,
    )


def gone(request: HttpRequest) -> HttpResponse:
    """The code in the address leads to nobody, or not any more: 404."""
    return message(
        request,
        _("This link does not work"),
        _(
            "It is incomplete or has expired. "
            "Please sign up again, or use the link in the latest message."
        ),
        tone="error",
        status=404,
    )


def _csrf(request: HttpRequest) -> str:
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request)
    )
