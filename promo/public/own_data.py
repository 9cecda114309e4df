"""One's own data: asked for by a link in any mail, seen, copied and erased by a fresh one only."""

from __future__ import annotations

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from promo.models import Consent, Delivery, DeliveryEvent, Preferences, Subscriber, Subscription
from promo.planning.kinds import AUDIENCES, TOPICS
from promo.public import answers
from promo.public.preference_centre import LANGUAGES
from promo.public.readers import reader_of
from promo.services import own_data, subscribers, tokens
from promo.services.clock import database_now


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """Have the link mailed. Whoever holds a forwarded mail learns nothing by it."""
    reader = reader_of(code)
    if reader is None:
        return answers.gone(request)
    if request.method == "POST":
        own_data.ask(subscriber=reader, now=database_now())
        return answers.message(
            request,
            _("Please check your mailbox"),
            _(
                "We have sent a link to the address at which you receive the newsletter. "
                "It works for two hours. There you see your data, and can copy or erase it."
            ),
        )
    return answers.page(
        request,
        "own_data_ask",
        page_title=_("Your data"),
        action=request.path,
        preferences_url=tokens.link("preferences", tokens.READER, reader.uuid),
    )


@never_cache
@require_safe
def show(request: HttpRequest, code: str) -> HttpResponse:
    """Everything that is kept about the reader, to be read."""
    reader = _reader(code)
    if reader is None:
        return _too_old(request)
    return answers.page(
        request,
        "own_data",
        page_title=_("What we keep about you"),
        data=_in_words(own_data.copy(reader)),
        file_url=reverse("own_data_file", args=[code]),
        erase_url=reverse("own_data_erase", args=[code]),
        preferences_url=tokens.link("preferences", tokens.READER, reader.uuid),
    )


@never_cache
@require_safe
def download(request: HttpRequest, code: str) -> HttpResponse:
    """The same as a file for programs (JSON)."""
    reader = _reader(code)
    if reader is None:
        return _too_old(request)
    answer = JsonResponse(
        own_data.copy(reader),
        encoder=DjangoJSONEncoder,
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    answer["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, code: str) -> HttpResponse:
    """A question first; a POST erases at once, and for good."""
    reader = _reader(code)
    if reader is None:
        return _too_old(request)
    if request.method == "POST":
        subscribers.erase(subscriber=reader, now=database_now())
        return answers.message(
            request,
            _("Your data has been erased"),
            _(
                "All that is left is a code made from your address, from which nobody can read the "
                "address. By it we know not to write to you again."
            ),
        )
    return answers.page(
        request,
        "own_data_erase",
        page_title=_("Erase your data?"),
        action=request.path,
        address=reader.email,
        data_url=reverse("own_data", args=[code]),
    )


def _reader(code: str) -> Subscriber | None:
    uuid = tokens.read(tokens.OWN_DATA, code)
    return subscribers.by_uuid(uuid) if uuid else None


def _too_old(request: HttpRequest) -> HttpResponse:
    return answers.message(
        request,
        _("This link does not work any more"),
        _(
            "A link to your data works for two hours. You get a new one by the link to the "
            "settings at the end of every newsletter."
        ),
        tone="error",
        status=404,
    )


def _in_words(data: dict[str, Any]) -> dict[str, Any]:
    """The copy with people's words in place of its codes."""
    chosen = data["preferences"]
    topics = {one.key: one.label for one in TOPICS}
    audiences = {one.key: one.label for one in AUDIENCES}
    everything = pgettext("topics or branches", "all")
    return {
        **data,
        "language": LANGUAGES.get(data["language"], data["language"]),
        "preferences": {
            **chosen,
            "topics": _listed(chosen["topics"], topics) or everything,
            "audiences": _listed(chosen["audiences"], audiences) or everything,
            "branches": ", ".join(chosen["branches"]) or everything,
            "frequency": Preferences.Frequency(chosen["frequency"]).label,
        },
        "subscriptions": [
            {
                **row,
                "state": Subscription.State(row["state"]).label,
                "consents": [
                    {
                        **one,
                        "act": Consent.Act(one["act"]).label,
                        "about": Consent.About(one["about"]).label,
                    }
                    for one in row["consents"]
                ],
            }
            for row in data["subscriptions"]
        ],
        "deliveries": [
            {
                **row,
                "outcome": Delivery.State[row["outcome"].upper()].label,
                "events": [
                    {**one, "what": DeliveryEvent.Kind(one["what"]).label} for one in row["events"]
                ],
            }
            for row in data["deliveries"]
        ],
    }


def _listed(keys: list[str], labels: dict[str, Any]) -> str:
    return ", ".join(str(labels.get(key, key)) for key in keys)
