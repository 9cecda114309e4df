"""The preference centre as its reader uses it: by the link in any mail, without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from promo.mailing.codes import codes_of
from promo.models import (
    Branch,
    Consent,
    Newsletter,
    Preferences,
    Subscriber,
    Subscription,
    Tracking,
)
from promo.services import newsletters, preferences, subscribers, tokens
from promo.services.clock import database_now
from promo.services.preferences import Choice
from tests import making
from tests.services import returning

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsletter(db: None) -> Newsletter:
    return making.newsletter(readers=1)


@pytest.fixture
def reader(newsletter: Newsletter) -> Subscriber:
    return Subscriber.objects.get()


@pytest.fixture
def path(reader: Subscriber) -> str:
    return f"/preferences/{tokens.code(tokens.READER, reader.uuid)}/"


def save(path: str, newsletter: Newsletter, **values: object) -> str:
    plain = {"newsletters": [newsletter.pk], "frequency": "every", "language": "pl", "name": "Ola"}
    return text(Client().post(path, {**plain, **values}))


def text(answer: HttpResponse) -> str:
    assert answer.status_code == 200
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def chosen(reader: Subscriber) -> Choice:
    return preferences.of(reader, now=database_now())


def checked(page: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" type="\w+" value="([^"]*)" checked', page)


def test_what_is_saved_is_what_the_page_shows_again(
    path: str, reader: Subscriber, newsletter: Newsletter
) -> None:
    making.branch()
    branch = Branch.objects.create(name="Filia nr 2", slug="filia-2")
    page = save(
        path,
        newsletter,
        topics=["books", "arts"],
        audiences=["seniors"],
        branches=[branch.pk],
        frequency="monthly",
        pause="2w",
        language="en",
    )
    assert 'role="status"' in page
    until = preferences.today(database_now()) + timedelta(days=14)
    assert chosen(reader) == Choice(
        ("books", "arts"), ("seniors",), frozenset([branch.pk]), "monthly", until
    )
    for shown in (page, text(Client().get(path))):
        assert checked(shown, "topics") == ["books", "arts"]
        assert checked(shown, "audiences") == ["seniors"]
        assert checked(shown, "branches") == [str(branch.pk)]
        assert checked(shown, "frequency") == ["monthly"]
        assert checked(shown, "pause") == ["until"]
        assert f'value="{until}"' in shown
        assert checked(shown, "language") == ["en"]


def test_the_plain_choice_leaves_no_row(path: str, newsletter: Newsletter) -> None:
    every_topic = ["books", "learning", "arts", "children", "heritage", "library"]
    save(path, newsletter, topics=every_topic, audiences=["nonsense"], frequency="hourly")
    assert Preferences.objects.count() == 0


def test_with_one_branch_nobody_is_asked_for_it(path: str) -> None:
    making.branch()
    assert 'name="branches"' not in text(Client().get(path))


@pytest.mark.parametrize(
    ("given", "days"),
    [
        ({"pause": "", "until": ""}, None),
        ({"pause": "2w"}, 14),
        ({"pause": "until", "until": "{iso}"}, 40),
        ({"pause": "until", "until": "{polish}"}, 40),
        ({"pause": "", "until": "{iso}"}, 40),
    ],
)
def test_a_break_ends_on_the_day_that_was_chosen(
    path: str, reader: Subscriber, newsletter: Newsletter, given: dict[str, str], days: int | None
) -> None:
    today = preferences.today(database_now())
    day = today + timedelta(days=40)
    forms = {"iso": f"{day:%Y-%m-%d}", "polish": f"{day:%d.%m.%Y}"}
    save(path, newsletter, **{key: value.format(**forms) for key, value in given.items()})
    expected = None if days is None else today + timedelta(days=days)
    assert chosen(reader).paused_until_on == expected


@pytest.mark.parametrize("until", ["", "kiedyś", "2020-01-01"])
def test_a_day_that_cannot_be_is_said_at_its_field_and_nothing_is_saved(
    path: str, reader: Subscriber, newsletter: Newsletter, until: str
) -> None:
    page = save(path, newsletter, pause="until", until=until, topics=["arts"])
    assert 'href="#until"' in page
    assert 'aria-describedby="until-error"' in page
    assert checked(page, "topics") == ["arts"], "what was ticked is still there"
    assert chosen(reader) == Choice()


def test_a_break_is_ended_by_one_button(path: str, reader: Subscriber) -> None:
    until = preferences.today(database_now()) + timedelta(days=30)
    choice = Choice(topics=("books",), paused_until_on=until)
    preferences.choose(subscriber=reader, choice=choice)
    assert 'value="end_pause"' in text(Client().get(path))
    page = text(Client().post(path, {"act": "end_pause"}))
    assert 'value="end_pause"' not in page
    assert chosen(reader) == Choice(topics=("books",))
    assert reader.subscriptions.get().state == Subscription.State.ACTIVE


def test_a_newsletter_closed_to_sign_up_is_offered_to_its_readers_only(
    path: str, newsletter: Newsletter
) -> None:
    closed = newsletters.create(
        name="Dla pracowników",
        slug="dla-pracownikow",
        from_name="Biblioteka",
        from_email="newsletter@biblioteka.example.org",
        open_to_sign_up=False,
    )
    assert closed.name not in text(Client().get(path))
    save(path, newsletter, newsletters=[newsletter.pk, closed.pk])
    assert not closed.subscriptions.exists()


def test_a_newsletter_ticked_here_has_its_wording_and_its_proof(
    reader: Subscriber, newsletter: Newsletter
) -> None:
    delivery = returning.deliveries(returning.mailing(readers=1))[0]
    subscribers.leave(subscriber=reader, newsletter=newsletter, source="test", now=database_now())
    code = codes_of(delivery.pk, key=settings.SECRET_KEY.encode()).preferences
    save(f"/preferences/{code}/", newsletter)
    proof = Consent.objects.filter(act=Consent.Act.CONFIRMED).get()
    assert proof.proof == f"delivery:{delivery.pk}"
    assert proof.wording
    assert proof.ip == "127.0.0.1"


def test_being_told_apart_is_agreed_to_and_taken_back_here_and_both_are_proved(
    path: str, reader: Subscriber, newsletter: Newsletter
) -> None:
    tie = reader.subscriptions.get()
    save(path, newsletter, counted=[newsletter.pk])
    tie.refresh_from_db()
    assert tie.counted_since_at is None, "nobody was asked"
    Newsletter.objects.update(tracking=Tracking.READERS)
    assert checked(text(Client().get(path)), "counted") == []
    page = save(path, newsletter, counted=[newsletter.pk])
    assert checked(page, "counted") == [str(newsletter.pk)]
    tie.refresh_from_db()
    since = tie.counted_since_at
    assert since is not None
    save(path, newsletter, counted=[newsletter.pk])
    tie.refresh_from_db()
    assert tie.counted_since_at == since, "the first time counts"
    assert checked(save(path, newsletter), "counted") == []
    tie.refresh_from_db()
    assert (tie.state, tie.counted_since_at) == (Subscription.State.ACTIVE, None)
    ledger = list(tie.consents.filter(about=Consent.About.COUNTING))
    assert [one.act for one in ledger] == ["confirmed", "withdrawn"]
    assert newsletter.name in ledger[0].wording


def test_without_a_newsletter_left_the_page_says_so(
    path: str, reader: Subscriber, newsletter: Newsletter
) -> None:
    full, empty = save(path, newsletter), save(path, newsletter, newsletters=[])
    assert re.search(r'role="status">(.*?)</p>', full) != re.search(
        r'role="status">(.*?)</p>', empty
    )
    assert reader.subscriptions.get().state == Subscription.State.ENDED


def test_the_way_to_ones_data_and_out_of_everything_is_on_the_page(path: str) -> None:
    page = text(Client().get(path))
    assert f'href="{path}data/"' in page
    assert "/unsubscribe/" in page
