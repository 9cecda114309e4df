"""`python -m promo.rehearsal --home DIR`: run the rehearsal world until SIGTERM or SIGINT.

Prints one line when it is ready. Exit codes: 0 stopped, 2 could not start (stderr says why).
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from promo.rehearsal import smtp
from promo.rehearsal.rounds import Rounds
from promo.rehearsal.server import RehearsalServer
from promo.rehearsal.world import World, open_world

CANNOT_START = 2


class CannotStart(Exception):
    """The text says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; gives the exit code."""
    options = _options(arguments)
    try:
        world = open_world(options.home, desk_url=options.desk_url)
        asyncio.run(_run(world, options))
    except (CannotStart, OSError, sqlite3.Error) as error:
        print(f"The rehearsal world cannot start: {error}", file=sys.stderr)  # noqa: T201 - the console is its user
        return CANNOT_START
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m promo.rehearsal",
        description="A simulated outside world for training, demos and tests.",
    )
    parser.add_argument("--home", type=Path, required=True, help="where its state is kept")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8001, help="HTTP port (%(default)s)")
    parser.add_argument("--smtp-port", type=int, default=8025, help="SMTP port (%(default)s)")
    parser.add_argument("--desk-url", default="", help="where the start page leads back to")
    return parser.parse_args(arguments)


async def _run(world: World, options: argparse.Namespace) -> None:
    with _web(world, options) as web:
        try:
            mail = await smtp.listen(world, host=options.host, port=options.smtp_port)
        except OSError as error:
            raise _taken(options.host, options.smtp_port, error) from error
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        threading.Thread(target=web.serve_forever, args=(0.1,), daemon=True).start()
        Rounds(world).start()
        _say_ready(web, mail)
        await stop.wait()
        world.stopping.set()
        mail.close()
        await asyncio.to_thread(web.shutdown)


def _web(world: World, options: argparse.Namespace) -> RehearsalServer:
    try:
        return RehearsalServer((options.host, options.port), world)
    except OSError as error:
        raise _taken(options.host, options.port, error) from error


def _taken(host: str, port: int, error: OSError) -> CannotStart:
    return CannotStart(f"it cannot listen on {host}:{port} ({error.strerror})")


def _say_ready(web: RehearsalServer, mail: asyncio.Server) -> None:
    host, port = web.server_address[:2]
    mail_host, mail_port = mail.sockets[0].getsockname()[:2]
    print(  # noqa: T201 - whoever started us waits for this line
        f"Rehearsal world ready: http://{host!s}:{port}/ (mail: {mail_host}:{mail_port})",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
