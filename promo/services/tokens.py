"""Signed codes in the links that readers get: nobody can guess or change one.

A code says what it is for, so that a confirmation never works as an unsubscription.
"""

import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.core import signing

from promo.services.facts import absolute

CONFIRM = "confirm"
READER = "reader"
DELIVERY = "delivery"
CONFIRM_WITHIN = timedelta(hours=48)


def _salt(purpose: str) -> str:
    return f"promo.{purpose}"


def code(purpose: str, value: uuid.UUID | str) -> str:
    """A code for one purpose: always the same one, except for `CONFIRM`, whose codes end."""
    signer = signing.TimestampSigner if purpose == CONFIRM else signing.Signer
    return signer(salt=_salt(purpose)).sign(str(value))


def read(purpose: str, given: str) -> str | None:
    """The value of a code made for this purpose; None for anything else."""
    try:
        if purpose == CONFIRM:
            signer = signing.TimestampSigner(salt=_salt(purpose))
            return signer.unsign(given, max_age=CONFIRM_WITHIN)
        return signing.Signer(salt=_salt(purpose)).unsign(given)
    except signing.BadSignature:
        return None


def link(path: str, purpose: str, value: uuid.UUID | str) -> str:
    """The absolute address of `/<path>/<code>/`."""
    return absolute(f"/{path}/{code(purpose, value)}/")


def confirm_link(subscription_ids: Iterable[int]) -> str:
    """The address where a reader confirms exactly these subscriptions."""
    return link("confirm", CONFIRM, "-".join(map(str, subscription_ids)))


def read_confirm(given: str) -> list[int]:
    """The subscriptions that a code of `confirm_link` names; none for anything else."""
    value = read(CONFIRM, given)
    return [int(one) for one in value.split("-")] if value else []
