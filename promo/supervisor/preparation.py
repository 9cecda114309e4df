"""`python -m promo.supervisor.preparation`: all that must be true before the processes start.

A process of its own, so that the supervisor itself stays without Django and small. It ends with
one line of JSON, made by the command `prepare`.
"""

from __future__ import annotations

import argparse
import os
import sys

from promo.errors import PromoError


def main(arguments: list[str] | None = None) -> int:
    """Bring tables, static files and first data up to date. Gives the exit code."""
    parser = argparse.ArgumentParser(prog="promo.supervisor.preparation")
    parser.add_argument("--demo", action="store_true", help="fill the desk with examples")
    parser.add_argument("--copied", action="store_true", help="the database's files are a copy")
    asked = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        _prepare(demo=asked.demo, copied=asked.copied)
    except PromoError as error:
        sys.stderr.write(f"{error.text}\n")
        return 2
    return 0


def _prepare(*, demo: bool, copied: bool) -> None:
    import django  # noqa: PLC0415 -- reads the settings, which may raise a plain error
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    from promo import catalogs  # noqa: PLC0415 -- slow to load
    from promo.supervisor import static  # noqa: PLC0415 -- needs the settings

    catalogs.compile_stale()
    call_command("migrate", interactive=False, stdout=sys.stderr)
    static.collect(sys.stderr)
    call_command("prepare", demo=demo, copied=copied)


if __name__ == "__main__":
    sys.exit(main())
