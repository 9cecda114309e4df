"""Two subjects on a sample: who gets which, what is counted, and that one is chosen just once."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from email import message_from_string, policy
from html import unescape

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from promo.errors import NotAllowed
from promo.mailing.codes import codes_of
from promo.models import (
    Attempt,
    Batch,
    Delivery,
    DeliveryEvent,
    Issue,
    Mailing,
    Publication,
    Subject,
    Subscriber,
    TrackedLink,
    Tracking,
    UnknownPolicy,
)
from promo.services import (
    batches,
    deliveries,
    gate,
    mailings,
    samples,
    sending,
    subjects,
    visits,
)
from promo.services.batches import Claim, Marked
from promo.services.deliveries import Event
from promo.services.press import Press
from promo.values import Message
from tests.mailing.scripted import Script
from tests.processes import until
from tests.services.comparing import (
    DECIDED,
    FIRST,
    SECOND,
    START,
    answer,
    compared,
    due,
    ids,
    issue,
    start,
    take,
)
from tests.services.test_throttle import mailed_by

pytestmark = pytest.mark.django_db

MODES = [Tracking.COUNTS, Tracking.READERS]


@pytest.fixture
def ewa() -> User:
    return User.objects.create_user("ewa", first_name="Ewa")


def dealt(mailing: Mailing) -> dict[str, int]:
    """How many readers stand under which subject, in the ledger itself."""
    return dict(Counter(mailing.deliveries.values_list("batch__subject", flat=True)))


def adds_up(mailing: Mailing) -> dict[str, int]:
    """The counters, which agree with the ledger; every batch knows its size."""
    told = {key: count for key, count in mailings.progress(mailing).items() if count}
    ledger = mailings.standing(mailing).items()
    assert told == {Delivery.State(state).name.lower(): n for state, n in ledger}
    sizes = Counter(mailing.deliveries.values_list("batch_id", flat=True))
    assert {row.id: row.size for row in mailing.batches.all() if row.size} == dict(sizes)
    return told


def subjects_of_half(mailing: Mailing) -> set[int]:
    rows = mailing.deliveries.filter(batch__subject="a")
    return {one for one in rows.values_list("subscriber_id", flat=True) if one}


# -- the start


def test_one_in_ten_gets_each_subject_and_all_others_wait() -> None:
    mailing = compared(47)
    assert dealt(mailing) == {"a": 4, "b": 4, "": 39}
    states = {(row.subject, row.state) for row in mailing.batches.all()}
    assert states == {("a", "ready"), ("b", "ready"), ("", "held")}
    assert mailing.decide_at == DECIDED
    assert adds_up(mailing) == {"due": 47}


@pytest.mark.parametrize(("percent", "half"), [(10, 2), (33, 6), (50, 10)])
def test_the_share_and_the_hours_are_the_issues(percent: int, half: int) -> None:
    row = issue(40)
    Issue.objects.update(sample_percent=percent, sample_hours=48)
    mailing = start(Publication.objects.get(pk=row.pk))
    assert dealt(mailing) == {"a": half, "b": half, "": 40 - 2 * half}
    assert mailing.decide_at == START + timedelta(hours=48)


def test_no_batch_is_larger_than_it_may_be_and_each_has_one_subject() -> None:
    row = issue(4400)
    Issue.objects.update(sample_percent=50)
    mailing = start(Publication.objects.get(pk=row.pk))
    sizes = Counter((row.subject, row.size) for row in mailing.batches.all())
    halves = {(which, size): 1 for which in Subject.values for size in (batches.SIZE, 100)}
    assert sizes == {**halves, ("", batches.SIZE): 2, ("", 200): 1}
    assert adds_up(mailing) == {"due": 4400}


def test_the_sample_of_a_mailing_is_always_the_same_and_of_another_one_another() -> None:
    mailing = compared(60)
    first = subjects_of_half(mailing)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM promo_subscriber ORDER BY hashint8extended(id, %s), id LIMIT 6",
            [mailing.id],
        )
        assert {one for (one,) in cursor.fetchall()} == first
    everybody = sorted(Subscriber.objects.values_list("id", flat=True))
    assert first != set(everybody[:6]), "not those who came first"
    second = start(issue(0))
    assert subjects_of_half(second) != first


def test_with_too_few_for_two_halves_everybody_gets_the_first_at_once() -> None:
    mailing = compared(9)
    assert dealt(mailing) == {"a": 9}
    assert mailing.decide_at is None
    assert set(mailing.batches.values_list("state", flat=True)) == {"ready"}
    claimed = batches.claim(mailing.id, now=START)
    assert claimed is not None
    assert subject_of(mailing, claimed) == FIRST


@pytest.mark.parametrize(
    ("second", "mode"), [("", Tracking.READERS), (SECOND, Tracking.OFF), ("", Tracking.OFF)]
)
def test_without_a_second_subject_or_anything_counted_nobody_waits(
    second: str, mode: Tracking
) -> None:
    mailing = start(issue(40, mode=mode, second=second))
    assert dealt(mailing) == {"": 40}
    assert set(mailing.batches.values_list("state", flat=True)) == {"ready"}
    assert mailing.decide_at is None
    assert samples.subjects_of(mailing) == ("",)
    claimed = batches.claim(mailing.id, now=START)
    assert claimed is not None
    assert subject_of(mailing, claimed) == FIRST


def test_nobody_who_waits_is_claimed_and_the_mailing_is_not_over() -> None:
    mailing = compared()
    claims = [batches.claim(mailing.id, now=DECIDED) for _time in range(3)]
    assert sorted(one.subject for one in claims if one) == ["a", "b"]
    Batch.objects.filter(state="claimed").update(state="ready", due_at=START)
    take(mailing, "a", "b")
    assert not mailings.finish_if_done(mailing.id, now=START)
    assert mailings.hand_out(now=DECIDED) == []
    assert mailings.forecast(mailing, now=DECIDED) is None
    assert adds_up(mailing) == {"due": 32, "accepted": 8}


# -- the mails


def mail_of(mailing: Mailing, subject: str, *, number: int = 0) -> str:
    row = mailing.deliveries.filter(batch__subject=subject).order_by("id")[number]
    reader = row.subscriber
    assert reader is not None
    marked = Marked(
        row.id, 0, reader.email, reader.name, reader.uuid.hex, reader.language, counted=True
    )
    return Press.of(mailing).mail(marked, subject=subject).data.decode()


def subject_of(mailing: Mailing, claimed: Claim) -> str:
    (reader, *_others) = batches.mark(claimed, most=1, now=START)
    mail = Press.of(mailing).mail(reader, subject=claimed.subject)
    return _decoded(mail.data.decode())


def _decoded(mail: str) -> str:
    return str(message_from_string(mail, policy=policy.default)["Subject"])


@pytest.mark.parametrize("mode", MODES)
def test_each_half_has_its_subject_and_short_addresses_of_its_own(mode: Tracking) -> None:
    mailing = compared(80, mode=mode)
    keys = {
        which: set(mailing.links.filter(subject=which).values_list("key", flat=True))
        for which in Subject.values
    }
    assert len(keys["a"]) == len(keys["b"]) > 2
    assert not keys["a"] & keys["b"]
    for which, subject in (("a", FIRST), ("b", SECOND)):
        for number in range(8):  # readers of both languages
            mail = mail_of(mailing, which, number=number)
            assert _decoded(mail) == subject
            found = set(re.findall(r"/([0-9a-f]{16})[\"\s<]", mail.replace("=\r\n", "")))
            assert found == keys[which]


def test_each_mail_has_its_subject_as_its_title_and_heading_and_so_has_the_page() -> None:
    mailing = compared(80)
    for which, subject, other in (("a", FIRST, SECOND), ("b", SECOND, FIRST)):
        for number in range(4):  # readers of both languages
            mail = message_from_string(
                mail_of(mailing, which, number=number), policy=policy.default
            )
            text, page = (part.get_content() for part in mail.iter_parts())
            shown = page.replace("\N{NO-BREAK SPACE}", " ")
            assert subject in text.replace("\N{NO-BREAK SPACE}", " ")
            assert f"<title>{subject}</title>" in shown
            assert shown.count(other) == text.count(other) == 0
            (view,) = set(re.findall(r'href="([^"]*/view/[^"]*)"', page))
            seen = Client().get(unescape(view)).content.decode().replace("\N{NO-BREAK SPACE}", " ")
            assert subject in seen
            assert other not in seen


def test_a_message_of_an_earlier_version_has_its_second_subject_in_its_header_alone() -> None:
    message = issue(0).message
    older = replace(message, text_b="", html_b="", variants={})
    assert older.under("b").subject == SECOND
    assert older.under("b").html == message.html
    assert Message.from_json(message.to_json()) == message


def test_a_link_of_both_halves_is_told_once() -> None:
    mailing = compared()
    answer(mailing, "a", opens=3, clicks=2)
    answer(mailing, "b", opens=4, clicks=1)
    told = [(one.url, one.clicks) for one in visits.report(mailing=mailing)]
    assert told[:2] == [("", 7), ("https://a.example/program", 3)]
    assert len({url for url, _clicks in told}) == len(told)


def test_who_follows_every_link_of_one_half_at_once_is_a_scanner() -> None:
    mailing = compared(mode=Tracking.READERS)
    take(mailing, "a", "b")
    code = codes_of(ids(mailing, "b")[0], key=settings.SECRET_KEY.encode()).click
    links = TrackedLink.objects.select_related("mailing").filter(mailing=mailing, subject="b")
    for link in links.exclude(url=""):
        visits.note(link=link, code=code, client="", agent="", now=START + timedelta(hours=1))
    assert links.count() < 1 + visits.MANY, "fewer than would tell a scanner by their number"
    assert [half.clicked for half in subjects.halves(mailing)] == [0, 0]


# -- what is put off, set aside or lost


def test_whoever_is_put_off_set_aside_or_sent_to_again_keeps_the_subject() -> None:
    mailing = compared(80)
    first, second = ids(mailing, "a"), ids(mailing, "b")
    before = dict.fromkeys(first, "a") | dict.fromkeys(second, "b")
    deferred = [Event(one, DeliveryEvent.Kind.DEFERRED) for one in (first[0], second[0])]
    deliveries.put_off(deferred, attempts=0, now=START)
    unknown = [Event(one, DeliveryEvent.Kind.UNKNOWN) for one in (second[1], first[1])]
    deliveries.lose(unknown, policy=UnknownPolicy.SEND_AGAIN, now=START)
    left = [Event(one, DeliveryEvent.Kind.UNKNOWN) for one in (second[2], first[2])]
    deliveries.lose(left, policy=UnknownPolicy.LEAVE, now=START)
    mailings.send_to_unknown_again(mailing=mailing, now=START)
    for one in (first[3], second[3], second[4], first[4]):
        deliveries.set_aside([one], domain="a.example", due_at=START)
    moved = dict(mailing.deliveries.exclude(batch__subject="").values_list("id", "batch__subject"))
    assert moved == before
    aside = Batch.objects.filter(domain="a.example").order_by("subject")
    assert [(row.subject, row.size) for row in aside] == [("a", 2), ("b", 2)]
    assert adds_up(mailing) == {"due": 80}


@pytest.mark.django_db(transaction=True)
def test_mails_go_out_under_their_subjects_in_one_run_and_the_rest_under_the_chosen() -> None:
    mailing = compared()
    with mailed_by(Script()) as relay:
        sending.send(mailing.pk, clock=lambda: START)
        assert Counter(_decoded(one.decode()) for one in relay.taken) == {FIRST: 4, SECOND: 4}
        answer(mailing, "b", clicks=1)
        subjects.sweep(now=DECIDED)
        sending.send(mailing.pk, clock=lambda: DECIDED)
        assert Counter(_decoded(one.decode()) for one in relay.taken) == {FIRST: 4, SECOND: 36}
    mailing.refresh_from_db()
    assert (mailing.state, adds_up(mailing)) == (Mailing.State.FINISHED, {"accepted": 40})


# -- the choice


@pytest.mark.parametrize("mode", MODES)
def test_the_figures_are_those_of_each_half(mode: Tracking) -> None:
    mailing = compared(mode=mode)
    take(mailing, "a", "b")
    answer(mailing, "a", opens=3, clicks=1)
    answer(mailing, "b", opens=2, clicks=2)
    told = [
        (one.subject, one.readers, one.accepted, one.opened, one.clicked)
        for one in subjects.halves(mailing)
    ]
    assert told == [("a", 4, 4, 3, 1), ("b", 4, 4, 2, 2)]


def test_who_follows_two_links_is_one_reader() -> None:
    mailing = compared(mode=Tracking.READERS)
    answer(mailing, "a", clicks=1)
    reader = Delivery.objects.get(visits__isnull=False)
    other = TrackedLink.objects.get(mailing=mailing, subject="a", url="https://a.example/2")
    other.visits.create(delivery=reader, times=5, first_at=START, last_at=START)
    assert subjects.halves(mailing)[0].clicked == 1


@pytest.mark.parametrize("mode", MODES)
def test_when_its_time_has_come_the_better_one_goes_to_all_who_wait(mode: Tracking) -> None:
    mailing = compared(mode=mode)
    take(mailing, "a", "b")
    answer(mailing, "a", opens=4, clicks=1)
    answer(mailing, "b", opens=2, clicks=2)
    subjects.sweep(now=DECIDED - timedelta(seconds=1))
    assert subjects.waiting(mailing) == 32
    Mailing.objects.update(hinted_at=DECIDED)
    subjects.sweep(now=DECIDED)
    mailing.refresh_from_db()
    assert (mailing.chosen, mailing.chosen_at) == ("b", DECIDED)
    assert (mailing.chosen_by_hand, mailing.chosen_by, mailing.hinted_at) == (False, None, None)
    assert dealt(mailing) == {"a": 4, "b": 36}
    assert mailings.hand_out(now=DECIDED) == [mailing.pk]
    claimed = batches.claim(mailing.id, now=DECIDED)
    assert claimed is not None
    assert claimed.subject == "b"
    assert adds_up(mailing) == {"due": 32, "accepted": 8}
    answer(mailing, "b", clicks=30)
    assert [one.clicked for one in subjects.halves(mailing)] == [1, 2], "as it was chosen by"


def test_after_the_choice_the_forecast_forgets_the_hours_of_waiting() -> None:
    mailing = compared()
    take(mailing, "a", "b")
    subjects.sweep(now=DECIDED)
    mailing.refresh_from_db()
    assert (mailing.went_on_at, mailing.settled_before) == (DECIDED, 8)


def test_a_person_chooses_before_and_is_named(ewa: User) -> None:
    mailing = compared()
    subjects.choose(mailing=mailing, subject=Subject.SECOND, user=ewa, now=START)
    mailing.refresh_from_db()
    assert (mailing.chosen, mailing.chosen_by, mailing.chosen_by_hand) == ("b", ewa, True)
    line = Attempt.objects.get(publication=mailing.publication)
    assert (line.user, line.event) == (ewa, Attempt.Event.DECIDED)
    assert SECOND in line.text
    with pytest.raises(NotAllowed):
        subjects.choose(mailing=mailing, subject=Subject.FIRST, user=ewa, now=START)
    subjects.sweep(now=DECIDED)
    assert dealt(mailing) == {"a": 4, "b": 36}


def test_a_paused_mailing_waits_with_its_choice_until_it_goes_on(ewa: User) -> None:
    mailing = compared()
    mailings.pause(mailing=mailing)
    subjects.sweep(now=DECIDED)
    mailing.refresh_from_db()
    assert mailing.chosen == ""
    mailings.resume(mailing=mailing, now=DECIDED)
    assert subjects.waiting(mailing) == 32
    subjects.sweep(now=DECIDED)
    assert subjects.waiting(mailing) == 0


def test_who_chooses_while_it_is_paused_sends_nothing_yet(ewa: User) -> None:
    mailing = compared()
    mailings.pause(mailing=mailing)
    subjects.choose(mailing=mailing, subject=Subject.FIRST, user=ewa, now=START)
    assert batches.claim(mailing.id, now=DECIDED) is None


def test_a_mailing_stopped_meanwhile_goes_to_nobody_else_and_chooses_nothing(ewa: User) -> None:
    mailing = compared()
    take(mailing, "a")
    mailings.cancel(mailing=mailing, now=START)
    assert adds_up(mailing) == {"accepted": 4, "cancelled": 36}
    assert not mailing.batches.exclude(state="done").exists()
    subjects.sweep(now=DECIDED)
    with pytest.raises(NotAllowed):
        subjects.choose(mailing=mailing, subject=Subject.FIRST, user=ewa, now=DECIDED)
    mailing.refresh_from_db()
    assert (mailing.state, mailing.chosen) == (Mailing.State.CANCELLED, "")


def test_a_mailing_with_one_subject_has_nothing_to_choose(ewa: User) -> None:
    mailing = start(issue(40, second=""))
    with pytest.raises(NotAllowed):
        subjects.choose(mailing=mailing, subject=Subject.FIRST, user=ewa, now=START)


@pytest.mark.django_db(transaction=True)
def test_many_who_choose_at_the_same_instant_choose_once() -> None:
    mailing, ewa = compared(), User.objects.create_user("ewa")
    together = threading.Barrier(4)
    chosen: list[str] = []

    def choose(subject: Subject | None) -> None:
        together.wait()
        try:
            if subject is None:
                subjects.sweep(now=DECIDED)
            else:
                subjects.choose(mailing=mailing, subject=subject, user=ewa, now=DECIDED)
                chosen.append(subject.value)
        except NotAllowed:
            pass
        finally:
            connection.close()

    acts = (Subject.FIRST, Subject.SECOND, Subject.SECOND, None)
    threads = [threading.Thread(target=choose, args=[one]) for one in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mailing.refresh_from_db()
    assert mailing.chosen in {"a", "b"}
    assert chosen == ([mailing.chosen] if mailing.chosen_by_hand else [])
    other = "a" if mailing.chosen == "b" else "b"
    assert dealt(mailing) == {mailing.chosen: 36, other: 4}
    assert Attempt.objects.count() == len(chosen)


@pytest.mark.django_db(transaction=True)
def test_a_choice_whose_connection_dies_in_the_middle_was_not_made() -> None:
    mailing = compared()
    died: list[OperationalError] = []

    def choose() -> None:
        try:
            subjects.sweep(now=DECIDED)
        except OperationalError as error:
            died.append(error)
        finally:
            connection.close()

    choosing = threading.Thread(target=choose)
    with transaction.atomic():
        # It has the mailing, and now waits in the middle of its work for a batch that we hold.
        list(Batch.objects.filter(state="held").select_for_update())
        choosing.start()
        until(_kill_who_waits, within=20, what="the choice to wait for the batch")
        choosing.join()
    assert len(died) == 1
    mailing.refresh_from_db()
    assert (mailing.chosen, dealt(mailing)) == ("", {"a": 4, "b": 4, "": 32})
    subjects.sweep(now=DECIDED)
    assert due(mailing) == 40
    assert dealt(mailing) == {"a": 36, "b": 4}


def _kill_who_waits() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_locks
            WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))
            """
        )
        return bool(cursor.fetchall())


# -- the gate


@pytest.mark.parametrize(
    ("mode", "second", "forbidden"),
    [(Tracking.OFF, SECOND, True), (Tracking.OFF, "", False), (Tracking.COUNTS, SECOND, False)],
)
def test_two_subjects_need_a_newsletter_that_counts(
    mode: Tracking, second: str, *, forbidden: bool
) -> None:
    row = issue(0, mode=mode, second=second)
    assert row.issue is not None
    faults = [(fault.code, fault.field) for fault in gate.faults(row.issue)]
    assert faults == ([("subjects_uncounted", "subject_b")] if forbidden else [])
