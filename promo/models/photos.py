"""The image library: every picture has a text alternative, an author and a consent status."""

from typing import Any

from django.core.files.base import ContentFile
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.images.models import AbstractImage, AbstractRendition

from promo.values import ImageConsent

CONSENTS = [
    (
        ImageConsent.NOT_NEEDED.value,
        _("not needed: nobody is recognisable, or people are only a detail"),
    ),
    (ImageConsent.COLLECTED.value, _("collected from everyone shown")),
    (ImageConsent.NONE.value, _("missing")),
    (ImageConsent.WITHDRAWN.value, _("withdrawn: the picture is shown nowhere any more")),
]


class Photo(AbstractImage):
    """A picture in the library. Wagtail's `description` is its text alternative."""

    author = models.CharField(_("author"), max_length=120, blank=True)
    licence = models.CharField(_("licence"), max_length=120, blank=True)
    consent = models.CharField(
        _("consent of the people shown"),
        max_length=12,
        choices=CONSENTS,
        default=ImageConsent.NOT_NEEDED.value,
    )
    contains_children = models.BooleanField(_("shows children"), default=False)

    admin_form_fields = (
        "title",
        "file",
        "description",
        "author",
        "licence",
        "consent",
        "contains_children",
        "focal_point_x",
        "focal_point_y",
        "focal_point_width",
        "focal_point_height",
    )

    class Meta(AbstractImage.Meta):
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")

    def __str__(self) -> str:
        return str(self.title)

    def generate_rendition_file(self, filter: Any, *, source: Any = None) -> "ContentFile[bytes]":  # noqa: A002
        """The rendition in memory; Wagtail's temporary file would stay open until forgotten."""
        with super().generate_rendition_file(filter, source=source) as made:
            made.seek(0)
            return ContentFile(made.read(), name=made.name)


class PhotoRendition(AbstractRendition):
    """A size of a picture, made once."""

    image = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("image", "filter_spec", "focal_point_key"), name="rendition_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.image_id} {self.filter_spec}"
