"""The one Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PromoConfig(AppConfig):
    name = "promo"
    verbose_name = _("Promotion desk")

    def ready(self) -> None:
        from promo.services import approvals  # noqa: PLC0415  (needs the models, loaded by now)

        approvals.listen()
