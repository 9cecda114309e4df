"""What the replies of a mail relay mean: the one place where SMTP codes become Promo's errors."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum

from django.utils.translation import gettext as _

from promo.errors import (
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Refusal,
    Rejected,
    Unauthorized,
    Unreachable,
)

RETRY_AFTER = timedelta(minutes=5)
RETRY_AFTER_CLOSING = timedelta(minutes=1)
CLOSING = 421
START_MAIL_INPUT = 354
_THROTTLED = 454
_ACCESS_CODES = frozenset({530, 534, 535, 538})  # RFC 4954, 6
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")


class Phase(StrEnum):
    """Where in the exchange we are."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"
    RSET = "rset"
    NOTHING = "nothing"


class Category(StrEnum):
    """Why a mail was not taken, in the words that decide what follows for its reader."""

    ADDRESS = "address"
    MAILBOX = "mailbox"
    POLICY = "policy"
    CONTENT = "content"
    NETWORK = "network"


# The second and third number of an enhanced status (RFC 3463; 1.10 is of RFC 7505).
_BY_DETAIL = {
    "1.1": Category.ADDRESS,
    "1.2": Category.ADDRESS,
    "1.3": Category.ADDRESS,
    "1.6": Category.ADDRESS,
    "1.10": Category.ADDRESS,
    "2.3": Category.CONTENT,
    "3.4": Category.CONTENT,
}
_BY_SUBJECT = {
    "2": Category.MAILBOX,
    "4": Category.NETWORK,
    "6": Category.CONTENT,
    "7": Category.POLICY,
}
_BY_CODE = {552: Category.MAILBOX, 452: Category.MAILBOX, 554: Category.POLICY}


def enhanced_status(text: str) -> str:
    """The enhanced status that a reply's text begins with (RFC 2034), "" where it has none."""
    found = _ENHANCED.match(text)
    return found[1] if found else ""


def category(phase: Phase, code: int, enhanced: str) -> Category | str:
    """Why a mail was not taken; "" where the reply does not say.

    Without an enhanced status even 550 may mean the sender: it is not taken for a bad address.
    """
    _class, _dot, detail = enhanced.partition(".")
    if detail in _BY_DETAIL and phase is not Phase.MAIL:  # there it is our own sender's address
        return _BY_DETAIL[detail]
    subject = detail.partition(".")[0]
    if subject in _BY_SUBJECT:
        return _BY_SUBJECT[subject]
    return _BY_CODE.get(code, "") if phase in {Phase.RCPT, Phase.DOT} else ""


def is_too_fast(code: int, enhanced: str) -> bool:
    """Does this refusal for now ask us to go slower? By its numbers alone, never by its words.

    4.7.x is how Postfix, Exim's users and the big providers refuse by a rate, 4.3.x a system that
    is too busy (RFC 3463, 3.4 and 3.8). Amazon SES says a plain 454, Microsoft 365 432 4.3.2.
    """
    subject = enhanced.split(".")[1] if enhanced.startswith("4.") else ""
    if code in {450, 451}:
        return subject == "7"
    if code in {CLOSING, 432, 452}:
        return subject == ("7" if code == CLOSING else "3")
    return code == _THROTTLED


def speaks_of_relay(phase: Phase, enhanced: str) -> bool:
    """Is such a refusal the relay's own, and not passed on from the reader's provider?

    At MAIL there is no reader yet; a system that is too busy is the one that says so.
    """
    return phase is Phase.MAIL or enhanced.startswith("4.3.") or not enhanced


def is_success(code: int) -> bool:
    return 200 <= code < 300  # noqa: PLR2004  (RFC 5321, 4.2.1: the first digit says it)


def is_refusal(code: int) -> bool:
    return 400 <= code < 600  # noqa: PLR2004  (RFC 5321, 4.2.1)


def _is_passing(code: int) -> bool:
    return 400 <= code < 500  # noqa: PLR2004  (RFC 5321, 4.2.1)


def readable(reply: bytes | str) -> str:
    """One line of at most 500 characters, all of which can be shown and stored."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    line = " ".join(text.split())[:500]
    if line.isprintable():
        return line
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in line)


def _refusal(phase: Phase, code: int, text: str) -> Refusal:
    enhanced = _ENHANCED.match(text)
    return Refusal(
        code=str(code), subcode=enhanced[1] if enhanced else "", status=code, trace=phase.value
    )


def refused(phase: Phase, code: int, reply: bytes) -> PublishError:
    """The error a 4xx or 5xx means."""
    text = readable(reply)
    detail, refusal = f"{phase}: {code} {text}", _refusal(phase, code, text)
    if _is_passing(code):
        return RateLimited(
            _("The mail relay asks us to try again later."),
            retry_after=RETRY_AFTER_CLOSING if code == CLOSING else RETRY_AFTER,
            detail=detail,
            refusal=refusal,
        )
    if code in _ACCESS_CODES:
        return no_access(phase, code, reply)
    return Rejected(_("The mail relay has refused the mail."), detail=detail, refusal=refusal)


def not_open(phase: Phase, code: int, reply: bytes | str) -> PublishError:
    """A refusal to talk at all is no refusal of the mail: another day it may go."""
    text = readable(reply)
    if _is_passing(code):
        return refused(phase, code, text.encode())
    return Unreachable(
        _("The mail relay does not want to talk to us."),
        detail=f"{phase}: {code} {text}",
        refusal=_refusal(phase, code, text),
    )


def no_access(phase: Phase, code: int, reply: bytes | str) -> PublishError:
    text = readable(reply)
    if _is_passing(code):
        return refused(phase, code, text.encode())
    return Unauthorized(
        _("The mail relay does not accept our user name and password."),
        detail=f"{phase}: {code} {text}",
        refusal=_refusal(phase, code, text),
    )


def verdict(phase: Phase, code: int, reply: bytes) -> PublishError:
    """The error for a reply before the final dot that is not the expected one."""
    if is_refusal(code):
        return refused(phase, code, reply)
    return unreachable(f"{phase}: unexpected reply code {code}")


def verdict_after_dot(code: int, reply: bytes) -> PublishError:
    """The error for a reply to the final dot that is no success."""
    if is_refusal(code):
        return refused(Phase.DOT, code, reply)
    return unknown(f"{Phase.DOT}: unexpected reply code {code}")


def unreachable(detail: str) -> Unreachable:
    return Unreachable(
        _("The mail relay could not be reached safely; nothing was sent."), detail=detail
    )


def unknown(detail: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        _("The mail relay did not answer after the whole mail; it may have gone out."),
        detail=detail,
    )
