"""The desk of a small town library in the middle of its work: something on every screen."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.images import ImageFile
from django.utils import timezone
from PIL import Image
from wagtail.models import Workflow

from promo.models import (
    Anniversary,
    Attempt,
    Campaign,
    CampaignItem,
    Delivery,
    DeliveryEvent,
    Destination,
    Entry,
    FairShare,
    Filling,
    Institution,
    Issue,
    Item,
    LinkVisit,
    Mailing,
    Newsletter,
    Partner,
    Photo,
    Publication,
    ReturnedMail,
    Segment,
    Source,
    Timetable,
    TrackedLink,
    Tracking,
)
from promo.protocol import State
from promo.services import (
    approvals,
    campaigns,
    composing,
    deliveries,
    destinations,
    first_run,
    ledger,
    mailings,
    segments,
    subscribers,
)
from promo.services.criteria import Row
from tests import making

PASSWORD = "haslo-do-proby-1"
TITLES = (
    "Noc bajek: Muminki wracają do biblioteki",
    "Klub seniora: jak rozpoznać oszustwo w sieci",
    "Warsztaty komiksowe dla młodzieży",
    "Głośne czytanie maluchom",
    "Turniej gier planszowych",
    "Dyskusyjny Klub Książki: „Empuzjon”",
    "Spacer śladami kluczborskich pisarzy",
    "Kiermasz książki przeczytanej",
    "Robótki przy herbacie",
    "Kurs obsługi czytnika e-booków",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """The rows that tests name."""

    item: Item
    in_review: Item
    issue: Issue
    campaign: Campaign
    published: Publication
    failed: Publication
    unknown: Publication
    missed: Publication
    planned: Publication
    newsletter: Newsletter
    segment: Segment
    destination: Destination
    photo: Photo
    mailing: Publication
    returned: ReturnedMail
    filling: Filling


def people() -> None:
    """An administrator (anna), an approver (ewa) and a writer (jan)."""
    users = get_user_model().objects
    users.create_superuser("anna", "anna@biblioteka.example.org", PASSWORD, first_name="Anna")
    for name, group in (("ewa", first_run.APPROVERS), ("jan", first_run.WRITERS)):
        user = users.create_user(
            name, f"{name}@biblioteka.example.org", PASSWORD, first_name=name.capitalize()
        )
        user.groups.add(Group.objects.get(name=group))


def photo(title: str = "Czytelnia", *, description: str = "Dzieci słuchają bajki") -> Photo:
    """A picture of 1200 by 800 pixels in the library."""
    return Photo.objects.create(
        title=title, file=ImageFile(picture(), name="czytelnia.jpg"), description=description
    )


def picture(size: tuple[int, int] = (1200, 800), kind: str = "JPEG") -> io.BytesIO:
    """A small landscape: sky and shelf."""
    image = Image.new("RGB", size, "#d8c7a0")
    for place, colour in enumerate(("#0d5c4d", "#b3530b", "#1d4ed8", "#7c2d12")):
        image.paste(colour, (100 * place, size[1] // 3, 100 * place + 80, size[1]))
    file = io.BytesIO()
    image.save(file, kind)
    file.seek(0)
    return file


def library() -> Newsletter:
    """The house: its name, branches, a partner, readers, sources."""
    first_run.prepare()
    institution = Institution.load()
    institution.name, institution.street = "Miejska Biblioteka Publiczna", "ul. Rynek 1"
    institution.postal_code, institution.locality = "46-200", "Kluczbork"
    institution.save()
    making.branch()
    making.branch(name="Filia nr 2", slug="filia-2", locality="Kluczbork")
    FairShare.objects.create(whose="partners", most_a_week=2, gap_hours=48)
    Partner.objects.create(name="Dom Kultury „Bajka”", url="https://dk.example.org/")
    _inbox()
    _on_this_day()
    return making.newsletter(readers=12)


def _on_this_day() -> None:
    """Two of them, one without its year."""
    source = "Gazeta Kluczborska"
    opened = "Otwarto pierwszą czytelnię w Kluczborku"
    Anniversary.objects.create(on="12-24", year=1926, title=opened, source=source)
    Anniversary.objects.create(on="05-03", title="Odsłonięto pomnik na Rynku", source=source)


def _inbox() -> None:
    good = Source.objects.create(name="Gmina Kluczbork", url="https://gmina.example.org/rss")
    Source.objects.create(
        name="Muzeum",
        url="https://muzeum.example.org/rss",
        problem="Serwer nie odpowiada.",
    )
    for number in range(3):
        Entry.objects.create(
            source=good,
            guid=f"{number:064}",
            url=f"https://gmina.example.org/{number}",
            title=f"Miasto zaprasza na jarmark, odsłona {number + 1}",
            summary="Rzemieślnicy, kramy i muzyka na Rynku. " * 6,
            digest=f"{number:064}",
            found_at=timezone.now() - timedelta(hours=number),
        )


def desk() -> Scene:
    """Everything: a busy month, things that need a hand, drafts, an issue with every block."""
    newsletter = library()
    people()
    shown = photo()
    photo("Bez opisu", description="")
    items = [_approved(title, days) for title, days in zip(TITLES, count(6, 2), strict=False)]
    _paused_page()
    troubles = _troubles(items)
    draft = making.item(title="Wieczór z poezją Szymborskiej")
    _waiting_reader(newsletter)
    return Scene(
        item=items[0],
        in_review=_in_review(),
        issue=_issue(newsletter, shown, items[0]),
        campaign=_campaigns(draft),
        planned=_planned(items[-1]),
        newsletter=newsletter,
        segment=_segment(newsletter),
        destination=Destination.objects.get(channel="facebook_page", paused_at=None),
        photo=shown,
        mailing=mailing(newsletter, items[1]),
        returned=returned_mail(),
        filling=_missed_issue(newsletter, items[1]),
        **troubles,
    )


def mailing(newsletter: Newsletter, item: Item) -> Publication:
    """An issue that has gone out, with clicks, and with mails that did not arrive."""
    at = timezone.now() - timedelta(hours=3)
    row = Publication(
        item=item,
        destination=newsletter.destination,
        slot="scene-mailing",
        variant="announce",
        state=State.PUBLISHED.value,
        planned_at=at,
        due_at=at,
        published_at=at,
    )
    composing.recompose(row)
    row.save()
    Newsletter.objects.filter(pk=newsletter.pk).update(tracking=Tracking.READERS)
    mailings.start(destination=newsletter.destination, key=row.marker, now=at)
    Newsletter.objects.filter(pk=newsletter.pk).update(tracking=Tracking.OFF)
    _answers(row.mailing, at=at)
    return row


def _answers(sent: Mailing, *, at: datetime) -> None:
    ids = list(Delivery.objects.filter(mailing=sent).order_by("id").values_list("id", flat=True))
    refusals = (
        ("policy", "550 5.7.26 This mail is unauthenticated: SPF and DKIM did not pass."),
        ("policy", "550 5.7.26 This mail is unauthenticated: SPF and DKIM did not pass."),
        ("address", "550 5.1.1 User unknown"),
    )
    events = [
        deliveries.Event(one, DeliveryEvent.Kind.REFUSED, category, 550, text[4:10], text)
        for one, (category, text) in zip(ids, refusals, strict=False)
    ]
    deliveries.refuse(events, state=Delivery.State.REFUSED, now=at)
    deliveries.accept(ids[len(refusals) :], now=at)
    for batch in sent.batches.all():
        batch.state = batch.State.DONE
        batch.save()
    mailings.finish_if_done(sent.pk, now=at)
    Mailing.objects.filter(pk=sent.pk).update(look_problem=Mailing.LookProblem.GAPS)
    for number, link in enumerate(TrackedLink.objects.filter(mailing=sent)):
        for one in ids[len(refusals) + 2 * number :]:
            LinkVisit.objects.create(
                delivery_id=one, link=link, times=1 + one % 3, first_at=at, last_at=at
            )


def returned_mail() -> ReturnedMail:
    """One that only a person can read, about a reader of the mailing."""
    return ReturnedMail.objects.create(
        digest="0" * 64,
        source=ReturnedMail.Source.MAILBOX,
        raw=(
            "From: Sekretariat <biuro@firma.example.org>\nSubject: Zmiana adresu\n"
            "Content-Type: text/plain; charset=utf-8\n\nDzień dobry,\n\n"
            "pani Anna już u nas nie pracuje. Proszę o usunięcie jej adresu z listy.\n"
        ).encode(),
        received_at=timezone.now(),
        processed_at=timezone.now(),
        verdict=ReturnedMail.Verdict.UNINTELLIGIBLE,
        delivery=Delivery.objects.order_by("id")[4],
    )


def _segment(newsletter: Newsletter) -> Segment:
    """One with a condition of each kind."""
    rows = (
        Row("reads", values=(str(newsletter.pk),)),
        Row("topics", values=("children", "books")),
        Row("joined_within", count=365),
        Row("joined_from", day=date(2024, 1, 1)),
        Row("text", text="example.org"),
    )
    segment = Segment(name="Rodzice małych dzieci", rules=segments.rules_of(rows))
    segments.save(segment=segment, now=timezone.now())
    return segment


def _waiting_reader(newsletter: Newsletter) -> None:
    subscribers.sign_up(
        email="nowa@example.org",
        name="Nowa",
        newsletter=newsletter,
        language="pl",
        wording="zgoda",
        source="test",
        ip=None,
        now=timezone.now(),
    )


def _approved(title: str, days: int) -> Item:
    start = _at(days, 17)
    kind = "workshop" if title.startswith("Warsztaty") else "author_meeting"
    return making.approved(
        title=title, kind=kind, starts_at=start, ends_at=start + timedelta(hours=2)
    )


def _at(days: int, hour: int) -> datetime:
    zone = Institution.load().tz
    day = timezone.localdate(timezone=zone) + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone)


def _paused_page() -> None:
    page = destinations.create(channel="facebook_page", name="Facebook filii")
    because = "Facebook nas wylogował: zaloguj się ponownie."
    destinations.pause(destination=page, because=because, now=timezone.now())


def _troubles(items: list[Item]) -> dict[str, Publication]:
    """One row in each state that a person meets, and some that went out this month."""
    states = ("published", "failed", "unknown", "missed")
    named = dict(zip(states, map(_own_publication, states, items[:4]), strict=True))
    for item in items[:8]:
        _own_publication("published", item, slot="earlier")
    for item in items[:6]:
        _out_on_the_website(item)
    return named


def _out_on_the_website(item: Item) -> None:
    row = item.publications.get(destination__channel="website", variant="announce")
    row.state, row.published_at = State.PUBLISHED.value, timezone.now()
    row.remote_url = f"{settings.PROMO_BASE_URL}{item.path}"
    row.save()


_PROBLEMS = {
    "failed": "Facebook odrzucił wpis: zdjęcie jest za duże.",
    "unknown": "Facebook nie odpowiedział w porę. Nie wiemy, czy wpis się ukazał.",
    "missed": "It was too late to publish it.",
}


def _own_publication(state: str, item: Item, *, slot: str = "") -> Publication:
    days = -2 - item.pk % 9
    at = _at(days, 9)
    row = Publication(
        item=item,
        destination=Destination.objects.filter(channel="facebook_page").order_by("id")[0],
        slot=slot or f"scene-{state}",
        variant="announce",
        state=State(state).value,
        planned_at=at,
        due_at=at,
        marked_at=at,
        attempts=1,
        problem=_PROBLEMS.get(state, ""),
        published_at=at if state == "published" else None,
        remote_url="http://127.0.0.1:8001/page/1/posts/1/" if state == "published" else "",
        campaign=item.campaign_entry.campaign,
    )
    composing.recompose(row)
    row.save()
    events = {"failed": "refused", "unknown": "lost"}
    ledger.write(row, Attempt.Event.MARKED, at=at)
    ledger.write(row, Attempt.Event(events.get(state, state)), at=at, text=row.problem)
    return row


def _planned(item: Item) -> Publication:
    rows = item.publications.filter(state="planned", destination__channel="facebook_page")
    return rows.order_by("-planned_at")[0]


def _in_review() -> Item:
    item = making.item(title="Spotkanie z ilustratorką Marianną Oklejak")
    item.save_revision(user=get_user_model().objects.get(username="jan"))
    workflow = Workflow.objects.get(name="akceptacji")
    workflow.start(item, get_user_model().objects.get(username="jan"))
    return item


def _campaigns(draft: Item) -> Campaign:
    """One that waits for its start; of those that run, one is paused and one cancelled."""
    running = list(Campaign.objects.order_by("id"))
    campaigns.pause(campaign=running[1])
    campaigns.cancel(campaign=running[2], user=None, now=timezone.now())
    waiting = Campaign.objects.create(name="Tydzień Bibliotek", goal="więcej młodzieży w maju")
    CampaignItem.objects.create(campaign=waiting, item=draft)
    return running[0]


def _issue(newsletter: Newsletter, shown: Photo, item: Item) -> Issue:
    """A draft with every kind of block."""
    blocks: list[tuple[str, Any]] = [
        ("heading", "W grudniu u nas"),
        (
            "salutation",
            {"before": "Dzień dobry,", "after": "!", "without": "Dzień dobry!"},
        ),
        ("text", "<p>Zapraszamy na <b>spotkania</b> i warsztaty.</p>"),
        ("item", item),
        ("picture", shown),
        ("button", {"text": "Cały program", "url": "https://biblioteka.example.org/"}),
        ("divider", None),
    ]
    shown.contextual_alt_text, shown.decorative = shown.description, False
    issue = Issue(
        newsletter=newsletter,
        subject="Grudzień w bibliotece",
        preheader="Spotkania, warsztaty i ferie: co robić w grudniu w bibliotece.",
        send_at=_at(8, 9),
        blocks=blocks,
        live=False,
    )
    issue.full_clean()
    issue.save()
    issue.save_revision()
    return issue


def _missed_issue(newsletter: Newsletter, item: Item) -> Filling:
    """An issue that composed itself, and that nobody approved in time; and a turn without one."""
    at = _at(-1, 10)
    common = {"newsletter": newsletter, "composed_at": at - timedelta(days=2)}
    Filling.objects.create(
        on=at - timedelta(days=3),
        send_at=at - timedelta(days=3),
        state=Filling.State.SKIPPED,
        **common,
    )
    issue = Issue(
        newsletter=newsletter,
        subject="Klub seniora, warsztaty i 6 innych wydarzeń",
        send_at=at,
        blocks=[("heading", "Wydarzenia"), ("item", item)],
        live=False,
    )
    issue.save()
    revision = issue.save_revision().pk
    return Filling.objects.create(
        on=at, send_at=at, state=Filling.State.MISSED, issue=issue, revision=revision, **common
    )


def usual_timetable() -> Timetable:
    return Timetable.objects.order_by("id")[0]


def approve_again(item: Item) -> None:
    """What the big button does."""
    approvals.approve(content=item)
