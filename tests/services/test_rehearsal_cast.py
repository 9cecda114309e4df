"""Who plays along: three sample readers, and a page for each real one."""

from __future__ import annotations

import pytest
from django.utils import timezone

from promo.models import Destination, Subscription
from promo.services import rehearsal_cast
from promo.services.channels import channel_for
from tests import making
from tests.world import World


@pytest.mark.django_db
def test_sample_readers_read_every_newsletter_at_addresses_that_are_nobodys() -> None:
    newsletter = making.newsletter()
    rehearsal_cast.invite(now=timezone.now())
    rows = Subscription.objects.filter(newsletter=newsletter, state=Subscription.State.ACTIVE)
    found = {(row.subscriber.email, row.subscriber.language) for row in rows}
    assert found == {(one.email, one.language) for one in rehearsal_cast.READERS}
    assert all(email.endswith(".example") for email, _language in found)


@pytest.mark.django_db
def test_each_page_gets_one_of_its_own_that_opens(world: World) -> None:
    real = making.page(world)
    making.newsletter()
    Destination.objects.filter(pk=real.pk).update(sealed="")
    ids = rehearsal_cast.connect(make_page=lambda name: world.post("/api/pages", {"name": name}))
    assert ids == [real.pk]
    real.refresh_from_db()
    assert real.config["page_id"] != world.seed()["page_id"]
    assert world.get("/api/pages")[real.config["page_id"]] == real.name
    assert real.secrets["page_token"]


@pytest.mark.django_db
def test_what_followers_see_there_is_its_own(world: World, settings: object) -> None:
    first = making.page(world)
    rehearsal_cast.connect(make_page=lambda name: world.post("/api/pages", {"name": name}))
    first.refresh_from_db()
    settings.PROMO_FACEBOOK_GRAPH_URL = world.graph_url  # type: ignore[attr-defined]
    row = making.due_publication(first)
    channel_for(first).publish(row.message, key=row.marker)
    assert [post["page_id"] for post in world.posts()] == [first.config["page_id"]]
