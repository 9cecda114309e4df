"""Imports of readers: a file on its way into the subscribers, and the rows that were left out."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ReaderImport(models.Model):
    """One file of readers for one newsletter. All of it comes in, or nothing."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", pgettext_lazy("import", "not started")
        WAITING = "waiting", pgettext_lazy("import", "about to start")
        READING = "reading", pgettext_lazy("import", "the file is being read")
        MERGING = "merging", pgettext_lazy("import", "the readers are being added")
        DONE = "done", pgettext_lazy("import", "finished")
        FAILED = "failed", pgettext_lazy("import", "failed")
        CANCELLED = "cancelled", pgettext_lazy("import", "cancelled")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    class Encoding(models.TextChoices):
        UTF_8 = "utf-8", "UTF-8"
        CP1250 = "cp1250", "Windows-1250"
        ISO_8859_2 = "iso-8859-2", "ISO-8859-2"
        UTF_16 = "utf-16", "UTF-16"

    class Delimiter(models.TextChoices):
        SEMICOLON = ";", _("semicolon")
        COMMA = ",", _("comma")
        TAB = "\t", _("tab")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    newsletter = models.ForeignKey(
        "promo.Newsletter", models.CASCADE, related_name="imports", verbose_name=_("newsletter")
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    file_name = models.CharField(_("file"), max_length=200)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    format = models.CharField(max_length=4, choices=Format.choices, default=Format.CSV)
    encoding = models.CharField(
        _("encoding"), max_length=12, choices=Encoding.choices, default=Encoding.UTF_8
    )
    delimiter = models.CharField(
        _("columns are separated by"),
        max_length=1,
        choices=Delimiter.choices,
        default=Delimiter.SEMICOLON,
    )
    has_heading = models.BooleanField(_("the first row holds the headings"), default=True)
    columns = models.JSONField(
        default=dict, help_text="The place of each field in a row, counted from 0."
    )
    source = models.CharField(_("where the consents come from"), max_length=200)
    wording = models.TextField(_("what the readers agreed to"))

    state = models.CharField(
        _("state"), max_length=9, choices=State.choices, default=State.UPLOADED
    )
    expected_rows = models.PositiveIntegerField(
        default=0, help_text="About as many as the file has; 0 where nobody knows."
    )
    rows = models.PositiveIntegerField(default=0)
    merged = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="Steps of bringing the readers in that are done, of `reader_merge.STEPS`.",
    )
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(
        default=0, help_text="Known before, and subscribed to this newsletter now."
    )
    already = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=500, blank=True)

    hinted_at = models.DateTimeField(null=True, blank=True)
    token = models.PositiveIntegerField(default=0)
    owner = models.CharField(max_length=120, blank=True)
    lease_until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("import of readers")
        verbose_name_plural = _("imports of readers")
        ordering = ("-created_at",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(
                    rows=F("added")
                    + F("changed")
                    + F("already")
                    + F("left")
                    + F("suppressed")
                    + F("refused")
                    + F("duplicates")
                ),
                name="reader_import_accounts_for_every_row",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=False)
                | ~Q(state__in=["done", "failed", "cancelled"]),
                name="reader_import_over_has_its_instant",
            ),
        ]
        indexes = [
            models.Index(
                fields=("hinted_at",),
                condition=Q(state__in=["waiting", "reading", "merging"]),
                name="reader_import_under_way",
            ),
        ]

    def __str__(self) -> str:
        return str(self.file_name)


class RefusedRow(models.Model):
    """A row of an import that brought no reader, and why. Gone again after some weeks."""

    class Reason(models.TextChoices):
        UNREADABLE = "unreadable", _("This row cannot be read: a quotation mark is wrong.")
        ENCODING = "encoding", _("A letter of this row is not in the encoding that was chosen.")
        NO_ADDRESS = "no_address", _("There is no e-mail address in this row.")
        ADDRESS = "address", _("This is not an e-mail address that we can write to.")
        DATE = "date", _("The date of the consent cannot be read, or it lies in the future.")
        DUPLICATE = "duplicate", _("The same address stands in an earlier row.")
        SUPPRESSED = "suppressed", _("We may not send mail to this address any more.")
        LEFT = "left", _("This reader has unsubscribed from the newsletter.")

    reader_import = models.ForeignKey(ReaderImport, models.CASCADE, related_name="refused_rows")
    row = models.PositiveIntegerField(help_text="As a spreadsheet counts.")
    line = models.CharField(max_length=300)
    reason = models.CharField(max_length=10, choices=Reason.choices)

    class Meta:
        verbose_name = _("refused row")
        verbose_name_plural = _("refused rows")
        ordering = ("row", "id")

    def __str__(self) -> str:
        return f"{self.row}: {self.reason}"
