"""Taken down everywhere in one act: what can be recalled is, the rest is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.images import ImageFile

from promo.errors import InvalidInput, NotAllowed
from promo.models import Destination, Item, ItemPhoto, Mailing, Photo, Publication, TakeDown
from promo.protocol import State
from promo.services import approvals, armed, composing, facts, pages, takedowns
from promo.services.takedowns import Fate
from promo.values import ImageConsent
from tests import making
from tests.desk.scenes import picture
from tests.driving import Clock, Watch, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]

REASON = "Rodzic wycofał zgodę"


@pytest.fixture
def watch(clock: Clock, outside: World) -> Watch:
    return Watch(clock, outside)


@pytest.fixture
def media(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


def of(
    item: Item, destination: Destination, slot: str, clock: Clock, **ahead: float
) -> Publication:
    row = Publication(item=item, destination=destination, slot=slot, variant="announce")
    row.planned_at = row.due_at = clock() + timedelta(**ahead)
    composing.recompose(row)
    armed.plan_arming(row)
    row.save()
    return row


def take_down(item: Item, user: User, clock: Clock, *photos: Photo) -> TakeDown:
    return takedowns.carry_out(
        item_id=item.pk,
        cause=TakeDown.Cause.CONSENT,
        because=REASON,
        photos=photos,
        user=user,
        now=clock(),
    )


def fates(item: Item) -> dict[str, Fate]:
    return {line.publication.slot: line.fate for line in takedowns.preview(item)}


def states(item: Item) -> dict[str, str]:
    return dict(item.publications.values_list("slot", "state"))


def test_one_act_reaches_what_is_out_held_and_planned(
    page: Destination, website: Destination, watch: Watch, admin_user: User
) -> None:
    clock = watch.clock
    row = making.due_publication(page)
    item = row.item
    assert item is not None
    of(item, website, "entry", clock)
    of(item, page, "held", clock, hours=3)
    page.arm_ahead = True
    tick(clock)
    later = of(item, page, "later", clock, days=60)
    assert later.state == State.PLANNED
    assert fates(item) == {
        "test": Fate.DELETED,
        "entry": Fate.HIDDEN,
        "held": Fate.RECALLED,
        "later": Fate.DROPPED,
    }
    assert list(pages.out()) == [item]
    act = take_down(item, admin_user, clock)
    assert list(pages.out()) == []
    watch.until(lambda: not watch.world.all_posts(), minutes=2)
    tick(clock)
    assert states(item) == {
        "test": State.WITHDRAWN,
        "entry": State.WITHDRAWN,
        "held": State.CANCELLED,
        "later": State.CANCELLED,
    }
    assert (act.user, act.because) == (admin_user, REASON)
    found = takedowns.outcome(act)
    assert len(found.gone) == 4
    assert (found.under_way, found.stays) == ([], [])


def test_one_whose_outcome_is_unknown_is_deleted_once_it_is_found(
    page: Destination, watch: Watch, admin_user: User
) -> None:
    watch.world.fault(fault="create_then_cut", path="/feed", times=1)
    row = making.due_publication(page)
    tick(watch.clock)
    row.refresh_from_db()
    assert row.state == State.UNKNOWN
    item = row.item
    assert item is not None
    assert fates(item) == {"test": Fate.CHECKED}
    act = take_down(item, admin_user, watch.clock)
    assert [line.fate for line, _change in takedowns.outcome(act).under_way] == [Fate.CHECKED]
    watch.until(lambda: states(item) == {"test": State.WITHDRAWN}, minutes=5)
    assert watch.world.all_posts() == []


def test_one_that_never_got_out_is_not_sent_again(
    page: Destination, watch: Watch, admin_user: User
) -> None:
    watch.world.fault(fault="create_then_500", apply=False, path="/feed", times=1)
    row = making.due_publication(page)
    tick(watch.clock)
    item = row.item
    assert item is not None
    take_down(item, admin_user, watch.clock)
    watch.until(lambda: states(item) == {"test": State.CANCELLED}, minutes=40)
    assert watch.world.all_posts() == []


def test_one_that_turns_up_later_is_taken_down_as_well(
    page: Destination, watch: Watch, admin_user: User
) -> None:
    row = making.due_publication(page)
    tick(watch.clock)
    Publication.objects.filter(pk=row.pk).update(state=State.CANCELLED)
    item = row.item
    assert item is not None
    take_down(item, admin_user, watch.clock)
    # The late receipt of a worker that had slept.
    Publication.objects.filter(pk=row.pk).update(state=State.PUBLISHED)
    for _twice in range(2):
        takedowns.follow_up(now=watch.clock())
    tick(watch.clock)
    assert states(item) == {"test": State.WITHDRAWN}
    assert watch.world.all_posts() == []


def test_a_deletion_that_is_refused_is_named_with_the_address(
    page: Destination, watch: Watch, admin_user: User
) -> None:
    row = making.due_publication(page)
    tick(watch.clock)
    watch.world.fault(fault="refuse", code=1609005, method="DELETE")
    item = row.item
    assert item is not None
    act = take_down(item, admin_user, watch.clock)
    watch.until(lambda: bool(takedowns.outcome(act).stays), minutes=5)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    (line,) = takedowns.outcome(act).stays
    assert row.remote_url in line.todo


def test_mails_that_were_sent_are_named_and_the_others_stopped(
    watch: Watch, admin_user: User
) -> None:
    row = making.due_publication(making.newsletter(readers=3).destination)
    tick(watch.clock)
    item = row.item
    assert item is not None
    assert [line.fate for line in takedowns.preview(item)] == [Fate.STOPPED]
    take_down(item, admin_user, watch.clock)
    assert Mailing.objects.get().state == Mailing.State.CANCELLED


def photo() -> Photo:
    return Photo.objects.create(
        title="Zajęcia",
        file=ImageFile(picture(), name="zajecia.jpg"),
        description="Dzieci przy stole",
        consent=ImageConsent.COLLECTED.value,
    )


def test_a_withdrawn_picture_is_shown_nowhere_and_its_files_are_gone(
    media: None, clock: Clock, admin_user: User, django_capture_on_commit_callbacks: object
) -> None:
    shown = photo()
    item, other = making.approved(), making.approved(title="Inne zajęcia")
    for one in (item, other):
        ItemPhoto.objects.create(item=one, photo=shown)
    (made,) = facts.item_facts(Item.objects.get(pk=other.pk)).pictures
    assert Path(made.path).exists()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        take_down(item, admin_user, clock, shown)
    assert facts.item_facts(Item.objects.get(pk=other.pk)).pictures == ()
    assert not Path(made.path).exists()
    shown.refresh_from_db()
    assert shown.consent == ImageConsent.WITHDRAWN


def test_other_posts_with_the_same_picture_are_named(
    media: None, page: Destination, clock: Clock
) -> None:
    shown = photo()
    item = making.approved()
    row = making.due_publication(page, title="Inne zajęcia")
    for one in (item, row.item):
        ItemPhoto.objects.create(item=one, photo=shown)
    tick(clock)
    assert takedowns.pictures_elsewhere(item, [shown]) == [row]


def test_corrected_and_approved_again_the_page_comes_back_and_the_post_does_not(
    page: Destination, watch: Watch, admin_user: User
) -> None:
    making.installation()
    item = making.approved(level=1)
    post = of(item, page, "post", watch.clock)

    def go_out() -> None:
        """Whatever the plan says of the hour and the day."""
        website = item.publications.filter(destination__channel="website")
        website.update(planned_at=watch.clock(), due_at=watch.clock(), hinted_at=None)
        tick(watch.clock)

    go_out()
    assert list(pages.out()) == [item]
    assert len(watch.world.posts()) == 1
    take_down(item, admin_user, watch.clock)
    tick(watch.clock)
    assert (list(pages.out()), watch.world.all_posts()) == ([], [])
    approvals.approve(content=Item.objects.get(pk=item.pk).get_latest_revision_as_object())
    go_out()
    assert list(pages.out()) == [item]
    post.refresh_from_db()
    assert post.state == State.WITHDRAWN
    assert watch.world.all_posts() == []


def test_a_reason_and_the_right_to_approve_are_needed(
    clock: Clock, admin_user: User, django_user_model: type[User]
) -> None:
    item = making.approved()
    with pytest.raises(InvalidInput) as refused:
        takedowns.carry_out(
            item_id=item.pk, cause="other", because="  ", photos=[], user=admin_user, now=clock()
        )
    assert refused.value.field == "because"
    stranger = django_user_model.objects.create_user("obcy")
    with pytest.raises(NotAllowed):
        take_down(item, stranger, clock)
    assert not TakeDown.objects.exists()
