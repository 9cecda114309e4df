"""One's own data in public: a forwarded mail shows and erases nothing, the fresh link does."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from time_machine import travel

from promo.mailing.codes import codes_of
from promo.models import DataRequest, Delivery, Subscriber
from promo.services import subscribers, tokens
from tests.services import returning

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(db: None) -> Delivery:
    return returning.deliveries(returning.mailing(readers=1))[0]


@pytest.fixture
def reader(delivery: Delivery) -> Subscriber:
    return Subscriber.objects.get()


@pytest.fixture
def path(reader: Subscriber) -> str:
    return f"/my-data/{tokens.code(tokens.OWN_DATA, reader.uuid)}/"


def text(answer: HttpResponse) -> str:
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_a_forwarded_mail_only_has_a_link_sent_to_the_reader(delivery: Delivery) -> None:
    code = codes_of(delivery.pk, key=settings.SECRET_KEY.encode()).preferences
    ask = f"/preferences/{code}/data/"
    question = Client().get(ask)
    assert question.status_code == 200
    assert DataRequest.objects.count() == 0
    answers = {text(Client().post(ask)) for _time in range(5)}
    assert len(answers) == 1
    assert "czytelnik0" not in answers.pop() + text(question)
    assert DataRequest.objects.count() == 3


@pytest.mark.parametrize("rest", ["", "my-data.json", "erase/"])
def test_no_other_code_opens_the_data(reader: Subscriber, delivery: Delivery, rest: str) -> None:
    codes = codes_of(delivery.pk, key=settings.SECRET_KEY.encode())
    for code in (tokens.code(tokens.READER, reader.uuid), *codes, "abc"):
        assert Client().get(f"/my-data/{code}/{rest}").status_code == 404
        assert Client().post(f"/my-data/{code}/{rest}").status_code in {404, 405}
    assert Subscriber.objects.filter(pk=reader.pk).exists()


def test_the_link_ends_after_two_hours(path: str) -> None:
    with travel(timezone.now() + timedelta(hours=1, minutes=50)):
        assert Client().get(path).status_code == 200
    with travel(timezone.now() + timedelta(hours=2, minutes=10)):
        assert Client().get(path).status_code == 404
        assert Client().post(f"{path}erase/").status_code == 404


def test_the_page_and_the_file_tell_the_same(path: str, reader: Subscriber) -> None:
    answer = Client().get(path)
    assert "no-store" in answer.headers["Cache-Control"]
    page = text(answer)
    for part in (reader.email, reader.name, "zgoda", "Spotkanie autorskie"):
        assert part in page
    file = Client().get(f"{path}my-data.json")
    assert file.headers["Content-Disposition"].startswith("attachment")
    told = json.loads(file.content)
    assert told["address"] == reader.email
    assert told["deliveries"][0]["outcome"] == "accepted"


def test_erasing_asks_first_and_then_only_the_hash_is_left(path: str, reader: Subscriber) -> None:
    question = Client().get(f"{path}erase/")
    assert reader.email in text(question)
    assert Subscriber.objects.count() == 1
    assert Client().post(f"{path}erase/").status_code == 200
    assert Subscriber.objects.count() == 0
    assert subscribers.is_suppressed(reader.email)
    assert Client().get(path).status_code == 404
