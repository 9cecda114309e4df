"""19: the disk of the pictures is full, while posts with pictures go out and items are approved.

What is prepared goes out. What cannot be prepared is not approved; what was approved and has to be
prepared once more waits with the reason, and goes out by itself once there is room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.test import override_settings

from promo import stops
from promo.errors import Unprepared
from promo.models import Destination, Item, ItemPhoto, Photo, Publication
from promo.protocol import State
from promo.services import approvals
from tests.desk.scenes import picture
from tests.faults.approving import EACH, approved_posts, in_hand_of
from tests.faults.figures import Figures
from tests.faults.posting import AT_FULL_SIZE, KILLS, POSTS
from tests.faults.sending import ROUNDS, chance_of
from tests.faults.small_disk import a_small_disk, filled
from tests.faults.stage import STRICTLY, Stage, a_stage
from tests.processes import Doomed, Hatchery
from tests.world import World

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("falls"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not AT_FULL_SIZE, reason="seen at full size: PROMO_TEST_POSTS"),
]

TIMES = 3
THIRD = 3
"""So many posts, and one of them has a picture."""


def photo(number: int) -> Photo:
    """In the library; no size of it has been made."""
    file = ImageFile(picture((320, 200)), name=f"{number}.jpg")
    return Photo.objects.create(
        title=f"Zdjęcie {number}", file=file, description="Regał z książkami"
    )


def with_photo(row: Publication, shown: Photo) -> None:
    """Its item is approved again, with this picture."""
    item = Item.objects.get(pk=row.item_id)
    item.photos = [ItemPhoto(photo=shown)]
    approvals.approve(content=item)


def illustrated_posts(page: Destination) -> list[Publication]:
    rows = approved_posts(page)
    for row in rows[::THIRD]:
        with_photo(row, photo(row.pk))
    return list(Publication.objects.select_related("item", "destination").order_by("id"))


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "desk" / "media"
    with a_small_disk(place), override_settings(MEDIA_ROOT=place):
        yield place


@pytest.fixture
def stage(
    turn: int,
    hatchery: Hatchery,
    connected: World,
    world: World,
    tmp_path: Path,
) -> Iterator[Stage]:
    with a_stage(hatchery, world, tmp_path, chance=chance_of(turn), make=illustrated_posts) as one:
        one.posts.each = EACH
        one.posts.hatch = at_home(one.posts.hatch, tmp_path / "desk")
        yield one


def at_home(hatch: Callable[..., Doomed], home: Path) -> Callable[..., Doomed]:
    """Workers whose pictures are on that disk."""

    def one(*queues: Sequence[str], **more: Any) -> Doomed:
        told = {"PROMO_HOME": str(home), **more.pop("environment", {})}
        return hatch(*queues, environment=told, **more)

    return one


def media_full(stage: Stage, *, media: Path) -> None:
    spare = photo(Photo.objects.count() + 1)
    row = caught_on_the_wire(stage, shown=spare)
    with filled(media):
        to_come = Publication.objects.filter(state=State.PLANNED).order_by("-due_at")[0]
        with pytest.raises(Unprepared):
            with_photo(to_come, spare)
        assert not ItemPhoto.objects.filter(item_id=to_come.item_id, photo=spare).exists()
        if row is None:
            stage.wait()
        else:
            stage.until(partial(waits_for_the_picture, row, spare), what="it waits for its picture")


def caught_on_the_wire(stage: Stage, *, shown: Photo) -> Publication | None:
    """Marked, then approved again with this picture, which nobody needs yet; its worker dies."""
    zombie = stage.stopped_at(stops.AFTER_MARK)
    if zombie is None:
        return None
    rows = in_hand_of(zombie.worker)
    for row in rows:
        with_photo(row, shown)
    zombie.worker.kill9()
    return rows[0] if rows else None


def waits_for_the_picture(row: Publication, shown: Photo) -> bool:
    row.refresh_from_db()
    return row.state == State.WAITING and shown.title in row.problem


@ROUNDS
def test_a_full_disk_of_the_pictures_costs_no_post(
    media: Path, stage: Stage, figures: Figures
) -> None:
    falls = [partial(media_full, media=media)] * TIMES
    stage.run(kills=KILLS, falls=falls)
    waited = Publication.objects.filter(ledger__text__contains="Zdjęcie").distinct().count()
    shown = sum(bool(post["photos"]) for post in stage.posts.world.posts())
    columns = {**stage.columns(), "falls": TIMES, "waited": waited, "with a picture": shown}
    figures("19: the disk of the pictures is full", columns)
    assert columns["kills"] == KILLS
    assert not {name: columns[name] for name in STRICTLY if columns[name]}
    assert columns["published"] == POSTS
    assert shown == sum(bool(row.message.pictures) for row in stage.posts.rows)
