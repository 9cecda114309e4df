"""Limits of providers, written down in the settings; and a provider that refuses our mail."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.test import Client

from promo.models import Delivery, DomainHold, DomainLimit, Mailing, Publication
from promo.services import deliveries, mailings, providers
from promo.services.clock import database_now
from tests import making

pytestmark = pytest.mark.django_db

NEW = "/desk/mail-limits/add/"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ewa"))
    return client


@pytest.mark.parametrize(
    ("domain", "limits", "written"),
    [
        ("wp.pl", "10/s 2000/h", "wp.pl: 10/s + 2000/h"),
        (" @WP.pl ", " 10/s+2000/h ", "wp.pl: 10/s + 2000/h"),
        ("żółw.pl", "600/m", "xn--w-uga1v8h.pl: 600/m"),
    ],
)
def test_a_limit_is_kept_as_the_engine_reads_it(
    desk: Client, domain: str, limits: str, written: str
) -> None:
    desk.post(NEW, {"domain": domain, "limits": limits})
    row = DomainLimit.objects.get()
    assert str(row) == written
    assert providers.limits() == {row.domain: providers.parse_limits(limits)}


@pytest.mark.parametrize(
    ("domain", "limits", "wrong"),
    [
        ("wp pl", "10/s", "domain"),
        ("wp.pl", "ten a second", "limits"),
        ("wp.pl", "0/s", "limits"),
        ("wp.pl", "+", "limits"),
    ],
)
def test_what_is_no_limit_is_refused_at_its_field(
    desk: Client, domain: str, limits: str, wrong: str
) -> None:
    answer = desk.post(NEW, {"domain": domain, "limits": limits})
    assert set(answer.context["form"].errors) == {wrong}
    assert not DomainLimit.objects.exists()


def test_the_database_keeps_nothing_that_the_engine_cannot_read() -> None:
    with pytest.raises(IntegrityError):
        DomainLimit.objects.create(domain="wp.pl", limits="many")


def test_one_provider_has_one_limit(desk: Client) -> None:
    for limits in ("10/s", "20/s"):
        answer = desk.post(NEW, {"domain": "wp.pl", "limits": limits})
    assert set(answer.context["form"].errors) == {"domain"}


@pytest.fixture
def mailing() -> Mailing:
    """Four readers, of whom three wait because their provider refuses our mail."""
    row = making.due_publication(making.newsletter(4).destination)
    Publication.objects.update(state="published", published_at=database_now())
    mailings.start(destination=row.destination, key=row.marker, now=database_now())
    ids = list(Delivery.objects.values_list("id", flat=True)[:3])
    deliveries.set_aside(ids, domain="wp.pl", due_at=database_now())
    DomainHold.objects.create(
        domain="wp.pl", since_at=database_now(), said="554 5.7.1 <i>bad</i> reputation"
    )
    return Mailing.objects.get()


def test_staff_read_the_providers_words_and_let_it_go_on(desk: Client, mailing: Mailing) -> None:
    address = f"/desk/publications/{mailing.publication_id}/"
    page = desk.get(address).content.decode()
    assert "554 5.7.1 &lt;i&gt;bad&lt;/i&gt; reputation" in page
    assert address in desk.get("/desk/").content.decode()
    assert providers.held_back(mailing) == 3
    desk.post(f"{address}act/", {"act": "go_on_with_provider", "domain": "wp.pl"})
    assert not DomainHold.objects.exists()
    assert "reputation" not in desk.get(address).content.decode()
    again = desk.post(
        f"{address}act/", {"act": "go_on_with_provider", "domain": "wp.pl"}, follow=True
    )
    assert again.status_code == 200, "twice does no harm"
