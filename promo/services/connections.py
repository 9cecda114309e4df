"""Connecting a destination by the network's own sign-in: begin, come back, choose.

Between the steps a `Handshake` holds what is known. It belongs to one session, its `state` works
once, and it is over after half an hour. No network call is made inside a transaction.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from promo.channels.base import Access, Offer, Place, SignInContract
from promo.errors import InvalidInput, NotAllowed
from promo.models import Destination, Handshake
from promo.services import accesses, channels, destinations
from promo.services.facts import absolute

LIFE = timedelta(minutes=30)
TOKEN = "user_token"  # noqa: S105 - the name under which it is sealed


def redirect_uri() -> str:
    """Where the network sends people back to: to be entered there, and the same each time."""
    return absolute(reverse("destinations:connected"))


def needs_https() -> bool:
    """Would the network refuse to send people back to us, because our address is not secure?"""
    dialog = str(settings.PROMO_FACEBOOK_DIALOG_URL)
    return dialog.startswith("https://") and not redirect_uri().startswith("https://")


def begin(
    *,
    channel: str,
    destination: Destination | None,
    given: Mapping[str, str],
    user: User,
    session_key: str,
    now: datetime,
) -> str:
    """Check what the person filled in with the network; gives the address of its sign-in.

    An empty secret keeps the stored one, unless something else has changed. Raises InvalidInput
    that names the field, or a PublishError in plain words.
    """
    access = _filled_in(channel, destination, given)
    way = _sign_in(channel, access)
    way.check_app()
    row = Handshake(
        channel=channel,
        destination=destination,
        user=user,
        session_hash=_hash(session_key),
        config=dict(access.config),
        expires_at=now + LIFE,
    )
    row.seal(access.secrets)
    row.save()
    return _to_the_dialog(row, way, renews=destination is not None)


def again(*, handshake: Handshake) -> str:
    """The address of the sign-in once more, to tick what was left out."""
    return _to_the_dialog(handshake, _way_of(handshake), renews=False)


def come_back(*, session_key: str, state: str, code: str, now: datetime) -> Handshake:
    """Redeem the code that the network sent along; the state is used up, whatever follows.

    Raises NotAllowed for a state that is unknown, used, over or another session's, else a
    PublishError.
    """
    row = _of_state(session_key=session_key, state=state, now=now)
    if not code:
        raise NotAllowed(_("You stopped the sign-in, and nothing has changed."))
    token = _way_of(row).redeem(code, redirect_uri=redirect_uri())
    row.seal({**row.secrets, TOKEN: token})
    Handshake.objects.filter(pk=row.pk).update(sealed=row.sealed)
    return row


def under_way(*, uuid: str, session_key: str, now: datetime) -> Handshake | None:
    """This session's handshake that was come back from; None where there is none any more."""
    rows = Handshake.objects.select_related("destination")
    return rows.filter(
        uuid=uuid, session_hash=_hash(session_key), state_hash="", expires_at__gt=now
    ).first()


def offer(*, handshake: Handshake) -> Offer:
    """What may be connected, asked anew each time; what cannot is told why. Raises PublishError."""
    token = handshake.secrets.get(TOKEN, "")
    made = _way_of(handshake).offer(token)
    places = tuple(_for_us(handshake, place) for place in made.places)
    return dataclasses.replace(made, places=places)


def choose(*, handshake: Handshake, key: str, name: str, now: datetime) -> Destination:
    """Connect the chosen place; gives the destination. A handshake works once.

    What is connected again keeps its row, so its history and its queue. Raises NotAllowed where the
    place cannot be chosen, else a PublishError.
    """
    place = next((one for one in offer(handshake=handshake).places if one.key == key), None)
    if place is None or place.why_not:
        raise NotAllowed(place.why_not if place else _("Choose one of those listed."))
    held = {key: value for key, value in handshake.secrets.items() if key != TOKEN}
    with transaction.atomic():
        if not Handshake.objects.filter(pk=handshake.pk).delete()[0]:
            raise NotAllowed(_("This sign-in is over. Please start it again."))
        row = handshake.destination or Destination(channel=handshake.channel)
        row.name = name.strip()[:120] or row.name or place.name[:120]
        destinations.point(row, {**row.config, **handshake.config, **place.config})
        row.seal({**held, **place.secrets})
        row.connected_at = now
        row.findings = []
        row.next_check_at = now
        # What a person or a worker has changed meanwhile stays as it is.
        fresh = ("name", "config", "sealed", "connected_at", "seen_at", "findings", "next_check_at")
        row.save(update_fields=fresh if row.pk else None)
        accesses.found_again(destination=row)
    return row


def sweep(*, now: datetime) -> None:
    """Forget sign-ins that nobody finished, with their secrets."""
    Handshake.objects.filter(expires_at__lte=now).delete()


def _filled_in(channel: str, destination: Destination | None, given: Mapping[str, str]) -> Access:
    made = channels.channel_class(channel)
    asks = _sign_in_class(channel).asks
    fields = [field for field in made.fields if field.key in asks]
    config = {f.key: given.get(f.key, "").strip() for f in fields if not f.secret}
    same = destination is not None and config.items() <= destination.config.items()
    held = {f.key: given.get(f.key, "").strip() for f in fields if f.secret}
    if destination is not None and same and not all(held.values()):
        stored = destination.secrets
        held = {key: value or stored.get(key, "") for key, value in held.items()}
    for one in fields:
        if one.required and not {**config, **held}[one.key]:
            message = _("“{label}” is missing.").format(label=one.label)
            raise InvalidInput(message, field=one.key)
    return Access(config=config, secrets=held)


def _to_the_dialog(row: Handshake, way: SignInContract, *, renews: bool) -> str:
    state = secrets.token_urlsafe(32)
    Handshake.objects.filter(pk=row.pk).update(state_hash=_hash(state))
    return way.dialog(redirect_uri=redirect_uri(), state=state, renews=renews)


def _of_state(*, session_key: str, state: str, now: datetime) -> Handshake:
    mine = Handshake.objects.filter(session_hash=_hash(session_key), expires_at__gt=now)
    with transaction.atomic():
        row = mine.select_for_update().filter(state_hash=_hash(state)).first()
        if row is None:
            raise NotAllowed(
                _("This sign-in is over, or it was begun elsewhere. Please start it again here.")
            )
        row.state_hash = ""
        row.save(update_fields=["state_hash"])
    return row


def _for_us(handshake: Handshake, place: Place) -> Place:
    """The place as this desk can take it: one destination for each, and each its own."""
    if place.why_not:
        return place
    field = _sign_in_class(handshake.channel).place_key
    mine = handshake.destination
    if mine is not None and mine.config.get(field) not in {place.key, "", None}:
        text = _("“{name}” is another page. Connect this one as a destination of its own.")
        return dataclasses.replace(place, why_not=text.format(name=mine.name))
    others = Destination.objects.filter(
        channel=handshake.channel, **{f"config__{field}": place.key}
    )
    other = others.exclude(pk=mine.pk).first() if mine is not None else others.first()
    if other is not None:
        text = _("It is connected already, as “{name}”. Connect that again instead.")
        return dataclasses.replace(place, why_not=text.format(name=other.name))
    return place


def _way_of(row: Handshake) -> SignInContract:
    return _sign_in(row.channel, Access(config=row.config, secrets=row.secrets))


def _sign_in(channel: str, access: Access) -> SignInContract:
    return _sign_in_class(channel)(access, channels.wires_for_sign_in())


def _sign_in_class(channel: str) -> type[SignInContract]:
    made = accesses.sign_in_of(channel)
    if made is None:
        raise NotAllowed(_("This channel is connected by its settings, without a sign-in."))
    return made


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
