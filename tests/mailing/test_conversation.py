"""The talk with a relay: what is said in which order, and what each reply means for which mail."""

import itertools
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promo.mailing.conversation import (
    MAX_REPLY,
    Broken,
    Conversation,
    Outcome,
    Outgoing,
    Verdict,
)
from promo.mailing.headers import MailAddress
from promo.mailing.replies import Phase

SENDER = MailAddress("b+1@bounces.example.org")
ENVELOPE = "MAIL FROM:<{mail.mail_from}>\r\nRCPT TO:<{mail.rcpt_to}>\r\nDATA\r\n"
FINE = b"250 2.1.0 fine\r\n"
GO_ON = b"354 go on\r\n"
TAKEN = b"250 2.0.0 queued as A1\r\n"
BOTH = pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "plain"])


def mail(number: int) -> Outgoing:
    address = MailAddress(f"r{number}@example.org")
    return Outgoing(number, SENDER, address, f"Subject: {number}\r\n\r\n{number}\r\n".encode())


def envelope(number: int) -> bytes:
    return ENVELOPE.format(mail=mail(number)).encode()


class Talk:
    """A conversation and what it has brought about: everything said, every outcome."""

    def __init__(self, *, pipelining: bool = True) -> None:
        self.talk = Conversation(pipelining=pipelining)
        self.pipelining = pipelining
        self.said = b""
        self.outcomes: list[Outcome] = []

    def start(self, number: int) -> None:
        self.said += self.talk.start(mail(number))

    def send(self, following: int | None = None) -> None:
        self.said += self.talk.send(mail(following) if following else None)

    def hear(self, *replies: bytes, dot_said: bool = True) -> None:
        """Feed the replies one by one; raises Broken with nothing lost."""
        for reply in replies:
            try:
                outcomes, say = self.talk.feed(reply, dot_said=dot_said)
            except Broken as error:
                self.outcomes += error.outcomes
                raise
            self.outcomes += outcomes
            self.said += say

    def lose(self, *, dot_said: bool = True) -> None:
        self.outcomes += self.talk.lost("gone", dot_said=dot_said)

    def clear(self, number: int) -> None:
        """As far as 354."""
        self.start(number)
        self.hear(FINE, FINE, GO_ON)

    def heard(self, reply: bytes, *, phase: Phase) -> None:
        """`reply` at this phase of mail 1, and fitting ones before it."""
        self.start(1)
        before = {Phase.MAIL: 0, Phase.RCPT: 1, Phase.DATA: 2, Phase.DOT: 3}[phase]
        self.hear(*[FINE, FINE, GO_ON][:before])
        if phase is Phase.DOT:
            self.send()
        self.hear(reply)

    def refuse_the_rest(self) -> None:
        """With pipelining the rest of a refused envelope is answered too."""
        while self.pipelining and not self.talk.idle:
            self.hear(b"503 5.5.1 out of order\r\n")

    @property
    def verdicts(self) -> list[tuple[int, Verdict, Phase, int]]:
        return [(one.mail.id, one.verdict, one.phase, one.code) for one in self.outcomes]


# -- what is said


def test_with_pipelining_a_body_and_the_next_envelope_are_one_flight() -> None:
    talk = Talk()
    talk.clear(1)
    assert talk.said == envelope(1)
    talk.said = b""
    talk.send(2)
    assert talk.said == mail(1).data + b".\r\n" + envelope(2)
    talk.hear(TAKEN + FINE + FINE + GO_ON)
    assert talk.verdicts == [(1, Verdict.ACCEPTED, Phase.DOT, 250)]
    assert talk.outcomes[0].text == "2.0.0 queued as A1"
    assert talk.talk.cleared == mail(2)


def test_without_pipelining_each_command_waits_for_its_answer() -> None:
    talk = Talk(pipelining=False)
    lines = [*envelope(1).splitlines(keepends=True), mail(1).data + b".\r\n"]
    talk.start(1)
    for number, reply in enumerate([FINE, FINE, GO_ON], start=1):
        assert talk.said == b"".join(lines[:number])
        talk.hear(reply)
    talk.send()
    assert talk.said == b"".join(lines)
    talk.hear(TAKEN)
    assert talk.verdicts == [(1, Verdict.ACCEPTED, Phase.DOT, 250)]
    assert talk.talk.idle


@BOTH
def test_a_hundred_mails_go_one_after_another(pipelining: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    talk = Talk(pipelining=pipelining)
    talk.clear(1)
    for number in range(1, 101):
        talk.send(number + 1 if pipelining and number < 100 else None)
        talk.hear(TAKEN)
        if pipelining and number < 100:
            talk.hear(FINE, FINE, GO_ON)
        elif number < 100:
            talk.clear(number + 1)
    assert [(one.mail.id, one.verdict) for one in talk.outcomes] == [
        (number, Verdict.ACCEPTED) for number in range(1, 101)
    ]
    assert talk.talk.idle


def test_a_body_is_sent_only_once_the_relay_waits_for_it() -> None:
    talk = Talk()
    talk.start(1)
    talk.hear(FINE, FINE)
    with pytest.raises(RuntimeError):
        talk.talk.send(None)


# -- refusals


@BOTH
@pytest.mark.parametrize("phase", [Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT])
@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (b"450 4.2.0 grey-listed\r\n", Verdict.DEFERRED),
        (b"499 odd\r\n", Verdict.DEFERRED),
        (b"550 5.1.1 nobody\r\n", Verdict.REFUSED),
        (b"599\r\n", Verdict.REFUSED),
    ],
)
def test_a_refusal_is_told_with_its_phase_and_code(
    pipelining: bool,  # noqa: FBT001  (a parameter of the test)
    phase: Phase,
    reply: bytes,
    verdict: Verdict,
) -> None:
    talk = Talk(pipelining=pipelining)
    talk.heard(reply, phase=phase)
    talk.refuse_the_rest()
    assert talk.verdicts == [(1, verdict, phase, int(reply[:3]))]
    assert talk.outcomes[0].text == reply[4:].decode().strip()
    assert talk.talk.idle


@BOTH
@pytest.mark.parametrize("phase", [Phase.MAIL, Phase.RCPT, Phase.DATA])
def test_after_a_refused_envelope_the_next_mail_begins_with_rset(
    pipelining: bool,  # noqa: FBT001  (a parameter of the test)
    phase: Phase,
) -> None:
    talk = Talk(pipelining=pipelining)
    talk.heard(b"550 no\r\n", phase=phase)
    talk.refuse_the_rest()
    talk.said = b""
    talk.start(2)
    assert talk.said == b"RSET\r\n" + (envelope(2) if pipelining else b"")
    talk.hear(FINE, FINE, FINE, GO_ON)
    assert talk.talk.cleared == mail(2)
    talk.send()
    talk.hear(TAKEN)
    talk.said = b""
    talk.start(3)
    assert talk.said == (envelope(3) if pipelining else envelope(3).splitlines(keepends=True)[0])


@BOTH
def test_after_a_refused_body_nothing_is_left_to_reset(pipelining: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    talk = Talk(pipelining=pipelining)
    talk.heard(b"550 5.7.1 no such words here\r\n", phase=Phase.DOT)
    talk.said = b""
    talk.start(2)
    assert talk.said.startswith(b"MAIL FROM")


def test_a_refused_body_does_not_touch_the_mail_behind_it() -> None:
    talk = Talk()
    talk.clear(1)
    talk.send(2)
    talk.hear(b"552 5.3.4 too big\r\n" + FINE + FINE + GO_ON)
    talk.send()
    talk.hear(TAKEN)
    assert talk.verdicts == [
        (1, Verdict.REFUSED, Phase.DOT, 552),
        (2, Verdict.ACCEPTED, Phase.DOT, 250),
    ]


def test_a_refused_envelope_does_not_touch_the_mail_before_it() -> None:
    talk = Talk()
    talk.clear(1)
    talk.send(2)
    talk.hear(TAKEN + FINE + b"550 5.1.1 nobody\r\n554 5.5.1 no valid recipients\r\n")
    assert talk.verdicts == [
        (1, Verdict.ACCEPTED, Phase.DOT, 250),
        (2, Verdict.REFUSED, Phase.RCPT, 550),
    ]
    assert talk.talk.idle


def test_the_first_refusal_counts_not_the_ones_that_follow_from_it() -> None:
    talk = Talk()
    talk.start(1)
    talk.hear(b"451 4.3.0 later\r\n", b"503 5.5.1 MAIL first\r\n", b"503 5.5.1 MAIL first\r\n")
    assert talk.verdicts == [(1, Verdict.DEFERRED, Phase.MAIL, 451)]


def test_a_relay_that_wants_a_body_for_nobody_gets_a_lone_dot() -> None:
    talk = Talk()
    talk.start(1)
    talk.said = b""
    talk.hear(FINE, b"550 5.1.1 nobody\r\n", GO_ON)
    assert talk.said == b".\r\n"
    assert talk.verdicts == [(1, Verdict.REFUSED, Phase.RCPT, 550)]
    assert not talk.talk.idle
    assert talk.talk.cleared is None
    talk.hear(b"554 5.5.1 no valid recipients\r\n")
    assert talk.talk.idle
    talk.said = b""
    talk.start(2)
    assert talk.said == b"RSET\r\n" + envelope(2)
    talk.hear(FINE + FINE + FINE + GO_ON)
    talk.send()
    talk.hear(TAKEN)
    assert [one.verdict for one in talk.outcomes] == [Verdict.REFUSED, Verdict.ACCEPTED]


def test_a_reader_is_never_sent_the_empty_mail_of_a_lone_dot() -> None:
    talk = Talk()
    talk.start(1)
    talk.said = b""
    with pytest.raises(Broken):
        talk.hear(b"450 4.7.1 who are you\r\n", FINE, GO_ON)
    talk.lose()
    assert talk.said == b""
    assert talk.verdicts == [(1, Verdict.DEFERRED, Phase.MAIL, 450)]


@BOTH
def test_a_relay_that_cannot_reset_is_left(pipelining: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    talk = Talk(pipelining=pipelining)
    talk.heard(b"550 no\r\n", phase=Phase.RCPT)
    talk.refuse_the_rest()
    talk.start(2)
    with pytest.raises(Broken):
        talk.hear(b"502 5.5.1 no such thing\r\n")
    talk.lose()
    assert talk.verdicts[1:] == [(2, Verdict.UNSENT, Phase.DATA, 0)]


# -- 421


@BOTH
@pytest.mark.parametrize("phase", [Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT])
def test_421_ends_the_connection_and_blames_no_reader(pipelining: bool, phase: Phase) -> None:  # noqa: FBT001  (a parameter of the test)
    talk = Talk(pipelining=pipelining)
    with pytest.raises(Broken) as closing:
        talk.heard(b"421 4.3.2 closing down\r\n", phase=phase)
    assert (str(closing.value), closing.value.code) == ("4.3.2 closing down", 421)
    talk.lose()
    assert [(one.mail.id, one.verdict) for one in talk.outcomes] == [(1, Verdict.UNSENT)]


def test_421_after_a_dot_is_no_answer_for_the_mail_behind_it() -> None:
    talk = Talk()
    talk.clear(1)
    talk.send(2)
    with pytest.raises(Broken):
        talk.hear(b"421 4.3.2 closing down\r\n")
    talk.lose()
    assert talk.verdicts == [
        (1, Verdict.UNSENT, Phase.DOT, 421),
        (2, Verdict.UNSENT, Phase.DATA, 0),
    ]


def test_a_relay_that_takes_a_mail_and_closes_in_one_breath_has_taken_it() -> None:
    talk = Talk()
    talk.clear(1)
    talk.send(2)
    with pytest.raises(Broken):
        talk.hear(TAKEN + b"421 4.7.0 enough for today\r\n")
    talk.lose()
    assert [(one.mail.id, one.verdict) for one in talk.outcomes] == [
        (1, Verdict.ACCEPTED),
        (2, Verdict.UNSENT),
    ]


@BOTH
def test_421_while_nothing_is_under_way_is_the_end(pipelining: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    talk = Talk(pipelining=pipelining)
    with pytest.raises(Broken) as closing:
        talk.hear(b"421 4.4.2 idle too long\r\n")
    assert closing.value.code == 421
    talk.lose()
    assert talk.outcomes == []


def test_421_right_after_354_leaves_the_body_with_us() -> None:
    talk = Talk()
    talk.start(1)
    with pytest.raises(Broken):
        talk.hear(FINE + FINE + GO_ON + b"421 4.4.2 too late\r\n")
    talk.lose()
    assert talk.verdicts == [(1, Verdict.UNSENT, Phase.DATA, 0)]
    assert talk.said == envelope(1)


# -- unusual replies


@pytest.mark.parametrize(
    "reply",
    [
        b"250\r\n",
        b"250 \r\n",
        b"250\n",
        b"299 odd\r\n",
        b"200 ok\r\n",
        b"250 przyj\xc4\x99to\r\n",
        b"250 przyj\xeato\r\n",
        b"250-first\r\n250-second\r\n250 third\r\n",
        b"250-first\n250 second\n",
        b"250-\r\n250\r\n",
        b"250 " + b"x" * 10_000 + b"\r\n",
    ],
)
def test_unusual_words_of_success_are_success(reply: bytes) -> None:
    talk = Talk()
    talk.clear(1)
    talk.send()
    talk.hear(reply)
    assert talk.verdicts == [(1, Verdict.ACCEPTED, Phase.DOT, int(reply[:3]))]
    assert len(talk.outcomes[0].text) <= 500


def test_the_lines_of_a_reply_are_told_as_one_text() -> None:
    talk = Talk()
    talk.heard(b"550-5.1.1 nobody\r\n550-5.1.1 of that\r\n550 5.1.1 name\r\n", phase=Phase.DOT)
    assert talk.outcomes[0].text == "5.1.1 nobody 5.1.1 of that 5.1.1 name"


def test_what_a_relay_says_can_always_be_shown_and_stored() -> None:
    talk = Talk()
    talk.heard(b"550 5.1.1 no\x00body \x1b[31m\x85\xff\r\n", phase=Phase.DOT)
    assert talk.outcomes[0].text.isprintable()
    assert talk.outcomes[0].text.startswith("5.1.1 no\ufffdbody")


NONSENSE = [
    b"999 what\r\n",
    b"354 more\r\n",
    b"100 wait\r\n",
    b"000 \r\n",
    b"2\r\n",
    b"\r\n",
    b"hello\r\n",
    b"2500 ok\r\n",
    b"25x ok\r\n",
    b"+50 ok\r\n",
    b" 250 ok\r\n",
    b"250_ok\r\n",
    b"\xb2\xb5\xb0 ok\r\n",
    b"\x00\r\n",
    b"250-ok\r\n550 no\r\n",
    b"550-no\r\n250 ok\r\n",
    b"bla-bla\r\n250 ok\r\n",
]


@pytest.mark.parametrize("reply", NONSENSE)
def test_nonsense_after_the_dot_is_unknown(reply: bytes) -> None:
    talk = Talk()
    talk.clear(1)
    talk.send(2)
    with pytest.raises(Broken):
        talk.hear(reply)
    talk.lose()
    assert [(one.mail.id, one.verdict) for one in talk.outcomes] == [
        (1, Verdict.UNKNOWN),
        (2, Verdict.UNSENT),
    ]


@BOTH
@pytest.mark.parametrize("phase", [Phase.MAIL, Phase.RCPT])
@pytest.mark.parametrize("reply", NONSENSE)
def test_nonsense_before_the_dot_is_safe_to_repeat(
    pipelining: bool,  # noqa: FBT001  (a parameter of the test)
    phase: Phase,
    reply: bytes,
) -> None:
    talk = Talk(pipelining=pipelining)
    with pytest.raises(Broken):
        talk.heard(reply, phase=phase)
    talk.lose()
    assert talk.verdicts == [(1, Verdict.UNSENT, Phase.DATA, 0)]


@BOTH
@pytest.mark.parametrize("reply", [b"250 2.0.0 queued\r\n", b"299\r\n", b"334 \r\n", b"999\r\n"])
def test_data_answered_with_anything_but_354_or_a_refusal_takes_no_mail(
    pipelining: bool,  # noqa: FBT001  (a parameter of the test)
    reply: bytes,
) -> None:
    talk = Talk(pipelining=pipelining)
    with pytest.raises(Broken):
        talk.heard(reply, phase=Phase.DATA)
    talk.lose()
    assert talk.verdicts == [(1, Verdict.UNSENT, Phase.DATA, 0)]


@BOTH
@pytest.mark.parametrize("reply", [b"250 2.0.0 queued\r\n", b"550 no\r\n", b"hello\r\n"])
def test_a_reply_that_nobody_asked_for_ends_the_connection(pipelining: bool, reply: bytes) -> None:  # noqa: FBT001  (a parameter of the test)
    talk = Talk(pipelining=pipelining)
    talk.clear(1)
    talk.send()
    talk.hear(TAKEN)
    with pytest.raises(Broken):
        talk.hear(reply)
    talk.lose()
    assert talk.verdicts == [(1, Verdict.ACCEPTED, Phase.DOT, 250)]


def test_a_surprise_in_the_same_packet_takes_no_answer_back() -> None:
    talk = Talk()
    talk.clear(1)
    talk.send()
    with pytest.raises(Broken):
        talk.hear(TAKEN + b"550 no after all\r\n")
    talk.lose()
    assert talk.verdicts == [(1, Verdict.ACCEPTED, Phase.DOT, 250)]


@pytest.mark.parametrize("cut", range(1, 80))
def test_replies_may_be_cut_anywhere(cut: int) -> None:
    replies = TAKEN + b"250-2.1.0 fine\r\n250 2.1.0 fine\n" + b"550 5.1.1 nobody\r\n503 no\r\n"
    talk = Talk()
    talk.clear(1)
    talk.send(2)
    talk.hear(replies[:cut], replies[cut:])
    assert talk.verdicts == [
        (1, Verdict.ACCEPTED, Phase.DOT, 250),
        (2, Verdict.REFUSED, Phase.RCPT, 550),
    ]


def test_replies_may_come_octet_by_octet() -> None:
    replies = TAKEN + b"250-2.1.0 fine\r\n250 2.1.0 fine\r\n" + FINE + GO_ON
    talk = Talk()
    talk.clear(1)
    talk.send(2)
    talk.hear(*[replies[place : place + 1] for place in range(len(replies))])
    assert talk.verdicts == [(1, Verdict.ACCEPTED, Phase.DOT, 250)]
    assert talk.talk.cleared == mail(2)


@pytest.mark.parametrize("endless", [b"x" * 1000, b"250-more and more\r\n", b"250-\n", b"250 " * 9])
def test_a_reply_without_an_end_is_not_waited_for(endless: bytes) -> None:
    talk = Talk()
    talk.clear(1)
    talk.send()
    with pytest.raises(Broken):
        talk.hear(*[endless] * (MAX_REPLY // len(endless) * 2))
    talk.lose()
    assert [one.verdict for one in talk.outcomes] == [Verdict.UNKNOWN]


def test_many_replies_together_may_be_longer_than_one_reply() -> None:
    talk = Talk()
    long = b"250-" + b"x" * 40_000 + b"\r\n250 fine\r\n"
    talk.start(1)
    talk.hear(long + long + GO_ON)
    assert talk.talk.cleared == mail(1)


# -- an answer before the end of the body


@pytest.mark.parametrize(
    ("reply", "verdict", "code"),
    [
        (b"552 5.3.4 too big\r\n", Verdict.REFUSED, 552),
        (b"452 4.3.1 disk full\r\n", Verdict.DEFERRED, 452),
        (b"421 4.4.2 too slow\r\n", Verdict.UNSENT, 0),
        (b"250 2.0.0 queued already\r\n", Verdict.UNSENT, 0),
        (b"354 more\r\n", Verdict.UNSENT, 0),
        (b"hello\r\n", Verdict.UNSENT, 0),
    ],
)
def test_an_answer_before_the_final_dot_takes_no_mail(
    reply: bytes, verdict: Verdict, code: int
) -> None:
    talk = Talk()
    talk.clear(1)
    talk.send(2)
    with pytest.raises(Broken):
        talk.hear(reply, dot_said=False)
    talk.lose(dot_said=False)
    assert talk.verdicts == [
        (1, verdict, Phase.BODY, code),
        (2, Verdict.UNSENT, Phase.DATA, 0),
    ]


def test_half_an_answer_before_the_final_dot_is_waited_for() -> None:
    talk = Talk()
    talk.clear(1)
    talk.send()
    talk.hear(b"552-5.3.4 too\r\n552 5.3", dot_said=False)
    assert talk.outcomes == []
    with pytest.raises(Broken):
        talk.hear(b".4 big\r\n", dot_said=False)
    assert talk.verdicts == [(1, Verdict.REFUSED, Phase.BODY, 552)]


# -- the end of the connection


@BOTH
@pytest.mark.parametrize("replies", [0, 1, 2, 3])
def test_an_end_before_the_body_is_safe_to_repeat(pipelining: bool, replies: int) -> None:  # noqa: FBT001  (a parameter of the test)
    talk = Talk(pipelining=pipelining)
    talk.start(1)
    talk.hear(*[FINE, FINE, GO_ON][:replies])
    talk.lose()
    assert talk.verdicts == [(1, Verdict.UNSENT, Phase.DATA, 0)]
    assert talk.outcomes[0].text == "gone"
    assert talk.talk.idle


@pytest.mark.parametrize(
    ("dot_said", "verdict", "phase"),
    [(True, Verdict.UNKNOWN, Phase.DOT), (False, Verdict.UNSENT, Phase.BODY)],
)
@pytest.mark.parametrize("following", [None, 2])
def test_only_the_mail_whose_dot_was_said_is_in_doubt(
    dot_said: bool,  # noqa: FBT001  (a parameter of the test)
    verdict: Verdict,
    phase: Phase,
    following: int | None,
) -> None:
    talk = Talk()
    talk.clear(1)
    talk.send(following)
    assert talk.talk.open == mail(1)
    talk.lose(dot_said=dot_said)
    behind = [(2, Verdict.UNSENT, Phase.DATA, 0)] if following else []
    assert talk.verdicts == [(1, verdict, phase, 0), *behind]
    assert talk.talk.open is None


@pytest.mark.parametrize("replies", [1, 2, 3, 4])
def test_once_its_answer_is_here_a_mail_is_in_doubt_no_more(replies: int) -> None:
    talk = Talk()
    talk.clear(1)
    talk.send(2)
    talk.hear(*[TAKEN, FINE, FINE, GO_ON][:replies])
    talk.lose()
    assert talk.verdicts == [
        (1, Verdict.ACCEPTED, Phase.DOT, 250),
        (2, Verdict.UNSENT, Phase.DATA, 0),
    ]


@pytest.mark.parametrize("replies", [0, 1])
def test_an_end_between_two_mails_loses_none(replies: int) -> None:
    talk = Talk()
    talk.start(1)
    talk.hear(FINE, b"550 nobody\r\n", GO_ON)
    talk.hear(*[b"554 no recipients\r\n"][:replies])
    talk.outcomes.clear()
    talk.lose()
    talk.lose()
    assert talk.outcomes == []


# -- whatever a relay says

CODES = st.sampled_from([b"250", b"354", b"550", b"450", b"421", b"299", b"999", b"220"])
REPLIES = st.one_of(
    st.sampled_from([FINE, GO_ON, TAKEN]),
    st.builds(lambda code: code + b" x\r\n", CODES),
    st.builds(lambda code: code + b"-x\r\n" + code + b"\n", CODES),
    st.binary(max_size=6),
)
WELL_MEANT = st.sampled_from([FINE + FINE + GO_ON, TAKEN + FINE + FINE + GO_ON, TAKEN])


class Witness:
    """Carries mails over one conversation, and keeps its own book of what the relay answered.

    It counts whole replies to each flight by the rules of RFC 5321 alone: which reply answers the
    final dot of which mail.
    """

    def __init__(self, *, pipelining: bool, mails: int) -> None:
        self.talk = Conversation(pipelining=pipelining)
        self.pipelining = pipelining
        self.waiting = list(range(1, mails + 1))
        self.outcomes: list[Outcome] = []
        self.begun: set[int] = set()
        self.questions: list[int | None] = []
        """For each reply that is owed: the mail whose dot it answers, or None."""
        self.taken: set[int] = set()
        """The mails whose dot was answered 2xx."""
        self.unread = b""

    def run(self, pieces: Sequence[bytes]) -> None:
        try:
            self._start()
            for piece in pieces:
                self._note(piece)
                outcomes, say = self.talk.feed(piece)
                self.outcomes += outcomes
                self._ask(say)
                self._go_on()
        except Broken as error:
            self.outcomes += error.outcomes
        self.outcomes += self.talk.lost("gone", dot_said=True)

    def _start(self) -> None:
        if self.waiting and self.talk.idle:
            self._ask(self.talk.start(mail(self._next())))

    def _next(self) -> int:
        self.begun.add(self.waiting[0])
        return self.waiting.pop(0)

    def _go_on(self) -> None:
        cleared = self.talk.cleared
        if cleared is not None:
            following = mail(self._next()) if self.pipelining and self.waiting else None
            said = self.talk.send(following)
            body = cleared.data + b".\r\n"
            assert said.startswith(body)
            self.questions.append(cleared.id)
            self._ask(said.removeprefix(body))
        self._start()

    def _ask(self, said: bytes) -> None:
        self.questions += [None] * said.count(b"\r\n")

    def _note(self, piece: bytes) -> None:
        """Which questions these octets answer, read in the plainest way."""
        *lines, self.unread = (self.unread + piece).split(b"\n")
        for line in lines:
            if line[3:4] == b"-":
                continue
            if self.questions:
                answered = self.questions.pop(0)
                if answered is not None and line[:1] == b"2" and line[:3].isdigit():
                    self.taken.add(answered)


def cut(octets: bytes, places: Sequence[int]) -> list[bytes]:
    ends = [0, *sorted({place % (len(octets) + 1) for place in places}), len(octets)]
    return [octets[a:b] for a, b in itertools.pairwise(ends) if a < b]


@given(
    st.booleans(),
    st.integers(1, 5),
    st.lists(REPLIES | WELL_MEANT, max_size=14),
    st.lists(st.integers(0, 500), max_size=8),
)
@example(pipelining=True, mails=2, replies=[FINE, FINE, GO_ON, TAKEN + b"x\r\n"], places=[])
@example(pipelining=True, mails=2, replies=[FINE, b"550 \r\n", GO_ON, TAKEN, FINE], places=[])
@example(pipelining=True, mails=1, replies=[FINE, FINE, TAKEN], places=[])
def test_whatever_a_relay_says_each_mail_has_one_outcome(
    pipelining: bool,  # noqa: FBT001  (a parameter of the test)
    mails: int,
    replies: list[bytes],
    places: list[int],
) -> None:
    witness = Witness(pipelining=pipelining, mails=mails)
    witness.run(cut(b"".join(replies), places))
    told = Counter(one.mail.id for one in witness.outcomes)
    assert told == dict.fromkeys(witness.begun, 1)


@given(
    st.booleans(),
    st.integers(1, 5),
    st.lists(REPLIES | WELL_MEANT, max_size=14),
    st.lists(st.integers(0, 500), max_size=8),
)
@example(pipelining=True, mails=2, replies=[FINE, FINE, GO_ON, TAKEN + b"421 x\r\n"], places=[])
def test_whatever_a_relay_says_accepted_means_a_2xx_to_the_final_dot(
    pipelining: bool,  # noqa: FBT001  (a parameter of the test)
    mails: int,
    replies: list[bytes],
    places: list[int],
) -> None:
    """Where the relay goes on with nonsense in the middle of a reply, its 2xx is none."""
    witness = Witness(pipelining=pipelining, mails=mails)
    witness.run(cut(b"".join(replies), places))
    accepted = {one.mail.id for one in witness.outcomes if one.verdict is Verdict.ACCEPTED}
    assert accepted <= witness.taken


@given(
    st.booleans(),
    st.integers(1, 5),
    st.lists(
        st.one_of(
            st.sampled_from([FINE, GO_ON, TAKEN]),
            st.builds(lambda code: code + b" x\r\n", CODES),
            st.builds(lambda code: code + b"-x\r\n" + code + b"\n", CODES),
            WELL_MEANT,
        ),
        max_size=14,
    ),
    st.lists(st.integers(0, 500), max_size=8),
)
@example(pipelining=True, mails=2, replies=[FINE, FINE, GO_ON, TAKEN + b"421 x\r\n"], places=[])
@example(pipelining=True, mails=2, replies=[FINE, FINE, GO_ON, TAKEN + b"250 x\r\n"], places=[])
def test_a_mail_whose_dot_was_answered_2xx_is_called_nothing_but_accepted(
    pipelining: bool,  # noqa: FBT001  (a parameter of the test)
    mails: int,
    replies: list[bytes],
    places: list[int],
) -> None:
    witness = Witness(pipelining=pipelining, mails=mails)
    witness.run(cut(b"".join(replies), places))
    verdicts = {one.mail.id: one.verdict for one in witness.outcomes}
    assert {verdicts[number] for number in witness.taken} <= {Verdict.ACCEPTED}
