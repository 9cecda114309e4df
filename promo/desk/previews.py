"""Live previews in the editor: the truth, made by the call that makes what goes out."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from promo.errors import PromoError
from promo.mailing.slots import Slot, fill
from promo.models import Issue, Item
from promo.services import channels, composing, pages
from promo.services.facts import item_facts
from promo.values import Message, Variant

MAIL = "newsletter_email"
PAGE = "website"


class ItemPreviews:
    """One mode for each installed channel."""

    def modes(self) -> list[tuple[str, str]]:
        return [(key, str(channel.label)) for key, channel in channels.installed().items()]

    def serve(self, content: Item, request: HttpRequest, mode: str) -> HttpResponse:
        if not content.kind:
            return not_yet(_("Choose a kind first: it decides what is said."))
        try:
            if mode == PAGE:
                return HttpResponse(pages.item_page(item_facts(content)))
            variant = Variant.NEWS if content.starts_at is None else Variant.ANNOUNCE
            draft = composing.preview_draft(content, variant=variant, due_at=datetime.now(UTC))
            message = composing.compose(draft, channel=mode)
        except PromoError as error:
            return not_yet(error.text)
        return HttpResponse(show(message, name=draft.institution.name))


class IssuePreviews:
    """The mail as a reader gets it."""

    def modes(self) -> list[tuple[str, str]]:
        return [("html", _("E-mail")), ("text", _("Plain text"))]

    def serve(self, content: Issue, request: HttpRequest, mode: str) -> HttpResponse:
        if content.newsletter_id is None:
            return not_yet(_("Choose a newsletter first."))
        try:
            message = issue_message(content)
        except PromoError as error:
            return not_yet(error.text)
        if mode == "text":
            return HttpResponse(_plain(message))
        return HttpResponse(fill_slots(message.html))


def issue_message(issue: Issue) -> Message:
    """The message that the issue's present content makes."""
    return composing.compose(composing.issue_draft(issue), channel=MAIL)


def show(message: Message, *, name: str) -> str:
    """A message as its readers see it: a mail as HTML, anything else as a post."""
    if message.channel == MAIL:
        return fill_slots(message.html)
    return render_to_string("promo/desk/preview_post.html", {"message": message, "name": name})


def fill_slots(html: str) -> str:
    return fill(html, dict.fromkeys(Slot, "https://example.org/"), html=True)


def _plain(message: Message) -> str:
    text = fill(message.text, dict.fromkeys(Slot, "https://example.org/"), html=False)
    return render_to_string("promo/desk/preview_text.html", {"message": message, "text": text})


def not_yet(text: str) -> HttpResponse:
    """A preview that says why there is none yet."""
    return HttpResponse(render_to_string("promo/desk/preview_none.html", {"text": text}))


def install() -> None:
    """Give the models their previews; they know nothing of rendering themselves."""
    Item.previews = ItemPreviews()
    Issue.previews = IssuePreviews()
