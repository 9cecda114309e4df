"""Publications and the ledger of their attempts. The publication's row is the queue."""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from promo.models.campaigns import VARIANTS
from promo.protocol import AHEAD, DUE, NEEDS_A_HAND, State
from promo.values import Message

TRIES = 12
"""After so many attempts no timer makes another: a person decides, and may grant as many again."""

MARKER_BYTES = 8
"""64 random bits: nobody guesses a marker, and no post carries one by chance."""

STATES = [
    (State.PLANNED.value, _("planned")),
    (State.CLAIMED.value, _("being prepared")),
    (State.SENDING.value, _("going out")),
    (State.PUBLISHED.value, _("published")),
    (State.WAITING.value, _("waiting for another attempt")),
    (State.FAILED.value, _("refused")),
    (State.UNKNOWN.value, _("outcome unknown, checking")),
    (State.MISSED.value, _("missed")),
    (State.CANCELLED.value, _("cancelled")),
    (State.ARMING.value, _("being scheduled on the network")),
    (State.ARMED.value, _("scheduled on the network")),
    (State.CHANGING.value, _("being changed on the network")),
    (State.WITHDRAWN.value, _("taken down")),
]


def new_marker() -> str:
    return secrets.token_urlsafe(MARKER_BYTES)


class Publication(models.Model):
    """One item's variant (or one issue) on one destination at one time: published exactly once."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(
        "promo.Item", models.PROTECT, null=True, blank=True, related_name="publications"
    )
    issue = models.ForeignKey(
        "promo.Issue", models.PROTECT, null=True, blank=True, related_name="publications"
    )
    campaign = models.ForeignKey(
        "promo.Campaign", models.SET_NULL, null=True, blank=True, related_name="publications"
    )
    destination = models.ForeignKey(
        "promo.Destination", models.PROTECT, related_name="publications"
    )
    slot = models.CharField(max_length=120)
    variant = models.CharField(_("what"), max_length=12, choices=VARIANTS)
    state = models.CharField(_("state"), max_length=10, choices=STATES, default=State.PLANNED.value)
    planned_at = models.DateTimeField(_("planned for"), help_text="By the plan, or moved by hand.")
    due_at = models.DateTimeField(
        _("goes out"), help_text="The next try, in `planned` or `waiting`."
    )
    occurrence_at = models.DateTimeField(
        null=True, blank=True, help_text="Which meeting of a series it tells about."
    )
    not_after_at = models.DateTimeField(_("not after"), null=True, blank=True)
    moved_by_hand = models.BooleanField(default=False)
    held = models.BooleanField(
        default=False, help_text="Its campaign or its destination is paused: the tick passes it by."
    )
    reasons = models.JSONField(default=list, blank=True)
    marker = models.CharField(max_length=20, unique=True, default=new_marker, editable=False)

    message_json = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    token = models.PositiveBigIntegerField(default=0)
    claims = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    budget = models.PositiveIntegerField(
        default=TRIES, help_text="The number of the last attempt that no person has to ask for."
    )
    owner = models.CharField(max_length=120, blank=True)
    lease_until_at = models.DateTimeField(null=True, blank=True)
    hinted_at = models.DateTimeField(null=True, blank=True)
    arm_at = models.DateTimeField(
        null=True, blank=True, help_text="From when on the network is asked to hold it; or never."
    )
    armed_for_at = models.DateTimeField(
        null=True, blank=True, help_text="When the network shows it, as it was last asked to."
    )
    armed_json = models.JSONField(
        default=dict, blank=True, help_text="The message that the network holds; empty: not known."
    )
    recalled = models.BooleanField(
        default=False, help_text="Not wanted any more: what the network holds is to be taken back."
    )
    reposted = models.BooleanField(
        default=False, help_text="Taken down and posted anew, by a person's word: no plan drops it."
    )
    marked_at = models.DateTimeField(null=True, blank=True)
    looks = models.PositiveSmallIntegerField(default=0)
    absences = models.PositiveSmallIntegerField(default=0)
    look_at = models.DateTimeField(null=True, blank=True)

    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    remote_id = models.CharField(max_length=200, blank=True)
    remote_url = models.CharField(max_length=500, blank=True)
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    clicks = models.PositiveIntegerField(_("clicks"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ("due_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("item", "destination", "slot"), name="publication_once_per_item"
            ),
            models.UniqueConstraint(
                fields=("issue", "destination"), name="publication_once_per_issue"
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=False, issue__isnull=True)
                | Q(item__isnull=True, issue__isnull=False),
                name="publication_of_an_item_or_an_issue",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.PUBLISHED.value) | Q(published_at__isnull=False),
                name="published_has_its_instant",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="publication_state"
            ),
        ]
        indexes = [
            # The tick's: as small as what is yet to go out.
            models.Index(
                fields=("due_at", "id"),
                name="publication_due",
                condition=Q(state__in=sorted(DUE), held=False),
            ),
            models.Index(
                fields=("lease_until_at",),
                name="publication_leased",
                condition=Q(
                    state__in=[
                        State.CLAIMED.value,
                        State.SENDING.value,
                        State.ARMING.value,
                        State.CHANGING.value,
                    ]
                ),
            ),
            models.Index(
                fields=("look_at",),
                name="publication_looked_for",
                condition=Q(state__in=[State.UNKNOWN.value, State.ARMED.value]),
            ),
            models.Index(fields=("destination", "state", "-published_at"), name="publication_out"),
            models.Index(
                fields=("-planned_at", "-id"),
                name="publication_needs_a_hand",
                condition=Q(state__in=sorted(NEEDS_A_HAND)),
            ),
            models.Index(
                fields=("arm_at", "id"),
                name="publication_to_arm",
                condition=Q(state__in=sorted(DUE), held=False, arm_at__isnull=False),
            ),
            # What a plan asks of its neighbours (`promo.services.neighbours`).
            models.Index(
                F("destination"),
                Coalesce("published_at", "planned_at"),
                name="publication_neighbours",
                condition=Q(item__isnull=False),
            ),
            # The calendar's: what stands between two days, and what stands near a moment.
            models.Index(fields=("planned_at", "id"), name="publication_planned"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.destination}"

    @property
    def subject(self) -> str:
        return str(self.item or self.issue)

    @property
    def message(self) -> Message:
        return Message.from_json(self.message_json)

    @property
    def is_ahead(self) -> bool:
        """May the network hold it for later? Then it cannot just be moved or dropped here."""
        lost = self.state == State.UNKNOWN and self.armed_for_at is not None
        return lost or self.state in AHEAD


class Attempt(models.Model):
    """One line of a publication's ledger. Append-only: PostgreSQL refuses any change."""

    class Event(models.TextChoices):
        MARKED = "marked", _("sending started")
        PUBLISHED = "published", _("published")
        REFUSED = "refused", _("refused")
        POSTPONED = "postponed", _("put off")
        LOST = "lost", _("the answer was lost")
        LOOKED = "looked", _("checked: not there")
        LOOK_FAILED = "look_failed", _("could not check")
        FOUND = "found", _("found: it is published")
        MISSED = "missed", _("too late")
        CANCELLED = "cancelled", _("cancelled")
        DECIDED = "decided", _("decided by a person")
        WITHDRAWN = "withdrawn", _("taken down")
        ARMING = "arming", _("scheduling started")
        HELD = "held", _("scheduled on the network")
        CHANGING = "changing", _("changing it on the network")
        RECALLED = "recalled", _("taken back from the network")
        AMENDED = "amended", _("changed on the network")
        PUT_BACK = "put_back", _("a backup was put in place")

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="ledger")
    number = models.PositiveIntegerField(help_text="Which try this line belongs to, from 1.")
    event = models.CharField(max_length=12, choices=Event.choices)
    at = models.DateTimeField()
    token = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    text = models.CharField(max_length=500, blank=True, help_text="For people.")
    detail = models.CharField(max_length=1000, blank=True, help_text="For the operator.")

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.publication_id} #{self.number} {self.event}"
