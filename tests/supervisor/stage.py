"""`promo up` with small programs in place of Promo's own: `python -m tests.supervisor.stage HOME`.

Each program writes its name and process id to HOME/played when it starts, and its name with a minus
when it is asked to end. `web` answers /healthz on PROMO_PORT.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from promo.cli import say
from promo.errors import PromoError
from promo.supervisor import Options, up
from promo.supervisor.child import Program
from promo.supervisor.programs import Plan

NAMES = ("rehearsal", "web", "worker", "beat", "tick")


class _Healthz(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"host": self.headers["Host"]}).encode())

    def log_message(self, *_: object) -> None:
        """Keep the log for what the program says."""


def play(name: str, home: Path) -> None:
    """One program. The file HOME/<name>.<how> says how it is to misbehave."""
    done = threading.Event()
    deaf = (home / f"{name}.deaf").exists()
    signal.signal(signal.SIGTERM, lambda *_: None if deaf else done.set())
    _note(home, f"{name} {os.getpid()}")
    say(f"2026-10-03 10:00:00 WARNING {name} is here\nnothing to see")
    if (home / f"{name}.broken").exists():
        sys.exit("this program is broken")
    if name == "web":
        server = HTTPServer(("127.0.0.1", int(os.environ["PROMO_PORT"])), _Healthz)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    done.wait()
    _note(home, f"-{name}")


def _note(home: Path, line: str) -> None:
    with (home / "played").open("a") as file:
        file.write(f"{line}\n")


def main() -> int:
    options = Options.read(os.environ)
    script = (sys.executable, "-m", "tests.supervisor.stage", "play")
    names = [name for name in NAMES if options.rehearsal or name != "rehearsal"]
    way_in = {"first_login_url": "http://127.0.0.1/way-in", "first_login_user": "ada"}
    preparing = (
        f"import json, sys; told = {way_in!r}; "
        "told['stopped'] = 'This is a backup.' if '--copied' in sys.argv else ''; "
        "print('2026-10-03 10:00:00 [warning] restores'); print(json.dumps(told))"
    )
    failing = "import sys; sys.exit('no tables for you')"
    broken = (options.home / "prepare.broken").exists()
    plan = Plan(
        preparation=(sys.executable, "-c", failing if broken else preparing),
        programs=[
            Program(name, (*script, name, str(options.home)), patience=30.0) for name in names
        ],
    )
    try:
        return up(options, plan, say)
    except PromoError as error:
        say(error.text)
        return 2


if __name__ == "__main__":
    if sys.argv[1:2] == ["play"]:
        play(sys.argv[2], Path(sys.argv[3]))
    else:
        sys.exit(main())
