"""A small mail server that takes returned mail, and answers yes only once it is kept.

It speaks SMTP and LMTP on the same port (LHLO makes it LMTP: one answer for each recipient, RFC
2033). It takes mail for the addresses it is told to know, and for nobody else: it is no relay.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from promo.mailing.received import MOST_BYTES

log = structlog.get_logger()

LARGEST = 10_000_000
"""Octets of a mail that is taken; a report may hold the whole mail it is about."""

MOST_RECIPIENTS = 20
IDLE = 60.0
"""Seconds without a word after which a connection is closed."""

THREADS = 4

Store = Callable[[bytes, str], None]
"""Keeps a mail (octets, recipient), durably; raises what stands in `failures` of `Intake`."""


class Intake:
    """What aiosmtpd asks. `accepts` tells whether an address is known; both run on threads."""

    def __init__(
        self,
        *,
        accepts: Callable[[str], bool],
        store: Store,
        failures: tuple[type[Exception], ...],
    ) -> None:
        self._accepts = accepts
        self._store = store
        self._failures = failures
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="returned")

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if not self._accepts(address):
            return "550 5.1.1 No such address here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep it for each recipient. Not kept means asked to come again; nothing is lost."""
        raw = (envelope.original_content or b"")[:MOST_BYTES]
        told = [await self._keep(raw, recipient) for recipient in envelope.rcpt_tos]
        if isinstance(server, Wire) and server.is_lmtp:
            return "\r\n".join(told)
        return next((answer for answer in told if not answer.startswith("2")), told[0])

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours: whoever brings the mail keeps it, and comes again."""
        log.error("returned", error=repr(error))
        return "451 4.3.0 Error on our side, try again later"

    async def _keep(self, raw: bytes, recipient: str) -> str:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._threads, self._store, raw, recipient)
        except self._failures as error:
            log.warning("returned", error=str(error))
            return "451 4.3.0 The mail cannot be kept now, try again later"
        return "250 2.0.0 Kept"


class Wire(SMTP):
    """One connection."""

    # Some servers return a mail as one line; aiosmtpd would refuse it for ever.
    line_length_limit = 1_000_000

    def __init__(self, intake: Intake, *, name: str) -> None:
        super().__init__(
            intake,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=name,
            ident="Promo",
            timeout=IDLE,
        )
        self.is_lmtp = False

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802  (aiosmtpd's name)
        """The greeting of LMTP."""
        self.is_lmtp = True
        await self.smtp_EHLO(arg)


async def listen(
    host: str, port: int, *, intake: Intake, name: str, ready: Callable[[str, int], None]
) -> None:
    """Take mail until cancelled; `ready` hears the real address (a port of 0 gives a free one)."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Wire(intake, name=name), host, port)
    address: Sequence[object] = server.sockets[0].getsockname()
    ready(str(address[0]), int(str(address[1])))
    async with server:
        with contextlib.suppress(asyncio.CancelledError):
            await server.serve_forever()
