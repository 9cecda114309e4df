"""Words that the desk's templates need."""

from django import template

from promo.models.campaigns import VARIANTS

register = template.Library()
_LABELS = dict(VARIANTS)


@register.filter
def variant_label(variant: str) -> str:
    """The variant's name for people."""
    return str(_LABELS[variant])
