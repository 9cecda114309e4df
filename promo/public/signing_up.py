"""The sign-up form: on our own page, in a frame of another site, and what other sites hand over.

A form acts only if it comes from a page of ours (`Origin`) that we opened some seconds ago (a
signed time). Anything else, such as the plain form on a partner's site, is shown once more as our
own form, filled in. That needs no cookie, which a frame of another site would not get: the form
uses nobody's rights, and who wants to sign up others gains nothing by another's browser.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from promo.errors import InvalidInput
from promo.models import Institution, Newsletter
from promo.public import answers, telling, visitors
from promo.public.fields import field, group
from promo.services import subscribers
from promo.services.clock import database_now

TRAP = "website"
FASTEST = timedelta(seconds=2)
"""People need longer than this to fill the form in."""

LONGEST = timedelta(hours=24)
EMAIL_LENGTH = 254
_SALT = "promo.form"
_IN_A_FRAME = "frame-ancestors *"


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """The form; it works without JavaScript. Every address gets the same answer."""
    return _answer(request)


@csrf_exempt
@xframe_options_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def embed(request: HttpRequest) -> HttpResponse:
    """The same without the site around it. This page alone may stand in others' frames."""
    answer = _answer(request, frame=answers.FRAMELESS)
    answer["Content-Security-Policy"] = _IN_A_FRAME
    return answer


def _answer(request: HttpRequest, frame: str = "") -> HttpResponse:
    open_ones = Newsletter.objects.filter(open_to_sign_up=True)
    if slug := request.GET.get("newsletter"):
        open_ones = open_ones.filter(slug=slug)
    if not open_ones:
        raise Http404
    form = _SignUp(request, list(open_ones))
    if request.method != "POST" or form.is_handed_over or not form.is_valid():
        return _shown(form, frame=frame)
    if not form.is_trapped:
        if not visitors.may_sign_up(request):
            return _too_many(request, frame=frame)
        form.ask()
    return answers.message(
        request,
        _("Please check your mailbox"),
        _(
            "We have sent you a message with a link. "
            "Follow it and confirm, and the newsletter will start to arrive."
        ),
        frame=frame,
    )


def _shown(form: _SignUp, frame: str = "") -> HttpResponse:
    return answers.page(form.request, "newsletter_signup", **form.context(), frame=frame)


def _too_many(request: HttpRequest, frame: str = "") -> HttpResponse:
    """Said to a network, of itself: nothing is learnt about any address."""
    return answers.message(
        request,
        _("Please try again later"),
        _(
            "In a short time many people have signed up from your network, or somebody has tried "
            "to. Nothing has been sent. Please try again in an hour or from another network."
        ),
        tone="error",
        status=429,
        frame=frame,
    )


class _Opened(Enum):
    """When the form was opened, by its signed time."""

    LATELY = "lately"
    JUST_NOW = "just now"
    UNKNOWN = "unknown"


class _SignUp:
    """The sign-up form's state: what was given, and what is wrong with it."""

    def __init__(self, request: HttpRequest, newsletters: list[Newsletter]) -> None:
        self.request = request
        self.newsletters = newsletters
        self.email = request.POST.get("email", "").strip()[:EMAIL_LENGTH]
        self.name = request.POST.get("name", "").strip()[: subscribers.NAME_LENGTH]
        self.chosen = set(request.POST.getlist("newsletters"))
        self.opened = request.POST.get("opened", "")
        # What somebody else's form says of consent is no consent.
        self.agreed = bool(request.POST.get("consent")) and not self.is_handed_over
        given = () if self.is_handed_over else request.POST.getlist(telling.COUNTED)
        self.counted = telling.ticked(newsletters, given)
        self.errors: dict[str, list[str]] = {}

    @property
    def wording(self) -> str:
        words = _(
            "I agree to receive the chosen newsletters by e-mail. "
            "I can leave at any time with one click."
        )
        return telling.with_tracking(words, self.newsletters)

    @property
    def is_handed_over(self) -> bool:
        """It comes from a page that is not ours, or that we opened too long ago."""
        origin = self.request.headers.get("Origin", "")
        ours = urlsplit(origin).netloc == self.request.get_host()
        known = not origin or ours or origin in settings.CSRF_TRUSTED_ORIGINS
        return not known or self._since is _Opened.UNKNOWN

    @property
    def is_trapped(self) -> bool:
        """A field that people do not see was filled in."""
        return bool(self.request.POST.get(TRAP))

    @property
    def _since(self) -> _Opened:
        if not _is_younger(self.opened, LONGEST):
            return _Opened.UNKNOWN
        return _Opened.JUST_NOW if _is_younger(self.opened, FASTEST) else _Opened.LATELY

    def is_valid(self) -> bool:
        try:
            subscribers.valid_address(self.email)
        except InvalidInput as error:
            self.errors["email"] = [error.text]
        if not self.agreed:
            self.errors["consent"] = [_("We may not write to you without your consent.")]
        if not self.chosen & {str(row.id) for row in self.newsletters}:
            self.errors["newsletters"] = [_("Please choose at least one newsletter.")]
        if not self.errors and self._since is _Opened.JUST_NOW:
            # A robot, or a browser that fills in by itself: a person simply presses once more.
            self.errors["email"] = [
                _("That was very fast. Please look at your address and send the form once more.")
            ]
        return not self.errors

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
            ip=visitors.address_of(self.request),
            counted=self.counted,
            now=database_now(),
        )

    def context(self) -> dict[str, Any]:
        return {
            "page_title": pgettext("newsletter", "Sign up for the newsletter"),
            "action": self._action,
            "csrf_input": self._opened_input,
            "fields": [
                self._field("email", _("E-mail"), self.email, type="email", required=True),
                self._field("name", _("First name"), self.name, autocomplete="given-name"),
            ],
            "newsletters": group(
                "newsletters",
                _("Which newsletters?"),
                [
                    telling.newsletter_option(
                        row, checked=str(row.id) in self.chosen or not self.chosen
                    )
                    for row in self.newsletters
                ],
                errors=self.errors.get("newsletters"),
            ),
            "groups": telling.ticks(self.newsletters, given=self.counted),
            "consent": self._field("consent", self.wording, self.agreed, required=True),
            "trap": TRAP,
            "privacy_url": Institution.load().privacy_url,
            "notice": _("One step is left: check what is below, agree and send it.")
            if self.request.method == "POST" and self.is_handed_over
            else "",
        }

    @property
    def _action(self) -> str:
        """The same address: a form for one newsletter stays one, in its language."""
        kept = {
            name: self.request.GET[name]
            for name in ("newsletter", "lang")
            if name in self.request.GET
        }
        return f"{self.request.path}?{urlencode(kept)}" if kept else self.request.path

    @property
    def _opened_input(self) -> str:
        """The time of the first opening; whoever corrects a slip is not too fast for it."""
        kept = self.opened if self._since is not _Opened.UNKNOWN else signing.dumps("", salt=_SALT)
        return format_html('<input type="hidden" name="opened" value="{}">', kept)

    def _field(self, name: str, label: str, value: object, **more: Any) -> SimpleNamespace:
        return field(name, label, value, errors=self.errors.get(name, []), **more)


def _is_younger(opened: str, age: timedelta) -> bool:
    """Was this time signed by us, less than so long ago?"""
    try:
        signing.loads(opened, salt=_SALT, max_age=age)
    except signing.BadSignature:  # SignatureExpired is one
        return False
    return True
