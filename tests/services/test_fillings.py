"""Issues that compose themselves: drafts once a turn, told changes, and never a silent end."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone
from wagtail.rich_text import RichText

from promo.errors import InvalidInput, NotAllowed
from promo.models import Filling, Institution, Issue, Publication, Rhythm
from promo.planning.filling import Group
from promo.protocol import State
from promo.services import approvals, fillings, gate, refilling, rhythms
from promo.services.facts import issue_facts
from tests import making
from tests.services.filling_scene import (
    approve,
    composed,
    due,
    editor,
    event,
    opening,
    titles,
    weekly,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rhythm() -> Rhythm:
    return weekly()


def test_at_the_cut_off_a_draft_stands_there_and_waits(rhythm: Rhythm) -> None:
    event("Noc bajek")
    event("Turniej gier", days=5)
    making.item(title="Szkic, którego nikt nie zaakceptował")
    filling = composed(rhythm)
    assert filling.state == Filling.State.WAITING
    assert titles(filling) == ["Wydarzenia", "Noc bajek", "Turniej gier"]
    assert filling.issue is not None
    assert (filling.issue.live, filling.issue.send_at) == (False, filling.send_at)
    assert filling.issue.subject == "Noc bajek i Turniej gier"
    assert not Publication.objects.filter(issue=filling.issue).exists()
    assert filling.tell_at is not None


def test_the_opening_is_left_to_a_person_and_never_sent_empty(rhythm: Rhythm) -> None:
    event("Noc bajek")
    filling = composed(rhythm)
    assert opening(filling) == ""
    assert filling.issue is not None
    assert [block.kind for block in issue_facts(filling.issue).blocks] == ["heading", "item"]
    for nothing in ("<p></p>", "<p>&nbsp;</p>"):
        filling.issue.blocks[0] = (fillings.OPENING, RichText(nothing))
        assert [block.kind for block in issue_facts(filling.issue).blocks] == ["heading", "item"]
    filling.issue.blocks[0] = (fillings.OPENING, RichText(GREETING))
    assert issue_facts(filling.issue).blocks[0].html == GREETING
    assert gate.faults(filling.issue) == []


def test_before_the_cut_off_nothing_is_composed(rhythm: Rhythm) -> None:
    event()
    assert rhythm.compose_at is not None
    early = rhythm.compose_at - timedelta(seconds=1)
    fillings.compose(rhythm.pk, now=early)
    assert rhythms.hand_out(now=early) == []
    assert not Filling.objects.exists()


def test_a_draft_that_is_due_is_hinted_at_and_not_every_second(rhythm: Rhythm) -> None:
    now = due(rhythm)
    assert rhythms.hand_out(now=now) == [rhythm.pk]
    assert rhythms.hand_out(now=now + timedelta(seconds=1)) == []
    assert rhythms.hand_out(now=now + timedelta(minutes=5)) == [rhythm.pk]


def test_a_turn_is_composed_once_and_then_the_next_one_is_due(rhythm: Rhythm) -> None:
    event()
    now = due(rhythm)
    composed(rhythm, now=now)
    fillings.compose(rhythm.pk, now=now)
    assert Issue.objects.count() == Filling.objects.count() == 1
    rhythm.refresh_from_db()
    assert rhythm.next_on == Filling.objects.get().on + timedelta(days=7)


def test_an_approved_draft_is_planned_for_its_time(rhythm: Rhythm) -> None:
    event()
    filling = composed(rhythm)
    approve(filling)
    row = Publication.objects.get(issue=filling.issue)
    assert (row.state, row.due_at) == (State.PLANNED, filling.send_at)
    assert filling.state == Filling.State.APPROVED


def test_with_too_little_to_tell_there_is_no_issue_and_the_next_date_is_tried() -> None:
    rhythm = weekly(at_least=2)
    event(days=1)
    filling = composed(rhythm)
    assert (filling.state, filling.issue, filling.items) == (Filling.State.SKIPPED, None, 1)
    rhythm.refresh_from_db()
    assert rhythm.next_send_at is not None
    assert rhythm.next_send_at > filling.send_at


def test_what_was_told_is_not_told_again_unless_it_changed(rhythm: Rhythm) -> None:
    stays, moves = event("Zostaje", days=10), event("Przenosi się", days=11)
    approve(composed(rhythm))
    moves.starts_at = moves.starts_at and moves.starts_at + timedelta(days=1)
    approvals.approve(content=moves)
    event("Nowe", days=5)
    second = composed(rhythm)
    assert titles(second) == ["Zmiany", "Przenosi się", "Wydarzenia", "Nowe"]
    assert stays.title not in titles(second)


@pytest.mark.parametrize("field", ["deadline_at", "sign_up_until_at"])
def test_a_moved_closing_date_is_told_to_those_who_know_the_old_one(
    rhythm: Rhythm, field: str
) -> None:
    starts = {"starts_at": None} if field == "deadline_at" else {}
    closing = timezone.now() + timedelta(days=20)
    contest = event("Konkurs", kind="contest", **{"deadline_at": closing, field: closing, **starts})
    approve(composed(rhythm))
    contest.lead = "Inne słowa o tym samym."
    approvals.approve(content=contest)
    assert composed(rhythm).state == Filling.State.SKIPPED
    setattr(contest, field, closing + timedelta(days=7))
    approvals.approve(content=contest)
    assert titles(composed(rhythm)) == ["Zmiany", "Konkurs"]


def test_that_an_event_is_full_is_told_to_those_who_heard_of_it(rhythm: Rhythm) -> None:
    told = event("Warsztaty", days=20)
    Rhythm.objects.update(horizon_days=60)
    approve(composed(rhythm))
    told.status = "sold_out"
    approvals.approve(content=told)
    assert titles(composed(rhythm)) == ["Zmiany", "Warsztaty"]


def test_an_issue_that_never_went_out_has_told_nobody(rhythm: Rhythm) -> None:
    event("Noc bajek", days=9)
    first = composed(rhythm)
    refilling.drop(filling=first)
    second = composed(rhythm)
    assert titles(second) == ["Wydarzenia", "Noc bajek"]


def test_a_cancellation_is_told_to_those_who_heard_of_the_event(rhythm: Rhythm) -> None:
    told = event("Zapowiedziane", days=10)
    approve(composed(rhythm))
    told.status = "cancelled"
    approvals.approve(content=told)
    untold = event("Niezapowiedziane", days=5)
    untold.status = "cancelled"
    approvals.approve(content=untold)
    assert titles(composed(rhythm)) == ["Zmiany", "Zapowiedziane"]


def test_only_the_newsletters_language_and_level_are_collected(rhythm: Rhythm) -> None:
    event("Conversation club", language="en")
    event("Tylko na stronie", level=1)
    event("Noc bajek")
    assert titles(composed(rhythm)) == ["Wydarzenia", "Noc bajek"]


def test_without_an_approval_it_is_missed_and_nothing_goes_out(rhythm: Rhythm) -> None:
    event()
    filling = composed(rhythm)
    Filling.objects.update(tell_at=None)
    fillings.sweep(now=filling.send_at - timedelta(seconds=1))
    filling.refresh_from_db()
    assert filling.state == Filling.State.WAITING
    fillings.sweep(now=filling.send_at)
    filling.refresh_from_db()
    assert filling.state == Filling.State.MISSED
    assert filling.tell_at == filling.send_at
    assert not Publication.objects.filter(issue=filling.issue).exists()


def missed(rhythm: Rhythm) -> Filling:
    """A draft whose time is over by the real clock."""
    filling = composed(rhythm)
    past = filling.composed_at - timedelta(days=30)
    Issue.objects.filter(pk=filling.issue_id).update(send_at=past)
    issue = Issue.objects.get(pk=filling.issue_id)
    revision = issue.save_revision()
    Filling.objects.update(state=Filling.State.MISSED, revision=revision.pk)
    return Filling.objects.select_related("issue").get()


def test_a_missed_one_cannot_be_approved_by_accident(rhythm: Rhythm) -> None:
    event()
    filling = missed(rhythm)
    assert filling.issue is not None
    assert [fault.code for fault in gate.faults(filling.issue)] == [gate.TOO_LATE]


def test_send_now_approves_it_and_lets_it_go(rhythm: Rhythm) -> None:
    event()
    filling, now = missed(rhythm), due(rhythm)
    refilling.send_now(filling=filling, user=editor(), now=now)
    row = Publication.objects.get(issue=filling.issue)
    assert row.due_at == now + refilling.SOON
    filling.refresh_from_db()
    assert filling.state == Filling.State.APPROVED
    with pytest.raises(NotAllowed):
        refilling.send_now(filling=filling, user=editor(), now=now)


def test_at_another_time_it_waits_for_its_approval_again(rhythm: Rhythm) -> None:
    event()
    filling, now = missed(rhythm), due(rhythm)
    with pytest.raises(InvalidInput):
        refilling.move(filling=filling, to=now, user=editor(), now=now)
    refilling.move(filling=filling, to=now + timedelta(days=1), user=editor(), now=now)
    fillings.sweep(now=now)
    filling = Filling.objects.select_related("issue").get()
    assert filling.state == Filling.State.WAITING
    assert filling.issue is not None
    assert filling.issue.send_at == now + timedelta(days=1)
    assert not Publication.objects.filter(issue=filling.issue).exists()
    assert not refilling.edited(filling)


def test_a_dropped_one_is_neither_sent_nor_missed(rhythm: Rhythm) -> None:
    event()
    filling = composed(rhythm)
    refilling.drop(filling=filling)
    fillings.sweep(now=filling.send_at + timedelta(days=1))
    filling.refresh_from_db()
    assert filling.state == Filling.State.DROPPED


def test_a_draft_that_was_deleted_is_waited_for_by_nobody(rhythm: Rhythm) -> None:
    event()
    filling = composed(rhythm)
    assert filling.issue is not None
    filling.issue.delete()
    fillings.sweep(now=filling.composed_at)
    filling.refresh_from_db()
    assert filling.state == Filling.State.DROPPED


def test_a_withdrawn_approval_makes_it_wait_again(rhythm: Rhythm) -> None:
    event()
    filling = composed(rhythm)
    approve(filling)
    issue = Issue.objects.get(pk=filling.issue_id)
    issue.unpublish()
    filling.refresh_from_db()
    assert filling.state == Filling.State.WAITING


GREETING = "<p>Drodzy czytelnicy!</p>"


def written(filling: Filling) -> None:
    """A person opens the issue with words of her own."""
    assert filling.issue is not None
    draft = filling.issue.get_latest_revision_as_object()
    draft.subject = "Temat od redakcji"
    draft.blocks = [
        (block.block_type, GREETING if block.block_type == fillings.OPENING else block.value)
        for block in draft.blocks
    ]
    draft.save_revision(user=editor())
    filling.refresh_from_db()


def test_collecting_again_adds_what_is_new_and_keeps_what_was_written(rhythm: Rhythm) -> None:
    event("Noc bajek")
    filling = composed(rhythm)
    written(filling)
    assert refilling.edited(filling)
    event("Nowe", days=1)
    now = filling.composed_at + timedelta(hours=1)
    (chapter,) = refilling.fresh(filling=filling, now=now)
    assert (chapter.group, [one.title for one in chapter.items]) == (Group.EVENTS, ["Nowe"])
    assert refilling.add_fresh(filling=filling, user=editor(), now=now) == 1
    filling = Filling.objects.select_related("issue").get()
    assert opening(filling) == GREETING
    assert titles(filling) == ["Wydarzenia", "Noc bajek", "Nowe"]
    assert refilling.edited(filling)
    assert filling.issue is not None
    assert filling.issue.get_latest_revision_as_object().subject == "Temat od redakcji"
    assert refilling.fresh(filling=filling, now=now) == ()


def test_composing_anew_replaces_all_but_the_opening_and_keeps_the_history(rhythm: Rhythm) -> None:
    event("Noc bajek")
    filling = composed(rhythm)
    written(filling)
    refilling.compose_anew(filling=filling, user=editor(), now=filling.composed_at)
    filling = Filling.objects.select_related("issue").get()
    assert opening(filling) == GREETING
    assert titles(filling) == ["Wydarzenia", "Noc bajek"]
    assert not refilling.edited(filling)
    assert filling.issue is not None
    assert filling.issue.revisions.count() == 3


def test_another_zone_moves_the_next_turn_to_its_own_clock(rhythm: Rhythm) -> None:
    institution = Institution.load()
    institution.zone = "America/New_York"
    institution.save()
    before = rhythm.next_send_at
    assert before is not None
    assert rhythms.hand_out(now=before - timedelta(days=6)) == [rhythm.pk]
    fillings.compose(rhythm.pk, now=before - timedelta(days=6))
    rhythm.refresh_from_db()
    assert rhythm.next_send_at is not None
    assert f"{rhythm.next_send_at.astimezone(institution.tz):%H:%M}" == "10:00"
    assert rhythm.next_send_at > before


def test_a_turn_that_was_slept_through_is_a_missed_draft(rhythm: Rhythm) -> None:
    event("Noc bajek", days=30)
    Rhythm.objects.update(horizon_days=60)
    assert rhythm.next_send_at is not None
    filling = composed(rhythm, now=rhythm.next_send_at + timedelta(days=15))
    assert filling.state == Filling.State.MISSED
    assert rhythm.next_on is not None
    assert filling.on == rhythm.next_on + timedelta(days=14)
    assert Filling.objects.count() == 1


def in_threads(work: int, rhythm: Rhythm) -> list[BaseException]:
    """The same turn composed by so many workers at once."""
    errors: list[BaseException] = []
    now = due(rhythm)

    def compose() -> None:
        try:
            fillings.compose(rhythm.pk, now=now)
        except OperationalError as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=compose) for _number in range(work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_make_one_draft_and_a_killed_one_makes_none() -> None:
    rhythm = weekly()
    event()
    errors: list[BaseException] = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE promo_filling IN SHARE MODE")  # written last, after the draft
        worker = threading.Thread(target=lambda: errors.extend(in_threads(1, rhythm)))
        worker.start()
        while worker.is_alive():
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
    assert len(errors) == 1
    assert not Filling.objects.exists()
    assert not Issue.objects.exists()
    assert in_threads(3, rhythm) == []
    assert Issue.objects.count() == Filling.objects.count() == 1
