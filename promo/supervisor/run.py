"""Starting everything, watching it, stopping it in order."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from promo.embedded import Postgres, Redis, birthmark
from promo.embedded.engine import Engine
from promo.embedded.layout import last_lines
from promo.embedded.unprivileged import dying_with_parent
from promo.errors import ConfigurationError, PromoError
from promo.supervisor.child import Child
from promo.supervisor.health import ask
from promo.supervisor.options import Options
from promo.supervisor.programs import STOP_ORDER, Plan
from promo.supervisor.signals import Signals
from promo.supervisor.state import Lock, Running, State

Say = Callable[[str], None]
_GLANCE = 0.25  # seconds between two looks at the processes
_TRIM_EVERY = 60.0  # seconds between two looks at the size of the logs
_AGAIN = 5.0  # seconds until an engine that could not be started is tried again
_WEB_LIMIT = 120.0  # seconds until the first page must answer
_TOLD_AFTER = 5.0  # seconds of stopping after which we say what we wait for


@dataclass(frozen=True, slots=True)
class WayIn:
    """Where somebody chooses the first password, and whose it will be."""

    url: str
    user: str


def up(options: Options, plan: Plan, say: Say) -> int:
    """Run Promo until it is asked to stop; gives the exit code. Raises `PromoError`."""
    with Lock(options.layout) as lock:
        if options.demo:
            _empty(options)
        options.check_ports()
        with Signals() as signals:
            return Supervisor(options, plan, lock=lock, signals=signals, say=say).run()


class Supervisor:
    """The one thread that starts, watches, starts again and stops."""

    def __init__(
        self, options: Options, plan: Plan, *, lock: Lock, signals: Signals, say: Say
    ) -> None:
        self._options = options
        self._plan = plan
        self._lock = lock
        self._signals = signals
        self._say = say
        self._engines: list[Engine] = []
        self._children: dict[str, Child] = {}
        self._trimmed = self._revive_at = time.monotonic()

    def run(self) -> int:
        try:
            self._start_engines()
            first_login = self._prepare()
            self._start_children()
            self._await_web()
            self._announce(first_login)
            while True:
                self._look(_GLANCE)
        except KeyboardInterrupt:
            self._say("Stopping …")
        finally:
            self._stop()
        return 0

    def _look(self, seconds: float) -> None:
        """Wait a moment, then put right what ended. Raises KeyboardInterrupt when asked to stop."""
        if self._signals.wait(seconds):
            raise KeyboardInterrupt
        for engine in self._engines:
            if not engine.is_alive() and time.monotonic() >= self._revive_at:
                self._revive(engine)
        for child in self._children.values():
            self._tend(child)
        if time.monotonic() - self._trimmed > _TRIM_EVERY:
            self._trimmed = time.monotonic()
            for name in [engine.name for engine in self._engines] + [*self._children]:
                self._options.layout.trim_log(name)

    def _revive(self, engine: Engine) -> None:
        """Start it again; where that fails, in a while: a full disk may have room by then."""
        self._say(f"{engine.label} ended unexpectedly; starting it again. Log: {engine.log}")
        try:
            engine.start()
        except (ConfigurationError, OSError) as error:
            self._say(f"{error}\n{engine.label} is tried again in {_AGAIN:.0f} s.")
            self._revive_at = time.monotonic() + _AGAIN
        else:
            self._say(f"{engine.label} runs again.")
        self._tell()

    def _tend(self, child: Child) -> None:
        for line in child.news():
            self._say(f"{child.name}: {line}")
        if child.has_crashed():
            pause = child.plan_restart()
            self._say(
                f"{child.name} ended unexpectedly ({child.ending()}); starting it again "
                f"in {pause:.0f} s. Log: {child.log}"
            )
        elif child.is_due():
            child.start()
            self._tell()

    def _start_engines(self) -> None:
        layout, environ = self._options.layout, self._options.environ
        if not environ.get("DATABASE_URL"):
            self._say("Starting PostgreSQL …")
            self._engines.append(Postgres(layout))
            self._engines[-1].start()
        if not environ.get("REDIS_URL"):
            self._say("Starting Redis …")
            self._engines.append(Redis(layout))
            self._engines[-1].start()

    def _prepare(self) -> WayIn | None:
        """Run the preparation; gives the first administrator's one-time way in, while unused."""
        self._say("Preparing the database and the static files …")
        layout = self._options.layout
        copied = ["--copied"] if birthmark.is_copy(layout) else []
        with layout.open_log("prepare") as log:
            process = subprocess.Popen(  # noqa: S603 -- our own program
                [*dying_with_parent("TERM"), *self._plan.preparation, *copied],
                env=self._options.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        try:
            while process.poll() is None:
                self._look(_GLANCE)
            said = process.stdout.read() if process.stdout else b""
        finally:
            process.terminate()
            process.wait()
        if process.returncode:
            raise ConfigurationError(self._end_of_log("prepare", "The preparation failed."))
        told = json.loads(said.splitlines()[-1]) if said else {}  # after what services have logged
        birthmark.note(layout)
        if told.get("stopped"):
            self._say(
                f"{told['stopped']} Nothing is sent until somebody has looked it through: "
                f"{self._options.base_url}/desk/stop/"
            )
        if not told.get("first_login_url"):
            return None
        return WayIn(told["first_login_url"], told["first_login_user"])

    def _start_children(self) -> None:
        for program in self._plan.programs:
            child = Child(
                program, layout=self._options.layout, environment=self._options.environment
            )
            self._children[child.name] = child
            child.start()
        self._tell()

    def _await_web(self) -> None:
        """Return once the web answers. Raises `PromoError` with the end of its log."""
        self._say("Starting the web, the worker and the clock …")
        deadline = time.monotonic() + _WEB_LIMIT
        web = self._children["web"]
        while not self._web_answers():
            self._look(_GLANCE)
            if web.restarts or time.monotonic() > deadline:
                raise PromoError(self._end_of_log("web", "The web does not start."))

    def _web_answers(self) -> bool:
        """Any answer will do: /healthz says that the worker is missing until it is there."""
        status, _ = ask(self._options.local_url, public_url=self._options.base_url)
        return status != 0

    def _announce(self, first_login: WayIn | None) -> None:
        options = self._options
        lines = ["", "Promo is ready.", f"  Desk          {options.base_url}/desk/"]
        if first_login:
            lines.append(f"  First login   {first_login.url}  (works once)")
            lines.append(f"  User name     {first_login.user}")
        lines.append(f"  Public pages  {options.base_url}/")
        if options.rehearsal:
            rehearsal = f"http://127.0.0.1:{options.rehearsal_port}/"
            lines.append(f"  Rehearsal     {rehearsal}  (nothing leaves this machine)")
        lines += [f"  Data, logs    {options.home}", "Ctrl-C stops it.", ""]
        for line in lines:
            self._say(line)

    def _stop(self) -> None:
        hurry = False
        for name in STOP_ORDER:
            if child := self._children.get(name):
                hurry = self._stop_child(child, hurry=hurry)
        for engine in reversed(self._engines):
            engine.stop()
        self._say("Stopped.")

    def _stop_child(self, child: Child, *, hurry: bool) -> bool:
        """End it in its time, or at once. Says whether somebody is in a hurry by now."""
        started = time.monotonic()
        told = False
        child.ask_to_end()
        while child.is_alive() and not hurry:
            hurry = self._signals.wait(_GLANCE / 5)
            waited = time.monotonic() - started
            if waited > _TOLD_AFTER and not told:
                told = True
                self._say(f"Waiting for {child.name} to finish its work; Ctrl-C again to hurry.")
            if waited > child.program.patience:
                break
        child.kill()
        return hurry

    def _tell(self) -> None:
        processes = {engine.name: Running(engine.pid) for engine in self._engines}
        for name, child in self._children.items():
            processes[name] = Running(child.pid, child.restarts)
        state = State(
            pid=os.getpid(),
            url=self._options.base_url,
            local_url=self._options.local_url,
            processes=processes,
        )
        with suppress(OSError):  # there is no room: `promo status` tells what was known before
            self._lock.tell(state)

    def _end_of_log(self, name: str, text: str) -> str:
        log = self._options.layout.logs / f"{name}.log"
        return "\n".join([f"{text} The end of {log}:", *last_lines(log)])


def _empty(options: Options) -> None:
    """Remove what an earlier demonstration left, except the lock we hold."""
    layout = options.layout
    kept = {layout.run}
    for entry in {*layout.home.iterdir()} - kept:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    layout.make()
