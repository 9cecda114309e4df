"""Words of Wagtail's that would stay in the language of whoever asked first.

What the desk says otherwise than Wagtail is in `promo/desk/locale/`.
"""

from typing import Any

from django.utils.translation import gettext
from wagtail.snippets.widgets import AdminSnippetChooser


class Spoken:
    """A chooser's text about its model, in the language of the moment.

    Wagtail puts it together when the chooser is made, which is once for all requests.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def __get__(self, chooser: Any, owner: type | None = None) -> Any:
        if chooser is None:
            return self
        return gettext(self.text) % {"object": chooser.model._meta.verbose_name}  # noqa: SLF001

    def __set__(self, chooser: Any, value: str) -> None:
        """Leave out what Wagtail has put together."""


def install() -> None:
    """Let the choosers of our models speak the language of whoever looks at them."""
    AdminSnippetChooser.choose_one_text = Spoken("Choose %(object)s")
    AdminSnippetChooser.choose_another_text = Spoken("Choose another %(object)s")
    AdminSnippetChooser.link_to_chosen_text = Spoken("Edit this %(object)s")
