"""What came of a mailing: what was opened and followed, and what was refused, and why."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.desk.downloads import table
from promo.models import DeliveryEvent, Mailing
from promo.services import refused, returns, visits

SEEN = "promo.view_item"

_Category = DeliveryEvent.Category
FOLLOWS = {
    _Category.ADDRESS: gettext_lazy("These addresses get no more mail."),
    _Category.MAILBOX: gettext_lazy(
        "They get the next issue. Whoever cannot be reached three issues in a row over two weeks "
        "gets no more mail."
    ),
    _Category.NETWORK: gettext_lazy("They get the next issue; mostly it passes by itself."),
    _Category.POLICY: gettext_lazy("The readers are not to blame; see the providers below."),
    _Category.CONTENT: gettext_lazy("The readers are not to blame; see the providers below."),
    _Category.NONE: gettext_lazy("The mail server gave no reason that we know."),
}
"""What follows from each reason."""


def report(mailing: Mailing) -> dict[str, Any]:
    """For the report of a mailing."""
    opened, *links = visits.report(mailing=mailing) or (None,)
    return {
        "opened": opened,
        "links": links,
        "refused_because": [
            {
                "label": reason.category.label,
                "follows": FOLLOWS[reason.category],
                "count": reason.count,
            }
            for reason in refused.reasons(mailing=mailing)
        ],
        "refusals": returns.refusals(mailing=mailing),
    }


def clicks_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Opens and clicks as a file for a spreadsheet."""
    if not request.user.has_perm(SEEN):
        raise PermissionDenied
    mailing = get_object_or_404(Mailing, publication_id=pk)
    head = [_("Link"), _("Address"), _("Clicks"), _("Readers")]
    rows = (
        [
            link.label if link.url else _("(the mail was opened)"),
            *(link.url, link.clicks),
            "" if link.readers is None else link.readers,
        ]
        for link in visits.report(mailing=mailing)
    )
    return table(f"clicks-{pk}.csv", chain([head], rows))
