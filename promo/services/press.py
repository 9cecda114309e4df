"""From a mailing and a marked reader to the mail: what every mail of an issue has, and its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from promo.errors import ConfigurationError
from promo.mailing import verp
from promo.mailing.codes import NOBODY, codes_of
from promo.mailing.conversation import Outgoing
from promo.mailing.dkim import Signer, load_signer
from promo.mailing.envelope import Compiled, Reader, Sender, compile_mail, unstuffed
from promo.mailing.headers import DomainName, HeaderText, MailAddress
from promo.mailing.slots import LinkBases
from promo.models import Mailing, Newsletter, Publication
from promo.services import mailings, samples, tokens, tracking
from promo.services.batches import Marked
from promo.services.facts import absolute


@dataclass(frozen=True, slots=True)
class Press:
    """A mailing's message, compiled once for each language of its readers: makes a reader's mail.

    `compiled` is by subject and language; "" stands for the only subject, and for all languages
    that the message has no variant for.
    """

    compiled: Mapping[tuple[str, str], Compiled]
    names: verp.Names
    key: bytes
    signer: Signer | None = None

    @classmethod
    def of(cls, mailing: Mailing) -> Press:
        publication, newsletter = mailing.publication, mailing.newsletter
        sender = replace(sender_of(newsletter), feedback_id=feedback_id_of(mailing))
        date = publication.published_at or mailing.started_at
        compiled = {}
        for subject in samples.subjects_of(mailing):
            message = tracking.message_of(mailing, subject=subject)
            for readers in ("", *message.variants):
                bases = bases_of(mailing, readers=readers, subject=subject)
                variant = message.for_readers(readers)
                compiled[subject, readers] = compile_mail(
                    variant, sender=sender, bases=bases, date=date
                )
        return cls(
            compiled,
            verp.Names(subject_uuid(publication), sender.from_email.domain),
            mailings.keys()[0],
            signer_for(sender.from_email.domain),
        )

    def mail(self, reader: Marked, *, subject: str = "") -> Outgoing:
        """Raises InvalidInput for an address that cannot be mailed."""
        address = MailAddress(reader.email)
        codes = codes_of(reader.delivery_id, key=self.key)
        if not reader.counted:
            codes = codes._replace(click=NOBODY)
        compiled = self.compiled.get((subject, reader.language)) or self.compiled[subject, ""]
        data = compiled.for_reader(
            Reader(address, reader.name),
            codes=codes,
            message_id=self.names.message_id(reader.uuid),
        )
        if self.signer is not None:
            data = self.signer.signature(unstuffed(data)) + data
        return Outgoing(reader.delivery_id, self.names.sender(codes.bounce), address, data)


def subject_uuid(publication: Publication) -> UUID:
    """What the Message-IDs of its mails name beside the reader."""
    content = publication.issue or publication.item
    return content.uuid if content is not None else publication.uuid


def signer_for(domain: DomainName) -> Signer | None:
    """Who signs mails from this domain, if we do and not the relay. Raises ConfigurationError."""
    if not settings.PROMO_DKIM_KEY:
        return None
    try:
        pem = Path(settings.PROMO_DKIM_KEY).read_bytes()
    except OSError as error:
        message = _("PROMO_DKIM_KEY names a file that cannot be read.")
        raise ConfigurationError(message) from error
    return load_signer(domain=domain, selector=settings.PROMO_DKIM_SELECTOR, pem=pem)


def sender_of(newsletter: Newsletter) -> Sender:
    address = MailAddress(newsletter.from_email)
    return Sender(
        from_name=HeaderText(newsletter.from_name),
        from_email=address,
        list_name=HeaderText(newsletter.name),
        list_id=DomainName(f"{newsletter.slug}.{address.domain}"),
        reply_to=MailAddress(newsletter.reply_to) if newsletter.reply_to else None,
    )


def feedback_id_of(mailing: Mailing) -> HeaderText:
    """What Gmail's Postmaster Tools tell complaints apart by: the publication, the newsletter,
    whether it is an issue or about one item, and who writes. Nothing of a reader's.

    The last one is to have 5 to 15 characters and to stay the same
    (https://support.google.com/mail/answer/6254652).
    """
    newsletter, publication = mailing.newsletter, mailing.publication
    domain = MailAddress(newsletter.from_email).domain
    who = hashlib.sha256(domain.encode()).hexdigest()[:12]
    kind = "item" if publication.issue is None else "issue"
    return HeaderText(f"{publication.pk}:{newsletter.slug}:{kind}:{who}")


def bases_of(mailing: Mailing, *, readers: str = "", subject: str = "") -> LinkBases:
    """Where the personal links of this mailing lead.

    `readers` is the language of a variant, `subject` which of two subjects the mail has.
    """
    browser = tokens.link("view", tokens.DELIVERY, mailing.publication.uuid)
    asked = {"language": readers, "subject": subject}
    shown = urlencode({name: value for name, value in asked.items() if value})
    domain = MailAddress(mailing.newsletter.from_email).domain
    return LinkBases(
        unsubscribe=absolute("/unsubscribe/"),
        preferences=absolute("/preferences/"),
        browser=f"{browser}?{shown}" if shown else browser,
        leave_domain=domain if settings.PROMO_LEAVE_BY_MAIL else None,
        click=tracking.click_base(mailing),
    )
