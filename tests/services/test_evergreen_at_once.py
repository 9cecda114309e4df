"""Two workers look after the same evergreen item at the same instant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from promo.models import Publication
from promo.planning.evergreen import PREFIX, slot_of
from promo.protocol import State
from promo.services import approvals, evergreen
from tests import making

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("processes")]

WORKERS = 4


def test_only_one_next_showing_is_planned(transactional_db: None) -> None:
    making.installation()
    item = making.item(kind="heritage", starts_at=None, ends_at=None, level=2, again_after_days=30)
    approvals.approve(content=item)
    now = timezone.now() + timedelta(days=3)
    shown = item.publications.filter(slot__startswith=PREFIX)
    shown.update(state=State.PUBLISHED, published_at=now)
    ready = Barrier(WORKERS)

    def look() -> None:
        try:
            ready.wait(timeout=30)
            evergreen.keep(item.pk, now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(look) for _worker in range(WORKERS)]:
            done.result(timeout=60)

    rows = Publication.objects.filter(item=item, slot__startswith=PREFIX).order_by("planned_at")
    assert [row.slot for row in rows] == [slot_of(1), slot_of(2)]
