"""The installed channels, and what they are handed of the outside."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from django.conf import settings
from django.utils.translation import gettext as _

from promo import door
from promo.channels.base import (
    COMMON_NAMES,
    NO_BUDGET,
    Access,
    CallBudget,
    ChannelContract,
    Render,
    Wires,
)
from promo.errors import ConfigurationError
from promo.models import Destination
from promo.rendering import find_template_faults, make_environment, make_render
from promo.services import breaker, mailings
from promo.services.clock import database_now
from promo.values import Message, Problem, Receipt, Traits

# fmt: off
PUBLIC_NAMES = frozenset({
    "action", "address", "body_html", "calendar_url", "canonical_url", "chosen", "clear_url",
    "consent", "csrf_input", "current", "data", "data_url", "dates", "deadlines", "erase_url",
    "facts", "fields", "file_url", "filters", "frame", "funding_note", "groups", "heading",
    "indexed", "jsonld", "kind_label", "language", "lead", "link", "meta", "months", "news",
    "newsletter", "newsletters", "notice", "ongoing", "page_title", "paused_until", "pictures",
    "preferences_url", "privacy_url", "reads_nothing", "saved", "site", "text", "title", "tone",
    "total", "trap", "unsubscribe_url",
})
# fmt: on
"""What the public pages' templates may use beyond the common names."""


def installed() -> Mapping[str, type[ChannelContract]]:
    """The channel classes by key, in the order of the settings."""
    return _loaded(tuple(settings.PROMO_CHANNELS))


@cache
def _loaded(paths: tuple[str, ...]) -> Mapping[str, type[ChannelContract]]:
    return {path.rpartition(".")[2]: import_module(path).Channel for path in paths}


def channel_class(key: str) -> type[ChannelContract]:
    """The class of an installed channel; raises ConfigurationError for another key."""
    try:
        return installed()[key]
    except KeyError as error:
        message = _("The channel “{key}” is not installed (PROMO_CHANNELS).").format(key=key)
        raise ConfigurationError(message) from error


def traits_of(key: str) -> Traits:
    """What the channel can do; one whose line was taken from the settings can do nothing."""
    return installed()[key].traits if key in installed() else Traits()


def channel_for(destination: Destination) -> ChannelContract:
    """The channel, ready to publish; raises ConfigurationError where a field is missing."""
    made = channel_class(destination.channel)
    access = Access(config=destination.config, secrets=destination.secrets)
    missing = [
        field.label for field in made.fields if field.required and not _given(access, field.key)
    ]
    if missing:
        message = _("“{name}” is not fully set up. Missing: {missing}.").format(
            name=destination.name, missing=", ".join(map(str, missing))
        )
        raise ConfigurationError(message)
    return made(access, _wires(destination))


def _given(access: Access, key: str) -> str:
    return access.config.get(key) or access.secrets.get(key, "")


def wires_for_sign_in() -> Wires:
    """What connecting may use of the outside; there is nothing to mail yet."""

    def enqueue(_access: Access, _message: Message, _key: str) -> Receipt:
        raise ConfigurationError("nothing is mailed while a destination is connected")

    return _wired(enqueue)


def _wires(destination: Destination) -> Wires:
    def enqueue(_access: Access, _message: Message, key: str) -> Receipt:
        return mailings.start(destination=destination, key=key, now=database_now())

    return _wired(enqueue, breaker.call_budget(destination, clock=database_now))


def _wired(
    enqueue: Callable[[Access, Message, str], Receipt], budget: CallBudget = NO_BUDGET
) -> Wires:
    return Wires(
        http=lambda: door.open_session(guard=_operators_guard()),
        now=database_now,
        enqueue=enqueue,
        longest_call=settings.PROMO_LONGEST_CALL,
        budget=budget,
        settings={
            name: str(getattr(settings, name))
            for name in dir(settings)
            if name.startswith("PROMO_") and isinstance(getattr(settings, name), str)
        },
    )


def _operators_guard() -> door.Guard:
    """The door for addresses that the operator set: only their hosts and ports are vouched for."""
    parts = urlsplit(settings.PROMO_FACEBOOK_GRAPH_URL)
    return door.Guard(
        allowed_hosts=frozenset({parts.hostname or ""}),
        allowed_ports=frozenset({parts.port} if parts.port else ()),
    )


def render(language: str) -> Render:
    """Renders a template in this language: the institution's own, else ours below templates/."""
    return make_render(_environment(tuple(settings.PROMO_TEMPLATE_ROOTS)), language=language)


@cache
def _environment(roots: tuple[str, ...]) -> jinja2.Environment:
    return make_environment(*map(Path, roots))


def check_deadlines() -> None:
    """Raise ConfigurationError where a call could outlive its lease, or a lease the quiet."""
    for key, channel in installed().items():
        longest = min(channel.deadline, settings.PROMO_LONGEST_CALL)
        if longest >= settings.PROMO_LEASE:
            message = _(
                "PROMO_LEASE_SECONDS must be longer than the longest call of “{key}” ({seconds} s)."
            ).format(key=key, seconds=longest.total_seconds())
            raise ConfigurationError(message)
    if settings.PROMO_QUIET_PERIOD < settings.PROMO_LEASE:
        # A worker may still be calling until its lease ends: an absence before proves nothing.
        message = _("PROMO_QUIET_PERIOD_SECONDS must not be shorter than PROMO_LEASE_SECONDS.")
        raise ConfigurationError(message)


def template_faults() -> list[Problem]:
    """Templates with broken syntax or an unknown variable, found before anything goes out."""
    names = {
        f"{key}/": COMMON_NAMES | channel.template_names for key, channel in installed().items()
    }
    names["public/"] = COMMON_NAMES | PUBLIC_NAMES
    names[""] = COMMON_NAMES
    environment = _environment(tuple(settings.PROMO_TEMPLATE_ROOTS))
    return find_template_faults(environment, context_names=names)
