"""What the relay's log decides of deliveries whose outcome is unknown, and what it must not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from promo.mailing.codes import codes_of
from promo.models import Batch, Delivery, DeliveryEvent, Mailing, UnknownPolicy
from promo.services import deliveries, lookups, mailings
from promo.services.deliveries import Event
from tests import making
from tests.driving import Clock

pytestmark = pytest.mark.django_db

QUIET = timedelta(minutes=15)
READERS = 6
State, Kind = Delivery.State, DeliveryEvent.Kind
Problem = Mailing.LookProblem


class Log:
    """A mail log as Postfix writes it, from an hour before the mailing on."""

    def __init__(self, path: Path, mailing: Mailing) -> None:
        self.path = path
        self.mailing = mailing
        self.number = 0
        self.write("master[1]: daemon started", at=mailing.started_at - timedelta(hours=1))

    def write(self, text: str, *, at: datetime) -> None:
        with self.path.open("a") as file:
            file.write(f"{at.isoformat()} relay postfix/{text}\n")

    def begin(self, delivery: Delivery) -> str:
        """The head of the reader's mail arrives; gives its queue id."""
        subject, reader = self.mailing.publication.item, delivery.subscriber
        assert subject is not None
        assert reader is not None
        self.number += 1
        name = f"<{reader.uuid.hex}.{subject.uuid.hex}@biblioteka.example.org>"
        at = self.mailing.started_at
        self.write(f"cleanup[2]: 4jcPR{self.number}: message-id={name}", at=at)
        return f"4jcPR{self.number}"

    def take(self, delivery: Delivery) -> None:
        """The mail is taken."""
        code = codes_of(delivery.pk, key=settings.SECRET_KEY.encode()).bounce
        line = f"qmgr[3]: {self.begin(delivery)}: from=<b+{code}@x.org>, size=1, nrcpt=1 (queue"
        self.write(f"{line} active)", at=self.mailing.started_at)

    def go_on(self, *, at: datetime) -> None:
        """Somebody else's line."""
        self.write("smtpd[4]: connect from localhost[127.0.0.1]", at=at)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[Log]:
    """The log that is asked. Of a mailing's readers the first three are taken; the rest is lost."""
    row = making.due_publication(making.newsletter(READERS).destination)
    mailings.start(destination=row.destination, key=row.marker, now=clock())
    log = Log(tmp_path / "mail.log", Mailing.objects.get())
    clock.forward(seconds=5)
    with override_settings(PROMO_RELAY_LOG=str(log.path), PROMO_RELAY_QUIET=QUIET):
        taken, lost = rows()[:3], rows()[3:]
        deliveries.accept([one.pk for one in taken], now=clock())
        lose(lost, now=clock())
        Batch.objects.update(state="done")
        assert mailings.finish_if_done(log.mailing.pk, now=clock())
        for one in taken:
            log.take(one)
        yield log


def lose(lost: list[Delivery], *, now: datetime) -> None:
    policy = UnknownPolicy(Mailing.objects.get().unknown_policy)
    deliveries.lose([Event(one.pk, Kind.UNKNOWN) for one in lost], policy=policy, now=now)


def rows() -> list[Delivery]:
    return list(Delivery.objects.select_related("subscriber").order_by("id"))


def states() -> list[State]:
    return [State(row.state) for row in rows()]


def history(delivery: Delivery) -> list[str]:
    return list(delivery.events.order_by("id").values_list("kind", flat=True))


def look(clock: Clock, **length: float) -> Mailing:
    """So much later the tick asks who is to be looked for, and that is done."""
    for mailing_id in lookups.due(now=clock.forward(**length)):
        lookups.look(mailing_id, clock=clock)
    return Mailing.objects.get()


def test_what_was_taken_is_accepted_and_what_was_not_goes_out_once_more(
    log: Log, clock: Clock
) -> None:
    found, absent, begun = rows()[3:]
    log.take(found)
    log.begin(begun)
    log.go_on(at=clock() + QUIET)
    mailing = look(clock, minutes=15)
    assert states() == [State.ACCEPTED] * 4 + [State.DUE, State.UNKNOWN]
    assert history(found) == ["unknown", "found"]
    assert history(absent) == ["unknown", "not_found"]
    assert history(begun) == ["unknown"]
    assert mailing.state == Mailing.State.RUNNING
    assert mailing.look_problem == Problem.BEGUN
    (batch,) = Batch.objects.filter(state=Batch.State.READY, due_at__lte=clock())
    assert batch.size == 1
    counted = mailings.progress(mailing)
    assert (counted["accepted"], counted["unknown"], counted["due"]) == (4, 1, 1)


def test_nobody_is_looked_for_before_the_quiet_period_is_over(log: Log, clock: Clock) -> None:
    log.go_on(at=clock() + QUIET)
    assert lookups.due(now=clock() + QUIET - timedelta(seconds=1)) == []
    lookups.look(log.mailing.pk, clock=clock)
    assert states()[3:] == [State.UNKNOWN] * 3
    assert look(clock, minutes=15).look_at is None
    assert states()[3:] == [State.DUE] * 3


def unreadable(log: Log, _clock: Clock) -> None:
    log.path.unlink()


def begins_late(log: Log, clock: Clock) -> None:
    _first, *rest = log.path.read_text().splitlines(keepends=True)
    log.path.write_text(
        "".join(rest).replace(log.mailing.started_at.isoformat(), f"{clock():%FT%TZ}")
    )
    log.go_on(at=clock() + QUIET)


def ends_early(log: Log, clock: Clock) -> None:
    log.go_on(at=clock() + QUIET - timedelta(seconds=1))


def has_a_gap(log: Log, clock: Clock) -> None:
    """One line that syslog left out, of a mail that was certainly taken."""
    lines = log.path.read_text().splitlines(keepends=True)
    log.path.write_text("".join(lines[:1] + lines[2:]))
    log.go_on(at=clock() + QUIET)


def is_of_another_machine(log: Log, clock: Clock) -> None:
    log.path.unlink()
    log.go_on(at=log.mailing.started_at)
    log.go_on(at=clock() + QUIET)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (unreadable, Problem.UNREADABLE),
        (begins_late, Problem.BEGINS),
        (ends_early, Problem.ENDS),
        (has_a_gap, Problem.GAPS),
        (is_of_another_machine, Problem.GAPS),
    ],
)
@pytest.mark.parametrize("policy", UnknownPolicy.values)
def test_a_log_that_proves_nothing_sends_nothing_and_the_rule_counts_in_the_end(
    log: Log, clock: Clock, spoil: object, problem: Problem, policy: str
) -> None:
    assert callable(spoil)
    Mailing.objects.update(unknown_policy=policy)
    spoil(log, clock)
    mailing = look(clock, minutes=15)
    assert states()[3:] == [State.UNKNOWN] * 3
    assert mailing.look_problem == problem
    assert mailing.look_at is not None
    mailing = look(clock, minutes=30)
    assert mailing.look_at is None
    again = policy == UnknownPolicy.SEND_AGAIN
    assert states()[3:] == [State.DUE if again else State.UNKNOWN] * 3
    assert history(rows()[4]) == ["unknown", "sent_again" if again else "left"]
    assert mailing.look_problem in set(Problem), "why, stays to be read"
    assert look(clock, minutes=60).look_at is None


def test_what_a_bad_log_shows_as_taken_counts_all_the_same(log: Log, clock: Clock) -> None:
    log.take(rows()[3])
    ends_early(log, clock)
    look(clock, minutes=15)
    assert states()[3:] == [State.ACCEPTED, State.UNKNOWN, State.UNKNOWN]


def test_a_log_that_is_mended_in_time_decides(log: Log, clock: Clock) -> None:
    ends_early(log, clock)
    look(clock, minutes=15)
    log.go_on(at=clock())
    assert look(clock, minutes=5).look_problem == ""
    assert states()[3:] == [State.DUE] * 3


def test_nobody_gets_a_cancelled_mailing_because_the_mail_was_not_found(
    log: Log, clock: Clock
) -> None:
    Mailing.objects.update(state=Mailing.State.CANCELLED)
    log.go_on(at=clock() + QUIET)
    mailing = look(clock, minutes=15)
    assert mailing.state == Mailing.State.CANCELLED
    assert states()[3:] == [State.CANCELLED] * 3
    assert mailings.progress(mailing)["cancelled"] == 3


def test_a_person_who_was_faster_and_a_reader_who_is_gone_are_respected(
    log: Log, clock: Clock
) -> None:
    Delivery.objects.filter(pk=rows()[3].pk).update(subscriber=None)  # erased
    decided = Event(rows()[4].pk, Kind.LEFT)
    deliveries.write_events([decided], now=clock.forward(seconds=1))
    log.go_on(at=clock() + QUIET)
    look(clock, minutes=15)
    assert states()[3:] == [State.UNKNOWN, State.UNKNOWN, State.DUE]
    assert look(clock, minutes=30).look_at is None
    assert history(rows()[3]) == ["unknown", "left"]


def test_whoever_is_lost_again_is_looked_for_again(log: Log, clock: Clock) -> None:
    log.go_on(at=clock() + QUIET)
    look(clock, minutes=15)
    lose(rows()[3:4], now=clock.forward(seconds=3))
    log.take(rows()[3])
    log.go_on(at=clock() + QUIET)
    assert look(clock, minutes=14).look_at is not None
    look(clock, minutes=1)
    assert states()[3:] == [State.ACCEPTED, State.DUE, State.DUE]
    assert history(rows()[3]) == ["unknown", "not_found", "unknown", "found"]


@pytest.mark.parametrize("policy", UnknownPolicy.values)
def test_where_the_log_is_not_given_any_more_the_rule_counts(
    log: Log, clock: Clock, policy: str
) -> None:
    Mailing.objects.update(unknown_policy=policy)
    with override_settings(PROMO_RELAY_LOG=""):
        assert look(clock, minutes=15).look_at is None
    again = policy == UnknownPolicy.SEND_AGAIN
    assert states()[3:] == [State.DUE if again else State.UNKNOWN] * 3
    assert log.mailing.pk not in lookups.due(now=clock.forward(days=1))


def test_a_tick_hints_once(log: Log, clock: Clock) -> None:
    assert lookups.due(now=clock.forward(minutes=15)) == [log.mailing.pk]
    assert lookups.due(now=clock()) == []
