"""Rows for tests, made by the services that make them in earnest."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from promo.models import Branch, Destination, Item, Newsletter, Publication
from promo.services import approvals, destinations, first_run, newsletters, subscribers
from tests.world import World

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def installation() -> None:
    """A fresh installation: timetables, workflow, the website, the rehearsal page."""
    first_run.prepare()


def branch(**values: Any) -> Branch:
    plain = {"name": "Biblioteka główna", "slug": "glowna", "locality": "Kluczbork"}
    return Branch.objects.get_or_create(slug=plain["slug"], defaults={**plain, **values})[0]


def item(**values: Any) -> Item:
    """A draft that may be approved: a meeting with an author in ten days."""
    start = timezone.now() + timedelta(days=10)
    plain = {
        "kind": "author_meeting",
        "title": "Spotkanie autorskie z Olgą Żółkiewską",
        "lead": "Rozmowa o książce „Zamek” w Czytelni. Wstęp wolny.",
        "starts_at": start,
        "ends_at": start + timedelta(hours=2),
        "branch": branch(),
        "venue": "Czytelnia",
        "audiences": ["adults"],
        "live": False,
    }
    made = Item(**{**plain, **values})
    made.full_clean()
    made.save()
    return made


def approved(**values: Any) -> Item:
    made = item(**values)
    approvals.approve(content=made)
    return made


def newsletter(readers: int = 0) -> Newsletter:
    made = Newsletter.objects.filter(slug="co-slychac").first() or newsletters.create(
        name="Co słychać w bibliotece",
        slug="co-slychac",
        from_name="Biblioteka",
        from_email="newsletter@biblioteka.example.org",
    )
    for number in range(readers):
        subscribers.record(
            email=f"czytelnik{number}@example.org",
            name=f"Czytelnik {number}",
            newsletter=made,
            source="test",
            wording="zgoda",
            now=timezone.now(),
        )
    return made


def page(world: World) -> Destination:
    """A Facebook page in the rehearsal world."""
    seed = world.seed()
    return destinations.create(
        channel="facebook_page",
        name="Strona biblioteki",
        config={"page_id": seed["page_id"], "app_id": seed["app_id"]},
        secrets={"page_token": seed["page_token"], "app_secret": seed["app_secret"]},
    )


def crowd(
    other: Item,
    destination: Destination,
    *,
    count: int,
    every: timedelta,
    since: datetime | None = None,
    **fields: Any,
) -> None:
    """Planned publications of one item from `since` (now) on; `fields` are the same for all."""
    first = since or timezone.now()
    Publication.objects.bulk_create(
        Publication(
            item=other,
            destination=destination,
            slot=f"crowd-{number}",
            variant="news",
            planned_at=first + every * number,
            due_at=first + every * number,
            **fields,
        )
        for number in range(count)
    )


def due_publication(destination: Destination, **values: Any) -> Publication:
    """A composed publication of its own item, due now."""
    from promo.services import composing  # noqa: PLC0415  (needs Django's apps)

    subject = item(**values)
    Item.objects.filter(pk=subject.pk).update(live=True)
    subject.refresh_from_db()
    now = timezone.now()
    row = Publication(
        item=subject,
        destination=destination,
        slot="test",
        variant="announce",
        planned_at=now,
        due_at=now,
    )
    composing.recompose(row)
    row.save()
    return row
