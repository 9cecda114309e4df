"""What a fresh installation needs. Every step looks first: a second run changes nothing."""

import secrets

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.tokens import default_token_generator
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    Workflow,
    WorkflowContentType,
    WorkflowTask,
)

from promo.models import (
    Anniversary,
    Branch,
    BulkAct,
    Campaign,
    Destination,
    Entry,
    FairShare,
    Grant,
    Institution,
    Issue,
    Item,
    Newsletter,
    Partner,
    Publication,
    ReaderExport,
    Segment,
    Source,
    Subscriber,
    Subscription,
    Timetable,
    TimetableStep,
)
from promo.planning.timetables import DEFAULT_TIMETABLES
from promo.services import destinations, sightings
from promo.services.clock import database_now
from promo.services.facts import absolute

WRITERS = "Redakcja"
APPROVERS = "Akceptacja"
FIRST_ADMINISTRATOR = "admin"

WRITING = (Item, Issue, Partner, Entry, Anniversary)
MANAGING = (Branch, Campaign, Destination, Newsletter, Publication, Source, Subscriber)
MANAGING_TOO = (Subscription, Timetable, Institution, Segment, BulkAct, ReaderExport, FairShare)
STOPPING = frozenset({"promo.view_halt", "promo.add_halt"})
"""Stopping everything, and letting it go on."""
EVERYBODY = frozenset(
    {
        "wagtailadmin.access_admin",
        *(f"wagtailimages.{verb}_image" for verb in ("add", "change", "choose")),
    }
)
"""What each of our groups may do besides."""


def is_new() -> bool:
    """Has nothing been prepared here yet?"""
    return not Group.objects.filter(name=WRITERS).exists()


def prepare() -> str:
    """Make groups, workflow, timetables and our own destinations; give the first way in, or ""."""
    with transaction.atomic():
        _groups()
        _workflow()
        _timetables()
        _destinations()
    return first_way_in()


def first_way_in() -> str:
    """A one-time address at which the first administrator chooses a password; "" once used."""
    users = get_user_model()._default_manager  # noqa: SLF001  (Django's own name for it)
    known = users.filter(is_superuser=True)
    if known.exclude(username=FIRST_ADMINISTRATOR).exists() or known.filter(
        last_login__isnull=False
    ):
        return ""
    user, created = users.get_or_create(
        username=FIRST_ADMINISTRATOR,
        defaults={"is_superuser": True, "is_staff": True, "is_active": True},
    )
    if created:
        # A usable password: Django gives no reset link to an account that cannot have one.
        user.set_password(secrets.token_urlsafe(32))
        user.save()
    code = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return absolute(
        reverse("wagtailadmin_password_reset_confirm", kwargs={"uidb64": code, "token": token})
    )


def _groups() -> None:
    """Give our groups what this version has for them and no earlier one had."""
    # Locked: one preparation at a time.
    writers, _made = Group.objects.select_for_update().get_or_create(name=WRITERS)
    _allow(writers, _named(WRITING, ("add", "change", "view")))
    approvers, _made = Group.objects.get_or_create(name=APPROVERS)
    everything = (*WRITING, *MANAGING, *MANAGING_TOO)
    _allow(
        approvers,
        _named(everything, ("add", "change", "view", "delete"))
        | _named((Item, Issue), ("publish", "lock", "unlock"))
        | STOPPING,
    )


def _named(models: tuple[type, ...], verbs: tuple[str, ...]) -> set[str]:
    return {f"promo.{verb}_{model.__name__.lower()}" for model in models for verb in verbs}


def _allow(group: Group, names: set[str]) -> None:
    """Each permission is given once: what a person took back later stays away."""
    given = set(group.grants.values_list("permission", flat=True))
    codenames = {name.partition(".")[2] for name in names | EVERYBODY}
    root = Collection.get_first_root_node()
    there = set(
        group.collection_permissions.filter(collection=root).values_list("permission", flat=True)
    )
    fresh, plain, pictures = [], [], []
    for one in Permission.objects.filter(codename__in=codenames).select_related("content_type"):
        name = f"{one.content_type.app_label}.{one.codename}"
        if name in given or name not in names | EVERYBODY:
            continue
        fresh.append(Grant(group=group, permission=name))
        if one.content_type.app_label != "wagtailimages":
            plain.append(one)
        elif one.pk not in there:
            pictures.append(GroupCollectionPermission(group=group, collection=root, permission=one))
    group.permissions.add(*plain)
    GroupCollectionPermission.objects.bulk_create(pictures)
    Grant.objects.bulk_create(fresh)


def _workflow() -> None:
    if Workflow.objects.filter(name="akceptacji").exists():
        return
    task = GroupApprovalTask.objects.create(name="Akceptacja")
    task.groups.add(Group.objects.get(name=APPROVERS))
    # Wagtail writes "Submit to {name}": the genitive makes the Polish button read well.
    workflow = Workflow.objects.create(name="akceptacji")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    for model in (Item, Issue):
        content_type = ContentType.objects.get_for_model(model, for_concrete_model=False)
        WorkflowContentType.objects.get_or_create(
            content_type=content_type, defaults={"workflow": workflow}
        )


def _timetables() -> None:
    there = set(Timetable.objects.values_list("key", flat=True))
    fresh = [known for known in DEFAULT_TIMETABLES if known.key not in there]
    made = Timetable.objects.bulk_create(
        Timetable(key=known.key, name=str(known.name), kinds=list(known.kinds), level=known.level)
        for known in fresh
    )
    TimetableStep.objects.bulk_create(
        TimetableStep(
            timetable=timetable,
            sort_order=order,
            key=step.key,
            when=str(step.when),
            channel=step.channel,
            variant=step.variant.value,
            needs=sorted(step.needs),
            only_if_starts_after=step.only_if_starts_after,
        )
        for timetable, known in zip(made, fresh, strict=True)
        for order, step in enumerate(known.steps)
    )


def _destinations() -> None:
    if not Destination.objects.filter(channel="website").exists():
        destinations.create(channel="website", name="Strona biblioteki")
    if settings.REHEARSAL_URL and not Destination.objects.filter(channel="facebook_page").exists():
        page = destinations.create(
            channel="facebook_page",
            name="Facebook (próba)",
            config=settings.REHEARSAL_PAGE["config"],
            secrets=settings.REHEARSAL_PAGE["secrets"],
        )
        sightings.seen(destination=page, now=database_now())  # its followers are all of us
