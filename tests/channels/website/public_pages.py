"""Every public page, rendered with sample values: for validators and for looking at."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup

from promo.channels.website.filters import Chosen
from promo.channels.website.pages import agenda_context, item_context
from promo.channels.website.site import Link, Site
from promo.values import ItemFacts
from tests.channels.website import programme

BASE = programme.INSTITUTION.base_url
NOW = datetime(2026, 10, 12, 7, 0, tzinfo=UTC)
SITE = Site(
    home_url="/",
    agenda_url="/",
    stylesheet_url="/static/public/public.css",
    sign_up_url="/newsletter/",
    feeds=(
        Link("Aktualności (RSS)", "/feeds/all.rss", type="application/rss+xml"),
        Link("Kalendarz (iCalendar)", "/feeds/all.ics", type="text/calendar"),
    ),
    links=(Link("Deklaracja dostępności", "/dostepnosc/"), Link("Prywatność", "/prywatnosc/")),
    languages=(Link("English", "/?language=en", language="en"),),
)
CHILDREN = dataclasses.replace(
    programme.SERIES,
    audiences=("dzieci (4–6 lat)", "rodziny"),
    audience_keys=("children_4_6", "families"),
    place=dataclasses.replace(
        programme.SERIES.place, name="", branch="Filia nr 2", branch_slug="filia-2"
    ),
)
FULL = dataclasses.replace(programme.FULL, language="pl")
ITEMS = (*programme.ITEMS[:3], CHILDREN, *programme.ITEMS[4:7], FULL, programme.NEWS)


def render(template: str, context: Mapping[str, Any], *, language: str = "pl") -> str:
    frame = {
        "language": language,
        "institution": programme.INSTITUTION,
        "site": SITE,
        "meta": (),
    }
    return programme.render_in(language)(f"public/{template}.html.j2", {**frame, **context})


def agenda_page(
    *, chosen: Chosen | None = None, language: str = "pl", items: Sequence[ItemFacts] = ITEMS
) -> str:
    context = agenda_context(
        items,
        programme.INSTITUTION,
        date(2026, 10, 12),
        path=f"{BASE}/",
        chosen=chosen,
        language=language,
    )
    return render("agenda", context, language=language)


def item_page(item: ItemFacts) -> str:
    context = item_context(
        item, programme.INSTITUTION, NOW, calendar_url=f"{item.link}calendar.ics"
    )
    return render("item", context, language=item.language)


def text_field(name: str, label: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": "text",
        "value": "",
        "help": "",
        "errors": [],
        "autocomplete": "",
        "required": False,
        **changes,
    }


def group(name: str, legend: str, *labels: str, kind: str = "checkbox", **changes: Any) -> Any:
    options = [
        {"value": label.lower(), "label": label, "help": "", "checked": nth == 0}
        for nth, label in enumerate(labels)
    ]
    return {
        "name": name,
        "legend": legend,
        "kind": kind,
        "options": options,
        "help": "",
        "errors": [],
        **changes,
    }


CSRF = Markup('<input type="hidden" name="csrfmiddlewaretoken" value="abc">')
EMAIL = text_field("email", "Adres e-mail", type="email", autocomplete="email", required=True)
CONSENT = text_field(
    "consent",
    "Chcę dostawać newsletter Biblioteki Miejskiej w Kluczborku na podany adres.",
    required=True,
    value=False,
    help="Zgodę możesz wycofać w każdej chwili jednym kliknięciem.",
)
TOPICS = group("topics", "Tematy", "Literatura", "Dla dzieci", "Warsztaty")


def signup_page(**changes: Any) -> str:
    context = {
        "page_title": "Newsletter biblioteki",
        "current": "newsletter",
        "action": "/newsletter/",
        "csrf_input": CSRF,
        "fields": [EMAIL, text_field("name", "Imię", autocomplete="given-name")],
        "newsletters": group("newsletters", "Newslettery", "Co w bibliotece", "Dla nauczycieli"),
        "groups": [TOPICS],
        "consent": CONSENT,
        "trap": "website",
    }
    return render("newsletter_signup", {**context, **changes})


def preferences_page() -> str:
    frequency = group("frequency", "Jak często", "Co tydzień", "Co miesiąc", kind="radio")
    context = {
        "page_title": "Ustawienia newslettera",
        "current": "newsletter",
        "indexed": False,
        "action": "",
        "csrf_input": CSRF,
        "address": "a…a@example.org",
        "fields": [text_field("name", "Imię", autocomplete="given-name")],
        "groups": [TOPICS, frequency],
        "saved": True,
        "unsubscribe_url": "/newsletter/u/abc/",
    }
    return render("newsletter_preferences", {**context, "action": "/newsletter/p/abc/"})


def unsubscribe_page() -> str:
    context = {
        "page_title": "Rezygnacja z newslettera",
        "indexed": False,
        "action": "/newsletter/u/abc/",
        "csrf_input": CSRF,
        "address": "a…a@example.org",
        "newsletter": "Co w bibliotece",
        "preferences_url": "/newsletter/p/abc/",
    }
    return render("newsletter_unsubscribe", context)


def message_page(tone: str = "success") -> str:
    context = {
        "page_title": "Dziękujemy",
        "heading": "Dziękujemy, zapis potwierdzony",
        "text": "Najbliższy newsletter przyślemy w piątek.",
        "tone": tone,
        "link": Link("Co się dzieje", "/"),
    }
    return render("message", context)


def wrong_signup_page() -> str:
    return signup_page(
        fields=[{**EMAIL, "value": "ala@", "errors": ["Podaj pełny adres, na przykład a@b.pl."]}],
        consent={**CONSENT, "errors": ["Bez tej zgody nie możemy wysyłać newslettera."]},
    )


def all_pages() -> dict[str, str]:
    """Every page by its name."""
    items = {f"item-{nth}": item_page(item) for nth, item in enumerate(ITEMS)}
    return {
        "agenda": agenda_page(),
        "agenda-filtered": agenda_page(chosen=Chosen(branch="filia-2")),
        "agenda-empty": agenda_page(chosen=Chosen(kind="concert")),
        "agenda-english": agenda_page(language="en"),
        **items,
        "signup": signup_page(),
        "signup-wrong": wrong_signup_page(),
        "preferences": preferences_page(),
        "unsubscribe": unsubscribe_page(),
        "message": message_page(),
        "not-found": render("not_found", {"page_title": "Nie ma takiej strony"}),
    }
