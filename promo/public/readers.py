"""What a subscriber does by the links in our mails: confirm, leave, read in the browser."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from promo.channels.newsletter_email import preview_html
from promo.mailing.codes import Purpose
from promo.mailing.slots import Slot
from promo.models import Newsletter, Publication, Subscriber, Subscription
from promo.public import answers, visitors
from promo.services import mailings, pages, subscribers, tokens
from promo.services.clock import database_now


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """The link in the confirmation mail. GET shows a button: mail scanners open every link."""
    ids = tokens.read_confirm(code)
    if request.method == "POST":
        subscribers.confirm(
            subscription_ids=ids, ip=visitors.address_of(request), proof=code, now=database_now()
        )
    waiting = _names(ids, Subscription.State.PENDING)
    if waiting:
        return answers.page(
            request,
            "newsletter_confirm",
            page_title=_("Confirm your subscription"),
            action=request.path,
            newsletter=waiting,
        )
    active = _names(ids, Subscription.State.ACTIVE)
    if not active:
        return answers.gone(request)
    return answers.message(
        request,
        _("Thank you, you are signed up"),
        _("From now on you will receive: {newsletter}.").format(newsletter=active),
    )


def _names(subscription_ids: list[int], state: Subscription.State) -> str:
    """The newsletters of those of the subscriptions that are in this state."""
    rows = Subscription.objects.filter(id__in=subscription_ids, state=state).order_by("id")
    return ", ".join(rows.values_list("newsletter__name", flat=True))


def reader_of(code: str) -> Subscriber | None:
    """Whose settings a code opens: that of a mail, or the reader's own; None for anything else."""
    row = mailings.delivery_of(Purpose.PREFERENCES, code)
    if row is not None:
        return row.subscriber
    uuid = tokens.read(tokens.READER, code)
    return subscribers.by_uuid(uuid) if uuid else None


def proof_of(code: str) -> str:
    """What a choice made with this code is proved by. Not the code itself: it works for ever."""
    row = mailings.delivery_of(Purpose.PREFERENCES, code)
    return f"delivery:{row.id}" if row is not None else "reader-link"


@csrf_exempt  # RFC 8058: the mail provider posts without cookies
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, code: str) -> HttpResponse:
    """Leave. GET only shows a button, since scanners follow links; a POST acts at once."""
    reader, newsletters = _leaving(code)
    if reader is None:
        return answers.gone(request)
    if request.method == "POST":
        for newsletter in newsletters:
            subscribers.leave(
                subscriber=reader, newsletter=newsletter, source="/unsubscribe/", now=database_now()
            )
        return answers.message(
            request,
            _("You have been unsubscribed"),
            _("We will not write to you again. Thank you for reading."),
        )
    single = newsletters[0].name if len(newsletters) == 1 else ""
    return answers.page(
        request,
        "newsletter_unsubscribe",
        page_title=_("Unsubscribe"),
        action=request.path,
        address=reader.email,
        newsletter=single,
        preferences_url=tokens.link("preferences", tokens.READER, reader.uuid),
    )


def _leaving(code: str) -> tuple[Subscriber | None, list[Newsletter]]:
    """Who leaves what: a delivery's code means its newsletter, a reader's code all of them."""
    row = mailings.delivery_of(Purpose.UNSUBSCRIBE, code)
    if row is not None:
        return row.subscriber, [row.mailing.newsletter]
    return reader_of(code), list(Newsletter.objects.all())


@require_safe
def view_in_browser(request: HttpRequest, code: str) -> HttpResponse:
    """A sent message as a page; it may be shared, so it greets nobody by name, and the reader's own
    links lead to the sign-up."""
    uuid = tokens.read(tokens.DELIVERY, code)
    row = Publication.objects.filter(uuid=uuid).first() if uuid else None
    if row is None:
        return answers.gone(request)
    here = request.build_absolute_uri()
    home = pages.site("pl", "/").sign_up_url or request.build_absolute_uri("/")
    links = {Slot.UNSUBSCRIBE: home, Slot.PREFERENCES: home, Slot.BROWSER: here}
    message = row.message.under(request.GET.get("subject", ""))
    message = message.for_readers(request.GET.get("language", ""))
    return HttpResponse(preview_html(message, links))
