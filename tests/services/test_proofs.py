"""Test mails: the draft as it stands, to colleagues, with links that harm nobody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from lxml import html

from promo.errors import InvalidInput, NotAllowed
from promo.models import Delivery, Issue, Newsletter, Proof, Subscription, Tracking
from promo.services import proofs
from tests import making
from tests.driving import Clock
from tests.services.filling_scene import editor
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]

ME = "ewa@biblioteka.example.org"


@pytest.fixture
def issue(db: None) -> Issue:
    made = Issue(
        newsletter=making.newsletter(readers=1),
        subject="Grudzień w bibliotece",
        preheader="Spotkania, warsztaty i ferie: co robić w grudniu w bibliotece.",
        send_at=Clock()() + timedelta(days=3),
        blocks=[("item", making.approved())],
        live=False,
    )
    made.full_clean()
    made.save()
    made.save_revision()
    return made


def ask(issue: Issue, clock: Clock, *addresses: str) -> list[Proof]:
    return proofs.ask(issue=issue, addresses=addresses or [ME], user=editor(), now=clock())


def mail_all(clock: Clock) -> None:
    for proof_id in proofs.hand_out(now=clock()):
        proofs.send(proof_id, now=clock())


def test_the_saved_draft_comes_with_a_word_before_its_subject(
    issue: Issue, clock: Clock, outside: World
) -> None:
    issue.subject = "Poprawiony temat"
    issue.save_revision()
    ask(issue, clock, ME, "jan@biblioteka.example.org")
    mail_all(clock)
    mails = outside.mails()
    assert {mail["subject"] for mail in mails} == {"[Próba] Poprawiony temat"}
    assert {mail["to"][0] for mail in mails} == {ME, "jan@biblioteka.example.org"}
    assert set(Proof.objects.values_list("state", flat=True)) == {Proof.State.TAKEN}
    assert not Delivery.objects.exists()
    issue.refresh_from_db()
    assert not issue.live


def test_a_test_comes_as_readers_of_another_language_get_it(
    issue: Issue, clock: Clock, outside: World
) -> None:
    proofs.ask(issue=issue, addresses=[ME], user=editor(), readers="en", now=clock())
    mail_all(clock)
    (mail,) = outside.mails()
    assert mail["subject"] == f"[Test] {issue.subject}"
    assert "Unsubscribe" in html.fromstring(mail["html"]).text_content()


def test_of_two_subjects_each_comes_in_a_mail_of_its_own(
    issue: Issue, clock: Clock, outside: World
) -> None:
    Newsletter.objects.update(tracking=Tracking.COUNTS)
    issue.subject_b = "Co robić w grudniu?"
    issue.save_revision()
    ask(issue, clock)
    mail_all(clock)
    one, two = sorted(outside.mails(), key=lambda mail: mail["subject"])
    for mail, letter, subject in ((one, "A", issue.subject), (two, "B", issue.subject_b)):
        assert mail["subject"].endswith(f" {letter}] {subject}")
        heading = html.fromstring(mail["html"]).findtext(".//h1")
        assert " ".join((heading or "").split()) == subject


def test_unsubscribing_from_a_test_unsubscribes_nobody(
    issue: Issue, clock: Clock, outside: World
) -> None:
    reader = Subscription.objects.get().subscriber.email
    ask(issue, clock, reader)
    mail_all(clock)
    (mail,) = outside.mails()
    links = set(re.findall(r"/test/(?:unsubscribe|preferences|view)/[0-9a-f]{32}/", mail["text"]))
    assert len(links) == 3
    client = Client()
    for link in links:
        assert client.get(link).status_code == 200
    one_click = {"List-Unsubscribe": "One-Click"}
    for link in (link for link in links if "view" not in link):
        answer = client.post(link, one_click, headers={"accept-language": "pl"})
        assert "To była wiadomość próbna" in answer.content.decode()
    assert Subscription.objects.get().state == Subscription.State.ACTIVE


def test_a_link_of_no_test_leads_nowhere() -> None:
    assert Client().get(f"/test/unsubscribe/{'0' * 32}/").status_code == 404
    assert Client().get("/test/view/nonsense/").status_code == 404


def test_a_mail_with_errors_is_not_tested_and_says_why(issue: Issue, clock: Clock) -> None:
    issue.blocks = []
    issue.save_revision()
    with pytest.raises(NotAllowed, match="jest pusty"):
        ask(issue, clock)
    assert not Proof.objects.exists()


def test_a_time_that_has_passed_keeps_nobody_from_testing(issue: Issue, clock: Clock) -> None:
    issue.send_at = clock() - timedelta(days=1)
    issue.save_revision()
    assert len(ask(issue, clock)) == 1


def test_what_the_relay_says_is_told_for_each_address(
    issue: Issue, clock: Clock, outside: World
) -> None:
    outside.fault(fault="smtp_refuse", stage="RCPT", code=550, times=1)
    ask(issue, clock, "niema@example.org", ME)
    mail_all(clock)
    first, second = proofs.lately(issue)
    assert (first.state, second.state) == (Proof.State.REFUSED, Proof.State.TAKEN)
    assert first.problem
    mail_all(clock)
    assert len(outside.mails()) == 1


def test_a_dead_worker_leaves_a_test_nobody_repeats(
    issue: Issue, clock: Clock, outside: World
) -> None:
    (proof,) = ask(issue, clock)
    Proof.objects.update(state=Proof.State.SENDING, lease_until_at=clock())
    assert proofs.hand_out(now=clock()) == []
    proof.refresh_from_db()
    assert proof.state == Proof.State.UNKNOWN
    assert outside.mails() == []


def test_two_tests_are_not_under_way_at_once(issue: Issue, clock: Clock) -> None:
    ask(issue, clock)
    with pytest.raises(NotAllowed):
        ask(issue, clock)


@pytest.mark.parametrize("given", [["nie adres"], [f"a{n}@example.org" for n in range(21)], [""]])
def test_bad_or_too_many_addresses_are_refused(
    given: list[str], issue: Issue, clock: Clock
) -> None:
    with pytest.raises(InvalidInput):
        ask(issue, clock, *given)
