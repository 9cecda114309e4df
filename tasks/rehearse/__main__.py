"""`python -m tasks.rehearse`: what `promo rehearse` runs. It checks, and lets `run` take its place.

Exit code 2: asked for wrongly; else that of `run`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from promo.errors import ConfigurationError, InvalidInput, PromoError
from promo.services import rehearsal_troubles, rehearsals
from promo.services.rehearsals import Asked


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what is asked for, and play it. Gives an exit code where it is not played."""
    given = _parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        _begin(given)
    except PromoError as error:
        sys.stderr.write(f"{error.text}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="promo rehearse",
        description="Play the coming days against a rehearsal world, on a fast clock. Nothing of "
        "it reaches a real page or mailbox, and nothing changes at the desk.",
    )
    parser.add_argument("--from", dest="start", type=date.fromisoformat, help="first day shown")
    parser.add_argument("--days", type=int, default=7, help="how many (%(default)s)")
    parser.add_argument("--campaign", type=int, help="only this campaign's publications")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME",
        help="a trouble; --faults lists them",
    )
    parser.add_argument("--faults", action="store_true", help="list the troubles there are")
    parser.add_argument("--json", action="store_true", help="for programs, at the end")
    return parser


def _begin(given: argparse.Namespace) -> None:
    import django  # noqa: PLC0415 -- reads the settings, which may raise a plain error

    django.setup()
    translation.deactivate_all()  # the console speaks English; the play the institution's language
    if given.faults:
        for name, trouble in rehearsal_troubles.TROUBLES.items():
            sys.stdout.write(f"{name:<18} {trouble.label}\n")
        return
    asked = Asked(given.days, given.start, given.campaign, tuple(given.fault))
    asked.check(today=timezone.localdate())
    rehearsals.insist_on_engines()
    _play(asked, campaign_name=_name_of(given.campaign), say="json" if given.json else "lines")


def _name_of(campaign: int | None) -> str:
    """The campaign's name, "" without one. Raises PromoError; also where there is no desk."""
    from django.db import OperationalError  # noqa: PLC0415 -- needs the settings, as what follows

    from promo.models import Campaign  # noqa: PLC0415

    try:
        names = dict(Campaign.objects.values_list("pk", "name"))
    except OperationalError as error:
        message = _("The desk’s database does not answer. Is Promo running?")
        raise ConfigurationError(message) from error
    if campaign is not None and campaign not in names:
        raise InvalidInput(_("There is no such campaign."), field="campaign")
    return names[campaign] if campaign is not None else ""


def _play(asked: Asked, *, campaign_name: str, say: str) -> None:
    from django.conf import settings  # noqa: PLC0415 -- as above

    rehearsal = rehearsals.make(
        place=rehearsals.place(settings.HOME),
        asked=asked,
        campaign_name=campaign_name,
        now=datetime.now(UTC),
    )
    with rehearsals.alone(rehearsal) as lock:
        os.set_inheritable(lock.fileno(), True)  # noqa: FBT003 -- it has no keyword
        command = [sys.executable, *rehearsals.PROGRAM, str(rehearsal.folder), "--say", say]
        os.execv(sys.executable, command)  # noqa: S606  (ours)


if __name__ == "__main__":
    sys.exit(main())
