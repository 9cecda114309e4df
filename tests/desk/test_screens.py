"""Every address of the desk, as everybody who may come: who sees what, and nothing breaks."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver
from wagtail.models import TaskState

from promo import models
from promo.models import Campaign, Destination, Entry, Institution, Issue, Publication
from promo.protocol import State
from tests.desk.scenes import Scene

HOME = "/desk/"
ROLES = {"administrator": "anna", "approver": "ewa", "writer": "jan"}

EVERYBODY = (
    "",
    "calendar/",
    "calendar/2026/11/",
    "calendar/2026/11/23/",
    "calendar/week/",
    "calendar/week/2026/11/23/",
    "calendar/agenda/",
    "calendar/agenda/2026/11/23/",
    "calendar/next-day/",
    "calendar/panel/{unknown}/",
    "calendar/feed/",
    "whereabouts/",
    "whereabouts/{item}/",
    "whereabouts/{in_review}/",
    "publications/",
    "publications/?show=hand",
    "publications/?show=out&destination=1",
    "publications/?show=nonsense&p=99",
    "publications/{unknown}/",
    "publications/{unknown}/message/",
    "publications/{published}/progress/",
    "items/",
    "items/?q=bajek",
    "items/add/",
    "items/edit/{item}/",
    "items/copy/{item}/",
    "items/history/{item}/",
    "issues/",
    "issues/add/",
    "issues/edit/{issue}/",
    "issue_checks/{issue}/tests/",
    "fillings/{filling}/again/",
    "fillings/{filling}/move/",
    "fillings/{filling}/drop/",
    "inbox/",
    "on-this-day/",
    "on-this-day/add/",
    "anniversaries/import/",
    "partners/",
    "partners/add/",
    "images/",
    "images/add/",
    "images/multiple/add/",
    "images/{photo}/",
    "account/",
)
APPROVERS = (
    "campaigns/",
    "campaigns/add/",
    "campaigns/inspect/{campaign}/",
    "campaigns/edit/{campaign}/",
    "campaigns/cancel/{campaign}/",
    "campaigns/items/{campaign}/",
    "campaigns/report/{campaign}/",
    "campaigns/report/{campaign}/csv/",
    "destinations/",
    "destinations/{destination}/",
    "destinations/new/facebook_page/",
    "subscribers/",
    "subscribers/inspect/{reader}/",
    "subscribers/edit/{reader}/",
    "subscribers/?segment={segment}&state=active&newsletter={newsletter}&q=a",
    "subscribers/export/?segment={segment}",
    "subscribers/acts/?id={reader}",
    "subscribers/acts/new/subscribe/?language=pl",
    "subscribers/acts/new/erase/?id={reader}",
    "segments/",
    "segments/add/",
    "segments/edit/{segment}/",
    "segments/delete/{segment}/",
    "newsletters/",
    "newsletters/add/",
    "newsletters/edit/{newsletter}/",
    "rhythms/{newsletter}/",
    "fillings/{filling}/now/",
    "timetables/",
    "timetables/edit/{timetable}/",
    "fair-shares/",
    "fair-shares/add/",
    "rehearse/",
    "levels/{item}/3/",
    "items/take-down/{item}/",
    "branches/",
    "branches/add/",
    "sources/",
    "sources/add/",
    "settings/promo/institution/{institution}/",
    "items/delete/{item}/",
    "issues/delete/{issue}/",
    "snippets/choose/promo/subscriber/",
    "snippets/choose/promo/subscriber/results/",
    "snippets/choose/promo/subscriber/chosen/{reader}/",
    "snippets/choose/promo/campaign/",
)
ADMINISTRATORS = (
    "users/",
    "users/new/",
    "groups/",
    "groups/new/",
    "workflows/list/",
    "mail-limits/",
    "mail-limits/add/",
)
NOBODY = (
    "nothing-here/",
    "calendar/2026/13/",
    "calendar/2026/2/30/",
    "calendar/99999/1/",
    "publications/999999/",
    "items/edit/999999/",
    "destinations/new/website/",
    "destinations/new/nonsense/",
    "pages/",
    "pages/1/set_position/",
    "failwhale/",
    "subscribers/export/?segment=999999",
    "subscribers/acts/?state=nonsense",
    "subscribers/acts/?id=nonsense",
    "subscribers/acts/new/nonsense/",
    "segments/edit/999999/",
)


def places(scene: Scene) -> dict[str, object]:
    """The ids that the tables name."""
    return {
        "unknown": scene.unknown.pk,
        "published": scene.published.pk,
        "item": scene.item.pk,
        "in_review": scene.in_review.pk,
        "issue": scene.issue.pk,
        "photo": scene.photo.pk,
        "campaign": scene.campaign.pk,
        "destination": scene.destination.pk,
        "newsletter": scene.newsletter.pk,
        "filling": scene.filling.pk,
        "reader": models.Subscriber.objects.order_by("id")[0].pk,
        "segment": scene.segment.pk,
        "timetable": models.Timetable.objects.order_by("id")[0].pk,
        "institution": Institution.load().pk,
    }


def browser_of(role: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=ROLES[role]))
    return client


def outcome(answer: HttpResponse) -> str:
    """What became of a visit: the page, the way home with a word of refusal, or no such page."""
    if answer.status_code == 302:
        return "home" if answer.headers["Location"] == HOME else answer.headers["Location"]
    return {200: "page", 404: "no such page"}.get(answer.status_code, str(answer.status_code))


def visits(client: Client, paths: tuple[str, ...], scene: Scene) -> dict[str, str]:
    where = places(scene)
    return {path: outcome(client.get(HOME + path.format(**where))) for path in paths}


@pytest.mark.parametrize("role", ROLES)
def test_everybody_at_the_desk_opens_the_screens_of_writing(role: str, scene: Scene) -> None:
    assert visits(browser_of(role), EVERYBODY, scene) == dict.fromkeys(EVERYBODY, "page")


@pytest.mark.parametrize(
    ("role", "expected"), [("administrator", "page"), ("approver", "page"), ("writer", "home")]
)
def test_screens_of_deciding_are_for_approvers(role: str, expected: str, scene: Scene) -> None:
    assert visits(browser_of(role), APPROVERS, scene) == dict.fromkeys(APPROVERS, expected)


@pytest.mark.parametrize(
    ("role", "expected"), [("administrator", "page"), ("approver", "home"), ("writer", "home")]
)
def test_users_and_groups_are_for_administrators(role: str, expected: str, scene: Scene) -> None:
    found = visits(browser_of(role), ADMINISTRATORS, scene)
    assert found == dict.fromkeys(ADMINISTRATORS, expected)


def test_what_is_not_there_is_said_plainly(scene: Scene) -> None:
    client = browser_of("administrator")
    assert visits(client, NOBODY, scene) == dict.fromkeys(NOBODY, "no such page")
    page = client.get("/desk/nothing-here/").content.decode()
    assert "Wagtail" not in page
    assert 'href="/desk/"' in page


def test_strangers_are_asked_to_sign_in(scene: Scene) -> None:
    paths = EVERYBODY + APPROVERS + ADMINISTRATORS
    where = places(scene)
    for path in paths:
        answer = Client().get(HOME + path.format(**where))
        assert answer.status_code == 302, path
        assert answer.headers["Location"].startswith("/desk/login/?next="), path


MENU = re.compile(r'"url": "(/desk/[a-z]+/)"')


@pytest.mark.parametrize("role", ROLES)
def test_menu_leads_only_where_one_may_go(role: str, scene: Scene) -> None:
    client = browser_of(role)
    shown = set(MENU.findall(client.get(HOME).content.decode())) - {"/desk/logout/"}
    assert {path: outcome(client.get(path)) for path in shown} == dict.fromkeys(shown, "page")
    assert ("/desk/destinations/" in shown) == (role != "writer")


ACTS = {
    "publications/{unknown}/act/": {"act": "retry", "sure": "yes"},
    "destinations/{destination}/act/": {"act": "pause"},
    "destinations/{destination}/": {"name": "Mine"},
    "campaigns/act/{campaign}/pause/": {},
    "campaigns/items/{campaign}/": {"item": "1"},
    "campaigns/items/{campaign}/take-out/{item}/": {},
    "settings/promo/institution/{institution}/": {"name": "Mine"},
}


def test_writers_decide_nothing(scene: Scene) -> None:
    client = browser_of("writer")
    where = places(scene)
    for path, data in ACTS.items():
        answer = client.post(HOME + path.format(**where), data)
        assert outcome(answer) == "home", path
    assert Publication.objects.get(pk=scene.unknown.pk).state == State.UNKNOWN
    assert Destination.objects.get(pk=scene.destination.pk).paused_at is None
    assert Campaign.objects.get(pk=scene.campaign.pk).state == Campaign.State.QUEUED
    assert Institution.load().name != "Mine"


def test_writers_cannot_publish_by_a_forged_form(scene: Scene) -> None:
    client = browser_of("writer")
    page = client.get(f"/desk/items/edit/{scene.in_review.pk}/").content.decode()
    assert "action-publish" not in page
    task = TaskState.objects.get(workflow_state__object_id=str(scene.in_review.pk))
    client.post(f"/desk/items/workflow/action/{scene.in_review.pk}/approve/{task.pk}/")
    scene.in_review.refresh_from_db()
    assert not scene.in_review.live


# Wagtail leaves the temporary file of a picture's preview to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_address_of_the_desk_breaks(scene: Scene) -> None:
    broken = []
    addresses = sorted(set(_addresses(scene)))
    for role in ("administrator", "writer"):
        client = browser_of(role)
        client.raise_request_exception = False
        for path in addresses:
            answer = client.get(f"/{path}")
            if answer.status_code >= 500:
                broken.append((role, path))
    gc.collect()  # what Wagtail forgets to close is told here, not in another test
    assert broken == []


def _addresses(scene: Scene) -> Iterator[str]:
    """Each address below /desk/, its places filled in with rows that exist where we know them."""
    for pattern in _patterns(get_resolver(), ""):
        if pattern.startswith("desk/") and "logout" not in pattern:
            yield _filled(pattern, scene)


def _patterns(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, address)
        else:
            yield address


def _filled(pattern: str, scene: Scene) -> str:
    values = _values(pattern, scene)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values.get(match[1], 1)), pattern)
    path = re.sub(r"\(\?:pages[^)]*\)", "pages", path)
    path = re.sub(r"\(\?P<pk>[^)]*\)", str(values["pk"]), path)
    path = re.sub(r"\(\?P<revision_id_a>[^)]*\)", "earliest", path)
    path = re.sub(r"\(\?P<revision_id_b>[^)]*\)", "latest", path)
    return re.sub(r"[\^$]|\\(?=\.)", "", path).replace(".*", "nothing")


def _values(pattern: str, scene: Scene) -> dict[str, object]:
    task = TaskState.objects.get(workflow_state__object_id=str(scene.in_review.pk))
    return {
        "pk": _row(pattern, scene),
        "object_id": scene.item.pk,
        "image_id": scene.photo.pk,
        "revision_id": scene.item.latest_revision_id,
        "task_state_id": task.pk,
        "task_id": task.task_id,
        "workflow_state_id": task.workflow_state_id,
        "app_label": "promo",
        "app_name": "promo",
        "model_name": "institution" if "settings" in pattern else "item",
        "action": "delete",
        "action_name": "approve",
        "filter_spec": "max-165x165",
        "channel": "facebook_page",
        "verb": "pause",
        "year": 2026,
        "month": 11,
        "day": 23,
        "uidb64": "MQ",
        "token": "abc",
    }


def _row(pattern: str, scene: Scene) -> object:
    """A row of the model that the address is about."""
    if "workflow" in pattern and "items" in pattern:
        return scene.in_review.pk
    known = {
        "publications/": scene.unknown,
        "destinations/": scene.destination,
        "inbox/": Entry.objects.all()[0],
        "settings/": Institution.load(),
        "users/": User.objects.all()[0],
        "groups/": Group.objects.all()[0],
        "images/": scene.photo,
        "item": scene.item,
        "issue": scene.issue,
        "campaign": scene.campaign,
        "segment": scene.segment,
        "subscriber": models.Subscriber.objects.all()[0],
        "newsletter": scene.newsletter,
        "timetable": models.Timetable.objects.all()[0],
        "branch": models.Branch.objects.all()[0],
        "partner": models.Partner.objects.all()[0],
        "source": models.Source.objects.all()[0],
    }
    return next((row.pk for word, row in known.items() if word in pattern), 1)


def told(answer: HttpResponse) -> str:
    """What the desk says at the top of the next page."""
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_copy_of_an_item_is_a_new_draft(scene: Scene) -> None:
    page = browser_of("writer").get(f"/desk/items/copy/{scene.item.pk}/").content.decode()
    assert scene.item.title in page
    assert 'action="/desk/items/add/"' in page
    assert Issue.objects.count() == 2  # those of the scene


def test_the_notation_of_a_timetable_is_explained_once(scene: Scene) -> None:
    timetable = max(models.Timetable.objects.all(), key=lambda each: each.steps.count())
    assert timetable.steps.count() > 1
    page = browser_of("approver").get(f"/desk/timetables/edit/{timetable.pk}/").content.decode()
    assert page.count("D-14 17:00 oznacza") == 1


@pytest.mark.parametrize("path", ["items/add/", "items/edit/{item}/", "issues/edit/{issue}/"])
def test_no_editor_offers_checks_that_check_nothing(scene: Scene, path: str) -> None:
    address = f"/desk/{path}".format(**places(scene))
    page = browser_of("approver").get(address).content.decode()
    assert 'data-side-panel-toggle="preview"' in page
    assert 'data-side-panel-toggle="checks"' not in page


def test_a_wrong_address_is_answered_with_an_example(scene: Scene) -> None:
    form = {"name": "Dom Kultury", "url": "nie wiem"}
    page = browser_of("approver").post("/desk/partners/add/", form).content.decode()
    assert "Wpisz adres, np. https://…" in page
