"""What readers are told about the counting of opens and clicks, where a newsletter does it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from promo.models import Newsletter, Tracking


def about(newsletter: Newsletter) -> str:
    """Beside the newsletter, on the sign-up form and on the page of a reader's settings."""
    if newsletter.tracking == Tracking.READERS:
        return _("The library sees whether you open it and which links in it you follow.")
    if newsletter.tracking == Tracking.COUNTS:
        return _("It is counted how often it is opened and its links are followed, without names.")
    return ""


def with_tracking(words: str, newsletters: Iterable[Newsletter]) -> str:
    """The words a reader agrees to, which are kept as proof, with what is said of counting."""
    return " ".join(filter(None, (words, *map(_consent, newsletters))))


def _consent(newsletter: Newsletter) -> str:
    words = {
        Tracking.READERS: _(
            "I agree that the library sees whether I open “{name}” and which links in it I follow."
        ),
        Tracking.COUNTS: _(
            "I know that it is counted, without names, how often “{name}” is opened and its links "
            "are followed."
        ),
    }
    return words.get(Tracking(newsletter.tracking), "").format(name=newsletter.name)
