"""Newsletters and their issues."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
    validate_email,
)
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.images.blocks import ImageBlock
from wagtail.snippets.blocks import SnippetChooserBlock

from promo.errors import InvalidInput
from promo.models.approvable import Approvable
from promo.models.mailings import UnknownPolicy
from promo.models.tracking import Tracking

one_line = RegexValidator(r"^[^\x00-\x1f\x7f\x85\u2028\u2029]*$", _("Use one line only."))

MOST_TESTERS = 20


def testers_of(text: str) -> list[str]:
    """The addresses of a list, one on each line, each once. Raises InvalidInput for a bad one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = list(dict.fromkeys(lines))
    for line in found:
        try:
            validate_email(line)
        except ValidationError as error:
            told = gettext("“{address}” is not an e-mail address.").format(address=line)
            raise InvalidInput(told, field="testers") from error
    if len(found) > MOST_TESTERS:
        raise InvalidInput(gettext("At most 20 addresses, please."), field="testers")
    return found


def validate_testers(text: str) -> None:
    try:
        testers_of(text)
    except InvalidInput as error:
        raise ValidationError(error.text, code="testers") from error


class Newsletter(models.Model):
    """A recurring mailing with its subscribers."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120, validators=[one_line])
    slug = models.SlugField(_("short name in web addresses"), unique=True)
    description = models.CharField(
        _("what readers get"), max_length=300, blank=True, help_text=_("Shown on the sign-up form.")
    )
    from_name = models.CharField(_("sender’s name"), max_length=120, validators=[one_line])
    from_email = models.EmailField(_("sender’s address"))
    reply_to = models.EmailField(_("reply-to address"), blank=True)
    language = models.CharField(
        _("language"),
        max_length=5,
        default="pl",
        choices=[("pl", _("Polish")), ("en", _("English"))],
    )
    unknown_policy = models.CharField(
        _("when the mail server’s answer was lost"),
        max_length=10,
        choices=UnknownPolicy.choices,
        default=UnknownPolicy.LEAVE,
        help_text=_("Rare: it can happen to the few mails that were on their way at that moment."),
    )
    tracking = models.CharField(
        _("opens and clicks"),
        max_length=7,
        choices=Tracking.choices,
        default=Tracking.OFF,
        help_text=_(
            "Readers must be told before anything is counted, and each one must agree before it is "
            "kept with the name. The sign-up form and the page of their settings then tell and ask "
            "by themselves; whoever does not agree is counted without a name. Your privacy notice "
            "must say it too. Ask your data protection officer. It holds for issues that are sent "
            "from now on."
        ),
    )
    open_to_sign_up = models.BooleanField(_("open for sign-up"), default=True)
    testers = models.TextField(
        _("who gets test mails"),
        blank=True,
        max_length=5000,
        validators=[validate_testers],
        help_text=_("Up to 20 addresses, one on each line: colleagues who look at every issue."),
    )
    destination = models.OneToOneField(
        "promo.Destination", models.PROTECT, editable=False, related_name="newsletter"
    )

    class Meta:
        verbose_name = _("newsletter")
        verbose_name_plural = _("newsletters")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ButtonBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("text"), max_length=60)
    url = blocks.URLBlock(label=_("address"))

    class Meta:
        icon = "link"
        label = _("Button")


class SalutationBlock(blocks.StructBlock):
    """The words around a reader's name. The name's place is fixed: nobody has to type a code."""

    before = blocks.CharBlock(
        label=_("Before the name"),
        max_length=80,
        validators=[one_line],
        help_text=_(
            "The name follows as the reader wrote it, in the nominative; "
            "for example “Good morning,”."
        ),
    )
    after = blocks.CharBlock(
        label=_("After the name"),
        max_length=80,
        required=False,
        validators=[one_line],
        help_text=_("A mark such as “!”, or more words."),
    )
    without = blocks.CharBlock(
        label=_("For readers who gave no name"),
        max_length=160,
        validators=[one_line],
        help_text=_("The whole line; for example “Good morning!”."),
    )

    class Meta:
        icon = "user"
        label = _("Greeting with the reader’s name")


class IssueBlocks(blocks.StreamBlock):
    """What an issue is composed of."""

    opening = blocks.RichTextBlock(
        label=_("Opening words"),
        icon="openquote",
        required=False,
        features=["bold", "italic", "link", "ul", "ol"],
        help_text=_(
            "Two or three sentences of your own: what is worth reading this time, and why. "
            "If it stays empty, it is left out."
        ),
    )
    heading = blocks.CharBlock(label=_("Heading"), icon="title", max_length=120)
    text = blocks.RichTextBlock(
        label=_("Text"), icon="pilcrow", features=["bold", "italic", "link", "ul", "ol"]
    )
    salutation = SalutationBlock()
    item = SnippetChooserBlock("promo.Item", label=_("Event or news item"), icon="date")
    picture = ImageBlock(label=_("Picture"))
    button = ButtonBlock()
    divider = blocks.StaticBlock(label=_("Divider"), icon="minus")

    class Meta:
        block_counts = {"opening": {"max_num": 1}, "salutation": {"max_num": 1}}


class Issue(Approvable, models.Model):
    """One number of a newsletter, which goes out at `send_at`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    newsletter = models.ForeignKey(
        Newsletter, models.PROTECT, related_name="issues", verbose_name=_("newsletter")
    )
    subject = models.CharField(
        _("subject"),
        max_length=150,
        validators=[one_line],
        help_text=_("Be specific. Phones show no more than about 60 characters."),
    )
    subject_b = models.CharField(
        _("second subject"),
        max_length=150,
        blank=True,
        validators=[one_line],
        help_text=_(
            "Leave it empty to send everybody the first one. Change one thing only: then you learn "
            "what works. Its mail has it as its heading too."
        ),
    )
    sample_percent = models.PositiveSmallIntegerField(
        _("how many try them out, in percent"),
        default=20,
        validators=[MinValueValidator(10), MaxValueValidator(50)],
        help_text=_("10 to 50. One half of them gets the first subject, one half the second."),
    )
    sample_hours = models.PositiveSmallIntegerField(
        _("hours until one is chosen"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(48)],
        help_text=_("1 to 48. All other readers wait so long for the issue."),
    )
    preheader = models.CharField(
        _("preview text"),
        max_length=130,
        blank=True,
        validators=[one_line],
        help_text=_("40 to 130 characters, shown after the subject in the mailbox."),
    )
    blocks = StreamField(IssueBlocks(), verbose_name=_("contents"), blank=True)
    send_at = models.DateTimeField(
        _("send at"), help_text=_("Date and time in the library’s time zone.")
    )
    language = models.CharField(
        _("language"),
        max_length=5,
        default="pl",
        choices=[("pl", _("Polish")), ("en", _("English"))],
        help_text=_(
            "The language you write in. What we add, such as dates and the footer, is in the "
            "language of each reader."
        ),
    )
    segment = models.ForeignKey(
        "promo.Segment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="issues",
        verbose_name=_("only to"),
        help_text=_("Of the newsletter’s readers, only those in this segment get the issue."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("newsletter issue")
        verbose_name_plural = _("newsletter issues")
        ordering = ("-send_at",)

    def __str__(self) -> str:
        return str(self.subject)
