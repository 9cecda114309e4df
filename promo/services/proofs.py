"""Test mails: an issue's draft as it stands, to colleagues, with links that do nothing.

The row is the queue. A test mail is no delivery: nobody counts it, and it is handed over once. Who
asked is looking at the screen, so a refusal is told and not tried again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from promo.errors import InvalidInput, NotAllowed, OutcomeUnknown, PromoError, PublishError
from promo.mailing import verp
from promo.mailing.codes import Codes
from promo.mailing.envelope import MimeMail, Reader, compile_mail, unstuffed
from promo.mailing.headers import MailAddress
from promo.mailing.relay import parse_email_url
from promo.mailing.slots import LinkBases
from promo.models import Issue, Proof, Subject
from promo.models.newsletters import testers_of
from promo.services import composing, gate, tolls
from promo.services.facts import absolute
from promo.services.press import sender_of, signer_for
from promo.values import Message

log = structlog.get_logger()

State = Proof.State
LEASE = timedelta(seconds=900)
"""Longer than the 600 s that the last reply of one mail may take (RFC 5321, 4.5.3.2.6)."""

_CODE = re.compile(r"[0-9a-f]{32}")


def ask(
    *, issue: Issue, addresses: Sequence[str], user: User, now: datetime, readers: str = ""
) -> list[Proof]:
    """Have the saved draft mailed to these addresses; where it has two subjects, under each.

    As readers of the language `readers` get it; "" for that of the issue. Raises NotAllowed where
    the mail has errors or a test is under way, InvalidInput for a bad or missing address.
    """
    to = testers_of("\n".join(addresses))
    if not to:
        raise InvalidInput(_("There is no address to send a test to."))
    if issue.proofs.filter(state__in=[State.WAITING, State.SENDING]).exists():
        raise NotAllowed(_("The last test is still on its way. Wait for its result."))
    draft: Issue = issue.get_latest_revision_as_object()
    messages = _messages(draft, readers)
    return Proof.objects.bulk_create(
        Proof(
            issue=issue,
            address=address,
            asked_by=user,
            asked_at=now,
            message_json=message.to_json(),
        )
        for address in to
        for message in messages
    )


def _messages(draft: Issue, readers: str) -> list[Message]:
    """The mail, or both, as readers would get them, but for the word before the subject."""
    faults = [fault for fault in gate.faults(draft) if fault.code != gate.TOO_LATE]
    if faults:
        told = " ".join(fault.text for fault in faults)
        raise NotAllowed(_("No test was sent. Correct this first: {faults}").format(faults=told))
    channel = draft.newsletter.destination.channel
    message = composing.compose_for(readers, composing.issue_draft(draft), channel=channel)
    with translation.override(readers or message.language):
        if not message.subject_b:
            return [_marked(message, _("[Test] {subject}"))]
        words = _("[Test {letter}] {subject}")
        return [_marked(message.under(one), words, one) for one in Subject.values]


def _marked(message: Message, words: str, letter: str = "") -> Message:
    subject = words.format(letter=letter.upper(), subject=message.subject)
    return replace(message, subject=subject)


def hand_out(*, now: datetime) -> list[int]:
    """Test mails to send now; one hinted at lately is passed by. Ends what a dead worker held."""
    rows = Proof.objects.filter(state__in=[State.WAITING, State.SENDING])
    if not rows.exists():
        return []
    rows.filter(state=State.SENDING, lease_until_at__lte=now).update(
        state=State.UNKNOWN, settled_at=now
    )
    stale = Q(hinted_at__isnull=True) | Q(hinted_at__lte=now - settings.PROMO_HINT_AGAIN)
    waiting = rows.filter(stale, state=State.WAITING).order_by("asked_at", "id")
    ids = list(waiting.values_list("pk", flat=True)[:100])
    if ids:
        Proof.objects.filter(pk__in=ids).update(hinted_at=now)
    return ids


def send(proof_id: int, *, now: datetime) -> None:
    """Hand one test mail over, if nobody has yet, and note what the relay said."""
    relay = parse_email_url(settings.EMAIL_URL)
    claimed = Proof.objects.filter(pk=proof_id, state=State.WAITING)
    if not claimed.update(state=State.SENDING, lease_until_at=now + LEASE):
        return
    proof = Proof.objects.select_related("issue__newsletter", "asked_by").get(pk=proof_id)
    try:
        with tolls.connection(relay) as smtp:
            smtp.deliver(mail_of(proof))
    except OutcomeUnknown as error:
        _settle(proof, State.UNKNOWN, now, error)
    except (PublishError, PromoError) as error:
        _settle(proof, State.REFUSED, now, error)
    else:
        _settle(proof, State.TAKEN, now)


def _settle(proof: Proof, state: State, now: datetime, error: PromoError | None = None) -> None:
    if error is not None:
        log.warning("proof", proof=proof.pk, error=type(error).__name__)
    Proof.objects.filter(pk=proof.pk, state=State.SENDING).update(
        state=state, settled_at=now, problem=error.text[:500] if error else ""
    )


def mail_of(proof: Proof) -> MimeMail:
    """The mail as the press makes it for readers; raises InvalidInput for an unusable address."""
    sender = sender_of(proof.issue.newsletter)
    compiled = compile_mail(
        proof.message, sender=sender, bases=bases_of(proof), date=proof.asked_at
    )
    address, code = MailAddress(proof.address), proof.uuid.hex
    names = verp.Names(proof.issue.uuid, sender.from_email.domain)
    data = compiled.for_reader(
        Reader(address, proof.asked_by.first_name if proof.asked_by else ""),
        codes=Codes(unsubscribe=code, preferences=code, bounce=code, click=code),
        message_id=names.message_id(code),
    )
    signer = signer_for(sender.from_email.domain)
    plain = unstuffed(data)
    if signer is not None:
        plain = signer.signature(plain) + plain
    return MimeMail(sender.from_email, address, plain)


def bases_of(proof: Proof) -> LinkBases:
    """Links to pages that say that this was a test; the code is the mail's, nobody's reader."""
    return LinkBases(
        unsubscribe=absolute("/test/unsubscribe/"),
        preferences=absolute("/test/preferences/"),
        browser=absolute(f"/test/view/{proof.uuid.hex}/"),
    )


def by_code(code: str) -> Proof | None:
    """The test mail whose links carry this code; None for anything else."""
    if not _CODE.fullmatch(code):
        return None
    return Proof.objects.filter(uuid=UUID(code)).first()


def lately(issue: Issue) -> list[Proof]:
    """The test mails of the last press of the button, with what became of each."""
    last = issue.proofs.values_list("asked_at", flat=True).first()
    return list(issue.proofs.filter(asked_at=last).order_by("id")) if last else []
