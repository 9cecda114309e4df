"""Long lists: each row on one page, in one order; a filtered list that ends says so."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.test import Client
from django.test.utils import CaptureQueriesContext

from promo.desk import paging
from promo.desk.paging import LongPaginator
from promo.models import Subscriber
from tests import making
from tests.desk.scenes import Scene
from tests.desk.test_screens import browser_of

pytestmark = pytest.mark.django_db

READERS = 11
PER_PAGE = 3


@pytest.fixture
def readers() -> QuerySet[Subscriber]:
    making.newsletter(READERS)
    return Subscriber.objects.prefetch_related("subscriptions")


def emails(paginator: LongPaginator) -> list[str]:
    return [row.email for number in paginator.page_range for row in paginator.page(number)]


@pytest.mark.parametrize("by", ["-id", "id", "email"])
def test_the_pages_together_are_the_list(readers: QuerySet[Subscriber], by: str) -> None:
    rows = readers.order_by(Lower("email") if by == "email" else by)
    expected = list(rows.values_list("email", flat=True))
    assert emails(LongPaginator(rows, PER_PAGE)) == expected
    assert emails(LongPaginator(rows.filter(language="pl"), PER_PAGE)) == expected


def test_any_page_costs_as_many_statements(readers: QuerySet[Subscriber]) -> None:
    counts = set()
    for rows in (readers, readers.filter(language="pl")):
        for number in (1, 2, 4):
            with CaptureQueriesContext(connection) as asked:
                assert list(LongPaginator(rows, PER_PAGE).page(number))
            counts.add((rows is readers, len(asked)))
    assert counts == {(True, 4), (False, 3)}


def test_far_pages_are_found_from_the_end(readers: QuerySet[Subscriber]) -> None:
    with CaptureQueriesContext(connection) as asked:
        list(LongPaginator(readers, PER_PAGE).page(4))
    keys = next(one["sql"] for one in asked if "LIMIT" in one["sql"])
    assert "ASC" in keys
    assert "OFFSET" not in keys


def test_a_filtered_list_ends_somewhere_and_says_so(
    readers: QuerySet[Subscriber], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = LongPaginator(readers.filter(language="pl"), PER_PAGE)
    assert (pages.count, pages.has_more) == (READERS, False)
    monkeypatch.setattr(paging, "MOST", 6)
    pages = LongPaginator(readers.filter(language="pl"), PER_PAGE)
    assert (pages.count, pages.num_pages, pages.has_more) == (6, 2, True)
    whole = LongPaginator(readers, PER_PAGE)
    assert (whole.count, whole.has_more) == (READERS, False)


def test_the_screen_calls_no_number_exact_that_is_not(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.newsletter(READERS)
    client: Client = browser_of("approver")
    page = client.get("/desk/subscribers/?language=pl").content.decode()
    assert "ponad" not in page
    monkeypatch.setattr(paging, "MOST", 6)
    page = client.get("/desk/subscribers/?language=pl").content.decode()
    assert "Pasuje ponad 6 odbiorców" in page
    assert "Razem: ponad 6" in page
    assert "Zmień zbiorczo całą listę" in page
