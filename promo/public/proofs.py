"""Where the personal links of test mails lead: they say so, and change nothing for anybody."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from promo.mailing.slots import Slot, fill
from promo.services import pages, proofs
from promo.services.facts import absolute


@csrf_exempt  # RFC 8058: the mail provider posts without cookies, to a test as to any mail
@require_http_methods(["GET", "HEAD", "POST"])
def personal(request: HttpRequest, code: str) -> HttpResponse:
    """Unsubscribe and preferences of a test mail: a word instead of the deed."""
    if proofs.by_code(code) is None:
        return _gone(request)
    return _told(
        request,
        _("This was a test mail"),
        _(
            "The link works. Nobody has been unsubscribed and nothing has been changed. In a mail "
            "to readers it leads to the reader’s own page."
        ),
    )


@require_safe
def view_in_browser(request: HttpRequest, code: str) -> HttpResponse:
    """The test mail as a page."""
    proof = proofs.by_code(code)
    if proof is None:
        return _gone(request)
    links = {
        Slot.UNSUBSCRIBE: absolute(f"/test/unsubscribe/{code}/"),
        Slot.PREFERENCES: absolute(f"/test/preferences/{code}/"),
        Slot.BROWSER: absolute(f"/test/view/{code}/"),
    }
    return HttpResponse(fill(proof.message.html, links, html=True))


def _gone(request: HttpRequest) -> HttpResponse:
    text = _("It is incomplete, or the issue that was tested is gone.")
    return _told(request, _("This link does not work"), text, tone="error", status=404)


def _told(
    request: HttpRequest, heading: str, text: str, *, tone: str = "success", status: int = 200
) -> HttpResponse:
    language = request.LANGUAGE_CODE
    body = pages.page(
        "message",
        language=language,
        site=pages.site(language, request.path),
        csrf_input="",
        current="newsletter",
        indexed=False,
        page_title=heading,
        heading=heading,
        text=text,
        tone=tone,
        link=None,
    )
    return HttpResponse(body, status=status)
