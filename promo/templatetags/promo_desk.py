"""Words that the desk's templates need."""

from typing import Any

from django import template

from promo.models.campaigns import VARIANTS
from promo.services import channels, halts

register = template.Library()
_LABELS = dict(VARIANTS)


@register.filter
def variant_label(variant: str) -> str:
    """The variant's name for people."""
    return str(_LABELS[variant])


@register.filter
def channel_icon(key: str) -> str:
    """The name of the channel's icon; a warning where the channel is not installed any more."""
    return channels.installed()[key].icon if key in channels.installed() else "warning"


@register.filter
def approval_key(content: Any) -> str:
    """The tag's colour for how far an approval is."""
    if content.current_workflow_state is not None:
        return "waiting"
    if not content.live:
        return "draft"
    return "waiting" if content.has_unpublished_changes else "published"


@register.inclusion_tag("promo/desk/halt_banner.html", takes_context=True)
def halt_banner(context: Any) -> dict[str, Any]:
    """The strip on every screen while everything is stopped."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return {"halt": None}
    return {"halt": halts.standing(), "may": request.user.has_perm(halts.MAY)}
