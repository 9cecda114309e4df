"""Signatures as a receiver sees them: dkimpy verifies each, and every change is noticed."""

from __future__ import annotations

from base64 import b64encode

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from promo.errors import ConfigurationError
from promo.mailing.dkim import Signer, load_signer
from promo.mailing.headers import DomainName

DOMAIN = DomainName("biblioteka.example.org")
MAIL = (
    b"From: =?utf-8?b?QmlibGlvdGVrYQ==?= <news@biblioteka.example.org>\r\n"
    b"To: anna@example.org\r\nSubject: Nowe   ksi=?utf-8?b?xIXFvGtp?=\r\n"
    b"Message-ID: <1@biblioteka.example.org>\r\nDate: Sat, 28 Nov 2026 12:00:00 +0000\r\n"
    b"List-Unsubscribe: <https://biblioteka.example.org/u/1-abc/>,\r\n"
    b" <mailto:u+1-abc@biblioteka.example.org?subject=unsubscribe>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b'Content-Type: multipart/alternative;\r\n boundary="=_x"\r\n\r\n'
    b"Pierwszy wiersz\r\n.. i kropki\r\n\r\n\r\n"
)
RSA = generate_private_key(65537, 2048)
ED25519 = Ed25519PrivateKey.generate()


def pem(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def signer(key: RSAPrivateKey | Ed25519PrivateKey) -> Signer:
    return load_signer(domain=DOMAIN, selector="promo", pem=pem(key))


def in_dns(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    """What stands under promo._domainkey.biblioteka.example.org."""
    public = key.public_key()
    if isinstance(key, RSAPrivateKey):
        octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + b64encode(octets)
    return b"v=DKIM1; k=ed25519; p=" + b64encode(
        public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    )


def holds(mail: bytes, key: RSAPrivateKey | Ed25519PrivateKey) -> bool:
    """A receiver's verdict."""
    asked = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return in_dns(key)

    verdict = bool(dkim.verify(mail, dnsfunc=dns))
    assert asked == [b"promo._domainkey.biblioteka.example.org."]
    return verdict


KEYS = pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])


@KEYS
def test_a_receiver_finds_the_signature_good(key: RSAPrivateKey | Ed25519PrivateKey) -> None:
    assert holds(signer(key).signature(MAIL) + MAIL, key)


@KEYS
@pytest.mark.parametrize(
    "change",
    [
        (b"Pierwszy", b"Drugi"),
        (b"news@", b"evil@"),
        (b"/u/1-abc/", b"/u/2-abc/"),
        (b"One-Click", b"Two-Click"),
        (b"\r\nTo:", b"\r\nFrom: evil@example.net\r\nTo:"),
    ],
)
def test_a_receiver_notices_every_change(
    key: RSAPrivateKey | Ed25519PrivateKey, change: tuple[bytes, bytes]
) -> None:
    signature = signer(key).signature(MAIL)
    assert not holds(signature + MAIL.replace(*change), key)


def test_a_signature_has_short_lines_of_plain_ascii() -> None:
    signature = signer(RSA).signature(MAIL)
    assert signature.isascii()
    assert all(len(line) <= 78 or line.startswith(b" h=") for line in signature.split(b"\r\n"))


@pytest.mark.parametrize("text", [b"", b"no key", pem(RSA)[:-60]], ids=["none", "text", "cut"])
def test_what_is_no_key_is_refused_without_showing_it(text: bytes) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_signer(domain=DOMAIN, selector="promo", pem=text)
    assert "BEGIN" not in str(refused.value)


@pytest.mark.parametrize("selector", ["", "a b", "x;", "-x"])
def test_a_selector_is_a_name_in_dns(selector: str) -> None:
    with pytest.raises(ConfigurationError):
        load_signer(domain=DOMAIN, selector=selector, pem=pem(RSA))
