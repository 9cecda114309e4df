"""Live previews in the editor: the truth, made by the call that makes what goes out."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from promo.channels.newsletter_email import preview_html
from promo.errors import PromoError
from promo.mailing.salutation import addressed
from promo.mailing.slots import Slot, fill
from promo.models import Issue, Item, Subject
from promo.services import channels, composing, pages
from promo.services.facts import item_facts
from promo.values import Message, Variant

MAIL = "newsletter_email"
PAGE = "website"


class ItemPreviews:
    """One mode for each installed channel."""

    def modes(self, content: Item) -> list[tuple[str, str]]:
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


_MAIL_IN = {
    "pl": gettext_lazy("E-mail – in Polish"),
    "en": gettext_lazy("E-mail – in English"),
}
_TEXT_IN = {
    "pl": gettext_lazy("Plain text – in Polish"),
    "en": gettext_lazy("Plain text – in English"),
}


class IssuePreviews:
    """The mail as a reader gets it, with our words around it in the language of that reader."""

    def modes(self, content: Issue) -> list[tuple[str, str]]:
        """As its readers get it who read its own language, first; then the others."""
        modes: list[tuple[str, Any]] = [("html", _("E-mail")), ("text", _("Plain text"))]
        for key in (key for key, _label in settings.LANGUAGES if key != content.language):
            modes += [(f"html-{key}", _MAIL_IN[key]), (f"text-{key}", _TEXT_IN[key])]
        if content.subject_b:
            modes += [
                ("second", _("E-mail – second subject")),
                ("subjects", _("In the mailbox – both subjects")),
            ]
        return [*modes, ("unnamed", _("E-mail – without a name"))]

    def serve(self, content: Issue, request: HttpRequest, mode: str) -> HttpResponse:
        if content.newsletter_id is None:
            return not_yet(_("Choose a newsletter first."))
        kind, _dash, readers = mode.partition("-")
        try:
            message = issue_message(content, readers=readers)
        except PromoError as error:
            return not_yet(error.text)
        if kind == "subjects":
            return HttpResponse(_in_the_mailbox(message, content))
        if kind == "second":
            return HttpResponse(filled(message.under(Subject.SECOND), name=example_name()))
        if kind == "text":
            return HttpResponse(_plain(message))
        return HttpResponse(filled(message, name="" if kind == "unnamed" else example_name()))


def example_name() -> str:
    """The name that a greeting shows in a preview."""
    return pgettext("an example of a reader’s first name", "Anna")


def issue_message(issue: Issue, *, readers: str = "") -> Message:
    """The message that the issue's present content makes, for readers of one language."""
    return composing.compose_for(readers, composing.issue_draft(issue), channel=MAIL)


def show(message: Message, *, name: str, readers: str = "") -> str:
    """A message as its readers see it: a mail as HTML, anything else as a post."""
    if message.channel == MAIL:
        return filled(message.for_readers(readers), name=example_name())
    return render_to_string("promo/desk/preview_post.html", {"message": message, "name": name})


def filled(message: Message, *, name: str) -> str:
    """The mail's HTML for a reader of this name, whose own links lead nowhere."""
    return preview_html(message, dict.fromkeys(Slot, "https://example.org/"), name=name)


def _plain(message: Message) -> str:
    mail = addressed(message, example_name())
    text = fill(mail.text, dict.fromkeys(Slot, "https://example.org/"), html=False)
    return render_to_string("promo/desk/preview_text.html", {"message": message, "text": text})


def _in_the_mailbox(message: Message, issue: Issue) -> str:
    mails = [(which.upper(), message.under(which)) for which in Subject.values]
    context = {"mails": mails, "sender": issue.newsletter.from_name}
    return render_to_string("promo/desk/preview_subjects.html", context)


def not_yet(text: str) -> HttpResponse:
    """A preview that says why there is none yet."""
    return HttpResponse(render_to_string("promo/desk/preview_none.html", {"text": text}))


def install() -> None:
    """Give the models their previews; they know nothing of rendering themselves."""
    Item.previews = ItemPreviews()
    Issue.previews = IssuePreviews()
