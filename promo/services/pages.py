"""The public pages and feeds: what is out on the website, rendered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import ModuleType
from urllib.parse import urlsplit

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from wagtail.images import get_image_model

from promo.channels.website.feeds import (
    Entry,
    FeedInfo,
    atom,
    ical,
    json_feed,
    newest,
    rss,
    upcoming,
)
from promo.channels.website.filters import Chosen, address
from promo.channels.website.pages import agenda_context, item_context
from promo.channels.website.site import Link, Site
from promo.models import Branch, Institution, Item, ItemPhoto, Newsletter, Publication
from promo.planning.kinds import AUDIENCES, KINDS
from promo.protocol import AHEAD, State
from promo.services import channels, composing, halts, standstill
from promo.services.facts import absolute, institution_facts, item_facts
from promo.values import ItemFacts

WEBSITE = "website"
KNOWN_TO_NETWORK = AHEAD | {State.SENDING, State.UNKNOWN, State.PUBLISHED}
TOLD = (State.PUBLISHED, State.WITHDRAWN)
"""How the website's publication stands once it was out: what was taken down is shown no more."""
NEWS_SHOWN = 20
EVENTS_SHOWN = 150
CALENDAR_BACK = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Format:
    """How a feed is written: its file name, media type and writer.

    A browser is given `browser_type`, where there is one.
    """

    file: str
    media_type: str
    writer: ModuleType
    title: str
    browser_type: str = ""


FORMATS = {
    format_.file: format_
    for format_ in (
        Format("rss.xml", "application/rss+xml", rss, "RSS", browser_type="application/xml"),
        Format("atom.xml", "application/atom+xml", atom, "Atom", browser_type="application/xml"),
        Format("feed.json", "application/feed+json", json_feed, "JSON Feed"),
        Format("calendar.ics", "text/calendar", ical, "iCalendar"),
    )
}


def out(chosen: Chosen = Chosen()) -> QuerySet[Item]:  # noqa: B008  (frozen)
    """Approved items whose publication on the website is out: since when, and the entry's HTML."""
    entries = Publication.objects.filter(
        item=OuterRef("pk"), destination__channel=WEBSITE, state=State.PUBLISHED
    ).order_by("published_at")
    rows = Item.objects.filter(live=True, pk__in=_out_ids()).annotate(
        out_at=Subquery(entries.values("published_at")[:1]),
        entry_html=Subquery(entries.values("message_json__html")[:1]),
    )
    if chosen.kind:
        rows = rows.filter(kind=chosen.kind)
    if chosen.branch:
        rows = rows.filter(branch__slug=chosen.branch)
    if chosen.audience:
        rows = rows.filter(audiences__contains=[chosen.audience])
    photos = get_image_model().objects.prefetch_renditions(
        "max-1600x1600|format-jpeg|jpegquality-82"
    )
    return rows.select_related("branch").prefetch_related(
        "partners",
        "approvals",
        Prefetch("photos", ItemPhoto.objects.prefetch_related(Prefetch("photo", photos))),
    )


def _out_ids() -> QuerySet[Publication, int | None]:
    out_there = Publication.objects.filter(destination__channel=WEBSITE, state=State.PUBLISHED)
    return out_there.values_list("item_id", flat=True)


def _current(rows: QuerySet[Item], now: datetime) -> QuerySet[Item]:
    """Events that are not over."""
    return rows.filter(
        Q(starts_at__gte=now - timedelta(days=1))
        | Q(ends_at__gte=now)
        | Q(deadline_at__gte=now)
        | ~Q(recurrence="")
    )


def agenda(*, chosen: Chosen, path: str, language: str, now: datetime) -> str:
    """The page of what is on."""
    events = _current(out(), now).order_by("starts_at")[:EVENTS_SHOWN]
    news = out().filter(starts_at=None, deadline_at=None).order_by("-out_at")[:NEWS_SHOWN]
    facts = [item_facts(item) for item in standstill.as_shown((*events, *news))]
    institution = institution_facts()
    today = timezone.localdate(now, institution.tz)
    context = agenda_context(
        facts, institution, today, path=absolute(path), chosen=chosen, language=language
    )
    return page("agenda", **context, site=site(language, path, chosen=chosen))


def item_page(facts: ItemFacts, *, out_at: datetime | None = None) -> str:
    """The page of one item: what a visitor reads, and the website's preview at the desk."""
    now = timezone.now()
    calendar = absolute(f"/items/{facts.uuid}/calendar.ics") if out_at else ""
    context = item_context(facts, institution_facts(), now, calendar_url=calendar)
    # An item is written in one language: the other one's link leads to what is on, not to it.
    return page("item", **context, site=site(facts.language, "/"))


def item_page_ahead(row: Publication) -> str:
    """The page behind a post's own link while the website does not tell of the item; else empty.

    A network fetches the link when it is given the post, though it may hold it for weeks, and the
    website may be late. Until the post is out only the network knows that address.
    """
    item = row.item
    if item is None or not item.live or row.state not in KNOWN_TO_NETWORK:
        return ""
    told = item.publications.filter(destination__channel=WEBSITE, state__in=TOLD)
    if told.exists() or halts.standing() is not None:
        return ""
    return item_page(replace(item_facts(item), link=composing.marker_link(row.marker)))


def page(name: str, *, language: str, **context: object) -> str:
    """A public page in this language, whose frame is filled in."""
    full = {
        "institution": institution_facts(),
        "language": language,
        "site": site(language, "/"),
        "meta": (),
        **context,
    }
    return channels.render(language)(f"public/{name}.html.j2", full)


def site(language: str, path: str, *, chosen: Chosen = Chosen()) -> Site:  # noqa: B008  (frozen)
    """The frame's addresses. `path` is where the page stands, for its other languages.

    Where a visitor has `chosen` one thing, the feeds are of that alone.
    """
    other = "en" if language == "pl" else "pl"
    label = {"en": "English", "pl": "Polski"}[other]
    row = Institution.load()
    with override(language):
        links = (
            Link(_("Accessibility declaration"), row.accessibility_url),
            Link(_("Privacy notice"), row.privacy_url),
        )
        sign_up = Newsletter.objects.filter(open_to_sign_up=True).exists()
        return Site(
            home_url=absolute("/"),
            agenda_url=absolute("/"),
            stylesheet_url=static("public/public.css"),
            sign_up_url=absolute(reverse("sign_up")) if sign_up else "",
            logo_url=static("promo/logo.svg"),
            icon_url=static("promo/logo.svg"),
            feeds=tuple(_feeds(chosen)),
            links=tuple(link for link in links if link.url),
            languages=(
                Link(
                    label,
                    address(urlsplit(path).path, {**chosen.as_dict(), "lang": other}),
                    language=other,
                ),
            ),
        )


def _feeds(chosen: Chosen) -> Iterator[Link]:
    """The feeds of what was chosen, where they exist: by kind, by branch, by audience."""
    by = [f"{name}/{value}/" for name, value in chosen.as_dict().items() if value]
    part = by[0] if len(by) == 1 else ""
    words = _words(chosen) if part else []
    for format_ in FORMATS.values():
        in_calendar = format_.writer is ical
        path = "/calendar.ics" if in_calendar and not part else f"/feeds/{part}{format_.file}"
        label = " – ".join([_("Calendar") if in_calendar else _("What’s on"), *words])
        yield Link(f"{label} ({format_.title})", absolute(path), format_.media_type)


def _words(chosen: Chosen) -> list[str]:
    """What was chosen, as people call it."""
    kinds = {key: str(kind.label) for key, kind in KINDS.items()}
    audiences = {audience.key: str(audience.label) for audience in AUDIENCES}
    found = Branch.objects.filter(slug=chosen.branch) if chosen.branch else Branch.objects.none()
    branches = found.values_list("name", flat=True)  # without a branch: no query
    named = (kinds.get(chosen.kind, ""), *branches, audiences.get(chosen.audience, ""))
    return [name for name in named if name]


def feed(*, format_: Format, chosen: Chosen, path: str, now: datetime) -> bytes:
    """A feed of what is out, newest first; the calendar holds what is not over."""
    info = feed_info(chosen=chosen, path=path)
    rows = out(chosen)
    if format_.writer is ical:
        since = now - CALENDAR_BACK
        postponed = rows.filter(starts_at=None, previous_starts_at__gte=since)
        recent = (_current(rows, since) | postponed).order_by("starts_at")[:EVENTS_SHOWN]
        return ical.write(upcoming(_entries(recent), now=now, info=info), info)
    entries = newest(_entries(rows.order_by("-out_at")[:50]), now=now)
    made: bytes = format_.writer.write(entries, info)
    return made


def one_in_calendar(item: Item, *, path: str) -> bytes:
    """The file behind "add to calendar"."""
    return ical.write_one(next(_entries([item])), feed_info(chosen=Chosen(), path=path))


def _entries(items: Iterable[Item]) -> Iterator[Entry]:
    for item in standstill.as_shown(items):
        facts = item_facts(item)
        published_at = item.out_at
        changed_at = item.last_published_at or published_at
        yield Entry(facts, item.entry_html, published_at=published_at, changed_at=changed_at)


def feed_info(*, chosen: Chosen, path: str) -> FeedInfo:
    """What the feed says about itself; its identifiers hang on the tag authority alone."""
    institution = institution_facts()
    row = Institution.load()
    domain = row.tag_domain or urlsplit(institution.base_url).hostname or "localhost"
    with override(institution.language):
        title = " – ".join([institution.name, _("What’s on"), *_words(chosen)])
        return FeedInfo(
            title=title,
            description=_("Events and news: {name}").format(name=institution.name),
            home_url=absolute("/"),
            self_url=absolute(path),
            institution=institution,
            tag_authority=f"{domain},{row.tag_year}",
            language=institution.language,
            stylesheet_url=static("public/feed.css"),
        )
