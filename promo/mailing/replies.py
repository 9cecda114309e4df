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


def is_success(code: int) -> bool:
    return 200 <= code < 300  # noqa: PLR2004  (RFC 5321, 4.2.1: the first digit says it)


def is_refusal(code: int) -> bool:
    return 400 <= code < 600  # noqa: PLR2004  (RFC 5321, 4.2.1)


def _is_passing(code: int) -> bool:
    return 400 <= code < 500  # noqa: PLR2004  (RFC 5321, 4.2.1)


def readable(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:500]


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
