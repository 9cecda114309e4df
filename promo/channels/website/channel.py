"""The library's own website as a channel.

Nothing of ours lies outside: the site shows an entry as soon as its publication is published, and
no longer once it is withdrawn. So to publish is to give a receipt, may be repeated at will, and
looking up answers at once: the page belongs to the item, not to one attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.channels.base import Access, Field, Render, Wires
from promo.channels.website import checks
from promo.channels.website.entry import entry_context
from promo.channels.website.text import flat
from promo.errors import InvalidInput
from promo.values import Draft, Message, Problem, Receipt, Traits


class Channel:
    """One website. It needs no access: it is us."""

    key: ClassVar[str] = "website"
    label: ClassVar[str] = gettext_lazy("Website and feeds")  # type: ignore[assignment]  # lazy text is text to its readers
    icon: ClassVar[str] = "globe"
    traits: ClassVar[Traits] = Traits(
        repeat_safe=True,
        look_up=True,
        can_edit=True,
        can_withdraw=True,
        max_images=20,
        alt_text=True,
        level=1,
    )
    fields: ClassVar[Sequence[Field]] = ()
    template_names: ClassVar[frozenset[str]] = frozenset(
        {"title", "lead", "body_html", "funding_note", "facts", "notice", "pictures", "data"}
    )
    deadline: ClassVar[timedelta] = timedelta(seconds=1)

    def __init__(self, access: Access, wires: Wires) -> None:
        self.access = access
        self.wires = wires

    @classmethod
    def compose(cls, draft: Draft, render: Render) -> Message:
        """The entry. It is the same for every variant: a page says what is, not what is new.

        Raises InvalidInput for a draft without an item.
        """
        item = draft.item
        if item is None:
            raise InvalidInput(_("The website shows items, not newsletter issues."))
        context = entry_context(item, draft.institution)
        return Message(
            channel=cls.key,
            subject=flat(item.title),
            preheader=flat(item.lead),
            text=render("website/entry.txt.j2", context).strip() + "\n",
            html=render("website/entry.html.j2", context).strip(),
            link=item.link,
            language=item.language,
            pictures=item.pictures,
        )

    @classmethod
    def problems(cls, message: Message) -> list[Problem]:
        return checks.problems(message)

    def check(self) -> list[Problem]:
        return []

    def publish(self, message: Message, *, key: str) -> Receipt:  # noqa: ARG002  (one page for all attempts)
        """The receipt of the item's page; raises nothing, asks nobody."""
        uuid = checks.entry_data(message).get("uuid")
        return Receipt(remote_id=f"item/{uuid}" if uuid else message.link, remote_url=message.link)

    def withdraw(self, receipt: Receipt) -> None:
        """Nothing to take down: what is withdrawn is no longer shown."""

    def update(self, receipt: Receipt, message: Message) -> Receipt:  # noqa: ARG002  (the link may have changed)
        return self.publish(message, key="")

    def look_up(self, key: str, message: Message) -> Receipt | None:
        """Always found: to publish here is to say that it is published."""
        return self.publish(message, key=key)
