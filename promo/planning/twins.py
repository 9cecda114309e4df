"""The website first (rule A1): what a social network shows must be on our own site no later.

The act on digital accessibility of 4 April 2019, art. 6: what a public body publishes on somebody
else's inaccessible site it must also publish on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from promo.planning.moments import end_of
from promo.planning.reasons import Reason, ReasonCode
from promo.planning.scene import Scene
from promo.planning.values import Destination, Planned
from promo.planning.wishes import INVITATIONS, Wish, slot_of
from promo.values import Variant

# The item's page says all of this, for every occurrence: one entry is the twin of each such post.
_ON_THE_PAGE = INVITATIONS | {Variant.NEWS}
# These say something of their own that the page does not.
_APART = frozenset({Variant.REPORT, Variant.RESULTS})
_TWINS_APART = tuple(f"twin_{variant}" for variant in sorted(_APART))


class Website:
    """The entries that are, or are going to be, on our own site. Lives for one planning run."""

    def __init__(
        self,
        planned: Iterable[Planned],
        *,
        out: Iterable[Wish],
        sites: Sequence[Destination],
        scene: Scene,
    ) -> None:
        self._sites = sites
        self._scene = scene
        refs = {site.ref for site in sites}
        self.entries = [entry for entry in planned if entry.destination in refs]
        self._out = [wish for wish in out if wish.destination.ref in refs]
        apart = {wish.slot for wish in self._out if wish.step.variant in _APART}
        self._slots = {slot for ref, slot in scene.out if ref in refs}
        self._page_is_out = bool(refs & scene.named) or any(
            slot not in apart and not slot.startswith(_TWINS_APART) for slot in self._slots
        )

    def cover(self, post: Planned, *, branch: str) -> None:
        """See to it that the site has what `post` says no later than the post."""
        if self._is_out(post):
            return
        twins = [e for e in self.entries if _same(e.variant, e.occurrence_at, post)]
        if not twins:
            self.entries.append(self._added(post, branch))
            return
        first = min(twins, key=lambda entry: (entry.due_at, entry.slot, entry.destination))
        if first.due_at > post.due_at:
            early = Reason.of(ReasonCode.WEBSITE_FIRST)
            moved = replace(first, due_at=post.due_at, reasons=(*first.reasons, early))
            self.entries[self.entries.index(first)] = moved

    def _is_out(self, post: Planned) -> bool:
        if post.variant in _ON_THE_PAGE:
            return self._page_is_out
        if _twin_slot(post) in self._slots:
            return True
        return any(_same(wish.step.variant, wish.occurrence_at, post) for wish in self._out)

    def _added(self, post: Planned, branch: str) -> Planned:
        site = min(self._sites, key=lambda site: (site.branch != branch, site.ref))
        on_the_page = post.variant in _ON_THE_PAGE
        variant = Variant.ANNOUNCE if post.variant in INVITATIONS else post.variant
        slot = _twin_slot(post)
        end = end_of(self._scene.subject, self._scene.rules.zone)
        return Planned(
            step_key=slot.partition("@")[0],
            channel=site.channel,
            destination=site.ref,
            variant=variant,
            slot=slot,
            due_at=post.due_at,
            not_after_at=end if on_the_page else post.not_after_at,
            occurrence_at=None if on_the_page else post.occurrence_at,
            reasons=(Reason.of(ReasonCode.WEBSITE_ADDED),),
        )


def with_twins(
    planned: Sequence[Planned],
    *,
    out: Iterable[Wish],
    destinations: Sequence[Destination],
    scene: Scene,
) -> list[Planned]:
    """The plan with a website entry for every post that needs one, brought forward or added.

    `out` are the steps that are out already. Without any website the posts say so in a reason.
    """
    sites = [target for target in destinations if scene.channel(target.channel).lasting]
    posts = [post for post in planned if scene.channel(post.channel).needs_twin]
    rest = [post for post in planned if not scene.channel(post.channel).needs_twin]
    if not sites:
        missing = Reason.of(ReasonCode.WEBSITE_MISSING)
        return [*rest, *(replace(post, reasons=(*post.reasons, missing)) for post in posts)]
    branches = {target.ref: target.branch for target in destinations}
    website = Website(rest, out=out, sites=sites, scene=scene)
    for post in sorted(posts, key=lambda post: (post.due_at, post.slot, post.destination)):
        website.cover(post, branch=branches[post.destination])
    refs = {site.ref for site in sites}
    others = [entry for entry in rest if entry.destination not in refs]
    return [*website.entries, *others, *posts]


def _same(variant: Variant, occurrence_at: datetime | None, post: Planned) -> bool:
    """Whether an entry of this variant says what the post says."""
    if post.variant in _ON_THE_PAGE:
        return variant in _ON_THE_PAGE or variant is Variant.CHANGED
    return variant is post.variant and occurrence_at == post.occurrence_at


def _twin_slot(post: Planned) -> str:
    """The slot of an added entry: one for the item's page, else one for each thing told."""
    if post.variant in _ON_THE_PAGE:
        return "twin_page"
    if post.variant in (Variant.CHANGED, Variant.CANCELLED):
        return post.slot
    return slot_of(f"twin_{post.variant}", post.occurrence_at)
