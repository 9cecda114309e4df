"""Filling a desk: only an untouched one, and only where nothing gets out to real people."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from promo.errors import NotAllowed
from promo.models import Institution, Item, Subscriber
from promo.services import demo
from tests import making


def test_a_desk_in_use_stays_as_it_is(desk: None) -> None:
    making.item()
    assert demo.fill(now=timezone.now()) == demo.Filled()
    assert Item.objects.count() == 1
    assert not Subscriber.objects.exists()


def test_a_name_that_was_given_is_kept(desk: None) -> None:
    row = Institution.load()
    row.name = "Biblioteka w Wołczynie"
    row.save()
    demo.fill(now=timezone.now())
    assert Institution.load().name == "Biblioteka w Wołczynie"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REHEARSAL_URL", ""),
        ("PROMO_FACEBOOK_GRAPH_URL", "https://graph.facebook.com"),
        ("EMAIL_URL", "smtp+tls://biblioteka:haslo@mail.example.org:587"),
    ],
)
def test_where_posts_or_mails_would_get_out_nothing_is_filled(
    desk: None, settings, name: str, value: str
) -> None:
    setattr(settings, name, value)
    with pytest.raises(NotAllowed):
        demo.fill(now=timezone.now())
    assert not Item.objects.exists()


def test_a_new_desk_that_mails_for_real_is_prepared_and_left_empty(db, settings) -> None:
    settings.EMAIL_URL = "smtp+tls://biblioteka:haslo@mail.example.org:587"
    said = StringIO()
    call_command("prepare", stdout=said)
    assert "first_login_url" in json.loads(said.getvalue())
    assert not Item.objects.exists()


def test_the_command_prints_one_line_of_json(desk: None) -> None:
    said = StringIO()
    call_command("fill_demo", stdout=said)
    told = json.loads(said.getvalue())
    assert (told["items"], told["subscribers"], told["branches"]) == (25, 200, 3)
    assert told["due_within_a_minute"] >= 3
