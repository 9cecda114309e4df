"""The journal of what is on the wire, in a real Redis that is emptied, killed and started anew."""

import itertools
import os
import signal
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from promo.embedded import Layout, Redis, redis_url
from promo.mailing.conversation import Outcome, Outgoing, Verdict
from promo.mailing.headers import MailAddress
from promo.mailing.journal import KEEP_SECONDS, Journal, JournalLost, Line, lines, read, records
from promo.mailing.replies import Phase

ADDRESS = MailAddress("anna@example.org")
NUMBERS = itertools.count()


def mail(number: int) -> Outgoing:
    return Outgoing(number, ADDRESS, ADDRESS, b"x\r\n")


def said(
    number: int, verdict: Verdict, code: int = 0, phase: Phase = Phase.DOT, text: str = ""
) -> Outcome:
    return Outcome(mail(number), verdict, phase, code, text)


def run_of(client: redis.Redis) -> str:
    return str(client.info("server")["run_id"])  # type: ignore[index]


@pytest.fixture
def client() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as own:
        yield own


@pytest.fixture
def journal() -> Iterator[Journal]:
    own = Journal(settings.REDIS_URL)
    yield own
    own.close()


@pytest.fixture
def key(client: redis.Redis) -> Iterator[str]:
    name = f"test:journal:{next(NUMBERS)}"
    yield name
    client.delete(name)


NUMBER = st.integers(0, 999)
STATUSES = st.one_of(
    st.just(""), st.builds("{}.{}.{}".format, st.sampled_from([4, 5]), NUMBER, NUMBER)
)
OUTCOMES = st.builds(
    said, st.integers(1, 2**63 - 1), st.sampled_from(Verdict), NUMBER, st.sampled_from(Phase)
)


# -- records


@given(st.lists(st.integers(1, 2**63 - 1)), st.lists(OUTCOMES))
def test_what_is_written_can_be_read(begun: list[int], outcomes: list[Outcome]) -> None:
    written = records([mail(number) for number in begun], outcomes)
    assert list(lines(written)) == [
        *[Line(one.mail.id, one.verdict, one.code, one.phase) for one in outcomes],
        *[Line(number, None) for number in begun],
    ]


@given(STATUSES)
def test_the_enhanced_status_of_a_refusal_is_kept(enhanced: str) -> None:
    refusal = said(7, Verdict.REFUSED, 550, Phase.RCPT, f"{enhanced} no such user")
    assert list(lines(records([], [refusal]))) == [
        Line(7, Verdict.REFUSED, 550, Phase.RCPT, enhanced)
    ]


@given(st.lists(OUTCOMES, min_size=1), st.data())
def test_an_unfinished_last_record_is_passed_by(
    outcomes: list[Outcome], data: st.DataObject
) -> None:
    written = records([], outcomes)
    size = len(written) // len(outcomes)
    short = data.draw(st.integers(1, size - 1))
    assert list(lines(written[:-short])) == list(lines(written))[:-1]


def test_a_record_that_nobody_knows_counts_as_begun() -> None:
    """A newer worker may have written it: then nobody can say that the mail was not on the wire."""
    unknown = struct.pack("<QBHBI", 7, 200, 0, 0, 0)
    assert list(lines(unknown)) == [Line(7, None)]


# -- in Redis


def test_a_journal_holds_what_was_written_in_order(
    journal: Journal, client: redis.Redis, key: str
) -> None:
    journal.begin(key)
    journal.write(key, records([mail(1), mail(2)], []))
    journal.write(key, records([mail(3)], [said(1, Verdict.ACCEPTED, 250)]))
    journal.check()
    written = read(client, key)
    assert written is not None
    assert list(lines(written)) == [
        Line(1, None),
        Line(2, None),
        Line(1, Verdict.ACCEPTED, 250, Phase.DOT),
        Line(3, None),
    ]
    assert journal.run == run_of(client)
    assert KEEP_SECONDS - 60 < int(client.ttl(key)) <= KEEP_SECONDS  # type: ignore[arg-type]


def test_a_new_journal_is_empty_even_where_an_old_one_was(
    journal: Journal, client: redis.Redis, key: str
) -> None:
    for _time in range(2):
        journal.begin(key)
        journal.write(key, records([mail(1)], []))
        journal.check()
    written = read(client, key)
    assert written is not None
    assert list(lines(written)) == [Line(1, None)]


def test_one_worker_keeps_several_journals(journal: Journal, client: redis.Redis, key: str) -> None:
    other = f"{key}:other"
    journal.begin(key)
    journal.begin(other)
    journal.write(key, records([mail(1)], []))
    journal.write(other, records([mail(2)], []))
    journal.forget(key)
    journal.check()
    assert read(client, key) is None
    written = read(client, other)
    assert written is not None
    assert list(lines(written)) == [Line(2, None)]
    client.delete(other)


def test_what_a_dead_worker_has_written_arrives(client: redis.Redis, key: str) -> None:
    """Nobody has waited for an answer: the octets are the operating system's."""
    process = os.fork()
    if not process:
        own = Journal(settings.REDIS_URL)
        own.begin(key)
        for number in range(1, 1001):
            own.write(key, records([mail(number)], []))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(process, 0)
    written = b""
    while len(list(lines(written))) < 1000:
        written = read(client, key) or b""
    assert [line.delivery_id for line in lines(written)] == list(range(1, 1001))


def test_nothing_is_written_before_a_journal_is_begun(journal: Journal, key: str) -> None:
    assert journal.run == ""
    with pytest.raises(JournalLost):
        journal.write(key, records([mail(1)], []))


# -- a Redis that forgets


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Redis]:
    engine = Redis(Layout(tmp_path))
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def write_and_check(journal: Journal) -> None:
    """The system may take the octets although nobody reads them: the check tells at the latest."""
    journal.write("a", records([mail(1)], []))
    journal.check()


@pytest.fixture
def address(own_redis: Redis, tmp_path: Path) -> str:
    return redis_url(tmp_path)


def test_an_emptied_redis_is_noticed(address: str) -> None:
    journal = Journal(address)
    journal.begin("a")
    journal.write("a", records([mail(1)], []))
    journal.check()
    with redis.Redis.from_url(address) as client:
        client.flushall()
        journal.write("a", records([mail(2)], []))
        with pytest.raises(JournalLost):
            journal.check()
        assert journal.run == ""
        assert read(client, "a") is None  # what is left of it lacks its beginning
        with pytest.raises(JournalLost):
            journal.write("a", records([mail(3)], []))
        journal.begin("a")
        journal.check()
        assert read(client, "a") is not None
    journal.close()


def test_a_lost_connection_ends_the_proof_even_if_redis_lives_on(address: str) -> None:
    """What was on its way may be missing: going on in the same journal would hide the gap."""
    journal = Journal(address)
    journal.begin("a")
    with redis.Redis.from_url(address) as client:
        client.client_kill_filter(_type="normal", skipme=True)
        with pytest.raises(JournalLost):
            write_and_check(journal)
        with pytest.raises(JournalLost):
            journal.write("a", records([mail(2)], []))
        assert list(lines(read(client, "a") or b"")) == []
    journal.close()


def test_a_killed_redis_is_noticed_and_its_successor_is_another_run(
    own_redis: Redis, address: str
) -> None:
    journal = Journal(address)
    journal.begin("a")
    before = journal.run
    with redis.Redis.from_url(address) as client:
        os.kill(int(client.info("server")["process_id"]), signal.SIGKILL)  # type: ignore[index]
        with pytest.raises(JournalLost):
            write_and_check(journal)
        assert journal.run == ""
        with pytest.raises(JournalLost):
            journal.begin("a")
        own_redis.stop()
        own_redis.start()
        journal.begin("b")
        assert journal.run not in {"", before}
        assert journal.run == run_of(client)
    journal.close()


def test_a_redis_that_refuses_to_write_is_noticed(address: str) -> None:
    journal = Journal(address)
    journal.begin("a")
    with redis.Redis.from_url(address) as client:
        client.config_set("maxmemory", "1")
        client.config_set("maxmemory-policy", "noeviction")
        journal.write("a", records([mail(1)], []))
        with pytest.raises(JournalLost) as lost:
            journal.check()
    assert "maxmemory" in lost.value.detail
    journal.close()
