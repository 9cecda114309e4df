"""The settings of the house, in groups instead of one long column of fields."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList

from promo.models import Institution

PANELS = [
    MultiFieldPanel(
        [
            FieldPanel("name"),
            FieldRowPanel(
                [FieldPanel("street"), FieldPanel("postal_code"), FieldPanel("locality")]
            ),
            FieldRowPanel([FieldPanel("email"), FieldPanel("phone")]),
            FieldPanel("accessibility_url"),
            FieldPanel("privacy_url"),
        ],
        heading=_("Name, address and contact"),
    ),
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("quiet_from"), FieldPanel("quiet_until")]),
            FieldRowPanel([FieldPanel("min_gap_minutes"), FieldPanel("max_per_day")]),
        ],
        heading=_("When nothing goes out, and how often"),
        help_text=_("Facebook posts and newsletters due in quiet hours wait until these end."),
    ),
    InlinePanel(
        "closed_days",
        [FieldRowPanel([FieldPanel("on"), FieldPanel("name")])],
        heading=_("Days on which the house is closed"),
        label=_("closed day"),
        help_text=_("No newsletter goes out on them. Public holidays are known already."),
    ),
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("language"), FieldPanel("clock_style")]),
            FieldPanel("zone"),
        ],
        heading=_("Language and time"),
    ),
    MultiFieldPanel(
        [FieldRowPanel([FieldPanel("tag_domain"), FieldPanel("tag_year")])],
        heading=_("Feeds"),
        classname="collapsed",
    ),
]


def install() -> None:
    """Give the settings' editor its panels; Wagtail looks for them on the model."""
    Institution.edit_handler = ObjectList(PANELS)  # type: ignore[attr-defined]
