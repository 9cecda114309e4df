"""Opening a connection to a relay: greeting, encryption, sign-in. By `smtplib`, which blocks."""

from __future__ import annotations

import smtplib
import ssl

from promo.mailing import replies
from promo.mailing.relay import Relay, Tls
from promo.mailing.replies import Phase


def greet(relay: Relay, tls: ssl.SSLContext) -> smtplib.SMTP:
    """A connection that is ready for its first mail.

    Raises Unauthorized where the password is not taken, RateLimited for a refusal for now, and
    Unreachable for everything else: nothing has left us.
    """
    smtp: smtplib.SMTP | None = None
    try:
        smtp = _connect(relay, tls)
        smtp.ehlo_or_helo_if_needed()
        if relay.tls is Tls.STARTTLS:
            smtp.starttls(context=tls)
            smtp.ehlo_or_helo_if_needed()
        if relay.username:
            smtp.login(relay.username, relay.password)
    except smtplib.SMTPAuthenticationError as error:
        _close(smtp)
        raise replies.no_access(Phase.CONNECT, error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPResponseException as error:
        _close(smtp)
        raise replies.not_open(Phase.CONNECT, error.smtp_code, error.smtp_error) from error
    except OSError as error:  # smtplib's own errors, time-outs and TLS errors are all of this
        _close(smtp)
        raise replies.unreachable(f"{Phase.CONNECT}: {error}") from error
    return smtp


def _connect(relay: Relay, tls: ssl.SSLContext) -> smtplib.SMTP:
    given = {"local_hostname": relay.local_name, "timeout": relay.timeouts.connect}
    if relay.tls is Tls.IMPLICIT:
        return smtplib.SMTP_SSL(relay.host, relay.port, context=tls, **given)  # type: ignore[arg-type]
    return smtplib.SMTP(relay.host, relay.port, **given)  # type: ignore[arg-type]


def _close(smtp: smtplib.SMTP | None) -> None:
    if smtp is not None:
        smtp.close()
