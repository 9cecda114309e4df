"""Mails to the person responsible for a newsletter. The filling's row is the queue.

A claim moves the row on before anything leaves us: a death in between delays the mail.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import formataddr

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.errors import InvalidInput, OutcomeUnknown, PublishError, Rejected
from promo.mailing.envelope import MimeMail
from promo.mailing.headers import HeaderText, MailAddress
from promo.mailing.relay import parse_email_url
from promo.models import Filling, Institution, Rhythm
from promo.rendering import wrap_text
from promo.services import tolls
from promo.services.facts import absolute

log = structlog.get_logger()

BACKOFF = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360))
LEASE = timedelta(seconds=900)
"""Longer than the 600 s that the last reply of one mail may take (RFC 5321, 4.5.3.2.6)."""


def due(*, now: datetime) -> list[int]:
    """Fillings whose person is to be mailed now."""
    rows = Filling.objects.filter(tell_at__lte=now).order_by("tell_at")
    return list(rows.values_list("pk", flat=True)[:50])


def tell(filling_id: int, *, now: datetime) -> None:
    """Mail the responsible person what became of this turn, if that is due.

    Raises ConfigurationError before anything is claimed.
    """
    relay = parse_email_url(settings.EMAIL_URL)
    filling = _claim(filling_id, now=now)
    if filling is None or filling.responsible is None:
        return
    try:
        mail = _mail(filling, filling.responsible)
        with tolls.connection(relay) as smtp:
            smtp.deliver(mail)
    except (Rejected, OutcomeUnknown, InvalidInput) as error:
        _settle(filling, tell_at=None, problem=error.text)
    except PublishError as error:
        tries = filling.tell_tries
        again = now + BACKOFF[tries - 1] if tries <= len(BACKOFF) else None
        _settle(filling, tell_at=again, problem=error.text)
    else:
        _settle(filling, tell_at=None, problem="", told_at=now)


def _claim(filling_id: int, *, now: datetime) -> Filling | None:
    with transaction.atomic():
        row = (
            Filling.objects.select_for_update(of=("self",))
            .select_related("newsletter", "issue", "responsible")
            .filter(pk=filling_id, tell_at__lte=now)
            .first()
        )
        if row is None:
            return None
        over = row.responsible is None or row.tell_tries > len(BACKOFF)
        row.tell_at = None if over else now + LEASE
        row.tell_tries += 1
        row.save(update_fields=["tell_at", "tell_tries"])
    return None if over else row


def _settle(filling: Filling, **values: object) -> None:
    """Write what became of the mail, unless the row has moved on in the meantime."""
    if values["problem"]:
        log.warning("telling", filling=filling.pk, tries=filling.tell_tries)
    Filling.objects.filter(pk=filling.pk, tell_at=filling.tell_at).update(**values)


def _mail(filling: Filling, person: User) -> MimeMail:
    return written(person, sender=filling.newsletter.from_email, words=lambda: _words(filling))


def written(person: User, *, sender: str, words: Callable[[], tuple[str, str]]) -> MimeMail:
    """A mail to somebody of the staff: `words` gives its subject and text, in their language.

    Raises InvalidInput where an address is none.
    """
    envelope, address = MailAddress(sender), MailAddress(person.email)
    institution = Institution.load()
    profile = getattr(person, "wagtail_userprofile", None)
    language = (profile.preferred_language if profile else "") or institution.language
    with translation.override(language), timezone.override(institution.tz):
        subject, body = words()
    mail = EmailMessage(
        subject=HeaderText(" ".join(subject.split())[:150]),
        body=body,
        from_email=formataddr((HeaderText(institution.name), envelope)),
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )
    return MimeMail(envelope, address, mail.message().as_bytes())


def _words(filling: Filling) -> tuple[str, str]:
    """Subject and text by the state of the turn, in the language of the moment."""
    name, day = filling.newsletter.name, _moment(filling.send_at)
    issue = filling.issue
    if issue is None or filling.state == Filling.State.SKIPPED:
        found = ngettext("%(count)d item was found.", "%(count)d items were found.", filling.items)
        subject = _("No issue this time: {newsletter}").format(newsletter=name)
        return subject, text_of(
            _("There was too little to tell for the issue of {day}.").format(day=day),
            found % {"count": filling.items},
            _next(filling),
            _("If you want to send something all the same, write an issue by hand:"),
            absolute(reverse("wagtailsnippets_promo_issue:add")),
        )
    place = absolute(reverse("wagtailsnippets_promo_issue:edit", args=[issue.pk]))
    if filling.state == Filling.State.MISSED:
        subject = _("Not sent: {subject}").format(subject=issue.subject)
        return subject, text_of(
            _("The issue “{subject}” was to go out on {day}, and nobody had approved it.").format(
                subject=issue.subject, day=_moment(issue.send_at)
            ),
            _("Nothing was sent and nothing is lost. Send it now, choose another time or drop it:"),
            absolute(reverse("wagtailadmin_home")),
        )
    subject = _("To approve: {subject}").format(subject=issue.subject)
    return subject, text_of(
        _("The next issue of “{newsletter}” has been composed by itself.").format(newsletter=name),
        ngettext(
            "There is %(count)d item in it.", "There are %(count)d items in it.", filling.items
        )
        % {"count": filling.items},
        _("Read it, open it with a few words of your own, and approve it:"),
        place,
        _("It goes out on {day}, once it is approved. Without approval nothing is sent.").format(
            day=_moment(issue.send_at)
        ),
    )


def _next(filling: Filling) -> str:
    rhythm = Rhythm.objects.filter(pk=filling.newsletter_id, active=True).first()
    if rhythm is None or rhythm.next_send_at is None:
        return ""
    return _("The next one is planned for {day}.").format(day=_moment(rhythm.next_send_at))


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{formats.date_format(local, 'l, j E Y')}, {formats.date_format(local, 'H:i')}"


def text_of(*paragraphs: str) -> str:
    """The text of a mail: a greeting, then these paragraphs; empty ones are left out."""
    return "\n\n".join(wrap_text(one) for one in (_("Hello,"), *paragraphs) if one) + "\n"
