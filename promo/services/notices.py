"""Mails to those who can mend an access. The notice's row is the queue, as in `telling`."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.errors import InvalidInput, OutcomeUnknown, PublishError, Rejected
from promo.mailing.relay import parse_email_url
from promo.models import AccessNotice, Publication
from promo.protocol import DUE
from promo.services import accesses, tolls
from promo.services.facts import absolute
from promo.services.telling import BACKOFF, LEASE, text_of, written

log = structlog.get_logger()


def due(*, now: datetime) -> list[int]:
    """Notices to mail now."""
    rows = AccessNotice.objects.filter(tell_at__lte=now).order_by("tell_at")
    return list(rows.values_list("pk", flat=True)[:50])


def tell(notice_id: int, *, now: datetime) -> None:
    """Mail this notice, if that is due. Raises ConfigurationError before anything is claimed."""
    relay = parse_email_url(settings.EMAIL_URL)
    notice = _claim(notice_id, now=now)
    if notice is None:
        return
    try:
        mail = written(
            notice.user, sender=settings.DEFAULT_FROM_EMAIL, words=lambda: _words(notice)
        )
        with tolls.connection(relay) as smtp:
            smtp.deliver(mail)
    except (Rejected, OutcomeUnknown, InvalidInput) as error:
        _settle(notice, tell_at=None, problem=error.text)
    except PublishError as error:
        tries = notice.tell_tries
        again = now + BACKOFF[tries - 1] if tries <= len(BACKOFF) else None
        _settle(notice, tell_at=again, problem=error.text)
    else:
        _settle(notice, tell_at=None, problem="", told_at=now)


def _claim(notice_id: int, *, now: datetime) -> AccessNotice | None:
    """The notice, moved on before anything leaves us; None where it is not due or out of date."""
    with transaction.atomic():
        row = (
            AccessNotice.objects.select_for_update(of=("self",))
            .select_related("destination", "user")
            .filter(pk=notice_id, tell_at__lte=now)
            .first()
        )
        if row is None:
            return None
        lost = row.destination.access_lost_at is not None
        over = row.kind == AccessNotice.Kind.LOST and not lost  # somebody was faster
        row.tell_at = None if over else now + LEASE
        row.tell_tries += 1
        row.save(update_fields=["tell_at", "tell_tries"])
    return None if over else row


def _settle(notice: AccessNotice, **values: object) -> None:
    if values["problem"]:
        log.warning("access notice", notice=notice.pk, tries=notice.tell_tries)
    AccessNotice.objects.filter(pk=notice.pk, tell_at=notice.tell_at).update(**values)


def _words(notice: AccessNotice) -> tuple[str, str]:
    row = notice.destination
    guided = accesses.sign_in_of(row.channel) is not None
    way = reverse("destinations:reconnect" if guided else "destinations:edit", args=[row.pk])
    if notice.kind == AccessNotice.Kind.ENDS:
        return _("Access to “{name}” ends soon").format(name=row.name), text_of(
            notice.text,
            _("It takes some minutes. What is planned stays planned. Connect it again here:"),
            absolute(way),
        )
    waiting = Publication.objects.filter(destination=row, state__in=DUE).count()
    return _("Promo has no access to “{name}” any more").format(name=row.name), text_of(
        notice.text,
        _("Nothing goes out there until it is connected again, and nothing is lost."),
        ngettext(
            "%(count)d publication waits for it.", "%(count)d publications wait for it.", waiting
        )
        % {"count": waiting},
        _("Connect it again here:"),
        absolute(way),
    )
