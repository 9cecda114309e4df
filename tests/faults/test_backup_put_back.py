"""Fault 44 of the plan: an old backup takes the database's place, and everything is started again.

Nothing leaves before somebody has looked it through, and nothing that had left leaves once more.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection

from promo.embedded.postgres import postgres_binary
from promo.models import Publication
from promo.protocol import State
from promo.services import halts, releases, restores
from promo.services.clock import database_now
from promo.services.releases import Choice
from tasks import upkeep
from tests import making
from tests.faults.databases import database_of_our_own
from tests.faults.figures import Figures
from tests.faults.posting import FLAWLESS, NOT_YET, SOON, Round, a_round
from tests.faults.sending import ROUNDS, chance_of
from tests.processes import Hatchery, environment, until
from tests.world import World

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("connected"),
]

READERS = 20
QUEUES = ("publish", "mail")
STEP = timedelta(seconds=0.05)


def program(name: str, *arguments: str, **more: bytes) -> bytes:
    told = connection.settings_dict
    place = ["-h", str(told["HOST"]), "-U", str(told["USER"])]
    command = [postgres_binary().with_name(name), *place, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **more).stdout  # type: ignore[call-overload,no-any-return]


def put_back(backup: bytes) -> None:
    """As docs/operations.md says, into the database that is there."""
    connection.close()
    name = str(connection.settings_dict["NAME"])
    program("pg_restore", "--dbname", name, "--clean", "--if-exists", input=backup)


def let_go(rows: list[Publication]) -> None:
    begin = database_now()
    for number, row in enumerate(rows):
        row.planned_at = row.due_at = begin + number * STEP
    Publication.objects.bulk_update(rows, ["planned_at", "due_at"])


def prepared() -> str:
    """What a start does first; why everything is stopped."""
    command = [sys.executable, "-m", "promo.cli", "prepare"]
    told = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, check=True).stdout
    return str(json.loads(told.splitlines()[-1])["stopped"])


def until_so(posts: Round, reached: Callable[[], bool], *, what: str) -> None:
    def ticked() -> bool:
        upkeep.hand_out()
        posts.look()
        return reached()

    until(ticked, within=SOON, what=what, every=0.25)


@ROUNDS
def test_an_old_backup_sends_nothing_again(
    turn: int, hatchery: Hatchery, world: World, figures: Figures, tmp_path: Path
) -> None:
    chance = chance_of(turn)
    with (
        database_of_our_own(tmp_path / "home"),
        a_round(hatchery, world, tmp_path, chance=chance) as posts,
    ):
        making.installation()
        issue = making.due_publication(making.newsletter(readers=READERS).destination)
        Publication.objects.filter(pk=issue.pk).update(due_at=database_now() + NOT_YET)
        rows = list(posts.rows)
        before, rest = rows[: len(rows) * 2 // 3], rows[len(rows) * 2 // 3 :]
        restores.check(now=database_now())
        posts.workers += [posts.hatch(QUEUES) for _one in range(2)]
        let_go(before)
        out = Publication.objects.filter(state=State.PUBLISHED)
        some = chance.randrange(1, len(before) // 2)
        until_so(posts, lambda: out.count() >= some, what="some are out")
        backup = program("pg_dump", "--format", "custom", str(connection.settings_dict["NAME"]))
        known_before = out.count()
        Publication.objects.filter(pk=issue.pk).update(due_at=database_now())
        until_so(posts, lambda: out.count() > len(before), what="they and the issue are out")
        until(lambda: len(world.mails(brief=1)) == READERS, within=SOON, what="it is mailed")
        restores.check(now=database_now())
        for worker in posts.workers:
            worker.kill9()

        put_back(backup)
        assert out.count() < len(before)
        Publication.objects.filter(pk=issue.pk).update(due_at=database_now())  # it was due then
        assert prepared(), "the start says why nothing leaves"
        assert halts.standing() is not None
        posts.workers[:] = [posts.hatch(QUEUES) for _one in range(2)]
        let_go(rest)
        calls = sum(call["method"] == "POST" for call in world.calls())
        looked_for = restores.in_doubt().exclude(look_at=None)
        in_doubt = looked_for.count()
        until_so(posts, lambda: not looked_for.exists(), what="each is found, or not there")
        assert sum(call["method"] == "POST" for call in world.calls()) == calls
        assert out.count() == len(before)
        issue.refresh_from_db()
        assert (issue.state, issue.look_at) == (State.UNKNOWN, None)

        ewa = User.objects.create_user("ewa")
        now = database_now()
        choices = {one.publication.pk: Choice.NOW for one in releases.waited(now=now)}
        releases.release(choices=choices, paused=frozenset(), user=ewa, now=now)
        until_so(posts, lambda: out.count() == len(rows), what="the rest is out as well")
        posts.untrue.discard(issue.pk)  # a mailing is no post: its witness is counted below
        columns = posts.columns()
        assert not any(columns[name] for name in FLAWLESS)
        assert Counter(posts.copies().values()) == {1: len(rows)}
        assert len(world.mails(brief=1)) == READERS
        figures(
            "44: a backup put back",
            {**columns, "out at the backup": known_before, "in doubt after it": in_doubt},
        )
