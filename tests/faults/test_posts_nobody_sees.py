"""q: the app is in Development mode. The network takes each post and shows it to nobody else.

Nothing that can be read tells so; until a person has looked, what is out is not called seen.
"""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from promo.models import Destination, Publication
from promo.protocol import State
from promo.services import sightings
from promo.services.clock import database_now
from tests.faults.figures import Figures
from tests.faults.posting import AT_FULL_SIZE, KILLS, POSTS, Round
from tests.faults.sending import ROUNDS

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("posts"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not AT_FULL_SIZE, reason="a round of its own: PROMO_TEST_POSTS"),
]


@ROUNDS
def test_posts_that_only_the_makers_of_the_app_see_are_asked_about_and_then_say_so(
    turn: int, posts: Round, figures: Figures
) -> None:
    posts.world.change(app={"development": True})
    posts.run(kills=KILLS)
    made, seen = posts.copies(), posts.copies(public=True)
    user = User.objects.create_user("anna")
    (question,) = sightings.questions()
    sightings.not_seen(destination=question.destination, user=user, now=database_now())
    out = Publication.objects.filter(state=State.PUBLISHED)
    said = out.exclude(problem="").count()
    figures(
        "q: seen by nobody",
        {
            "posts": POSTS,
            "kills": posts.kills,
            "out": out.count(),
            "seen": seen.total(),
            "say so": said,
        },
    )
    assert set(made.values()) == {1}
    assert not seen.total()
    assert out.count() == said == POSTS
    assert Destination.objects.get(pk=posts.page.pk).paused_at
