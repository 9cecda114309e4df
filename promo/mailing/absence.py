"""Is a mail the answer of a machine: an absence notice, a ticket number, a read receipt?

RFC 3834 gives the one honest sign, `Auto-Submitted`; the rest is what programs did before it and do
beside it.
"""

from __future__ import annotations

import re

from promo.mailing.received import Mail, field

_SUBJECT = re.compile(
    r"^(?:(?:re|odp|fwd?|aw)\s*:\s*)*(?:"
    r"auto(?:matic|matyczn\w+)?[ :-]*(?:reply|response|odpowied\w+)|auto\s*:|"
    r"odpowied\w+ automatyczn\w+|out[ -]of[ -](?:the[ -])?office|ooo\b)",
    re.IGNORECASE,
)
# A person may answer a newsletter named "Urlop z książką"; but then it begins with "Re:".
_WEAK_SUBJECT = re.compile(
    r"vacation|on (?:annual )?leave|away from|(?:i am |i'm )?(?:currently )?away|absence|"
    r"nieobecno\w+|poza biurem|(?:jestem |przebywam )na urlopie|informacja o nieobecno",
    re.IGNORECASE,
)
_SIGNS = (
    "X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply", "X-AutoReply-From",
    "X-Mail-Autoreply", "X-FC-MachineGenerated", "X-POST-MessageClass",
)  # fmt: skip
_PRECEDENCE = frozenset({"auto_reply", "auto-reply"})
_FROM_MACHINE = frozenset({"bulk", "junk", "list"})


def is_notice(mail: Mail) -> bool:
    """Certainly: it says so in a header made for it, or in its subject."""
    return (
        any(field(mail, name) for name in _SIGNS)
        or field(mail, "Precedence").lower() in _PRECEDENCE
        or _SUBJECT.match(field(mail, "Subject")) is not None
        or _WEAK_SUBJECT.match(field(mail, "Subject")) is not None
    )


def is_automatic(mail: Mail) -> bool:
    """By its headers no person has written it. A report of a failure may say so as well."""
    submitted = field(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in {"", "no"}
        or field(mail, "Precedence").lower() in _FROM_MACHINE
        or "all" in field(mail, "X-Auto-Response-Suppress").lower()
    )
