"""Secrets of destinations, encrypted at rest, and addresses kept as a keyed hash.

Fernet has no associated data, so the place a secret belongs to is sealed inside and compared: a
cipher text moved to another row does not open there. Keys come from the environment (or the home's
own key file), newest first, never from the database.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.translation import gettext as _

from promo.errors import ConfigurationError

_SHA256_BLOCK = 64
"""Octets: what a key is filled up to (RFC 2104)."""


def _fernet() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in settings.PROMO_ENCRYPTION_KEYS])
    except ValueError as error:
        message = _("PROMO_ENCRYPTION_KEYS contains something that is not a Fernet key.")
        raise ConfigurationError(message) from error


def seal(secrets: Mapping[str, str], *, place: str) -> str:
    """The secrets as one encrypted text that opens only for the same `place`."""
    content = json.dumps({"place": place, "secrets": dict(secrets)})
    return _fernet().encrypt(content.encode()).decode()


def unseal(sealed: str, *, place: str) -> dict[str, str]:
    """The secrets sealed for `place`; raises ConfigurationError where key or place do not fit."""
    if not sealed:
        return {}
    try:
        content = json.loads(_fernet().decrypt(sealed.encode()))
    except InvalidToken as error:
        message = _("A stored secret cannot be decrypted: was PROMO_ENCRYPTION_KEYS changed?")
        raise ConfigurationError(message) from error
    if content["place"] != place:
        raise ConfigurationError(_("A stored secret belongs to another destination."))
    secrets: dict[str, str] = content["secrets"]
    return secrets


def rotated(sealed: str) -> str:
    """The same secrets under the first key; the very same text where they are so already.

    Raises ConfigurationError where no key opens them.
    """
    try:
        Fernet(settings.PROMO_ENCRYPTION_KEYS[0]).decrypt(sealed.encode())
    except InvalidToken:
        pass
    else:
        return sealed
    try:
        return _fernet().rotate(sealed.encode()).decode()
    except InvalidToken as error:
        raise ConfigurationError(_("None of the keys opens this secret.")) from error


def address_hash(email: str) -> str:
    """A hash of an address under PROMO_ADDRESS_KEY, for the suppression list (64 characters)."""
    address = email.strip().lower().encode()
    return hmac.new(settings.PROMO_ADDRESS_KEY.encode(), address, hashlib.sha256).hexdigest()


def address_hasher() -> Callable[[str], str]:
    """`address_hash` for very many addresses: the key is prepared once (RFC 2104, section 4)."""
    key = settings.PROMO_ADDRESS_KEY.encode()
    key = (key if len(key) <= _SHA256_BLOCK else hashlib.sha256(key).digest()).ljust(
        _SHA256_BLOCK, b"\0"
    )
    inner = hashlib.sha256(bytes(octet ^ 0x36 for octet in key)).copy
    outer = hashlib.sha256(bytes(octet ^ 0x5C for octet in key)).copy

    def hashed(email: str) -> str:
        first = inner()
        first.update(email.strip().lower().encode())
        second = outer()
        second.update(first.digest())
        return second.hexdigest()

    return hashed
