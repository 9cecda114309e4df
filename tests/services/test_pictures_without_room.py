"""19: there is no room for a picture: that is said in plain words, and the post goes out later."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import time_machine
from django.core.files.images import ImageFile

from promo.errors import Unprepared, Unreachable
from promo.models import Attempt, Destination, Item, ItemPhoto, Photo, Publication
from promo.protocol import State
from promo.services import approvals, channels, facts, gate, publishing
from tests import making
from tests.desk.scenes import picture
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def row(page: Destination) -> Publication:
    """A post without a picture yet, due now: what is urgent waits for no hour and no day."""
    making.installation()
    item = making.approved(kind="emergency_closure", title="Pożar w bibliotece")
    return item.publications.get(destination=page, slot="fb_announce")


@contextmanager
def no_room() -> Iterator[None]:
    """Whatever this process writes to a file ends after a few bytes."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def with_a_picture(item: Item) -> Item:
    """The next one: no size of it has been made."""
    photo = Photo.objects.create(
        title="Dym",
        file=ImageFile(picture((320, 200)), name="dym.jpg"),
        description="Dym nad dachem",
    )
    ItemPhoto.objects.create(item=item, photo=photo)
    return Item.objects.get(pk=item.pk)


def without_sizes() -> None:
    """As after a restore of the database alone, or once the focal point was moved."""
    for made in Photo.get_rendition_model().objects.all():
        made.delete()


def test_what_cannot_be_stored_is_said_in_plain_words_at_the_gate_and_nothing_is_approved(
    row: Publication,
) -> None:
    assert row.item is not None
    item = with_a_picture(row.item)
    with no_room():
        (fault,) = gate.faults(item)
        with pytest.raises(Unprepared):
            approvals.approve(content=item)
    assert "Dym" in fault.text
    assert item.approvals.count() == 1
    row.refresh_from_db()
    assert row.message.pictures == ()
    assert gate.faults(item) == []
    (made,) = facts.item_facts(item).pictures
    assert Path(made.path).stat().st_size == made.size


@pytest.mark.parametrize("once_tried", [False, True])
def test_a_post_whose_picture_cannot_be_stored_waits_with_a_reason_and_goes_out_by_itself(
    row: Publication, clock: Clock, outside: World, *, once_tried: bool
) -> None:
    assert row.item is not None
    item = with_a_picture(row.item)
    approvals.approve(content=item)
    if once_tried:
        claim = publishing.claim(row.pk, now=clock())
        assert claim is not None
        assert publishing.mark(claim, now=clock())
        with time_machine.travel(clock.forward(seconds=1), tick=False):
            approvals.approve(content=item)
        channel = channels.channel_for(row.destination)
        row.refresh_from_db()
        publishing.settle_error(row, claim, Unreachable("-"), channel=channel, now=clock())
    clock.forward(days=1)  # so that it is composed anew
    without_sizes()
    with no_room():
        for _time in range(4):  # a poison would be given up by then
            tick(clock)
            clock.forward(minutes=6)
    row.refresh_from_db()
    assert row.state == State.WAITING
    assert "Dym" in row.problem
    assert outside.posts() == []
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    (post,) = [one for one in outside.posts() if row.marker in one["text"]]
    assert post["text"] == row.message.text
    assert len(row.message.pictures) == 1
    assert row.ledger.filter(event=Attempt.Event.MARKED).count() == 1 + once_tried
