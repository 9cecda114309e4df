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
OWN_DATA = "own-data"
CONFIRM_WITHIN = timedelta(hours=48)
OWN_DATA_WITHIN = timedelta(hours=2)
_ENDING = {CONFIRM: CONFIRM_WITHIN, OWN_DATA: OWN_DATA_WITHIN}


def _salt(purpose: str) -> str:
    return f"promo.{purpose}"


def code(purpose: str, value: uuid.UUID | str) -> str:
    """A code for one purpose: always the same one, except where codes end after a while."""
    signer = signing.TimestampSigner if purpose in _ENDING else signing.Signer
    return signer(salt=_salt(purpose)).sign(str(value))


def read(purpose: str, given: str) -> str | None:
    """The value of a code made for this purpose; None for anything else."""
    try:
        if purpose in _ENDING:
            signer = signing.TimestampSigner(salt=_salt(purpose))
            return signer.unsign(given, max_age=_ENDING[purpose])
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
