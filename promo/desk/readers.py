"""Newsletters and who reads them."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from promo.models import Newsletter, Subscriber
from promo.services import newsletters


class NewsletterForm(WagtailAdminModelForm):
    """Saves through the service, which gives a new newsletter its destination."""

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002  (Django's signature)
        newsletter = super().save(commit=False)
        if commit:
            newsletters.save(newsletter=newsletter)
        return newsletter


class NewsletterViewSet(SnippetViewSet):
    model = Newsletter
    icon = "mail"
    url_prefix = "newsletters"
    menu_label = _("Newsletters")
    list_display = ["name", "from_email", "language", "open_to_sign_up"]
    base_form_class = NewsletterForm
    panels = [
        FieldPanel("name"),
        FieldPanel("slug"),
        FieldPanel("description"),
        FieldRowPanel([FieldPanel("from_name"), FieldPanel("from_email")]),
        FieldRowPanel([FieldPanel("reply_to"), FieldPanel("language")]),
        FieldPanel("open_to_sign_up"),
    ]

    def get_edit_handler(self) -> Any:
        from wagtail.admin.panels import ObjectList  # noqa: PLC0415  (only this screen needs it)

        handler = ObjectList(self.panels, base_form_class=NewsletterForm)
        return handler.bind_to_model(self.model)


class SubscriberViewSet(SnippetViewSet):
    model = Subscriber
    icon = "user"
    url_prefix = "subscribers"
    menu_label = _("Subscribers")
    list_display = ["email", "name", "language", "reading", "created_at"]
    list_filter = ["language", "subscriptions__newsletter", "subscriptions__state"]
    search_fields = ["email", "name"]
    list_per_page = 50
    inspect_view_enabled = True
    add_view_enabled = False
    panels = [FieldPanel("email"), FieldPanel("name"), FieldPanel("language")]


class ReadersGroup(SnippetViewSetGroup):
    items = (SubscriberViewSet, NewsletterViewSet)
    menu_label = _("Readers")
    menu_icon = "group"
    menu_name = "readers"
    menu_order = 135
