"""Where the personal links of test mails lead: they say so, and change nothing for anybody."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from promo.channels.newsletter_email import preview_html
from promo.mailing.slots import Slot
from promo.public import answers
from promo.services import proofs
from promo.services.facts import absolute


@csrf_exempt  # RFC 8058: the mail provider posts without cookies, to a test as to any mail
@require_http_methods(["GET", "HEAD", "POST"])
def personal(request: HttpRequest, code: str) -> HttpResponse:
    """Unsubscribe and preferences of a test mail: a word instead of the deed."""
    if proofs.by_code(code) is None:
        return _gone(request)
    return answers.message(
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
    return HttpResponse(preview_html(proof.message, links))


def _gone(request: HttpRequest) -> HttpResponse:
    text = _("It is incomplete, or the issue that was tested is gone.")
    return answers.message(request, _("This link does not work"), text, tone="error", status=404)
