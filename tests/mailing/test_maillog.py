"""Lines that Postfix 3.7 has logged, put in an order that it logs them in."""

from __future__ import annotations

import pickle

import pytest

from promo.mailing.maillog import Search

READER, OTHER, ISSUE = (
    "8b2eaa3a69274829ae57f8d202b2efd1",
    "0" * 32,
    "c88331cc19154c9cabda36bbde847a15",
)
DELIVERY = 17
CODE = f"{DELIVERY}-{'a' * 20}"
CLIENT = "smtpd[25892]: {id}: client=localhost[127.0.0.1]"
HEAD = f"cleanup[25895]: {{id}}: message-id=<{READER}.{ISSUE}@x.org>"
ACTIVE = f"qmgr[25834]: {{id}}: from=<b+{CODE}@x.org>, size=346, nrcpt=1 (queue active)"
REMOVED = "qmgr[25834]: {id}: removed"
CUT = "smtpd[25892]: lost connection after DATA (111 bytes) from localhost[127.0.0.1]"
LATE = "smtpd[25892]: timeout after DATA (111 bytes) from localhost[127.0.0.1]"
BYE = (
    "smtpd[25892]: disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4"
)
REFUSED = (
    "cleanup[28003]: {id}: reject: header X-Refuse: 1 from localhost[127.0.0.1]; "
    "from=<b+1-abc@x.org> to=<r@example.org> proto=ESMTP helo=<me>: 5.7.1 No"
)
BY_MILTER = (
    "cleanup[28003]: {id}: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 4.7.1 Service "
    "unavailable - try again later; from=<b+1-abc@x.org> to=<r@example.org> proto=ESMTP helo=<me>"
)
AT_THE_END = (
    "smtpd[25892]: {id}: reject: END-OF-MESSAGE from localhost[127.0.0.1]: 452 4.3.1 Insufficient "
    "system storage; from=<b+1-abc@x.org> to=<r@example.org> proto=ESMTP helo=<me>"
)
SHORT, LONG = "A3AE62BE47A", "4Xqk6L5rYwz2Tn1"
STAMPS = ("Nov 28 21:51:15", "2026-11-28T21:51:15.123456+01:00", "<22>1 2026-11-28T21:51:15Z")


def search(
    *events: str, queue_id: str = SHORT, name: str = "postfix", stamp: str = STAMPS[0]
) -> Search:
    found = Search(ISSUE, {READER: DELIVERY})
    for event in events:
        found.feed(f"{stamp} relay {name}/{event.format(id=queue_id)}\n".encode())
    return found


@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("queue_id", [SHORT, LONG])
@pytest.mark.parametrize("name", ["postfix", "postfix/submission", "postfix-out"])
def test_a_mail_that_is_put_into_the_queue_is_taken(queue_id: str, name: str, stamp: str) -> None:
    found = search(CLIENT, HEAD, ACTIVE, BYE, queue_id=queue_id, name=name, stamp=stamp)
    assert found.taken == {DELIVERY}
    assert not found.begun
    assert found.seen == 1


def test_a_head_alone_is_no_acceptance_and_no_proof_against_it() -> None:
    """It may wait in `incoming` until there is room in the active queue."""
    found = search(CLIENT, HEAD, BYE)
    assert found.taken == set()
    assert found.begun == {DELIVERY}


@pytest.mark.parametrize(
    "events",
    [
        (CLIENT, HEAD, CUT, BYE),
        (CLIENT, CUT, HEAD, BYE),
        (CLIENT, HEAD, LATE, BYE),
        (CLIENT, HEAD, REFUSED),
        (CLIENT, HEAD, BY_MILTER),
        (CLIENT, HEAD, AT_THE_END),
        (CLIENT, CUT, BYE),
        (),
    ],
    ids=["cut", "cut before its head", "timeout", "rule", "milter", "end", "no head", "nothing"],
)
def test_a_mail_that_ended_before_it_was_taken_is_neither_taken_nor_begun(
    events: tuple[str, ...],
) -> None:
    found = search(*events)
    assert found.taken == found.begun == set()


def test_a_second_try_that_was_taken_counts() -> None:
    assert search(CLIENT, HEAD, CUT, BYE, CLIENT, HEAD, ACTIVE, REMOVED).taken == {DELIVERY}


def test_a_queue_id_that_is_used_again_says_nothing_of_the_mail_before() -> None:
    stranger = "cleanup[9]: {id}: message-id=<20261128.1@example.net>"
    found = search(CLIENT, HEAD, CLIENT, stranger, ACTIVE)
    assert found.taken == found.begun == set()


def test_the_end_of_another_connection_says_nothing() -> None:
    assert search(CLIENT, HEAD, CUT.replace("25892", "25893"), ACTIVE).taken == {DELIVERY}


def test_the_same_item_to_the_same_reader_by_another_newsletter_is_another_mail() -> None:
    assert search(CLIENT, HEAD, ACTIVE.replace("b+17-", "b+18-")).taken == set()


def test_a_relay_that_writes_the_sender_anew_is_believed() -> None:
    assert search(CLIENT, HEAD, ACTIVE.replace(f"b+{CODE}@x.org", "srs@y.org")).taken == {DELIVERY}


def test_other_mails_of_the_issue_are_counted_and_of_other_issues_are_not() -> None:
    found = search(HEAD.replace(READER, OTHER), HEAD.replace(ISSUE, OTHER))
    assert found.seen == 1
    assert found.taken == found.begun == set()


def test_what_is_kept_does_not_grow_with_the_log() -> None:
    found = Search(ISSUE, {READER: DELIVERY})
    stranger = HEAD.replace(READER, OTHER)
    for number in range(2000):
        for event in (CLIENT, stranger, ACTIVE, CLIENT, CUT, BYE):
            line = event.format(id=f"{number % 3:X}AE62BE47A").replace("25892", f"{number}")
            found.feed(f"{STAMPS[0]} relay postfix/{line}\n".encode())
    assert found.seen == 2000
    assert len(pickle.dumps(found)) < 2000
