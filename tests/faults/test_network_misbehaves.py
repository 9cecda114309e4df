"""The network answers wrongly, late or not at all, at random, while workers are killed with -9.

The faults are those of the rehearsal world, by their letters (docs/rehearsal.md). The witness is
the page: what followers see, and what we say of it. The suite meets all of them at once; with
PROMO_TEST_POSTS each also comes alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from PIL import Image

from promo.models import Publication
from promo.services import hearing
from tests.channels import samples
from tests.desk.web import WebProcess
from tests.faults.figures import Figures
from tests.faults.posting import AT_FULL_SIZE, FLAWLESS, KILLS, POSTS, Round
from tests.faults.sending import ROUNDS

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("posts"),
    pytest.mark.django_db(transaction=True),
]

Rules = Sequence[Mapping[str, object]]
LATE = 1.5
"""Seconds by which something comes late: it is within the quiet period, as it is in earnest."""

CUT: Rules = [
    {"fault": "create_then_cut", "how": how, "path": "/feed", "probability": 0.15}
    for how in ("reset", "close", "partial")
]
REFUSALS = [1, 2, -1, 4, 9, 17, 32, 613, 80001, 341, 368, 506, 10, 100, 190, 200, 1609005]

FAULTS: Mapping[str, Rules] = {
    "a: created, then 500 code 2": [
        {"fault": "create_then_500", "path": "/feed", "probability": 0.4}
    ],
    "b: created, then cut": CUT,
    "c: created, then no answer": [
        {"fault": "create_then_hang", "path": "/feed", "seconds": 3, "probability": 0.05},
        {"fault": "create_late", "path": "/feed", "late_seconds": LATE, "probability": 0.3},
    ],
    "d: refused before it is created": [
        {"fault": "refuse", "code": code, "path": "/feed", "probability": 0.03} for code in REFUSALS
    ],
    "e: 400 although created": [{"fault": "create_then_400", "path": "/feed", "probability": 0.4}],
    "f: reads lag": [{"fault": "read_lag", "seconds": LATE}, *CUT],
    "g: 200 with Service Unavailable": [
        {"fault": "service_unavailable", "apply": apply, "path": "/feed", "probability": 0.2}
        for apply in (True, False)
    ],
    "h: an HTML page with 502": [
        {"fault": "bad_gateway", "apply": apply, "path": "/feed", "probability": 0.2}
        for apply in (True, False)
    ],
    "i: the token dies between two calls": [
        {"fault": "token_dies", "path": "/photos", "after": 3, "every": 11}
    ],
    "j: throttles": [
        {"fault": "throttle", "code": code, "usage_headers": told, "path": "/feed", "every": 17}
        for code, told in ((4, True), (32, False), (613, True), (80001, True))
    ],
    "k: 506 after a hidden success": [
        {"fault": "hidden_duplicate", "path": "/feed", "probability": 0.4}
    ],
    "m: its clock is ahead": [{"fault": "clock_skew", "seconds": 300}, *CUT],
    "m: its clock is behind": [{"fault": "clock_skew", "seconds": -300}, *CUT],
    "n: webhooks doubled, late, out of order": [
        {"fault": "webhook_duplicate", "copies": 3},
        {"fault": "webhook_reorder", "seconds": LATE, "probability": 0.5},
        {"fault": "webhook_batch", "seconds": LATE, "every": 3},
        *CUT,
    ],
    "o: the link is refused": [{"fault": "link_refused", "path": "/feed", "probability": 0.1}],
    "p: the page's task is lost": [
        {"fault": "lost_task", "path": "/feed", "after": 5, "every": 13}
    ],
    "32: reads are down": [{"fault": "reads_down", "probability": 0.7}, *CUT],
}
TOGETHER: Rules = [
    {**rule, "probability": 0.02}
    for rules in FAULTS.values()
    for rule in rules
    if rule["fault"] not in {"read_lag", "clock_skew", "reads_down"}
    and not str(rule["fault"]).startswith("webhook")
] + [{"fault": "read_lag", "seconds": LATE}, {"fault": "reads_down", "probability": 0.3}]
WITH_REFUSALS = ("all together", "d: ", "o: ")


def with_pictures(rows: Sequence[Publication], folder: Path) -> None:
    """Every third post has two pictures: three calls, of which the last one publishes."""
    path = folder / "1.jpg"
    Image.new("RGB", (40, 30), (20, 90, 120)).save(path, "JPEG")
    pictures = (dataclasses.replace(samples.picture(), path=str(path)),) * 2
    for row in rows[::3]:
        message = dataclasses.replace(row.message, pictures=pictures)
        row.message_json, row.digest = message.to_json(), message.digest
    Publication.objects.bulk_update(rows, ["message_json", "digest"])


@pytest.fixture
def told(fault: str, posts: Round, tmp_path: Path) -> Iterator[Callable[[], dict[str, int]]]:
    """Where that is the fault the web hears of each post: how often Promo looked sooner for it."""
    if not fault.startswith("n: "):
        yield dict
        return
    log = tmp_path / "web.log"
    with WebProcess.started(log=log) as web:
        set_up = hearing.set_up(destination=posts.page)
        assert set_up is not None
        assert set_up.address.startswith(web.url)
        posts.world.tells(set_up.address, token=set_up.token).raise_for_status()
        yield lambda: {"looked sooner": log.read_text("utf-8").count("looked_for_sooner")}


@ROUNDS
@pytest.mark.parametrize("fault", ["all together", *(FAULTS if AT_FULL_SIZE else ())])
def test_whatever_the_network_does_each_post_is_out_once_or_known_not_to_be(
    fault: str, posts: Round, told: Callable[[], dict[str, int]], figures: Figures, tmp_path: Path
) -> None:
    with_pictures(posts.rows, tmp_path)
    for rule in FAULTS.get(fault, TOGETHER):
        posts.world.fault(**{"seed": posts.chance.randrange(10**6), **rule})
    posts.run(kills=KILLS)
    columns = posts.columns() | told()
    figures(fault, columns)
    assert posts.kills == KILLS, "otherwise nothing was tested"
    assert not {name: columns[name] for name in FLAWLESS if columns[name]}
    assert columns.get("looked sooner") != 0, "otherwise nothing was told"
    if not fault.startswith(WITH_REFUSALS):
        assert columns["published"] == POSTS
