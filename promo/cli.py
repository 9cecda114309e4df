"""The command `promo`. What it does not know itself is one of Django's management commands."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict

from promo.errors import ConfigurationError, PromoError
from promo.supervisor import Options, plan, read_state, up
from promo.supervisor.health import ask, greets

_STOPPED_BY_HAND = 130  # what shells give after a Ctrl-C
_OK, _UNAVAILABLE = 200, 503


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked; gives the exit code. An error people can mend is told without a trace."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        return _dispatch(words)
    except PromoError as error:
        sys.stderr.write(f"{error.text}\n")
        return 2 if isinstance(error, ConfigurationError) else 1
    except KeyboardInterrupt:
        return _STOPPED_BY_HAND


def commands() -> set[str]:
    """The names of our own commands."""
    return _parser()[1]


def _dispatch(words: list[str]) -> int:
    parser, own = _parser()
    if words[:2] == ["item", "import"]:
        return _django(["import_items", *words[2:]])
    if not words or words[0] in own or words[0] in {"-h", "--help"}:
        asked = parser.parse_args(words or ["--help"])
        return int(asked.run(asked))
    return _django(words)


def _parser() -> tuple[argparse.ArgumentParser, set[str]]:
    parser = argparse.ArgumentParser(
        prog="promo",
        description="The promotion desk of public libraries.",
        epilog="Every other command is a management command of Django: see 'promo help'.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    start = commands.add_parser("up", help="start everything; Ctrl-C stops it")
    start.add_argument("--fresh", action="store_true", help="a demonstration, begun anew")
    demo = commands.add_parser("demo", help="a demonstration with examples; your data is untouched")
    demo.set_defaults(fresh=True)
    for command in (start, demo):
        command.add_argument("--port", type=int, help="of the desk and the public pages")
        command.add_argument(
            "--no-rehearsal", action="store_true", help="really publish and send mail"
        )
        command.set_defaults(run=_up)
    status = commands.add_parser("status", help="what runs here, and is it well?")
    status.add_argument("--json", action="store_true", help="for programs")
    status.set_defaults(run=_status)
    alive = commands.add_parser("alive", help="is this one part alive? For health checks")
    alive.add_argument("part", choices=["web", "worker", "beat", "bounces"])
    alive.set_defaults(run=_alive)
    commands.add_parser("doctor", help="is everything here that Promo needs?").set_defaults(
        run=_doctor
    )
    compiled = commands.add_parser("compile", help="compile the translations")
    compiled.add_argument("--static", action="store_true", help="collect the static files too")
    compiled.set_defaults(run=_compile)
    commands.add_parser("messages", help="collect the translatable texts anew").set_defaults(
        run=_messages
    )
    bench = commands.add_parser(
        "bench", help="measure here: bench mail, bench import, bench timetable"
    )
    bench.add_argument("words", nargs=argparse.REMAINDER)
    bench.set_defaults(run=_bench)
    # Its words are its own: with a help of ours argparse would keep "--help" to itself.
    rehearsed = commands.add_parser(
        "rehearse",
        help="play the coming days on a fast clock; nothing reaches the outside",
        add_help=False,
        prefix_chars="\0",
    )
    rehearsed.add_argument("words", nargs=argparse.REMAINDER)
    rehearsed.set_defaults(run=_rehearse)
    rotate = commands.add_parser(
        "rotate-keys", help="encrypt every stored secret with the first key"
    )
    rotate.set_defaults(run=lambda _asked: _django(["rotate_keys"]))
    item = commands.add_parser("item", help="item import FILE: read items from a YAML or CSV file")
    item.set_defaults(run=lambda _asked: _django(["help", "import_items"]))
    return parser, set(commands.choices)


def _up(asked: argparse.Namespace) -> int:
    environ = dict(os.environ)
    if asked.port is not None:
        environ["PROMO_PORT"] = str(asked.port)
    options = Options.read(environ)
    if asked.fresh:
        options = options.as_demo()
    if asked.no_rehearsal:
        options = options.without_rehearsal()
    return up(options, plan(options), say)


def _status(asked: argparse.Namespace) -> int:
    """0 where the web is well, 1 where it is not."""
    options = Options.read(os.environ)
    state = read_state(options.layout)
    public_url = state.url if state and state.url else options.base_url
    local_url = state.local_url if state and state.local_url else options.local_url
    code, health = ask(local_url, public_url=public_url)
    if asked.json:
        known = asdict(state) if state else None
        say(json.dumps({"healthy": code == _OK, "url": public_url, "health": health, "up": known}))
        return int(code != _OK)
    words = {0: "does not answer", _OK: "is well"}
    say(f"Promo at {public_url} {words.get(code, f'is not well (HTTP {code})')}.")
    for name, process in (state.processes if state else {}).items():
        again = f", started again {process.restarts} times" if process.restarts else ""
        say(f"  {name:<10} process {process.pid}{again}")
    for name, value in health.items():
        say(f"  {name}: {value if isinstance(value, str) else json.dumps(value)}")
    return int(code != _OK)


def _alive(asked: argparse.Namespace) -> int:
    """0 where the part is alive. The web is alive even while it reports that others are not."""
    if asked.part == "web":
        options = Options.read(os.environ)
        code, _ = ask(options.local_url, public_url=options.base_url)
        return int(code not in {_OK, _UNAVAILABLE})
    if asked.part == "bounces":
        listen = Options.read(os.environ).listen
        return int(listen is None or not greets(*listen))
    import django  # noqa: PLC0415 -- reads the settings

    django.setup()
    from promo.services import clock, health  # noqa: PLC0415 -- needs Django's apps

    return int(not health.parts(now=clock.database_now())[asked.part])


def _doctor(_asked: argparse.Namespace) -> int:
    from promo import doctor  # noqa: PLC0415 -- Babel and its kin are slow to load

    marks = {"good": "  ok  ", "note": " note ", "bad": " BAD  "}
    found = list(doctor.examine(os.environ))
    for finding in found:
        say(f"{marks[finding.level]} {finding.text}")
        for line in finding.advice.splitlines():
            say(f"         {line}")
    return int(any(finding.level == "bad" for finding in found))


def _compile(asked: argparse.Namespace) -> int:
    from promo import catalogs  # noqa: PLC0415 -- as above

    for path in catalogs.compile_stale():
        say(f"Compiled {path.relative_to(catalogs.ROOT)}")
    if asked.static:
        import django  # noqa: PLC0415 -- reads the settings

        django.setup()
        from promo.supervisor import static  # noqa: PLC0415 -- needs the settings

        static.collect(sys.stderr)
    return 0


def _bench(asked: argparse.Namespace) -> int:
    """A process of its own: engines are started before anything reads the settings."""
    command = [sys.executable, "-m", "tasks.bench", *asked.words]
    return subprocess.run(command, check=False).returncode  # noqa: S603  (ours)


def _rehearse(asked: argparse.Namespace) -> int:
    """As `_bench`, but in our place: a Ctrl-C is its own, and it has much to put away."""
    command = [sys.executable, "-m", "tasks.rehearse", *asked.words]
    os.execv(sys.executable, command)  # noqa: S606  (ours)


def _messages(_asked: argparse.Namespace) -> int:
    from promo import catalogs  # noqa: PLC0415 -- as above

    for path in catalogs.collect_all():
        say(f"Collected {path.relative_to(catalogs.ROOT)}")
    return 0


def _django(words: list[str]) -> int:
    from django.core.management import execute_from_command_line  # noqa: PLC0415 -- slow to load

    execute_from_command_line(["promo", *words])
    return 0


def say(line: str) -> None:
    """One line to the console, if there still is one."""
    with suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
