"""Wagtail looks for its hooks here; the desk has them."""

from promo.desk import hooks

__all__ = ["hooks"]
