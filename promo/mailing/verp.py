"""Names that lead back to one delivery: the Message-ID, and the sender that hears its bounces.

VERP (variable envelope return path): a bounce comes back to an address that names the delivery
itself, so nothing has to be guessed from its text. Its code is signed (`promo.mailing.codes`), so
that nobody can suppress a reader by writing to addresses of their own making.
"""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.mailing.headers import DomainName, MailAddress, MessageId

_PREFIX = "b+"
_LEAVE_PREFIX = "u+"


def message_id(issue_uuid: UUID, subscriber_uuid: UUID, domain: DomainName) -> MessageId:
    """The Message-ID of this issue to this subscriber: the same in each attempt."""
    return MessageId(f"<{subscriber_uuid.hex}.{issue_uuid.hex}@{domain}>")


def verp(code: str, domain: DomainName) -> MailAddress:
    """The envelope sender `b+<code>@<domain>`. Raises InvalidInput where it makes no address."""
    return MailAddress(f"{_PREFIX}{code}@{domain}")


class Names:
    """The names of the mails of one issue: `message_id` and `verp`, checked once and not each time.

    A reader's part is an UUID or a code, which cannot make them unsafe. Raises InvalidInput where
    the domain is too long for a bounce address.
    """

    __slots__ = ("_message_tail", "_sender_tail")

    def __init__(self, issue_uuid: UUID, domain: DomainName) -> None:
        longest = f"{'9' * 19}-{'f' * 20}"
        verp(longest, domain)
        message_id(issue_uuid, UUID(int=0), domain)
        self._message_tail = f".{issue_uuid.hex}@{domain}>"
        self._sender_tail = f"@{domain}"

    def message_id(self, subscriber_hex: str) -> MessageId:
        """For the subscriber's UUID in 32 hexadecimal digits."""
        return MessageId.checked(f"<{subscriber_hex}{self._message_tail}")

    def sender(self, code: str) -> MailAddress:
        """For a delivery's bounce code."""
        return MailAddress.checked(f"{_PREFIX}{code}{self._sender_tail}")


def leave_address(code: str, domain: DomainName) -> MailAddress:
    """Where a mail unsubscribes its reader: `u+<code>@<domain>`, with the code of a link to it.

    Like the sender, it is made for every reader: code and domain cannot make it unsafe.
    """
    return MailAddress.checked(f"{_LEAVE_PREFIX}{code}@{domain}")


def code_of(address: str) -> str:
    """The code in an envelope sender made by `verp`. Raises InvalidInput for any other address."""
    local = address.strip().strip("<>").rpartition("@")[0].lower()
    if not local.startswith(_PREFIX):
        raise InvalidInput(_("This bounce address was not made by us."), field="code")
    return local.removeprefix(_PREFIX)
