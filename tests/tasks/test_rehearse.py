"""`promo rehearse` in earnest: engines, worker and world of its own, two days on a fast clock."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from promo.models import Publication, Subscriber
from promo.protocol import State
from promo.services import rehearsals
from promo.services.rehearsals import Stage
from tests import making
from tests.processes import ROOT, environment
from tests.world import World


def due(publication: Publication, *, hours: int, **more: object) -> None:
    at = timezone.now() + timedelta(hours=hours)
    Publication.objects.filter(pk=publication.pk).update(planned_at=at, due_at=at, **more)


@pytest.mark.processes
@pytest.mark.xdist_group("processes")
@pytest.mark.django_db(transaction=True)
def test_a_day_is_played_for_followers_and_readers_and_nothing_of_it_is_real(
    world: World, tmp_path: Path
) -> None:
    """One post is held by the network ahead, one answer is lost; an item goes to the newsletter."""
    page = making.page(world)
    letter = making.newsletter(readers=2)
    due(making.due_publication(page, title="Wieczór poezji"), hours=3)
    due(making.due_publication(page, title="Noc bibliotek"), hours=6, arm_at=timezone.now())
    due(making.due_publication(letter.destination, title="Kiermasz książek"), hours=5)
    due(making.due_publication(page, title="Za tydzień"), hours=24 * 7)

    done = subprocess.run(
        [
            *(sys.executable, "-m", "promo.cli", "rehearse"),
            *("--days", "2", "--fault", "answer-lost", "--json"),
        ],
        cwd=ROOT,
        env={**environment(), "PROMO_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    told = {one["subject"]: (one["state"], one["copies"]) for one in seen["endings"]}
    assert told == {
        "Wieczór poezji": ("published", 1),
        "Noc bibliotek": ("published", 1),
        "Kiermasz książek": ("published", None),
    }
    assert seen["counts"]["wrong"] == 0
    shown = [entry for hour in seen["hours"] for entry in hour["entries"]]
    posts = [entry for entry in shown if entry["kind"] == "post"]
    assert ["Wieczór poezji" in posts[0]["text"], "Noc bibliotek" in posts[1]["text"]] == [True] * 2
    assert {entry["page"] for entry in posts} == {page.name}
    mails = [entry for entry in shown if entry["kind"] == "mail"]
    assert len(mails) == 3
    assert all(mail["to"].endswith("@readers.rehearsal.example") for mail in mails)
    assert any(entry["kind"] == "note" and entry["bad"] for entry in shown)

    # The real outside has heard nothing, and nothing has changed at the desk.
    assert world.calls() == []
    assert world.mails() == []
    assert set(Publication.objects.values_list("state", flat=True)) == {State.PLANNED.value}
    (kept,) = rehearsals.kept(place=rehearsals.place(tmp_path))
    assert kept.progress.stage == Stage.DONE
    assert not kept.stage_home.exists()
    left = b"".join(path.read_bytes() for path in kept.folder.rglob("*") if path.is_file())
    assert b"Noc bibliotek" in left
    for address in Subscriber.objects.values_list("email", flat=True):
        assert address.encode() not in left
