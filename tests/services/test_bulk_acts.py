"""Acts on many readers: each reader once, counted, stopped at once, taken up where it was left."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model

from config.celery import app
from promo import stops
from promo.errors import NotAllowed
from promo.models import (
    BulkAct,
    BulkActReader,
    Consent,
    Newsletter,
    Preferences,
    ReaderExport,
    RefusedRow,
    Subscriber,
    Subscription,
    Suppression,
)
from promo.services import (
    bulk_acts,
    bulk_slices,
    forgetting,
    newsletters,
    reader_imports,
    subscribers,
)
from promo.services.bulk_acts import LEASE
from promo.services.clock import database_now
from promo.services.criteria import Row
from tasks import readers
from tests import making
from tests.processes import Hatchery, environment, until
from tests.services.test_subscribers import traces

Kind, State = BulkAct.Kind, BulkAct.State
SOON = 60.0
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def newsletter(db: None) -> Newsletter:
    return making.newsletter(readers=5)


@pytest.fixture
def other(db: None) -> Newsletter:
    return newsletters.create(
        name="Dla dzieci", slug="dzieci", from_name="B", from_email="b@example.org"
    )


def asked(kind: BulkAct.Kind, *rows: Row, **values: Any) -> BulkAct:
    plain = {"given": {}, "why": "prośba z kiermaszu", "about": "wszyscy", "user": None}
    return bulk_acts.ask(kind=kind, rows=rows, now=NOW, **{**plain, **values})


def done(kind: BulkAct.Kind, *rows: Row, **values: Any) -> BulkAct:
    act = asked(kind, *rows, **values)
    bulk_acts.run(act.pk, clock=lambda: NOW)
    act.refresh_from_db()
    assert (act.state, act.problem) == (State.DONE, "")
    assert not BulkActReader.objects.exists()
    return act


def counts(act: BulkAct) -> dict[str, int]:
    names = ("changed", "already", "left", "suppressed", "gone")
    return {name: getattr(act, name) for name in names if getattr(act, name)}


def test_subscribing_leaves_alone_who_left_or_must_not_be_mailed(
    newsletter: Newsletter, other: Newsletter
) -> None:
    new, active, left, waits, barred = Subscriber.objects.order_by("id")
    states = {active: "active", left: "ended", waits: "pending"}
    for person, state in states.items():
        Subscription.objects.create(subscriber=person, newsletter=other, state=state)
    Suppression.objects.create(address_hash=barred.address_hash, reason="complaint", at=NOW)
    user = get_user_model().objects.create_user("ewa", first_name="Ewa", last_name="Kot")
    act = done(Kind.SUBSCRIBE, given={"newsletter": other.pk}, wording="Zgadzam się.", user=user)
    assert act.total == 5
    assert counts(act) == {"changed": 2, "already": 1, "left": 1, "suppressed": 1}
    found = Subscription.objects.filter(newsletter=other, state="active")
    assert set(found.values_list("subscriber", flat=True)) == {new.pk, active.pk, waits.pk}
    consents = Consent.objects.filter(subscription__newsletter=other)
    assert {(row.act, row.source, row.wording, row.at) for row in consents} == {
        (Consent.Act.RECORDED, "prośba z kiermaszu (Ewa Kot)", "Zgadzam się.", NOW)
    }
    assert consents.count() == 2


def test_unsubscribing_notes_why_and_repeating_it_changes_nothing(newsletter: Newsletter) -> None:
    rows = Row("reads", values=(str(newsletter.pk),))
    assert counts(done(Kind.UNSUBSCRIBE, rows, given={"newsletter": newsletter.pk})) == {
        "changed": 5
    }
    assert not Subscription.objects.exclude(state="ended", ended_at=NOW).exists()
    assert Consent.objects.filter(act="withdrawn", source="prośba z kiermaszu").count() == 5
    again = done(Kind.UNSUBSCRIBE, given={"newsletter": newsletter.pk})
    assert counts(again) == {"already": 5}
    assert Consent.objects.filter(act="withdrawn").count() == 5


def test_language_topics_and_branches_are_set_whatever_was_chosen(newsletter: Newsletter) -> None:
    branch = making.branch()
    first, second, *_rest = Subscriber.objects.order_by("id")
    Preferences.objects.create(subscriber=first, topics=["arts"])
    Preferences.objects.create(subscriber=second, topics=["books"]).branches.add(branch)
    assert counts(done(Kind.LANGUAGE, given={"language": "en"})) == {"changed": 5}
    assert counts(done(Kind.TOPICS, given={"topics": ["books"]})) == {"changed": 4, "already": 1}
    assert counts(done(Kind.BRANCHES, given={"branches": [branch.pk]})) == {
        "changed": 4, "already": 1
    }  # fmt: skip
    for person in Subscriber.objects.all():
        assert person.language == "en"
        assert person.preferences.topics == ["books"]
        assert list(person.preferences.branches.all()) == [branch]
    assert counts(done(Kind.TOPICS, given={"topics": []})) == {"changed": 5}
    assert counts(done(Kind.BRANCHES, given={"branches": []})) == {"changed": 5}
    assert not Preferences.objects.exclude(topics=[], branches=None).exists()


def test_suppressing_ends_every_subscription(newsletter: Newsletter) -> None:
    one = Subscriber.objects.order_by("id")[0]
    Suppression.objects.create(address_hash=one.address_hash, reason="wish", at=NOW)
    act = done(Kind.SUPPRESS, given={"reason": "complaint"})
    assert counts(act) == {"changed": 4, "already": 1}
    assert set(Suppression.objects.values_list("reason", flat=True)) == {"complaint"}
    assert not Subscription.objects.exclude(state="ended").exists()


def test_erasing_leaves_no_trace_but_the_hash(newsletter: Newsletter) -> None:
    address = "czytelnik0@example.org"
    file = reader_imports.upload(
        newsletter=newsletter, user=None, name="a.csv", blocks=[b"e\n"], source="", wording="",
        now=NOW,
    )  # fmt: skip
    RefusedRow.objects.create(
        reader_import=file, row=1, line=f"Jan <{address.upper()}>", reason="left"
    )
    ReaderExport.objects.create(user_name="Ewa", at=NOW, about=f"adres: {address}")
    assert traces(address)
    row = Row("text", text=address)
    act = done(Kind.ERASE, row, about=f"address or name contains: {address}")
    assert counts(act) == {"changed": 1}
    assert traces(address) == []
    assert subscribers.is_suppressed(address)
    assert Subscriber.objects.count() == 4
    assert ReaderExport.objects.get().user_name == "Ewa"


def test_chosen_readers_and_nobody_else(newsletter: Newsletter) -> None:
    ids = list(Subscriber.objects.order_by("id").values_list("id", flat=True))
    act = asked(Kind.LANGUAGE, ids=[ids[1], ids[3], 10**9], given={"language": "en"})
    assert act.total == 2
    with forgetting.permitted():
        Subscriber.objects.get(id=ids[3]).delete()
    bulk_acts.run(act.pk)
    act.refresh_from_db()
    assert counts(act) == {"changed": 1, "gone": 1}
    assert list(Subscriber.objects.filter(language="en").values_list("id", flat=True)) == [ids[1]]


def test_a_worker_hands_a_long_act_back_and_the_next_goes_on_where_it_was(
    newsletter: Newsletter,
) -> None:
    # The act itself takes readers out of its own filter: whom it is about was written down before.
    act = asked(Kind.UNSUBSCRIBE, Row("reads"), given={"newsletter": newsletter.pk})
    bulk_acts.run(act.pk, clock=lambda: NOW, most=1, size=2)
    act.refresh_from_db()
    assert (act.state, act.total, act.dealt_with) == (State.WAITING, 5, 2)
    assert bulk_acts.hand_out(now=NOW) == [act.pk]
    bulk_acts.run(act.pk, clock=lambda: NOW)
    act.refresh_from_db()
    assert (act.state, counts(act)) == (State.DONE, {"changed": 5})


def test_a_cancelled_act_stops_and_keeps_what_is_done(
    newsletter: Newsletter,
) -> None:
    act = asked(Kind.LANGUAGE, given={"language": "en"})
    bulk_acts.run(act.pk, most=1, size=2)
    bulk_acts.cancel(act=act, now=NOW)
    bulk_acts.run(act.pk)
    act.refresh_from_db()
    assert (act.state, act.changed) == (State.CANCELLED, 2)
    assert Subscriber.objects.filter(language="en").count() == 2
    assert not BulkActReader.objects.exists()
    with pytest.raises(NotAllowed):
        bulk_acts.cancel(act=act, now=NOW)


def test_an_act_is_hinted_at_until_a_worker_has_it_and_again_after_its_death(
    newsletter: Newsletter,
) -> None:
    act = asked(Kind.LANGUAGE, given={"language": "en"})
    assert bulk_acts.hand_out(now=NOW) == [act.pk]
    assert bulk_acts.hand_out(now=NOW) == []
    BulkAct.objects.update(state=State.WORKING, lease_until_at=NOW + LEASE, hinted_at=None)
    assert bulk_acts.hand_out(now=NOW) == []
    bulk_acts.run(act.pk, clock=lambda: NOW)  # somebody has it
    act.refresh_from_db()
    assert act.dealt_with == 0
    assert bulk_acts.hand_out(now=NOW + LEASE) == [act.pk]


def test_an_act_that_brings_down_each_worker_is_given_up(newsletter: Newsletter) -> None:
    act = asked(Kind.LANGUAGE, given={"language": "en"})
    BulkAct.objects.update(tries=bulk_acts.MOST_TRIES)
    bulk_acts.run(act.pk, clock=lambda: NOW)
    act.refresh_from_db()
    assert (act.state, act.dealt_with, bool(act.problem)) == (State.FAILED, 0, True)


def test_an_act_for_a_newsletter_that_is_gone_fails_in_words(newsletter: Newsletter) -> None:
    act = asked(Kind.UNSUBSCRIBE, given={"newsletter": 10**6})
    bulk_acts.run(act.pk)
    act.refresh_from_db()
    assert (act.state, act.dealt_with, bool(act.problem)) == (State.FAILED, 0, True)
    assert not BulkActReader.objects.exists()


def test_every_kind_has_its_slice() -> None:
    assert set(bulk_slices.SLICES) == set(Kind)


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_after_a_kill_each_reader_is_changed_once_and_none_is_left_out(tmp_path: Path) -> None:
    newsletter = making.newsletter()
    total = bulk_acts.SIZE + 50
    Subscriber.objects.bulk_create(
        Subscriber(email=f"r{number}@example.org") for number in range(total)
    )
    act = asked(Kind.SUBSCRIBE, given={"newsletter": newsletter.pk}, wording="Tak.")
    stopped, queue = tmp_path / "stopped", f"doomed-{uuid4()}"
    stop = {"PROMO_STOP_AT": stops.AFTER_SETTLE, "PROMO_STOP_FILE": str(stopped)}
    with Hatchery(environment(), log=tmp_path / "doomed.log") as hatchery:
        doomed = hatchery.hatch((queue,), stop)
        app.send_task(readers.act.name, (act.pk,), queue=queue)
        until(stopped.exists, within=SOON, what="a worker stopped between two slices")
        doomed.kill9()
    act.refresh_from_db()
    assert (act.state, act.dealt_with) == (State.WORKING, bulk_acts.SIZE)
    later = database_now() + LEASE
    assert bulk_acts.hand_out(now=later) == [act.pk]
    bulk_acts.run(act.pk, clock=lambda: later)
    act.refresh_from_db()
    assert (act.state, act.changed) == (State.DONE, total)
    assert Consent.objects.count() == Subscription.objects.count() == total
