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
            FieldRowPanel([FieldPanel("max_per_week"), FieldPanel("posts_rest")]),
        ],
        heading=_("When nothing goes out, and how often"),
        help_text=_("Facebook posts and newsletters due in quiet hours wait until these end."),
    ),
    InlinePanel(
        "closed_days",
        [
            FieldRowPanel([FieldPanel("on"), FieldPanel("until")]),
            FieldRowPanel([FieldPanel("name"), FieldPanel("yearly")]),
        ],
        heading=_("Days on which the house is closed"),
        label=_("closing"),
        help_text=_(
            "No newsletter goes out on them, and no Facebook post if you have chosen so above. "
            "Public holidays are known already."
        ),
    ),
    MultiFieldPanel(
        [
            FieldRowPanel(
                [FieldPanel("level1_days"), FieldPanel("level2_days"), FieldPanel("level3_days")]
            )
        ],
        heading=_("Until when events must be submitted"),
        help_text=_(
            "How many days before its event an item must be sent for approval to get each level of "
            "promotion. Leave empty what has no deadline. Whoever approves may allow a late one."
        ),
    ),
    MultiFieldPanel(
        [FieldPanel("anniversary_days")],
        heading=_("Anniversaries of the region"),
        help_text=_("Before each anniversary of your calendar “On this day” a draft is made."),
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
