"""DKIM signatures (RFC 6376, RFC 8463) for installations whose relay does not sign itself.

The body is taken as it stands ("simple"): it is quoted-printable with short lines, so no relay has
a reason to change it. Headers are taken "relaxed". Both headers of RFC 8058 are signed, as it
demands, and From is signed once more than it occurs, so that no second one can be added.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.utils.translation import gettext as _

from promo.errors import ConfigurationError
from promo.mailing.headers import DomainName

_SIGNED = (
    "from", "reply-to", "to", "subject", "date", "message-id", "list-id", "list-unsubscribe",
    "list-unsubscribe-post", "feedback-id", "mime-version", "content-type",
)  # fmt: skip
_SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9-]{1,63})*")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_SPACES = re.compile(rb"[ \t]+")
_LEAST_BITS = 1024  # RFC 8301, 3.2; 2048 are recommended


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one domain with the key that DNS shows under `<selector>._domainkey.<domain>`."""

    domain: DomainName
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    def signature(self, mail: bytes) -> bytes:
        """The header to set before this mail (CRLF line ends, not dot-stuffed)."""
        head, _empty, body = mail.partition(b"\r\n\r\n")
        headers = _headers(head + b"\r\n")
        names = [name for name in _SIGNED if name in headers]
        algorithm = "rsa" if isinstance(self.key, RSAPrivateKey) else "ed25519"
        body_hash = b64encode(hashlib.sha256(_simple(body)).digest()).decode()
        field_ = (
            f"DKIM-Signature: v=1; a={algorithm}-sha256; c=relaxed/simple;\r\n"
            f" d={self.domain}; s={self.selector};\r\n"
            f" h={':'.join([*names, 'from'])};\r\n"
            f" bh={body_hash};\r\n b="
        ).encode("ascii")
        covered = b"".join(headers[name] + b"\r\n" for name in names)
        signed = b64encode(self._sign(covered + _relaxed(field_)))
        return field_ + b"\r\n ".join(_cut(signed)) + b"\r\n"

    def _sign(self, covered: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(covered, PKCS1v15(), SHA256())
        return self.key.sign(hashlib.sha256(covered).digest())  # RFC 8463, 3


def load_signer(*, domain: DomainName, selector: str, pem: bytes) -> Signer:
    """A signer for a private key in PEM. Raises ConfigurationError, which never shows the key."""
    if not _SELECTOR.fullmatch(selector):
        raise ConfigurationError(_("PROMO_DKIM_SELECTOR is not a name in DNS."))
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(_("PROMO_DKIM_KEY is not a private key in PEM.")) from error
    if isinstance(key, RSAPrivateKey) and key.key_size >= _LEAST_BITS:
        return Signer(domain, selector, key)
    if isinstance(key, Ed25519PrivateKey):
        return Signer(domain, selector, key)
    raise ConfigurationError(_("PROMO_DKIM_KEY must be RSA of 1024 bits or more, or Ed25519."))


def _headers(head: bytes) -> dict[str, bytes]:
    """Header fields in relaxed form by name; of several of one name the last, as verifiers do."""
    found = {}
    for line in _FOLD.sub(b"", head).split(b"\r\n"):
        name, colon, _value = line.partition(b":")
        if colon:
            found[name.strip().lower().decode("ascii")] = _relaxed(line)
    return found


def _relaxed(line: bytes) -> bytes:
    """RFC 6376, 3.4.2."""
    name, _colon, value = _FOLD.sub(b"", line).partition(b":")
    return name.strip().lower() + b":" + _SPACES.sub(b" ", value).strip()


def _simple(body: bytes) -> bytes:
    """RFC 6376, 3.4.3: no empty lines at the end."""
    return body.rstrip(b"\r\n") + b"\r\n"


def _cut(text: bytes) -> list[bytes]:
    return [text[start : start + 72] for start in range(0, len(text), 72)]
