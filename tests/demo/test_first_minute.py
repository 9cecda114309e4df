"""What a newcomer sees in the first minute, at the worst hour: a post, mails, entries in the RSS.

The rehearsal world is the witness.
"""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone, translation
from lxml import etree

from promo.channels.website.filters import Chosen
from promo.models import Publication
from promo.protocol import State
from promo.rendering import plain
from promo.services import demo, mailings, pages, publishing, sending
from promo.services.clock import database_now
from tests.demo.nights import NIGHT
from tests.world import World

# Mailing has a connection of its own: it sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def minute(desk: None, settings, world: World) -> datetime:
    """The desk is filled, and all that is due within a minute goes out."""
    settings.REHEARSAL_URL = world.url
    settings.PROMO_FACEBOOK_GRAPH_URL = world.graph_url
    settings.EMAIL_URL = f"smtp://{world.host}:{world.smtp_port}"
    with time_machine.travel(NIGHT):
        demo.fill(now=NIGHT)
        a_minute_later = timezone.now() + timedelta(minutes=1)

    def clock() -> datetime:
        return a_minute_later

    for publication_id in publishing.due(clock()).values_list("id", flat=True):
        publishing.publish(publication_id, clock=clock)
    for mailing_id in mailings.hand_out(now=database_now()):
        sending.send(mailing_id)
    return a_minute_later


def test_a_newcomer_sees_a_post_mails_and_entries_at_night_on_a_sunday(
    minute: datetime, world: World
) -> None:
    stuck = Publication.objects.filter(due_at__lte=minute, state=State.PLANNED)
    assert not stuck.exists()
    posts = {plain(post["text"].splitlines()[0]): post for post in world.posts()}
    assert set(posts) == {
        "Spotkanie z Hanną Żurawską",
        "Filia na Osiedlu Leśnym nieczynna do odwołania",
    }
    assert posts["Spotkanie z Hanną Żurawską"]["photos"]
    mails = world.mails(limit=500, brief=1)
    assert len({str(mail["to"]) for mail in mails}) == len(mails) == 200
    with translation.override("pl"):
        rss = pages.feed(
            format_=pages.FORMATS["rss.xml"], chosen=Chosen(), path="/feeds/rss.xml", now=minute
        )
    titles = [title.text for title in etree.fromstring(rss).iterfind("channel/item/title")]
    assert "Spotkanie z Hanną Żurawską" in [plain(str(title)) for title in titles]
    assert len(titles) >= 10
