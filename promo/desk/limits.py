"""Limits of mail providers: a list in the settings, for whoever administers the desk."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, HelpPanel, ObjectList

from promo.desk.snippets import DeskViewSet
from promo.errors import ConfigurationError, InvalidInput
from promo.mailing.headers import DomainName
from promo.mailing.limits import parse_limits
from promo.models import DomainLimit

ABOUT = _(
    "Promo sends as fast as your mail server takes the mails. Where a provider wants fewer, write "
    "down how many it may get. Its readers wait for their turn; everyone else’s mail goes on."
)


class DomainLimitForm(WagtailAdminModelForm):
    """Takes a provider and its limits as people write them."""

    def clean_domain(self) -> str:
        given = self.cleaned_data["domain"].strip().rpartition("@")[2]
        try:
            return DomainName(given)
        except InvalidInput as error:
            raise ValidationError(error.text, code="domain") from error

    def clean_limits(self) -> str:
        given = self.cleaned_data["limits"]
        try:
            words = parse_limits(given)
        except ConfigurationError as error:
            raise ValidationError(error.text, code="limits") from error
        return " + ".join(map(str, words))


class DomainLimitViewSet(DeskViewSet):
    model = DomainLimit
    icon = "time"
    url_prefix = "mail-limits"
    menu_label = _("Mail limits")
    menu_name = "mail-limits"
    menu_order = 150
    add_to_settings_menu = True
    list_display = ["domain", "limits"]
    search_fields = ["domain"]
    edit_handler: Any = ObjectList(
        [HelpPanel(content=ABOUT), FieldPanel("domain"), FieldPanel("limits")],
        base_form_class=DomainLimitForm,
    )
