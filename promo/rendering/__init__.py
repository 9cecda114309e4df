"""The one Jinja2 environment and everything that makes text fit for the public.

Pure: no models, no settings at import time, no clock, no network.
"""

from promo.rendering.bindings import bind_address
from promo.rendering.dates import (
    format_date,
    format_hours,
    format_range,
    format_time,
    weekday,
    year_is_needed,
)
from promo.rendering.environment import Render, make_environment, make_render
from promo.rendering.faults import find_source_faults, find_template_faults
from promo.rendering.html import clean, refuse_oversized
from promo.rendering.plurals import category, choose, count, format_number
from promo.rendering.polish import bind, plain, typeset, typeset_html
from promo.rendering.text import hashtag, one_line, shorten, strip_control, wrap_text
from promo.rendering.to_text import to_text
from promo.rendering.when import format_when

__all__ = [
    "Render",
    "bind",
    "bind_address",
    "category",
    "choose",
    "clean",
    "count",
    "find_source_faults",
    "find_template_faults",
    "format_date",
    "format_hours",
    "format_number",
    "format_range",
    "format_time",
    "format_when",
    "hashtag",
    "make_environment",
    "make_render",
    "one_line",
    "plain",
    "refuse_oversized",
    "shorten",
    "strip_control",
    "to_text",
    "typeset",
    "typeset_html",
    "weekday",
    "wrap_text",
    "year_is_needed",
]
