"""The sign-up form of a newsletter for other websites: what to paste there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from wagtail.admin.panels import Panel

from promo.models import Newsletter
from promo.services.facts import absolute

_FORM = """\
<form action="{}" method="post">
  <p><label>{} <input type="email" name="email" autocomplete="email" required></label></p>
  <p><button type="submit">{}</button></p>
</form>"""
_FRAME = """\
<iframe src="{}" title="{}" loading="lazy"
  style="width: 100%; max-width: 42rem; height: 40rem; border: 0"></iframe>"""


class EmbedPanel(Panel):
    """On the page of a newsletter that is open for sign-up, in the newsletter's own language."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "promo/desk/embed_panel.html"

        def is_shown(self) -> bool:
            kept = self.instance.pk is not None and self.instance.open_to_sign_up
            return bool(kept and super().is_shown())

        def get_context_data(
            self, parent_context: Mapping[str, Any] | None = None
        ) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | snippets(self.instance)


def snippets(newsletter: Newsletter) -> dict[str, str]:
    """HTML to paste: a plain form (`form`), our own page in a frame (`frame`), and its address."""
    asked = urlencode({"newsletter": newsletter.slug, "lang": newsletter.language})
    framed = absolute(f"{reverse('sign_up_embed')}?{asked}")
    with translation.override(newsletter.language):
        title = _("Sign-up for “{newsletter}”").format(newsletter=newsletter.name)
        form = format_html(
            _FORM,
            absolute(f"{reverse('sign_up')}?{asked}"),
            _("E-mail"),
            pgettext("newsletter", "Sign up for the newsletter"),
        )
        return {
            "form_html": str(form),
            "frame_html": str(format_html(_FRAME, framed, title)),
            "framed_url": framed,
        }
