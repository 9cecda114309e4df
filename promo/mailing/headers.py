"""Text and addresses that are safe in a mail header, and their encoding (RFC 2047, RFC 5322).

Whoever holds a `HeaderText` or a `MailAddress` holds something that cannot end a header, start
another or stop an issue: the check is in the type. Django alone refuses CR and LF; a vertical
tab, U+0085 or U+2028 gets through to the `email` package, which raises in the middle of an issue.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from typing import Self

import idna
from django.utils.translation import gettext as _

from promo.errors import InvalidInput

MAX_TEXT = 200
_MAX_LOCAL, _MAX_DOMAIN, _MAX_ADDRESS = 64, 253, 254  # RFC 5321, 4.5.3.1
# Control characters, U+2028/U+2029, bidirectional overrides and isolates (a name could show
# another address), lone surrogates (cannot be encoded).
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+(?![0-9]+\Z){_LABEL}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_PLAIN = re.compile(r"[ -~]{1,60}")
_LINE = 76
# 39 octets give 52 characters of Base64: with the longest header name the line stays within 76.
_WORD_OCTETS = 39


class HeaderText(str):
    """One line of text for a header, stripped. Raises InvalidInput for what no header can hold."""

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        if _UNSAFE.search(value):
            raise InvalidInput(_("The text must be one line without control characters."))
        if len(value) > MAX_TEXT:
            raise InvalidInput(
                _("The text may have at most %(count)d characters.") % {"count": MAX_TEXT}
            )
        return super().__new__(cls, value.strip())


class DomainName(str):
    """A domain of two labels or more, in lower-case ASCII (IDNA 2008). Raises InvalidInput."""

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        # The length first: encoding takes quadratic time (CVE-2022-45061, CVE-2024-3651).
        domain = _normal_domain(value) if len(value) <= _MAX_DOMAIN else ""
        if not domain:
            raise InvalidInput(_("This is not the name of a domain."), field="domain")
        return super().__new__(cls, domain)


class MailAddress(str):
    """A plain address `local@domain`, its domain in lower-case ASCII (IDNA 2008). Raises
    InvalidInput.

    Quoted local parts and local parts beyond ASCII are refused: too few relays carry them.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        local, _at, domain = value.strip().rpartition("@")
        address = f"{local}@{DomainName(domain)}"
        if not _LOCAL.fullmatch(local) or len(local) > _MAX_LOCAL or len(address) > _MAX_ADDRESS:
            raise InvalidInput(_("This is not an e-mail address we can write to."), field="address")
        return super().__new__(cls, address)

    @classmethod
    def checked(cls, value: str) -> Self:
        """An address made of parts that were checked before."""
        return str.__new__(cls, value)

    @property
    def domain(self) -> DomainName:
        return DomainName(self.rpartition("@")[2])


class MessageId(str):
    """A Message-ID with its angle brackets. Raises ValueError: it is made by us, never typed."""

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        if not _MESSAGE_ID.fullmatch(value):
            message = f"not a Message-ID: {value!r}"
            raise ValueError(message)
        return super().__new__(cls, value)

    @classmethod
    def checked(cls, value: str) -> Self:
        """One made of parts that were checked before."""
        return str.__new__(cls, value)


def domain_of(address: str) -> str:
    """The domain of an address in lower-case ASCII; empty where it has none we could mail to."""
    return _normal_domain(address.rpartition("@")[2])


@lru_cache(maxsize=4096)
def _normal_domain(value: str) -> str:
    """The domain in lower-case ASCII; empty for what is none. Kept: readers share few domains."""
    domain = value.lower() if value.isascii() else _encode_domain(value)
    return domain if len(domain) <= _MAX_DOMAIN and _DOMAIN.fullmatch(domain) else ""


def _encode_domain(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""


def encode_text(text: HeaderText) -> str:
    """The text as it stands in a header: plain where it can be, else encoded words, folded."""
    if not text or (_PLAIN.fullmatch(text) and "=?" not in text):
        return str(text)
    return "\r\n ".join(_encoded_words(text))


def encode_mailbox(name: HeaderText | None, address: MailAddress) -> str:
    """`"Name" <address>` as it stands in From or To."""
    if not name:
        return str(address)
    if _PLAIN.fullmatch(name) and "=?" not in name:
        escaped = name.replace("\\", r"\\").replace('"', r"\"")
        return f'"{escaped}"{_gap(escaped, address)}<{address}>'
    words = encode_text(name)
    return f"{words}{_gap(words.rpartition(' ')[2], address)}<{address}>"


def _gap(before: str, after: str) -> str:
    """A space, or a folded line where one line would grow too long."""
    return " " if len('Reply-To: "" <>' + before + after) <= _LINE else "\r\n "


def _encoded_words(text: str) -> Iterator[str]:
    """Encoded words of whole characters (RFC 2047, 5.3: no character may be cut in two)."""
    whole = text.encode()
    if len(whole) <= _WORD_OCTETS:
        yield _encoded_word(whole)
        return
    octets = b""
    for character in text:
        more = character.encode()
        if len(octets) + len(more) > _WORD_OCTETS:
            yield _encoded_word(octets)
            octets = b""
        octets += more
    yield _encoded_word(octets)


def _encoded_word(octets: bytes) -> str:
    return f"=?utf-8?b?{b64encode(octets).decode('ascii')}?="
