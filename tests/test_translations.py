"""Every text has its Polish, the Polish is well set, and the desk speaks one language at a time."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import django
import pytest
import taggit
import wagtail
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.contrib.auth import get_user_model
from django.template import engines
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext
from wagtail.snippets.widgets import AdminSnippetChooser
from wagtail.users.models import UserProfile

from promo import catalogs
from promo.desk import wording
from promo.models import Entry, Issue, Item, Source, Timetable
from promo.rendering import make_environment
from tests import making

OURS = catalogs.LOCALES / "pl" / "LC_MESSAGES" / "django.po"
WORDING = catalogs.ROOT / "promo" / "desk" / "locale"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
LONG = 8  # shorter words may stand in a name or in another language's sentence


@cache
def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def messages(path: Path) -> list[Message]:
    return [message for message in catalogue(path) if message.id]


def sources(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def key(message: Message) -> tuple[str | None, tuple[str, ...]]:
    return message.context, sources(message)


def placeholders(text: str) -> set[str]:
    return {found[1] or found[2] for found in PLACEHOLDER.finditer(text)}


def of_wagtail() -> Iterator[Message]:
    """The texts of Wagtail and what it stands on, from their own English catalogues."""
    roots = [Path(module.__file__ or "").parent for module in (wagtail, django, taggit)]
    for root in roots:
        for path in sorted(root.rglob("locale/en/LC_MESSAGES/*.po")):
            yield from messages(path)


def test_the_catalogue_holds_the_texts_of_the_sources_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(catalogs.LOCALES, tmp_path / "locale")
    monkeypatch.setattr(catalogs, "LOCALES", tmp_path / "locale")
    [collected] = catalogs.collect_all()
    assert {key(message) for message in messages(collected)} == {
        key(message) for message in messages(OURS)
    }, "Run `promo messages` and translate what is new."


def test_every_text_has_its_polish_in_every_form() -> None:
    lacking = [
        message.id
        for message in messages(OURS)
        if message.fuzzy
        or not all(forms(message))
        or (message.pluralizable and len(forms(message)) != catalogue(OURS).num_plurals)
    ]
    assert lacking == []


def test_no_value_is_lost_or_invented_in_polish() -> None:
    for message in messages(OURS):
        expected = placeholders(sources(message)[-1])
        for form in forms(message):
            assert placeholders(form) == expected, message.id


def catalogues() -> list[Path]:
    return [OURS, *sorted(WORDING.rglob("*.po"))]


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: "/".join(path.parts[-5:]))
def test_translations_are_well_set(path: Path) -> None:
    faults = [
        form
        for message in messages(path)
        for form in forms(message)
        if re.search(r"""["']|\.\.\.| - |  |^ """, re.sub(r"<[^>]*>", "", form))
    ]
    assert faults == []


@pytest.mark.parametrize("path", catalogues()[1:], ids=lambda path: "/".join(path.parts[-3:]))
def test_what_the_desk_words_anew_is_still_said_by_wagtail(path: Path) -> None:
    known = {key(message) for message in of_wagtail()}
    for message in messages(path):
        assert key(message) in known
        for form in forms(message):
            assert form
            assert placeholders(form) <= placeholders(" ".join(sources(message))), message.id


def test_both_catalogues_say_the_same() -> None:
    ours = {key(message): message.string for message in messages(OURS)}
    for message in messages(WORDING / "pl" / "LC_MESSAGES" / "django.po"):
        assert ours.get(key(message), message.string) == message.string


@pytest.mark.parametrize(
    ("name", "theirs", "instead"),
    [
        (
            "skeleton.html",
            " - {% block branding_title %}Wagtail{% endblock %}",
            " – {% block branding_title %}Promo{% endblock %}",
        ),
        (
            "shared/pagination_nav.html",
            "{{ items.paginator.items_count_label|capfirst }}",
            '{% include "promo/desk/list_total.html" %}',
        ),
        (
            "shared/headers/_actions.html",
            '<nav aria-label="Actions"',
            "{% load i18n %}<nav aria-label=\"{% trans 'Actions' %}\"",
        ),
    ],
)
def test_a_copied_template_of_wagtail_differs_in_one_place(
    name: str, theirs: str, instead: str
) -> None:
    original = Path(wagtail.__file__).parent / "admin" / "templates" / "wagtailadmin" / name
    copy = catalogs.ROOT / "promo" / "desk" / "templates" / "wagtailadmin" / name
    assert copy.read_text() == original.read_text().replace(theirs, instead)


COUNTED = [
    (0, "0 nowych wpisów czeka w skrzynce"),
    (1, "1 nowy wpis czeka w skrzynce"),
    (2, "2 nowe wpisy czekają w skrzynce"),
    (5, "5 nowych wpisów czeka w skrzynce"),
    (12, "12 nowych wpisów czeka w skrzynce"),
    (22, "22 nowe wpisy czekają w skrzynce"),
    (101, "101 nowych wpisów czeka w skrzynce"),
]
ONE, MANY = "%(count)s new entry waits in the inbox", "%(count)s new entries wait in the inbox"


@pytest.mark.parametrize(("count", "expected"), COUNTED)
def test_polish_counts_alike_in_python_and_in_both_kinds_of_template(
    count: int, expected: str
) -> None:
    block = (
        "{% load i18n %}{% blocktranslate count count=count %}{{ count }} new entry waits in the "
        "inbox{% plural %}{{ count }} new entries wait in the inbox{% endblocktranslate %}"
    )
    with translation.override("pl"):
        assert ngettext(ONE, MANY, count) % {"count": count} == expected
        assert engines["django"].from_string(block).render({"count": count}) == expected
        sentence = f"{{{{ ngettext('{ONE}', '{MANY}', count, count=count) }}}}"
        assert make_environment().from_string(sentence).render(count=count) == expected


def test_a_chooser_speaks_the_language_of_whoever_looks_at_it() -> None:
    wording.install()
    with translation.override("en"):
        chooser = AdminSnippetChooser(Item)
        assert chooser.choose_one_text == "Choose event or news item"
    with translation.override("pl"):
        assert chooser.choose_one_text == "Wybierz: wydarzenie lub aktualność"


@pytest.mark.django_db
def test_what_the_browser_says_by_itself_is_polish_too() -> None:
    user = get_user_model().objects.create_superuser("anna", "anna@example.org", "haslo-do-proby")
    client = Client(headers={"accept-language": "pl"})
    client.force_login(user)
    catalog = client.get(reverse("wagtailadmin_javascript_catalog")).content.decode()
    assert "Trwa autozapis" in catalog


class Page(HTMLParser):
    """What a person sees or hears of a page, text by text."""

    SPOKEN = ("title", "alt", "placeholder", "aria-label", "data-confirm")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in {"script", "style"}
        self.texts += [value for name, value in attrs if value and name in self.SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.texts.append(" ".join(data.split()))


def screens() -> list[str]:
    """The addresses of the desk's screens, each with something on it."""
    making.installation()
    newsletter = making.newsletter(readers=2)
    item = making.approved()
    draft = making.item(title="Wieczór z poezją")
    issue = Issue.objects.create(
        newsletter=newsletter, subject="Grudzień", send_at=timezone.now(), live=False
    )
    source = Source.objects.create(name="Gmina", url="https://gmina.example.org/rss")
    Entry.objects.create(source=source, guid="1", title="Jarmark", found_at=timezone.now())
    own = ["wagtailadmin_home", "calendar:index", "publications:index", "inbox:index"]
    found = [reverse(name) for name in [*own, "destinations:index"]]
    found.append(reverse("destinations:new", args=["facebook_page"]))
    found.append(reverse("wagtailsettings:edit", args=["promo", "institution"]))
    found += [reverse("publications:show", args=[row.pk]) for row in item.publications.all()[:2]]
    for model in ("item", "issue", "campaign", "newsletter", "branch", "partner", "source"):
        found += [reverse(f"wagtailsnippets_promo_{model}:{view}") for view in ("list", "add")]
    found.append(reverse("wagtailsnippets_promo_subscriber:list"))
    found += [reverse(f"wagtailsnippets_promo_timetable:{view}") for view in ("list", "add")]
    for content, view in ((item, "edit"), (draft, "edit"), (item, "history"), (issue, "edit")):
        name = type(content).__name__.lower()
        found.append(reverse(f"wagtailsnippets_promo_{name}:{view}", args=[content.pk]))
    found += [reverse("wagtailimages:index"), reverse("wagtailadmin_account")]
    return found


def seen_by_staff(language: str) -> dict[str, set[str]]:
    """Each screen's texts, for an administrator who has chosen this language."""
    user = get_user_model().objects.create_superuser("anna", "anna@example.org", "haslo-do-proby")
    UserProfile.objects.create(user=user, preferred_language=language)
    addresses = screens()
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    seen = {}
    for address in addresses:
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
        seen[address] = set(Page(answer.content.decode()).texts)
    return seen


def foreign(seen: dict[str, set[str]], words: set[str]) -> set[tuple[str, str]]:
    """The texts that contain one of these words, as whole words, with one screen of each."""
    pattern = re.compile(
        r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + r")(?!\w)"
    )
    where = {text: address for address, texts in seen.items() for text in texts}
    return {(text, where[text]) for text in where if pattern.search(text)}


def worded() -> Iterator[tuple[str, str]]:
    """Each plain text of ours and of Wagtail with what the desk says in Polish."""
    with translation.override("pl"):
        for message in [*messages(OURS), *of_wagtail()]:
            for source in sources(message):
                if message.context is None and not PLACEHOLDER.search(source):
                    yield source, gettext(source)


# Wagtail's models that the desk does not show, and names that are the same in every language.
STORED = {
    "Strona biblioteki",
    "Facebook (próba)",
    "Co słychać w bibliotece",
    "Spotkanie autorskie z",
}
KEPT = {"Wagtail", "Newsletter", "newsletter", "Facebook"}


@pytest.mark.django_db
def test_a_polish_desk_has_no_english_on_it() -> None:
    both = list(worded())
    polish = {text for _, text in both}
    english = {
        word
        for source, text in both
        for word in (source, source[:1].upper() + source[1:])
        if len(source) > LONG and source != text and word not in polish | KEPT
    }
    assert foreign(seen_by_staff("pl"), english) == set()


@pytest.mark.django_db
def test_an_english_desk_has_no_polish_on_it() -> None:
    both = list(worded())
    english = {text for text, _ in both}
    polish = {
        word
        for source, text in both
        for word in (text, text[:1].upper() + text[1:])
        if len(text) > LONG and source != text and word not in english
    }
    with translation.override("pl"):
        making.installation()
    # What is stored is data: its language is the library's, whoever looks at it.
    stored = {*Timetable.objects.values_list("name", flat=True), *STORED}
    seen = {
        address: {text for text in texts if not any(name in text for name in stored)}
        for address, texts in seen_by_staff("en").items()
    }
    assert foreign(seen, polish) == set()
