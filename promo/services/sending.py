"""A worker's run: carry the due readers of a mailing to the relay, batch after batch.

Two threads share the work: the courier's (the caller's own) joins mails and talks to the relay, the
clerk's (`promo.services.clerk`) talks to PostgreSQL.
"""

from __future__ import annotations

import gc
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import redis
from django.conf import settings

from promo import stops
from promo.errors import InvalidInput, PublishError
from promo.mailing.conversation import Outcome, Outgoing, Verdict
from promo.mailing.courier import Courier
from promo.mailing.journal import Journal, JournalLost, records
from promo.mailing.relay import parse_email_url
from promo.mailing.replies import CLOSING, Phase
from promo.models import Mailing
from promo.services import mailings
from promo.services.batches import Claim, Place
from promo.services.clerk import Clerk
from promo.services.clock import Clock, database_now
from promo.services.press import Press
from promo.services.settling import Heard, is_unwanted
from promo.services.throttle import Throttle

LOST_TRIES = 5
"""A mail that has ended its connection so often in one run is put off like a refused one, where the
relay answers others meanwhile. Where it answers nobody, no reader is to blame, and the run ends."""

_ANSWERS = frozenset({Verdict.ACCEPTED, Verdict.DEFERRED, Verdict.REFUSED})


@contextmanager
def _without_collections() -> Iterator[None]:
    """A run makes millions of small objects and no cycles: looking for some costs a tenth of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def send(mailing_id: int, *, clock: Clock = database_now) -> bool:
    """Mail the mailing's due readers, until nobody is left or the time budget is used up.

    True: only the time was over, and another run may go on at once. The connections are those of
    the run: kept from batch to batch, and everybody's afterwards.
    """
    mailing = Mailing.objects.select_related(
        "publication__issue", "publication__item", "newsletter"
    ).get(id=mailing_id)
    relay = parse_email_url(settings.EMAIL_URL)
    press = Press.of(mailing)
    journal = Journal(settings.REDIS_URL)
    courier = Courier(relay)
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)
    throttle = Throttle(client, relay)
    clerk = Clerk(mailing, journal, throttle, wake=courier.wake, clock=clock)
    load = _Load(press, clerk, journal, throttle)
    with ThreadPoolExecutor(1, thread_name_prefix="clerk") as desk:
        work = desk.submit(clerk.run)
        try:
            with _without_collections():
                courier.carry(load)
        finally:
            courier.close()
            clerk.stop(load.in_doubt())
            wait([work])
            throttle.hang_up()
            journal.close()
            client.close()
    Mailing.objects.filter(id=mailing_id).update(hinted_at=None)
    work.result()
    mailings.finish_if_done(mailing_id, now=clock())
    return clerk.time_is_over


class _Load:
    """What the courier carries: the clerk's windows, made into mails one by one."""

    def __init__(self, press: Press, clerk: Clerk, journal: Journal, throttle: Throttle) -> None:
        self._press = press
        self._clerk = clerk
        self._journal = journal
        self._throttle = throttle
        self._made: deque[Outgoing] = deque()
        self._again: deque[Outgoing] = deque()
        self._lost: Counter[int] = Counter()
        self._answered = 0
        """How many mails the relay has said something of."""
        self._answered_before: dict[int, int] = {}
        """The same when a mail was lost first."""
        self._suspect: Outcome | None = None
        """A mail that is lost again and again, while nobody was answered who would tell why."""
        self._places: dict[int, Place] = {}
        self._open: dict[int, Outgoing] = {}

    def prepare(self, count: int) -> None:
        if self._suspect is not None and self._is_alone():
            self._judge_alone(self._suspect)
        while len(self._made) < count and (mail := self._make()) is not None:
            self._made.append(mail)

    def take(self) -> Outgoing | None:
        if not self._clerk.may_send():
            return None
        mail = self._next()
        if mail is None or time.monotonic() < self._places[mail.id].good_until:
            return mail
        waited = [mail, *self._again, *self._made]
        self._again.clear()
        self._made.clear()
        self._clerk.look_again([self._places.pop(one.id) for one in waited])
        return None

    def _next(self) -> Outgoing | None:
        if self._again:
            return self._again.popleft()
        return self._made.popleft() if self._made else self._make()

    def _make(self) -> Outgoing | None:
        clerk = self._clerk
        while clerk.ready:
            try:
                place = clerk.ready.popleft()
            except IndexError:  # the clerk has taken them back at this moment
                break
            if clerk.waits(place):
                continue
            try:
                mail = self._press.mail(place.reader, subject=place.claimed.subject)
            except InvalidInput as error:
                clerk.hear([(place, error)])
                continue
            self._places[mail.id] = place
            return mail
        clerk.hurry()
        return None

    def at_hand(self) -> int:
        return len(self._clerk.ready) + len(self._made) + len(self._again)

    def over(self) -> bool:
        clerk = self._clerk
        if clerk.held:  # what was made and not begun is given back with its batch
            return True
        if (
            self._suspect is not None or clerk.stale
        ):  # asked before `ready`: the clerk moves them there
            return False
        return clerk.nothing_left and not (clerk.ready or self._made or self._again)

    def may_open(self, open_now: int) -> int:
        self._throttle.open_now = open_now
        return self._throttle.may_open

    def may_send(self) -> bool:
        return self._clerk.may_send()

    def heard(self, begun: Sequence[Outgoing], outcomes: Sequence[Outcome]) -> None:
        if outcomes:
            stops.reached(stops.AFTER_ACCEPT)
        places = self._places
        if self._journal.run:
            self._write(begun, outcomes)
        for mail in begun:
            self._open[mail.id] = mail
        settled: list[Heard] = []
        for outcome in outcomes:
            self._open.pop(outcome.mail.id, None)
            if outcome.verdict is Verdict.UNSENT and self._goes_again(outcome):
                continue
            if outcome.verdict in _ANSWERS:
                self._answered += 1
                settled += self._blame()
            if outcome.verdict is Verdict.REFUSED:
                if outcome.phase is Phase.MAIL:
                    self._clerk.sender_refused(outcome.text)
                    continue
                if is_unwanted(outcome):
                    self._clerk.hear_soon()
            settled.append((places.pop(outcome.mail.id), outcome))
        if settled:
            self._clerk.hear(settled)

    def slow_down(self) -> None:
        self._clerk.slow_down()

    def unreachable(self, error: PublishError) -> bool:
        return self._clerk.relay_is_away(error)

    def in_doubt(self) -> list[Heard]:
        """After an end in the middle: the mails whose answers nobody has read."""
        return [
            (self._places[mail.id], Outcome(mail, Verdict.UNKNOWN, Phase.DOT))
            for mail in self._open.values()
        ]

    def _write(self, begun: Sequence[Outgoing], outcomes: Sequence[Outcome]) -> None:
        """The turn's records, each in the journal of its batch; all answers before any mark.

        Killed in between with a mark of the next batch but without the answer of the last, a
        connection would leave two readers in doubt.
        """
        places = self._places
        said: dict[Claim, list[Outcome]] = {}
        marks: dict[Claim, list[Outgoing]] = {}
        for outcome in outcomes:
            said.setdefault(places[outcome.mail.id].claimed, []).append(outcome)
        for mail in begun:
            marks.setdefault(places[mail.id].claimed, []).append(mail)
        try:
            latest = next(reversed(said), None)
            for claimed, answers in said.items():
                mails = marks.pop(claimed, []) if claimed is latest else []
                self._add(claimed, records(mails, answers))
            for claimed, mails in marks.items():
                self._add(claimed, records(mails, ()))
        except JournalLost as error:
            self._clerk.unprove(error)

    def _add(self, claimed: Claim, data: bytes) -> None:
        if claimed.proved:
            self._journal.write(claimed.journal_key, data)

    def _goes_again(self, outcome: Outcome) -> bool:
        """The connection ended before the mail was taken: the reader is not to blame.

        False: all the others are answered, so it is this mail that ends connections.
        """
        mail = outcome.mail
        before = self._answered_before.setdefault(mail.id, self._answered)
        self._lost[mail.id] += 1
        if self._suspect is not None:  # and now another one: it is the relay
            self._suspect = None
            self._clerk.relay_breaks_off(outcome.text)
        elif self._lost[mail.id] >= LOST_TRIES:
            if self._answered > before:
                return False
            self._suspect = outcome
            return True
        self._again.append(mail)
        return True

    def _blame(self) -> list[Heard]:
        """Somebody else was answered: the mail that was lost so often has itself to blame."""
        suspect, self._suspect = self._suspect, None
        return [(self._places.pop(suspect.mail.id), suspect)] if suspect is not None else []

    def _is_alone(self) -> bool:
        """Nobody else will come whose answer could tell."""
        clerk = self._clerk
        return clerk.nothing_left and not (clerk.stale or clerk.ready) and len(self._places) == 1

    def _judge_alone(self, suspect: Outcome) -> None:
        """Where the relay has said 421 it speaks of itself."""
        if suspect.code == CLOSING:
            self._suspect = None
            self._clerk.relay_breaks_off(suspect.text)
        else:
            self._clerk.hear(self._blame())
