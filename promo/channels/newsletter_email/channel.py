"""The newsletter by e-mail: composed here, mailed by the mail engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.channels.base import Access, Field, Render, Wires
from promo.channels.newsletter_email import composing, rules
from promo.channels.newsletter_email.views import KEY
from promo.errors import NotAllowed
from promo.mailing.salutation import addressed
from promo.mailing.slots import Slot, fill
from promo.values import Draft, Message, Problem, Receipt, Traits


class Channel:
    """One newsletter. Composing needs neither access nor wires.

    Publishing hands the message to the mail engine. It may be repeated: the database has one
    mailing for a key, so the second call finds the first one's.
    """

    key: ClassVar[str] = KEY
    label: ClassVar[str] = gettext_lazy("Newsletter")  # type: ignore[assignment]  # lazy text is text
    icon: ClassVar[str] = "mail"
    traits: ClassVar[Traits] = Traits(
        repeat_safe=True, max_images=20, alt_text=True, level=3, by_language=True
    )
    fields: ClassVar[Sequence[Field]] = ()
    template_names: ClassVar[frozenset[str]] = frozenset({"mail", "newsletter"})
    deadline: ClassVar[timedelta] = timedelta(seconds=60)

    def __init__(self, access: Access, wires: Wires) -> None:
        self._access = access
        self._wires = wires

    @classmethod
    def compose(cls, draft: Draft, render: Render) -> Message:
        """The mail for this draft. Raises InvalidInput where no mail can be made of it."""
        return composing.compose(draft, render)

    @classmethod
    def problems(cls, message: Message) -> list[Problem]:
        """What keeps the mail from some of its readers, or out of their sight."""
        return rules.problems(message)

    def check(self) -> list[Problem]:
        """Nothing of ours lies outside: the relay is the mail engine's."""
        return []

    def publish(self, message: Message, *, key: str) -> Receipt:
        """Start the mailing; its receipt names the mailing, not its end."""
        return self._wires.enqueue(self._access, message, key)

    def withdraw(self, receipt: Receipt) -> None:  # noqa: ARG002  (the contract's)
        raise NotAllowed(_("A mail that has been sent cannot be taken back."))

    def update(self, receipt: Receipt, message: Message) -> Receipt:  # noqa: ARG002  (the contract's)
        raise NotAllowed(_("A mail that has been sent cannot be changed."))

    def look_up(self, key: str, message: Message) -> Receipt | None:  # noqa: ARG002  (the contract's)
        raise NotAllowed(_("A mailing is looked up in its own report."))


def preview_html(message: Message, links: Mapping[Slot, str], *, name: str = "") -> str:
    """The mail as the reader of these links and this name sees it in a browser."""
    return fill(addressed(message, name).html, links, html=True)
