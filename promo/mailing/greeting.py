"""Opening a connection to a relay: greeting, encryption, sign-in. By `smtplib`, which blocks."""

from __future__ import annotations

import smtplib
import ssl
import threading
from concurrent.futures import Future
from contextlib import ExitStack

from promo.errors import PublishError
from promo.mailing import replies
from promo.mailing.relay import Relay, Tls
from promo.mailing.replies import Phase


def greet(relay: Relay, tls: ssl.SSLContext) -> smtplib.SMTP:
    """A connection that is ready for its first mail.

    Raises Unauthorized where the password is not taken, RateLimited for a refusal for now, and
    Unreachable for everything else: nothing has left us.
    """
    with ExitStack() as opened:
        try:
            smtp = _connect(relay, tls)
            opened.callback(smtp.close)
            smtp.ehlo_or_helo_if_needed()
            if relay.tls is Tls.STARTTLS:
                smtp.starttls(context=tls)
                smtp.ehlo_or_helo_if_needed()
            if relay.username:
                smtp.login(relay.username, relay.password)
        except smtplib.SMTPAuthenticationError as error:
            raise replies.no_access(Phase.CONNECT, error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPResponseException as error:
            raise replies.not_open(Phase.CONNECT, error.smtp_code, error.smtp_error) from error
        except (OSError, UnicodeError) as error:
            # smtplib's own errors, time-outs and TLS errors are OSErrors; a host or a password that
            # it cannot encode is the other.
            raise replies.unreachable(f"{Phase.CONNECT}: {error}") from error
        opened.pop_all()
        return smtp


def greet_aside(relay: Relay, tls: ssl.SSLContext) -> Future[smtplib.SMTP]:
    """The same in a thread of its own. The end of the process does not wait for it."""
    future: Future[smtplib.SMTP] = Future()
    thread = threading.Thread(
        target=_fulfil, args=(future, relay, tls), name="greeter", daemon=True
    )
    thread.start()
    return future


def abandon(greeting: Future[smtplib.SMTP]) -> None:
    """Nobody wants this connection any more: it is closed as soon as it is open."""
    greeting.add_done_callback(_close)


def _fulfil(future: Future[smtplib.SMTP], relay: Relay, tls: ssl.SSLContext) -> None:
    try:
        smtp = greet(relay, tls)
    except PublishError as error:
        future.set_exception(error)
    else:
        future.set_result(smtp)


def _close(greeting: Future[smtplib.SMTP]) -> None:
    if greeting.exception() is None:
        greeting.result().close()


def _connect(relay: Relay, tls: ssl.SSLContext) -> smtplib.SMTP:
    given = {"local_hostname": relay.local_name, "timeout": relay.timeouts.connect}
    if relay.tls is Tls.IMPLICIT:
        return smtplib.SMTP_SSL(relay.host, relay.port, context=tls, **given)  # type: ignore[arg-type]
    return smtplib.SMTP(relay.host, relay.port, **given)  # type: ignore[arg-type]
