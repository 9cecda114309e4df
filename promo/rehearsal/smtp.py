"""The mail catcher: takes every mail, stores it before it says 250, and fails by rule.

aiosmtpd reads ahead, so a client may send body, MAIL, RCPT and DATA in one flight; we say so with
PIPELINING (RFC 2920). Mails that arrive together are stored in one transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sqlite3
from typing import Any

from aiosmtpd.smtp import DATA_SIZE_DEFAULT, SMTP, Envelope, Session, syntax

from promo.rehearsal import mails
from promo.rehearsal.faults import Asked, Rule
from promo.rehearsal.world import World

NAME = "rehearsal.localhost"
CLOSING = "421"
PATIENCE = 5.0


class Postbox:
    """Stores mails; those that wait for the disk together go in one transaction."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: list[tuple[mails.Envelope, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, envelope: mails.Envelope) -> None:
        """Returns when the mail is on disk. Raises sqlite3.Error if it cannot be stored."""
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((envelope, stored))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await stored

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            error = await asyncio.to_thread(self._store, [envelope for envelope, _ in batch])
            for _envelope, stored in batch:
                if stored.done():
                    continue
                if error is None:
                    stored.set_result(None)
                else:
                    stored.set_exception(error)

    def _store(self, envelopes: list[mails.Envelope]) -> sqlite3.Error | None:
        try:
            self._world.mails.add(envelopes)
        except sqlite3.Error as error:
            return error
        return None


class Catcher:
    """The hooks aiosmtpd calls; each asks the rules first."""

    def __init__(self, world: World, postbox: Postbox) -> None:
        self._world = world
        self._postbox = postbox

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self,
        server: Wire,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        refusal = await self.trouble(server, "EHLO")
        if refusal:
            return [refusal]
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        server: Wire,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        refusal = await self.trouble(server, "MAIL", to=address)
        if refusal:
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: Wire,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        refusal = await self.trouble(server, "RCPT", to=address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: Wire, _session: Session, envelope: Envelope
    ) -> str:
        """After the final dot: refuse, drop, or store and answer, late if a rule says so."""
        raw = envelope.original_content or b""
        asked = Asked(
            surface="smtp",
            path="DOT",
            text=raw.decode(errors="replace"),
            to=" ".join(envelope.rcpt_tos),
        )
        rule = self._world.faults.answer(asked)
        if rule is None or (rule.fault == "smtp_drop" and rule.flag("accepted")):
            try:
                await self._postbox.put(self._mail(envelope, raw, rule))
            except sqlite3.Error:
                return "451 4.3.0 The mail cannot be stored"
        await self._slow(asked)
        return await server.obey(rule) if rule else "250 2.0.0 OK"

    def _mail(self, envelope: Envelope, raw: bytes, rule: Rule | None) -> mails.Envelope:
        return mails.Envelope(
            mail_from=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            raw=raw,
            received_at=self._world.clock.now(),
            fault=rule.fault if rule else "",
        )

    async def trouble(self, server: Wire, stage: str, *, to: str = "") -> str:
        """The refusal for this stage, "" if all is well. A drop ends the session."""
        rule = await self.rule(stage, to=to)
        return await server.obey(rule) if rule else ""

    async def rule(self, stage: str, *, to: str = "") -> Rule | None:
        """The rule that fires at this stage, after the waits that others ask for."""
        asked = Asked(surface="smtp", path=stage, to=to)
        await self._slow(asked)
        return self._world.faults.answer(asked)

    async def _slow(self, asked: Asked) -> None:
        for rule in self._world.faults.world(asked):
            await asyncio.sleep(rule.seconds("seconds"))


class Wire(SMTP):
    """aiosmtpd's session, with the stages it has no hook for: greeting, DATA and the body."""

    # The reader's limit, in bytes: a whole mail may wait in it.
    line_length_limit = DATA_SIZE_DEFAULT

    def __init__(self, catcher: Catcher) -> None:
        super().__init__(catcher, enable_SMTPUTF8=True, hostname=NAME, ident="Promo rehearsal")
        self._catcher = catcher
        self._greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)

    async def push(self, status: Any) -> None:
        """Answer. The first answer is the greeting, which a rule may take away."""
        if not self._greeted:
            self._greeted = True
            status = await self._catcher.trouble(self, "CONNECT") or status
        await super().push(status)
        if str(status).startswith(CLOSING):
            await self._leave()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Take the body in large pieces, where aiosmtpd's own loop goes line by line."""
        if await self.check_helo_needed():
            return
        envelope, session = self.envelope, self.session
        if arg or envelope is None or session is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 Need RCPT, and no argument")
            return
        refusal = await self._catcher.trouble(self, "DATA")
        if refusal:
            await self.push(refusal)
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        await self._catcher.trouble(self, "BODY")
        try:
            envelope.original_content = await self._body()
        except asyncio.LimitOverrunError:
            await self.push("421 4.3.0 The mail is too large")
        status = await self._catcher.handle_DATA(self, session, envelope)
        self.envelope = self._create_envelope()
        await self.push(status)

    async def _body(self) -> bytes:
        """Everything up to the final dot, without the dots that RFC 5321 section 4.5.2 adds."""
        data = bytearray()
        while not data.endswith(b"\r\n.\r\n") and data != b".\r\n":
            data += await self._reader.readuntil(b".\r\n")
        return bytes(data[:-3]).removeprefix(b".").replace(b"\r\n.", b"\r\n")

    async def obey(self, rule: Rule) -> str:
        """The refusal's line; a drop closes the connection and ends the session here."""
        if rule.fault == "smtp_refuse":
            return f"{rule.number('code')} {rule.text('message') or 'Refused by a rule'}"
        self._hang_up()
        raise asyncio.CancelledError

    async def _leave(self) -> None:
        """Close after the client has read our last word.

        Closing with unread bytes of its flight in our socket would send a reset, which can overtake
        the 421.
        """
        self._writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while await self._reader.read(65_536):
                    pass
        self._hang_up()
        raise asyncio.CancelledError

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()


async def listen(world: World, *, host: str, port: int) -> asyncio.Server:
    """The catcher, listening. Raises OSError where the port is taken."""
    # aiosmtpd tells every command on this logger; a rehearsal's console stays quiet.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    postbox = Postbox(world)
    return await asyncio.get_running_loop().create_server(
        lambda: Wire(Catcher(world, postbox)), host, port, backlog=256
    )
