"""One's own data: the link goes to the address itself, a few times a day; the copy is whole."""

from __future__ import annotations

import re

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from promo.models import DataRequest, Delivery, Subscriber
from promo.services import own_data, preferences, tokens
from promo.services.preferences import Choice
from tests.driving import Clock
from tests.services import returning
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]


@pytest.fixture
def reader(db: None) -> Subscriber:
    return returning.deliveries(returning.mailing(readers=1))[0].subscriber  # type: ignore[return-value]


def mail_all_due(clock: Clock) -> None:
    for request_id in own_data.due(now=clock()):
        own_data.send(request_id, now=clock())


def test_the_mailed_link_leads_to_the_data(
    reader: Subscriber, clock: Clock, outside: World
) -> None:
    own_data.ask(subscriber=reader, now=clock())
    mail_all_due(clock)
    mail_all_due(clock)
    (mail,) = outside.mails(to=reader.email)
    (code,) = re.findall(r"/my-data/(\S+)/", mail["text"])
    assert tokens.read(tokens.OWN_DATA, code) == str(reader.uuid)
    assert tokens.read(tokens.READER, code) is None
    assert reader.data_requests.get().sent_at == clock()


def test_a_reader_gets_three_links_a_day(reader: Subscriber, clock: Clock) -> None:
    for _time in range(10):
        own_data.ask(subscriber=reader, now=clock.forward(hours=1))
    assert DataRequest.objects.count() == own_data.A_DAY
    own_data.ask(subscriber=reader, now=clock.forward(hours=20))
    assert DataRequest.objects.count() == own_data.A_DAY + 1


def test_a_busy_relay_is_asked_again_and_at_last_no_more(
    reader: Subscriber, clock: Clock, outside: World
) -> None:
    outside.fault(fault="smtp_refuse", stage="RCPT", code=450, times=20)
    own_data.ask(subscriber=reader, now=clock())
    tries = 0
    while due := own_data.due(now=clock()):
        own_data.send(due[0], now=clock())
        tries += 1
        row = DataRequest.objects.get()
        clock.at = row.mail_at or clock.at
    assert tries == 1 + len(own_data.BACKOFF)
    assert row.problem


def test_the_copy_holds_everything_and_can_be_written_as_json(
    reader: Subscriber, clock: Clock
) -> None:
    preferences.choose(subscriber=reader, choice=Choice(topics=("books",)))
    own_data.ask(subscriber=reader, now=clock())
    copy = own_data.copy(reader)
    assert (copy["address"], copy["name"]) == (reader.email, reader.name)
    assert copy["preferences"]["topics"] == ["books"]
    (subscription,) = copy["subscriptions"]
    assert [(one["about"], one["wording"]) for one in subscription["consents"]] == [
        ("mail", "zgoda")
    ]
    (delivery,) = copy["deliveries"]
    assert delivery["subject"].startswith("Spotkanie")
    assert delivery["outcome"] == "accepted"
    assert len(copy["requests_for_data"]) == 1
    assert reader.email in DjangoJSONEncoder().encode(copy)


def test_every_state_of_a_delivery_has_its_word_in_the_copy(reader: Subscriber) -> None:
    for state in Delivery.State:
        Delivery.objects.update(state=state)
        assert own_data.copy(reader)["deliveries"][0]["outcome"] == state.name.lower()
