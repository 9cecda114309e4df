"""What a subscriber does: sign up, confirm, choose, leave, read in the browser."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from promo.channels.newsletter_email import preview_html
from promo.errors import InvalidInput
from promo.mailing.codes import Purpose
from promo.mailing.slots import Slot
from promo.models import Newsletter, Publication, Subscriber, Subscription
from promo.services import mailings, pages, subscribers, tokens
from promo.services.clock import database_now

TRAP = "website"
FASTEST = timedelta(seconds=2)
"""People need longer than this to fill the form in."""

EMAIL_LENGTH = 254


def _csrf(request: HttpRequest) -> str:
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request)
    )


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    language = request.LANGUAGE_CODE
    frame = {"csrf_input": _csrf(request), "current": "newsletter", "indexed": False}
    site = pages.site(language, request.path)
    body = pages.page(name, language=language, **{**frame, "site": site, **context})
    return HttpResponse(body, status=status)


def _message(
    request: HttpRequest, heading: str, text: str, *, tone: str = "success", status: int = 200
) -> HttpResponse:
    return _page(
        request,
        "message",
        page_title=heading,
        heading=heading,
        text=text,
        tone=tone,
        link=None,
        status=status,
    )


def _gone(request: HttpRequest) -> HttpResponse:
    return _message(
        request,
        _("This link does not work"),
        _(
            "It is incomplete or has expired. "
            "Please sign up again, or use the link in the latest message."
        ),
        tone="error",
        status=404,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """The form; it works without JavaScript. Every address gets the same answer."""
    open_ones = list(Newsletter.objects.filter(open_to_sign_up=True))
    if not open_ones:
        raise Http404
    form = _SignUp(request, open_ones)
    if request.method == "POST" and form.is_valid():
        if not form.is_robot():
            form.ask()
        return _message(
            request,
            _("Please check your mailbox"),
            _(
                "We have sent you a message with a link. "
                "Follow it and confirm, and the newsletter will start to arrive."
            ),
        )
    return _page(request, "newsletter_signup", **form.context())


class _SignUp:
    """The sign-up form's state: what was given, and what is wrong with it."""

    def __init__(self, request: HttpRequest, newsletters: list[Newsletter]) -> None:
        self.request = request
        self.newsletters = newsletters
        self.email = request.POST.get("email", "").strip()[:EMAIL_LENGTH]
        self.name = request.POST.get("name", "").strip()[: subscribers.NAME_LENGTH]
        self.chosen = set(request.POST.getlist("newsletters"))
        self.agreed = bool(request.POST.get("consent"))
        self.errors: dict[str, list[str]] = {}

    @property
    def wording(self) -> str:
        return _(
            "I agree to receive the chosen newsletters by e-mail. "
            "I can leave at any time with one click."
        )

    def is_valid(self) -> bool:
        try:
            subscribers.valid_address(self.email)
        except InvalidInput as error:
            self.errors["email"] = [error.text]
        if not self.agreed:
            self.errors["consent"] = [_("We may not write to you without your consent.")]
        if not self.chosen & {str(row.id) for row in self.newsletters}:
            self.errors["newsletters"] = [_("Please choose at least one newsletter.")]
        return not self.errors

    def is_robot(self) -> bool:
        """The trap was filled in, or the form came back faster than a person types."""
        if self.request.POST.get(TRAP):
            return True
        try:
            signing.loads(self.request.POST.get("opened", ""), salt="promo.form", max_age=FASTEST)
        except signing.SignatureExpired:
            return False
        except signing.BadSignature:
            return True
        return True

    def ask(self) -> None:
        first, *others = (row for row in self.newsletters if str(row.id) in self.chosen)
        subscribers.sign_up(
            email=self.email,
            name=self.name,
            newsletter=first,
            others=others,
            language=self.request.LANGUAGE_CODE,
            wording=self.wording,
            source=self.request.build_absolute_uri(),
            ip=self.request.META.get("REMOTE_ADDR") or None,
            now=database_now(),
        )

    def context(self) -> dict[str, Any]:
        opened = format_html(
            '<input type="hidden" name="opened" value="{}">', signing.dumps("", salt="promo.form")
        )
        return {
            "page_title": pgettext("newsletter", "Sign up for the newsletter"),
            "action": self.request.path,
            "csrf_input": _csrf(self.request) + opened,
            "fields": [
                self._field("email", _("E-mail"), self.email, type="email", required=True),
                self._field("name", _("First name"), self.name, autocomplete="given-name"),
            ],
            "newsletters": _group(
                "newsletters",
                _("Which newsletters?"),
                [
                    _option(row, checked=str(row.id) in self.chosen or not self.chosen)
                    for row in self.newsletters
                ],
                errors=self.errors.get("newsletters", []),
            ),
            "groups": [],
            "consent": self._field("consent", self.wording, self.agreed, required=True),
            "trap": TRAP,
        }

    def _field(self, name: str, label: str, value: object, **more: Any) -> SimpleNamespace:
        return _field(name, label, value, errors=self.errors.get(name, []), **more)


def _field(name: str, label: str, value: object, **more: Any) -> SimpleNamespace:
    plain = {"type": "text", "autocomplete": "", "required": False, "help": "", "errors": []}
    if more.get("type") == "email":
        plain["autocomplete"] = "email"
    return SimpleNamespace(name=name, label=label, value=value, **{**plain, **more})


def _group(
    name: str,
    legend: str,
    options: list[SimpleNamespace],
    *,
    errors: list[str],
    kind: str = "checkbox",
) -> SimpleNamespace:
    return SimpleNamespace(
        name=name, legend=legend, help="", errors=errors, kind=kind, options=options
    )


def _option(row: Newsletter, *, checked: bool) -> SimpleNamespace:
    return SimpleNamespace(value=str(row.id), label=row.name, help=row.description, checked=checked)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """The link in the confirmation mail. GET shows a button: mail scanners open every link."""
    ids = tokens.read_confirm(code)
    if request.method == "POST":
        ip = request.META.get("REMOTE_ADDR") or None
        subscribers.confirm(subscription_ids=ids, ip=ip, now=database_now())
    waiting = _names(ids, Subscription.State.PENDING)
    if waiting:
        return _page(
            request,
            "newsletter_confirm",
            page_title=_("Confirm your subscription"),
            action=request.path,
            newsletter=waiting,
        )
    active = _names(ids, Subscription.State.ACTIVE)
    if not active:
        return _gone(request)
    return _message(
        request,
        _("Thank you, you are signed up"),
        _("From now on you will receive: {newsletter}.").format(newsletter=active),
    )


def _names(subscription_ids: list[int], state: Subscription.State) -> str:
    """The newsletters of those of the subscriptions that are in this state."""
    rows = Subscription.objects.filter(id__in=subscription_ids, state=state).order_by("id")
    return ", ".join(rows.values_list("newsletter__name", flat=True))


def _reader(code: str) -> Subscriber | None:
    row = mailings.delivery_of(Purpose.PREFERENCES, code)
    if row is not None:
        return row.subscriber
    uuid = tokens.read(tokens.READER, code)
    return subscribers.by_uuid(uuid) if uuid else None


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, code: str) -> HttpResponse:
    """What a subscriber reads, without a password: the code in the link is personal."""
    reader = _reader(code)
    if reader is None:
        return _gone(request)
    saved = request.method == "POST"
    if saved:
        _save_choice(request, reader)
        reader.refresh_from_db()
    return _page(
        request,
        "newsletter_preferences",
        page_title=_("Your newsletter settings"),
        action=request.path,
        address=reader.email,
        saved=saved,
        fields=[_field("name", _("First name"), reader.name, autocomplete="given-name")],
        groups=_choices(reader),
        unsubscribe_url=tokens.link("unsubscribe", tokens.READER, reader.uuid),
    )


def _save_choice(request: HttpRequest, reader: Subscriber) -> None:
    given = request.POST.getlist("newsletters")
    language = request.POST.get("language", "")
    subscribers.choose(
        subscriber=reader,
        newsletters={int(one) for one in given if one.isdigit()},
        name=request.POST.get("name", ""),
        language=language if language in {"pl", "en"} else reader.language,
        source=request.build_absolute_uri("/preferences/"),
        now=database_now(),
    )


def _choices(reader: Subscriber) -> list[SimpleNamespace]:
    read = set(
        reader.subscriptions.filter(state=Subscription.State.ACTIVE).values_list(
            "newsletter_id", flat=True
        )
    )
    newsletters = [_option(row, checked=row.id in read) for row in Newsletter.objects.all()]
    languages = [
        SimpleNamespace(value=key, label=label, help="", checked=reader.language == key)
        for key, label in (("pl", "polski"), ("en", "English"))
    ]
    return [
        _group("newsletters", _("Newsletters"), newsletters, errors=[]),
        _group("language", _("Language"), languages, errors=[], kind="radio"),
    ]


@csrf_exempt  # RFC 8058: the mail provider posts without cookies
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, code: str) -> HttpResponse:
    """Leave. GET only shows a button, since scanners follow links; a POST acts at once."""
    reader, newsletters = _leaving(code)
    if reader is None:
        return _gone(request)
    if request.method == "POST":
        for newsletter in newsletters:
            subscribers.leave(
                subscriber=reader, newsletter=newsletter, source="/unsubscribe/", now=database_now()
            )
        return _message(
            request,
            _("You have been unsubscribed"),
            _("We will not write to you again. Thank you for reading."),
        )
    single = newsletters[0].name if len(newsletters) == 1 else ""
    return _page(
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
    return _reader(code), list(Newsletter.objects.all())


@require_safe
def view_in_browser(request: HttpRequest, code: str) -> HttpResponse:
    """A sent message as a page; it may be shared, so it greets nobody by name, and the reader's own
    links lead to the sign-up."""
    uuid = tokens.read(tokens.DELIVERY, code)
    row = Publication.objects.filter(uuid=uuid).first() if uuid else None
    if row is None:
        return _gone(request)
    here = request.build_absolute_uri()
    home = pages.site("pl", "/").sign_up_url or request.build_absolute_uri("/")
    links = {Slot.UNSUBSCRIBE: home, Slot.PREFERENCES: home, Slot.BROWSER: here}
    message = row.message.for_readers(request.GET.get("language", ""))
    return HttpResponse(preview_html(message, links))
