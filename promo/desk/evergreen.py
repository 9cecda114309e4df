"""In an item's editor: being shown again and again, for the kinds of items that can be."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from promo.planning.kinds import KINDS

EVERGREEN = MultiFieldPanel(
    [
        FieldRowPanel([FieldPanel("again_after_days"), FieldPanel("most_showings")]),
        FieldRowPanel([FieldPanel("season_from"), FieldPanel("season_until")]),
        FieldPanel("shown_until_on"),
    ],
    heading=_("Shown again and again"),
    help_text=_(
        "For what is of use at any time. Promo shows it again on each page when there is room: it "
        "gives way to every event and to all other news. On the website it stands all the time."
    ),
    # `editor.js` shows the panel for these kinds only.
    attrs={"data-promo-kinds": " ".join(kind.key for kind in KINDS.values() if kind.evergreen)},
)
