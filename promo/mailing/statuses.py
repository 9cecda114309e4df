"""What a failed delivery means for its reader: by its status, and where that says nothing by words.

The remote server's own status counts before the one its neighbour made of it: many relays turn
every refusal into 5.1.1 or 5.0.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from promo.mailing.replies import Category, Phase, category

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?!\.?\d)")
_SENDER = frozenset({"1.7", "1.8"})  # RFC 3463: the sender's address is at fault, which is ours
_VAGUE = frozenset({"0", "3", "5"})  # other, mail system, protocol: sendmail's and Exim's "any"

# Only asked where no number says it. Policy first: "user unknown … or blocked" blames nobody.
_WORDS: tuple[tuple[Category, re.Pattern[str]], ...] = (
    (
        Category.POLICY,
        re.compile(
            r"spam|black ?list|block(?:ed|list| list)|\brbl\b|dnsbl|reputation|dmarc|\bspf\b|dkim|"
            r"unauthenticated|polic(?:y|ies)|rate limit|too many|greylist|sender.{0,20}rejected|"
            r"relay(?:ing)?(?: access)? denied|not permitted|access denied|unsolicited|"
            r"polityk|zablokowan|czarn\w+ li|ograniczeni",
            re.IGNORECASE,
        ),
    ),
    (
        Category.MAILBOX,
        re.compile(
            r"quota|mailbox.{0,30}full|is full|over ?quota|insufficient.{0,12}storage|"
            r"out of storage|exceed\w* .{0,30}(?:storage|size)|temporarily|"
            r"przepełnion|pełna|przekroczon\w+|brak miejsca|limit",
            re.IGNORECASE,
        ),
    ),
    (
        Category.ADDRESS,
        re.compile(
            r"(?:user|recipient|address|mailbox|account|person|name).{0,40}(?:unknown|not found|"
            r"not exist|n't exist|n't have|invalid|not known|unavailable|no longer|not listed)|"
            r"(?:unknown|no such|invalid|bad|undeliverable).{0,20}(?:user|recipient|address|"
            r"mailbox|account|local)|no mailbox|not a valid|does not exist|doesn't have a|"
            r"nie istnieje|nie ma takie|nieznan\w+ (?:adres|użytk|odbior)|brak takie|"
            r"(?:konto|skrzynka|adres\w*).{0,30}(?:usunięt|nieznan|nie zosta)",
            re.IGNORECASE,
        ),
    ),
    (
        Category.NETWORK,
        re.compile(
            r"host|domain|timed? ?out|connection|connect|unrouteable|network|dns|route|loop|retry",
            re.IGNORECASE,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Status:
    """A refusal, read: `enhanced` by RFC 3463 ("" if none), the reply code (0 if none), and why."""

    enhanced: str
    code: int
    why: Category | str
    lasting: bool
    """It will be the same tomorrow; not so where the other side only ran out of patience."""


def read(status: str, words: str, *, lasting: bool = True) -> Status:
    """What `status` (a field of the report, may be empty) and the server's words say together.

    `lasting` counts only where no number tells.
    """
    own, remote = _first_status(status), _first_status(words)
    enhanced = remote if remote and (not _is_vague(remote) or _is_vague(own)) else own
    reply = _REPLY.search(words)
    code = int(reply[1]) if reply else 0
    if enhanced:
        lasting = enhanced.startswith("5")
    elif code:
        lasting = code >= 500  # noqa: PLR2004  (RFC 5321, 4.2.1)
    return Status(enhanced, code, _why(enhanced, code, words), lasting)


def _why(enhanced: str, code: int, words: str) -> Category | str:
    if enhanced[2:] in _SENDER:
        return Category.POLICY
    told = category(Phase.RCPT, 0, enhanced)
    if told:
        return told
    for why, pattern in _WORDS:
        if pattern.search(words):
            return why
    return category(Phase.RCPT, code, enhanced)


def _first_status(text: str) -> str:
    found = _STATUS.search(text)
    return f"{found[1]}.{int(found[2])}.{int(found[3])}" if found else ""


def _is_vague(status: str) -> bool:
    return not status or status[2:].partition(".")[0] in _VAGUE
